"""One request through a link says how it ended and when, whatever the link does with it."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from nfrcheck.run.undo import attempt, complaint, confirm, describe
from nfrcheck.run.undo_link import through

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Act = Callable[[socket.socket], None]


@contextmanager
def peer(act: Act) -> Iterator[dict[str, Any]]:
    """A server that does one thing with every connection; a step that leads there."""

    def serve() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            with line:
                act(line)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        yield {"kind": "link", "url": "http://legacy.example/x", "address": "127.0.0.1"} | {
            "port": port
        }
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def answers(line: socket.socket) -> None:
    line.recv(4096)
    line.sendall(ANSWER)


def resets(line: socket.socket) -> None:
    line.recv(4096)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def waits(line: socket.socket) -> None:
    while line.recv(4096):
        pass


def closes_late(line: socket.socket) -> None:
    answers(line)
    time.sleep(0.2)


@pytest.mark.parametrize(
    ("act", "ending"),
    [
        (answers, "answered"),
        (resets, "reset"),
        (waits, "silent"),
        (lambda line: line.recv(4096), "closed"),
    ],
    ids=["answers", "resets", "waits", "closes"],
)
def test_every_ending_is_told_apart(act: Act, ending: str) -> None:
    with peer(act) as step:
        assert through(step, 0.3).ending == ending


def test_nobody_there_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert through({"url": f"http://127.0.0.1:{port}/"}, 0.3).ending == "refused"


def test_a_name_that_does_not_resolve_is_no_connection() -> None:
    seen = through({"url": "http://no-such-host.invalid/"}, 0.3)

    assert seen.ending == "unreachable"
    assert "no connection" in seen.words


def test_the_request_is_that_of_a_client_of_the_link() -> None:
    asked: list[bytes] = []

    def note(line: socket.socket) -> None:
        asked.append(line.recv(4096))
        line.sendall(ANSWER)

    with peer(note) as step:
        through(step, 1)

    assert asked[0].startswith(b"GET /x HTTP/1.1\r\nhost: legacy.example\r\n")


def test_a_late_end_is_not_a_late_answer() -> None:
    with peer(closes_late) as step:
        seen = through(step, 2)

    assert seen.answered
    assert seen.first_s < 0.2 <= seen.closed_s + 0.01


def test_a_whole_answer_counts_though_the_connection_stays_open() -> None:
    def stays(line: socket.socket) -> None:
        answers(line)
        waits(line)

    with peer(stays) as step:
        assert through(step, 0.3).answered


def test_half_an_answer_is_none() -> None:
    def half(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(ANSWER[:-1])
        waits(line)

    with peer(half) as step:
        assert through(step, 0.3).ending == "silent"


def test_many_answers_come_over_one_connection() -> None:
    def many(line: socket.socket) -> None:
        asked = b""
        while b"connection: close" not in asked:
            asked += line.recv(4096)
        line.sendall(ANSWER * asked.count(b"GET /x"))

    with peer(many) as step:
        seen = through({**step, "pipeline": 7}, 1)

    assert seen.size == 7 * len(ANSWER)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"first_within_s": 0.0}, "the answer began after"),
        ({"all_within_s": 0.0}, "it was whole after"),
        ({"closed_within_s": 0.1}, "it was closed after"),
    ],
    ids=["first", "whole", "closed"],
)
def test_a_link_that_is_slower_than_before_is_not_well(limit: dict[str, float], words: str) -> None:
    with peer(closes_late) as step:
        assert attempt(step).ok
        outcome = attempt({**step, **limit})

    assert not outcome.ok
    assert words in outcome.because
    assert "when all is well" in outcome.because


def test_it_is_a_check_and_no_step() -> None:
    check = {"kind": "link", "url": "http://h/", "address": "10.0.0.1", "port": 81}

    assert complaint(check, check=True) is None
    assert complaint(check) == "unknown kind of step"
    assert describe(check) == "curl -X GET --connect-to ::10.0.0.1:81 http://h/"


def test_several_good_answers_in_a_row_are_needed() -> None:
    count = iter(range(100))

    def second_fails(line: socket.socket) -> None:
        (resets if next(count) == 1 else answers)(line)

    with peer(second_fails) as step:
        assert confirm({**step, "within_s": 5}).ok

    assert next(count) == 5, "good, bad, and three good ones in a row"

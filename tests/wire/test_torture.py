"""However badly a server answers, each request gets one record that tells the truth."""

import threading
from contextlib import suppress

import pytest

from nfrcheck.model.records import (
    CLOSED_INSIDE,
    EXTRA,
    HTTP10,
    NEW,
    PROTOCOL_ERROR,
    TIMEOUT,
)
from tests.wire.asking import MILLISECOND
from tests.wire.conftest import Torture
from tests.wire.test_http1 import CASES, OK, Case
from tests.wire.torture import ANSWER, Peer

ASKED = 6


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_the_state_machine_reads_the_engine_reads(torture: Torture, case: Case) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(case.answer)
        if case.ended:
            peer.close()
        elif case.close:
            peer.wait_until_closed()
        return case.status

    server, asking = torture(script)

    for _ in range(ASKED):
        outcome = asking.one(method=case.method)

        assert outcome.status == case.status
        assert outcome.body == (case.body if case.status >= 100 else b"")
        assert bool(outcome.flags & HTTP10) == case.http10
    assert len(server.served) == (ASKED if case.close else 1)


@pytest.mark.parametrize("rude", [False, True], ids=["close-notify", "no-close-notify"])
def test_a_body_until_the_close_is_a_whole_one(torture: Torture, *, rude: bool) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(OK + b"\r\nhello")
        peer.close()
        return 200

    server, asking = torture(script, rude=rude)

    assert [asking.one().body for _ in range(3)] == [b"hello"] * 3
    assert server.served == [1, 1, 1]


@pytest.mark.parametrize("size_kib", [pytest.param(60, id="60-KiB"), pytest.param(70, id="70-KiB")])
def test_a_long_head(torture: Torture, size_kib: int) -> None:
    status = 200 if size_kib == 60 else PROTOCOL_ERROR
    head = OK + b"Content-Length: 2\r\nX: "
    answer = head + b"x" * (size_kib * 1024 - len(head) - 4) + b"\r\n\r\nok"

    def script(peer: Peer, _: int) -> int:
        peer.send(answer)
        return status

    _, asking = torture(script)

    assert asking.one().status == status


def test_one_byte_after_the_other_times_out_when_it_said(torture: Torture) -> None:
    def script(peer: Peer, _: int) -> int:
        with suppress(OSError):  # the client hangs up
            for at in range(len(ANSWER)):
                peer.send_raw(ANSWER[at : at + 1])
                peer.pause(0.1)
        return TIMEOUT

    server, asking = torture(script)

    outcome = asking.one(timeout_ns=1_000 * MILLISECOND)

    assert outcome.status == TIMEOUT
    assert outcome.done_ns - outcome.due_ns == 1_000 * MILLISECOND
    late = asking.seen_ns[0] - outcome.due_ns - 1_000 * MILLISECOND
    assert 0 <= late < 50 * MILLISECOND  # 10 ms on a machine of its own
    assert server.served == [1]


@pytest.mark.parametrize("cut", [1, len(OK), len(ANSWER) - 2, len(ANSWER) - 1])
@pytest.mark.parametrize("how", ["end-of-file", "reset"])
def test_a_cut_answer_is_never_a_success(torture: Torture, cut: int, how: str) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(ANSWER[:cut])
        if how == "reset":
            received.wait(5)
            peer.reset()
        else:
            peer.close()
        return CLOSED_INSIDE

    received = threading.Event()
    _, asking = torture(script)
    asking.submit()
    asking.wait(lambda: _started(asking.engine))
    received.set()
    asking.wait(lambda: bool(asking.outcomes))

    assert asking.outcomes[0].status == CLOSED_INSIDE


def _started(engine: object) -> bool:
    links = engine._exchange.links.values()  # type: ignore[attr-defined]
    return any(link.response.started for link in links) or not links


def test_a_reset_does_not_end_a_body_that_only_the_close_ends(torture: Torture) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(OK + b"\r\nhello")
        received.wait(5)
        peer.reset()
        return CLOSED_INSIDE

    received = threading.Event()
    _, asking = torture(script)
    asking.submit()
    asking.wait(lambda: _started(asking.engine))
    received.set()
    asking.wait(lambda: bool(asking.outcomes))


@pytest.mark.parametrize("closes", [True, False], ids=["then-closes", "then-waits"])
def test_a_length_that_is_too_long(torture: Torture, *, closes: bool) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(OK + b"Content-Length: 9\r\n\r\nhello")
        if closes:
            peer.close()
        else:
            peer.wait_until_closed()
        return CLOSED_INSIDE if closes else TIMEOUT

    _, asking = torture(script)

    for _ in range(3):
        asking.one(timeout_ns=150 * MILLISECOND)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"Content-Length: 2\r\n\r\nokay", id="a-length-that-is-too-short"),
        pytest.param(ANSWER + b"\x00garbage", id="garbage-after-the-body"),
        pytest.param(ANSWER + ANSWER, id="two-answers"),
    ],
)
def test_bytes_after_the_answer_are_told_and_never_read_on(torture: Torture, answer: bytes) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send_raw(answer)
        return 200

    server, asking = torture(script)

    for _ in range(3):
        outcome = asking.one()

        assert (outcome.status, outcome.body) == (200, b"ok")
        assert outcome.flags == NEW | EXTRA
    assert server.served == [1, 1, 1]


@pytest.mark.parametrize("late", [b"garbage", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnot"])
def test_what_comes_while_nothing_is_asked_drops_the_connection(
    torture: Torture, late: bytes
) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(ANSWER)
        peer.pause(0.05)
        peer.send_raw(late)
        return 200

    server, asking = torture(script)

    for number in range(1, 4):
        outcome = asking.one()
        asking.wait(lambda number=number: asking.engine.stats.dropped == number)  # type: ignore[misc]

        assert (outcome.body, outcome.flags) == (b"ok", NEW)
    assert server.served == [1, 1, 1]


def test_a_second_answer_that_waits_is_not_given_to_the_next_request(torture: Torture) -> None:
    """Also when nobody looked at the connection between the two requests."""

    def script(peer: Peer, number: int) -> int:
        body = b"%d" % number
        peer.send_raw(OK + b"Content-Length: 1\r\n\r\n" + body)
        peer.pause(0.01)
        peer.send_raw(OK + b"Content-Length: 1\r\n\r\nx")
        sent.set()
        return 200

    sent = threading.Event()
    _, asking = torture(script)

    for number in range(3):
        assert asking.one().body == b"%d" % number
        assert sent.wait(5)
        sent.clear()

"""However badly a server treats its connections, each request gets the records it should."""

import threading
from collections.abc import Callable

import pytest

from nfrcheck.model.records import (
    CLOSED_BEFORE,
    EARLY,
    NEW,
    RETRIED,
    REUSED,
    TIMEOUT,
)
from tests.wire.asking import MILLISECOND, request
from tests.wire.conftest import Torture
from tests.wire.torture import ANSWER, Peer


@pytest.mark.parametrize("how", ["end-of-file", "reset"])
def test_a_close_under_way_is_one_record_and_no_second_request(torture: Torture, how: str) -> None:
    def script(peer: Peer, number: int) -> int:
        if number % 2 == 0:
            peer.send(ANSWER)
            return 200
        if how == "reset":
            peer.reset()
        else:
            peer.close()
        return CLOSED_BEFORE

    server, asking = torture(script)

    seen = [(asking.one().status, asking.outcomes[-1].flags) for _ in range(4)]

    assert seen == [(200, NEW), (CLOSED_BEFORE, REUSED)] * 2
    assert server.served == [2, 2]


def test_a_declared_retry_records_both_attempts_from_the_first_due_time(torture: Torture) -> None:
    def script(peer: Peer, number: int) -> int:
        if number == 1:
            peer.close()
            return CLOSED_BEFORE
        peer.send(ANSWER)
        return 200

    server, asking = torture(script)

    asking.one(retries=1)
    asking.one(retries=1)

    _, first, second = asking.outcomes
    assert (first.status, first.flags) == (CLOSED_BEFORE, REUSED | RETRIED)
    assert (second.status, second.flags, second.attempt) == (200, NEW, 1)
    assert second.due_ns == first.due_ns
    assert second.sent_ns == first.sent_ns
    assert server.served == [2, 1]


def test_a_retry_is_for_reused_connections_only(torture: Torture) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.close()
        return CLOSED_BEFORE

    server, asking = torture(script)

    outcome = asking.one(retries=3)

    assert (outcome.status, outcome.flags) == (CLOSED_BEFORE, NEW)
    assert server.served == [1]


@pytest.mark.parametrize(
    ("length", "how"),
    [
        pytest.param(b"Content-Length: 0\r\n", Peer.close, id="length-end-of-file"),
        pytest.param(b"Content-Length: 0\r\n", Peer.hang_up, id="length-hang-up"),
        pytest.param(b"", Peer.close, id="until-close"),
    ],
)
def test_an_upload_that_is_refused_midway_gets_its_answer(
    torture: Torture, length: bytes, how: Callable[[Peer], None]
) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(b"HTTP/1.1 413 Too Large\r\n" + length + b"Connection: close\r\n\r\n")
        how(peer)
        assert seen.wait(10), "read nothing more of the upload before it is over"
        return 413

    seen = threading.Event()
    _, asking = torture(script, impatient=True)

    outcome = asking.one(request=request(b"POST", b"x" * 10_000_000), method=b"POST")
    seen.set()

    assert outcome.status == 413
    assert outcome.flags == NEW | EARLY


def test_an_upload_arrives_whole_and_is_not_early(torture: Torture) -> None:
    body = bytes(range(256)) * 20_000

    def script(peer: Peer, _: int) -> int:
        assert peer.last_body == body
        peer.send(ANSWER)
        return 200

    server, asking = torture(script)

    for _ in range(2):
        outcome = asking.one(request=request(b"POST", body), method=b"POST")

        assert outcome.status == 200
        assert not outcome.flags & EARLY
    assert server.served == [2]


def test_who_accepts_and_never_answers_times_out(torture: Torture) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.wait_until_closed()
        return TIMEOUT

    server, asking = torture(script)

    asking.submit(3, timeout_ns=200 * MILLISECOND)
    asking.wait(lambda: len(asking.outcomes) == 3)

    assert all(outcome.done_ns - outcome.due_ns == 200 * MILLISECOND for outcome in asking.outcomes)
    assert server.served == [1, 1, 1]


def test_a_fresh_client_has_a_connection_for_each_request(torture: Torture) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(ANSWER)
        peer.wait_until_closed()
        return 200

    server, asking = torture(script)

    assert [asking.one(fresh=True).flags for _ in range(3)] == [NEW] * 3
    assert server.served == [1, 1, 1]


def test_fresh_and_pooled_requests_do_not_share(torture: Torture) -> None:
    def script(peer: Peer, _: int) -> int:
        peer.send(ANSWER)
        return 200

    server, asking = torture(script)

    flags = [asking.one(fresh=fresh).flags for fresh in (False, True, False, True, False)]

    assert flags == [NEW, NEW, REUSED, NEW, REUSED]
    assert sorted(server.served) == [1, 1, 3]

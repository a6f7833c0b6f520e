"""What cannot be sent or connected is told as what it is: the peer's fault, or the tester's own."""

import resource
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from nfrcheck.model.records import (
    CONNECT_TIMEOUT,
    LOCAL_ERROR,
    NOT_RESOLVED,
    NOT_SENT,
    REFUSED,
    REUSED,
    STOPPED,
    TIMEOUT,
)
from nfrcheck.wire import connection, exchange, pool
from nfrcheck.wire.engine import endpoint_from
from tests.wire.asking import MILLISECOND, SECOND, Asking, endpoint_of
from tests.wire.conftest import Authority
from tests.wire.torture import Peer, TortureServer, answers, never_answers

pytestmark = pytest.mark.usefixtures("nothing_left_open")


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue of new connections is full: nothing answers the next one at all."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = listener.getsockname()[1]
        stuck = 0
        while stuck < 2:
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            _, writable, _ = select.select([], [client], [], 0.05)
            stuck += not writable
        yield port


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is taken, but where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_a_closed_port_refuses_at_once() -> None:
    with closed_port() as port, Asking(endpoint_from(f"http://127.0.0.1:{port}")) as asking:
        asking.submit(5)
        asking.wait(lambda: len(asking.outcomes) == 5)

    assert asking.by_status() == {REFUSED: 5}
    assert all(outcome.done_ns - outcome.due_ns < SECOND for outcome in asking.outcomes)
    assert "refused" in asking.outcomes[0].because


def test_a_full_backlog_is_a_connect_timeout() -> None:
    with full_backlog() as port, Asking(endpoint_from(f"http://127.0.0.1:{port}")) as asking:
        asking.submit(3, timeout_ns=100 * MILLISECOND)
        asking.wait(lambda: len(asking.outcomes) == 3)

        assert asking.by_status() == {CONNECT_TIMEOUT: 3}
        assert {outcome.done_ns - outcome.due_ns for outcome in asking.outcomes} == {
            100 * MILLISECOND
        }


def test_who_waits_for_a_connect_in_progress_is_held_up_by_the_peer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "CONNECTS_MAX", 2)

    with full_backlog() as port, Asking(endpoint_from(f"http://127.0.0.1:{port}")) as asking:
        begun: list[int] = []

        def done() -> bool:
            begun.append(asking.engine.stats.connects)
            return len(asking.outcomes) == 5

        asking.submit(5, timeout_ns=100 * MILLISECOND)
        asking.wait(done)

        assert begun[0] == 2, "no more at a time than the limit"
        assert asking.by_status() == {CONNECT_TIMEOUT: 5}
        assert asking.engine.stats.sent == 5
        assert asking.engine.stats.lag_ns(1.0) < 50 * MILLISECOND


def test_one_endpoint_without_answers_does_not_hold_up_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "CONNECTS_MAX", 2)

    with (
        full_backlog() as port,
        TortureServer(answers) as server,
        Asking(endpoint_from(f"http://127.0.0.1:{port}"), endpoint_of(server)) as asking,
    ):
        asking.submit(5, endpoint=0, timeout_ns=5 * SECOND)
        asking.submit(5, endpoint=1, fresh=True)
        asking.wait(lambda: len(asking.outcomes) == 5)

    assert asking.by_status() == {200: 5, STOPPED: 5}


def test_a_name_without_an_address_is_an_outage_and_no_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(connection, "getaddrinfo", unknown)
    endpoint = endpoint_from("http://no-such-name.invalid:80")

    with Asking(endpoint) as asking:
        outcome = asking.one()

    assert outcome.status == NOT_RESOLVED
    assert "no-such-name.invalid" in outcome.because


def test_no_descriptor_is_the_testers_own_fault() -> None:
    with TortureServer(answers) as server, Asking(endpoint_of(server)) as asking:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest = socket.socket()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest.fileno(), hard))
        lowest.close()
        with ExitStack() as stack:
            stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
            taken = _all_descriptors()
            asking.submit(3)
            asking.wait(lambda: len(asking.outcomes) == 3)
            for one in taken:
                one.close()

    assert asking.by_status() == {LOCAL_ERROR: 3}
    assert "open files" in asking.outcomes[0].because


def _all_descriptors() -> list[socket.socket]:
    taken = []
    with suppress(OSError):
        while True:
            taken.append(socket.socket())
    return taken


def test_at_the_cap_a_request_waits_with_its_due_time() -> None:
    def script(peer: Peer, number: int) -> int:
        if number < 2:
            assert free.wait(10)
        return answers(peer, number)

    free = threading.Event()
    with TortureServer(script) as server, Asking(endpoint_of(server), cap=2) as asking:
        asking.submit(5)
        asking.wait(lambda: asking.engine.stats.sent == 2)
        assert asking.engine.stats.in_flight == 5
        free.set()
        asking.wait(lambda: len(asking.outcomes) == 5)

    assert asking.by_status() == {200: 5}
    assert sum(server.served) == 5
    assert len(server.served) == 2
    waited = sorted(asking.outcomes, key=lambda outcome: outcome.serial)[2:]
    assert all(outcome.flags == REUSED for outcome in waited)
    due = [outcome.due_ns for outcome in sorted(asking.outcomes, key=lambda one: one.serial)]
    assert due == sorted(due)


def test_who_times_out_at_the_cap_was_not_sent() -> None:
    with TortureServer(never_answers) as server, Asking(endpoint_of(server), cap=2) as asking:
        asking.submit(2, timeout_ns=300 * MILLISECOND)
        # Before one of those two gives up: what then has a moment left would still be sent.
        asking.submit(3, timeout_ns=100 * MILLISECOND)
        asking.wait(lambda: len(asking.outcomes) == 5)

    assert asking.by_status() == {TIMEOUT: 2, NOT_SENT: 3}
    assert asking.engine.stats.not_sent == 3
    assert server.ledger == {TIMEOUT: 2}


def test_at_the_cap_an_idle_connection_to_elsewhere_makes_room() -> None:
    with (
        TortureServer(answers) as one,
        TortureServer(answers) as other,
        Asking(endpoint_of(one), endpoint_of(other), cap=1) as asking,
    ):
        seen = [asking.one(endpoint=number % 2).status for number in range(6)]

    assert seen == [200] * 6
    assert (len(one.served), len(other.served)) == (3, 3)


def test_warming_what_does_not_answer_is_no_record_and_no_crash() -> None:
    with closed_port() as port, Asking(endpoint_from(f"http://127.0.0.1:{port}")) as asking:
        asking.engine.warm(0, 3)
        asking.engine.serve()

        assert asking.outcomes == []


@pytest.mark.parametrize("cap", [pytest.param(64, id="below-the-cap"), pytest.param(2, id="at-it")])
def test_a_server_that_is_well_again_is_not_held_against_what_was_warmed_in_vain(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, cap: int
) -> None:
    monkeypatch.setattr(exchange, "CONNECTS_MAX", 2)

    with TortureServer(answers) as server:
        endpoint = authority.endpoint(server.port, secure=True)
        with Asking(endpoint, cap=cap) as asking:
            asking.engine.warm(0, 2)
            asking.wait(lambda: len(server.served) == 2)  # and shakes no hands
            server.context = authority.context
            asking.submit(5, timeout_ns=SECOND)
            asking.wait(lambda: len(asking.outcomes) == 5)

    assert asking.by_status() == {200: 5}


def test_a_connection_that_is_warmed_in_vain_is_given_up(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WARMING_NS", 50 * MILLISECOND)

    with (
        TortureServer(answers) as server,
        Asking(authority.endpoint(server.port, secure=True)) as asking,
    ):
        asking.engine.warm(0, 3)
        asking.wait(lambda: len(server.served) == 3)

        asking.wait(lambda: not server.connections())

    assert asking.outcomes == []

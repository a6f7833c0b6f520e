"""The engine sends what is due when it is due, waits for nobody, and accounts for all of it."""

import select
import socket
import threading
import time
from time import monotonic_ns

import pytest

from nfrcheck.model.records import NEW, REUSED, STOPPED
from nfrcheck.wire.engine import Engine, Job, Outcome, Schedule
from tests.wire.asking import MILLISECOND, SECOND, Asking, endpoint_of, request
from tests.wire.torture import Peer, TortureServer, answers, never_answers

pytestmark = pytest.mark.usefixtures("nothing_left_open")


def test_a_stopped_engine_records_what_it_leaves() -> None:
    with TortureServer(never_answers) as server:
        with Asking(endpoint_of(server), cap=2) as asking:
            asking.submit(4)
            asking.wait(lambda: asking.engine.stats.sent == 2)
            asking.engine.submit(Job(0, request()), monotonic_ns() + 60 * SECOND)
        asking.engine.close()

    assert asking.by_status() == {STOPPED: 5}
    assert asking.engine.stats.not_sent == 3
    assert asking.engine.stats.in_flight == 0


def test_draining_waits_for_what_is_under_way_and_no_longer_than_told() -> None:
    free = threading.Event()

    def script(peer: Peer, number: int) -> int:
        assert free.wait(10)
        return answers(peer, number)

    with TortureServer(script) as server, Asking(endpoint_of(server)) as asking:
        asking.submit(2)

        assert not asking.engine.drain(monotonic_ns() + 50 * MILLISECOND)
        free.set()
        assert asking.engine.drain(monotonic_ns() + 10 * SECOND)

    assert asking.by_status() == {200: 2}


@pytest.mark.slow
def test_answers_that_came_in_time_are_no_time_outs_after_a_stall_of_ours() -> None:
    """More of them than are taken at once wait to be read."""
    crowd, free, answered = 200, threading.Event(), threading.Semaphore(0)
    asked: list[int] = []

    def script(peer: Peer, number: int) -> int:
        asked.append(number)
        assert free.wait(10)
        answers(peer, number)
        answered.release()
        return 200

    with TortureServer(script) as server, Asking(endpoint_of(server), cap=crowd) as asking:
        over = monotonic_ns() + 5 * SECOND
        asking.submit(crowd, timeout_ns=4 * SECOND)
        asking.wait(lambda: len(asked) == crowd)
        free.set()
        for _ in range(crowd):
            assert answered.acquire(timeout=10)
        assert monotonic_ns() < over - SECOND
        time.sleep((over - monotonic_ns()) / SECOND)  # the stall itself
        asking.wait(lambda: asking.engine.stats.in_flight == 0)

    assert asking.by_status() == {200: crowd}


def test_warm_connections_carry_the_first_requests() -> None:
    with TortureServer(answers) as server, Asking(endpoint_of(server)) as asking:
        asking.engine.warm(0, 5)
        asking.wait(lambda: len(server.served) == 5)

        assert asking.one().flags == REUSED
    assert sorted(server.served) == [0, 0, 0, 0, 1]


def test_idle_connections_that_the_server_closes_are_forgotten() -> None:
    def script(peer: Peer, number: int) -> int:
        answers(peer, number)
        peer.close()
        return 200

    with TortureServer(script) as server, Asking(endpoint_of(server)) as asking:
        for number in range(3):
            assert asking.one().flags == NEW
            asking.wait(lambda number=number: asking.engine.stats.dropped == number + 1)  # type: ignore[misc]

    assert server.served == [1, 1, 1]


def test_an_outcome_may_submit_the_next_request() -> None:
    outcomes: list[Outcome] = []

    def again(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if len(outcomes) < 10:
            engine.submit(outcome.job, monotonic_ns())

    with TortureServer(answers) as server:
        engine = Engine([endpoint_of(server)], cap=1, on_outcome=again)
        engine.submit(Job(0, request()), monotonic_ns())
        engine.run(lambda: len(outcomes) == 10)
        engine.close()

    assert server.served == [10]


def test_a_loop_without_gevent_watches_other_descriptors_too() -> None:
    reader, writer = socket.socketpair()
    with reader, writer, Asking() as asking:
        lines: list[bytes] = []
        asking.engine.watch(reader.fileno(), lambda: lines.append(reader.recv(100)))
        writer.send(b"stop")
        asking.wait(lambda: bool(lines))
        asking.engine.unwatch(reader.fileno())
        writer.send(b"more")
        asking.engine.serve()

    assert lines == [b"stop"]


def test_the_descriptor_of_the_engine_tells_when_there_is_something_to_do() -> None:
    with TortureServer(answers) as server, Asking(endpoint_of(server)) as asking:
        waiter = select.poll()
        waiter.register(asking.engine.fileno(), select.POLLIN)
        assert waiter.poll(0) == []

        asking.submit(3)
        while len(asking.outcomes) < 3:
            assert waiter.poll(5_000)
            asking.engine.serve()

        asking.engine.serve()
        assert waiter.poll(0) == []


@pytest.mark.parametrize("poisson", [False, True], ids=["constant", "poisson"])
def test_a_stream_keeps_its_schedule(*, poisson: bool) -> None:
    t0_ns = monotonic_ns() + 20 * MILLISECOND
    schedule = Schedule(t0_ns, 500, poisson=poisson, seed=7)
    numbers: list[int] = []

    def make(k: int, due_ns: int) -> Job:
        assert due_ns == schedule.due(k)
        numbers.append(k)
        return job

    job = Job(0, request())
    with TortureServer(answers) as server, Asking(endpoint_of(server)) as asking:
        asking.engine.warm(0, 8)
        asking.engine.add_stream(Schedule(t0_ns, 500, poisson=poisson, seed=7), make)
        asking.wait(lambda: monotonic_ns() >= t0_ns + SECOND)
        assert asking.engine.drain(monotonic_ns() + 5 * SECOND)

    count = len(asking.outcomes)
    assert numbers == list(range(count))
    assert asking.by_status() == server.ledger == {200: count}
    assert schedule.due(count - 1) - t0_ns >= SECOND - 10 * MILLISECOND
    assert {outcome.due_ns for outcome in asking.outcomes} == {
        schedule.due(k) for k in range(count)
    }
    # 0.2 ms on a machine of its own; late sleepers of 1 ms grain would be near 0.5 ms.
    assert asking.engine.stats.lag_ns(0.5) < 2 * MILLISECOND


def test_a_server_that_stalls_delays_no_due_time() -> None:
    """The open model: what is due during the stall is sent during the stall."""
    free = threading.Event()

    def script(peer: Peer, number: int) -> int:
        assert free.wait(10)
        return answers(peer, number)

    t0_ns = monotonic_ns()
    job = Job(0, request())
    with TortureServer(script) as server, Asking(endpoint_of(server), cap=1_000) as asking:
        asking.engine.add_stream(Schedule(t0_ns, 200), lambda _k, _due_ns: job)
        asking.wait(lambda: monotonic_ns() >= t0_ns + 300 * MILLISECOND)
        assert asking.engine.settled_ns(monotonic_ns()) == t0_ns
        free.set()
        assert asking.engine.drain(monotonic_ns() + 5 * SECOND)
        now = monotonic_ns()
        assert asking.engine.settled_ns(now) == now

    assert asking.by_status() == server.ledger
    first = min(asking.outcomes, key=lambda outcome: outcome.due_ns)
    assert first.due_ns == t0_ns
    assert first.done_ns - first.due_ns >= 290 * MILLISECOND
    stalled = [one for one in asking.outcomes if one.done_ns - one.due_ns > 20 * MILLISECOND]
    assert len(stalled) > 40
    assert asking.engine.stats.lag_ns(0.9) < 50 * MILLISECOND


def test_two_streams_are_sent_in_the_order_of_their_due_times() -> None:
    sent: list[int] = []

    def make(_: int, due_ns: int) -> Job:
        sent.append(due_ns)
        return job

    job = Job(0, request())
    t0_ns = monotonic_ns() - 100 * MILLISECOND  # all due at once: only the order is left
    with TortureServer(answers) as server, Asking(endpoint_of(server)) as asking:
        asking.engine.add_stream(Schedule(t0_ns, 300), make)
        asking.engine.add_stream(Schedule(t0_ns + MILLISECOND, 500), make)
        asking.engine.drain(monotonic_ns() + 5 * SECOND)

    assert len(sent) > 70
    assert sent == sorted(sent)


def test_a_stream_whose_rate_ends_at_nothing_ends() -> None:
    job = Job(0, request())
    t0_ns = monotonic_ns()
    with TortureServer(answers) as server, Asking(endpoint_of(server)) as asking:
        asking.engine.add_stream(Schedule(t0_ns, [(0, 100), (0.1, 0)]), lambda _k, _due: job)
        asking.wait(lambda: len(asking.outcomes) == 10)
        asking.wait(lambda: monotonic_ns() > t0_ns + 200 * MILLISECOND)

    assert server.ledger == {200: 10}

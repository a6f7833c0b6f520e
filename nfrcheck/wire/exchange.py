"""Requests on connections: which carries which, and what became of it. No schedule, no waiting."""

from collections.abc import Callable, Sequence
from select import EPOLLIN, EPOLLOUT, epoll
from time import monotonic_ns

from nfrcheck.model.records import (
    CLOSED_BEFORE,
    CONNECT_TIMEOUT,
    EARLY,
    EXTRA,
    HTTP10,
    LOCAL_ERROR,
    NEW,
    NOT_RESOLVED,
    NOT_SENT,
    RETRIED,
    REUSED,
    STOPPED,
    TIMEOUT,
    TLS_FAILED,
)
from nfrcheck.wire.connection import Endpoint, Phase
from nfrcheck.wire.deadlines import Deadlines
from nfrcheck.wire.heads import Heads
from nfrcheck.wire.job import Job, Outcome, Stats
from nfrcheck.wire.pool import CONNECTS_MAX, Link, Pool


class Exchange:
    def __init__(
        self, endpoints: Sequence[Endpoint], cap: int, on_outcome: Callable[[Outcome], None]
    ) -> None:
        self.epoll = epoll()
        self.stats = Stats()
        self.flights: dict[int, Outcome] = {}
        self.deadlines = Deadlines(self.flights)
        self.links: dict[int, Link] = {}
        self._pools = [Pool(endpoint) for endpoint in endpoints]
        self._cap = cap
        self._on_outcome = on_outcome
        self._heads = Heads()
        self._serial = 0
        self._freed = False  # a line may move

    def begin(self, job: Job, due_ns: int, before: Outcome | None = None) -> None:
        """Takes up a request; `before` is the attempt that this one repeats."""
        outcome = self.expect(job, due_ns)
        if before is not None:
            outcome.attempt = before.attempt + 1
            outcome.sent_ns = before.sent_ns
        self.deadlines.add(due_ns, job.timeout_ns, outcome.serial)
        pool = self._pools[job.endpoint]
        line = pool.lines[job.fresh]
        if line or not self._place(outcome):
            line.append(outcome)
            if pool.connecting >= CONNECTS_MAX and len(self.flights) <= self._cap:
                self._take(outcome)  # the peer does not let us connect; the tester did its part

    def expect(self, job: Job, due_ns: int) -> Outcome:
        """Counts a request as under way; it must end, if only as stopped."""
        self._serial += 1
        outcome = Outcome(job, due_ns, serial=self._serial)
        self.flights[self._serial] = outcome
        self.stats.in_flight += 1
        return outcome

    def warm(self, endpoint: int, count: int) -> None:
        """Opens connections that carry nothing yet."""
        pool = self._pools[endpoint]
        for _ in range(min(count, self._cap - len(self.links))):
            self._connect(pool)

    def ready(self, link: Link, mask: int) -> None:
        """Something may be done on this connection; nothing need be."""
        if link.phase is not Phase.OPEN:
            self._advance(link)
            return
        if mask & EPOLLOUT:
            link.flush()
        if mask & ~EPOLLOUT:
            self._read(link)
        if link.mask != EPOLLIN or link.unsent is not None:
            link.watch(self.epoll)

    def expire(self, now: int) -> None:
        """Ends those whose time is over, with the time-out as their latency."""
        for serial in self.deadlines.expired(now):
            outcome = self.flights[serial]
            link: Link | None = outcome.connection
            status = TIMEOUT
            if link is None:
                # Who waits for a connect in progress is held up by the peer, not by the cap.
                status = CONNECT_TIMEOUT if outcome.sent_ns else NOT_SENT
            else:
                if link.phase is Phase.CONNECTING:
                    status = CONNECT_TIMEOUT
                self._drop(link)
            self._finish(outcome, status, outcome.due_ns + outcome.job.timeout_ns)
        for never in [link for pool in self._pools for link in pool.never_warm(now)]:
            self._drop(never)

    def move_lines(self) -> None:
        """Serves those who wait, after something became free."""
        if not self._freed:
            return
        self._freed = False
        for pool in self._pools:
            for line in pool.lines:
                while line:
                    if line[0].serial in self.flights and not self._place(line[0]):
                        break
                    line.popleft()

    def close(self) -> None:
        """Ends everything: what is under way is recorded as stopped."""
        try:
            now = monotonic_ns()
            for outcome in list(self.flights.values()):
                self._finish(outcome, STOPPED, now)
        finally:
            for link in list(self.links.values()):
                self._drop(link)
            self.epoll.close()

    def _place(self, outcome: Outcome) -> bool:
        """False when it has to wait."""
        job = outcome.job
        pool = self._pools[job.endpoint]
        if pool.idle and not job.fresh and not outcome.attempt:
            link = self._idle_link(pool)
            if link is not None:
                outcome.flags |= REUSED
                self._carry(link, outcome)
                return True
        if pool.connecting >= CONNECTS_MAX:
            return False
        if len(self.links) >= self._cap and not self._make_room():
            return False
        self._connect(pool, outcome)
        return True

    def _take(self, outcome: Outcome) -> None:
        if not outcome.sent_ns:
            outcome.sent_ns = now = monotonic_ns()
            self.stats.sent += 1
            self.stats.lags_ns.append(now - outcome.due_ns)

    def _idle_link(self, pool: Pool) -> Link | None:
        """The last used free connection that is still good."""
        while pool.idle:
            link, _ = pool.idle.popitem()
            if link.is_fit(monotonic_ns()):
                return link
            self.stats.dropped += 1
            self._drop(link)
        return None

    def _make_room(self) -> bool:
        """Closes a connection to wherever that no request needs; False when all are in use."""
        spare = next(filter(None, (pool.spare() for pool in self._pools)), None)
        if spare is not None:
            self._drop(spare)
        return spare is not None

    def _connect(self, pool: Pool, outcome: Outcome | None = None) -> None:
        status, because = NOT_RESOLVED, f"{pool.endpoint.host} has no address"
        link = None
        if outcome is not None:
            self._take(outcome)
            outcome.flags |= NEW
        if pool.endpoint.address:
            try:
                link = Link(pool, self._heads)
            except OSError as error:
                status, because = LOCAL_ERROR, str(error.strerror)
        if link is None:
            if outcome is not None:
                outcome.because = because
                self._finish(outcome, status, monotonic_ns())
            return
        self.stats.connects += 1
        descriptor = link.socket.fileno()
        self.links[descriptor] = link
        self.epoll.register(descriptor, link.mask)
        if outcome is not None:
            link.flight = outcome
            outcome.connection = link
        pool.begun(link)
        self._advance(link)

    def _advance(self, link: Link) -> None:
        status = link.advance()
        flight = link.flight
        if status:
            self._drop(link)
            if flight is not None:
                flight.because = link.because
                self._finish(flight, status, monotonic_ns())
            return
        if link.phase is Phase.OPEN:
            link.pool.settled(link)
            self._freed = True
            if flight is None:
                self._release(link)
            else:
                flight.connected_ns = monotonic_ns()
                self._carry(link, flight)
        link.watch(self.epoll)

    def _carry(self, link: Link, outcome: Outcome) -> None:
        link.flight = outcome
        outcome.connection = link
        self._take(outcome)
        job = outcome.job
        link.response.begin(job.method, job.keep)
        link.send(job.request)
        if link.unsent is not None:
            link.watch(self.epoll)

    def _read(self, link: Link) -> None:
        got = link.receive()
        flight = link.flight
        if flight is None:
            # Nobody asked: an end, or bytes that must not become the next answer.
            if got or link.ended:
                self.stats.dropped += 1
                self._drop(link)
        elif got and link.response.feed(got):
            self._answered(link, flight)
        elif link.ended:
            self._cut(link, flight)

    def _answered(self, link: Link, flight: Outcome) -> None:
        now = monotonic_ns()
        response = link.response
        if response.extra:
            flight.flags |= EXTRA
        if response.http10:
            flight.flags |= HTTP10
        if link.unsent is not None:
            flight.flags |= EARLY
        if response.status >= 100:
            flight.head = response.head
            flight.body = response.body
        else:
            flight.because = response.because
        if flight.flags & EARLY or response.close or link.ended or flight.job.fresh:
            self._drop(link)
        else:
            self._release(link, now)
        self._finish(flight, response.status, now)

    def _cut(self, link: Link, flight: Outcome) -> None:
        """The peer ended the connection: the end of the answer, or of the hope for one."""
        started = link.response.started
        status = link.response.end(orderly=link.orderly)
        if status >= 100:
            self._answered(link, flight)
            return
        if link.distrusted and not started:
            status = TLS_FAILED
        self._drop(link)
        flight.because = link.because
        stale = status == CLOSED_BEFORE and flight.flags & REUSED
        again = stale and flight.attempt < flight.job.retries
        if again:
            flight.flags |= RETRIED
        self._finish(flight, status, monotonic_ns())
        if again:
            self.begin(flight.job, flight.due_ns, flight)

    def _release(self, link: Link, now: int = 0) -> None:
        link.flight = None
        link.idle_since = now
        link.pool.idle[link] = None
        self._freed = True

    def _drop(self, link: Link) -> None:
        pool = link.pool
        del self.links[link.socket.fileno()]
        if link.phase is not Phase.OPEN:
            pool.settled(link)
        pool.idle.pop(link, None)
        link.flight = None
        link.close()
        self._freed = True

    def _finish(self, outcome: Outcome, status: int, done_ns: int) -> None:
        del self.flights[outcome.serial]
        outcome.connection = None
        outcome.status = status
        outcome.done_ns = done_ns
        stats = self.stats
        stats.in_flight -= 1
        stats.done += 1
        if not outcome.sent_ns:
            outcome.sent_ns = done_ns
            stats.not_sent += 1
        self._on_outcome(outcome)

"""The load engine: sends what is due, whatever has become of what was sent before (open model).

One epoll set holds all sockets and a timerfd, and is itself one descriptor that an event loop can
watch. No greenlet, no thread, no blocking call. Import it before gevent patches anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from itertools import count
from select import EPOLLET, EPOLLIN
from time import monotonic_ns

from nfrcheck.wire.alarm import NEVER, Alarm
from nfrcheck.wire.connection import Endpoint, endpoint_from
from nfrcheck.wire.exchange import Exchange
from nfrcheck.wire.job import Job, Outcome, Stats
from nfrcheck.wire.schedule import Schedule

__all__ = ["Endpoint", "Engine", "Job", "Outcome", "Schedule", "Stats", "endpoint_from"]

EVENTS_MAX = 64
SENDS_MAX = 64
"""Answers read before sending goes on, and requests sent before reading does: about 1 ms each.
Reading late is as wrong as sending late, and to ask epoll once more costs next to nothing."""
FAST_RATE = 2_000
SPACING_NS = 500_000
"""Above FAST_RATE wake-ups are this far apart: it halves their price and costs 0.2 ms of lag."""
RATE_LOOK_NS = 100_000_000
WAIT_S = 0.05

Make = Callable[[int, int], Job]


@dataclass(slots=True)
class _Stream:
    schedule: Schedule
    make: Make
    k: int = 0


class Engine:
    """`on_outcome` is called once for each attempt, inside `serve`; it may `submit`.

    `cap` bounds the open connections, and with them the requests under way.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        cap: int,
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._alarm = Alarm()
        self._exchange = Exchange(endpoints, cap, on_outcome)
        self._epoll = self._exchange.epoll
        # Edge-triggered: it is never read, each ringing shows once.
        self._epoll.register(self._alarm.fd, EPOLLIN | EPOLLET)
        self.stats = self._exchange.stats
        self._streams: list[_Stream] = []
        self._upcoming: list[tuple[int, int]] = []  # heap of due, stream
        self._submitted: list[tuple[int, int, Job]] = []  # heap of due, order, job
        self._order = count()
        self._watchers: dict[int, Callable[[], None]] = {}
        self._spacing = 0
        self._looked_at = 0
        self._closed = False

    def add_stream(self, schedule: Schedule, make: Make) -> int:
        """`make(k, due_ns)` gives the request with the number k; called when it is due."""
        index = len(self._streams)
        self._streams.append(_Stream(schedule, make))
        due = schedule.due(0)
        if due != NEVER:
            heappush(self._upcoming, (due, index))
        self._looked_at = 0
        self._arm(monotonic_ns())
        return index

    def submit(self, job: Job, due_ns: int) -> None:
        """One request outside any stream; sent inside `serve`."""
        heappush(self._submitted, (due_ns, next(self._order), job))
        if due_ns < self._alarm.at:
            self._alarm.set(due_ns)

    def warm(self, endpoint: int, n: int) -> None:
        """Begins to open n connections; nobody waits for them, and failures show on first use."""
        self._exchange.warm(endpoint, n)

    def watch(self, descriptor: int, ready: Callable[[], None]) -> None:
        """Calls `ready` whenever the descriptor is readable, for a loop without gevent."""
        self._watchers[descriptor] = ready
        self._epoll.register(descriptor, EPOLLIN)

    def unwatch(self, descriptor: int) -> None:
        del self._watchers[descriptor]
        self._epoll.unregister(descriptor)

    def fileno(self) -> int:
        """Readable when `serve` has something to do."""
        return self._epoll.fileno()

    def serve(self, budget_ns: int = 2_000_000) -> None:
        """Does what can be done now, for about that long; never waits."""
        now = monotonic_ns()
        stop_at = now + budget_ns
        while True:
            self._pace(now)
            events = self._epoll.poll(0, EVENTS_MAX)
            self._take(events)
            now = monotonic_ns()
            # After a stall of ours answers wait to be read: they have come in time.
            if len(events) < EVENTS_MAX:
                self._exchange.expire(now)
            self._exchange.move_lines()
            if not events or now >= stop_at:
                break
        self._pace(now)
        self._arm(now)

    def run(self, until: Callable[[], bool]) -> None:
        """Serves until told; asks after each wake-up, at least every 50 ms."""
        while not until():
            self._take(self._epoll.poll(WAIT_S, EVENTS_MAX))
            self.serve()

    def stop_streams(self) -> None:
        """Nothing becomes due any more; what was due until now is sent."""
        now = monotonic_ns()
        while self._pace(now):
            pass
        self._upcoming.clear()

    def drain(self, deadline_ns: int) -> bool:
        """Stops the streams and serves until nothing is under way; False when time ran out."""
        self.stop_streams()
        self.run(lambda: not self._busy() or monotonic_ns() >= deadline_ns)
        return not self._busy()

    def settled_ns(self, now: int) -> int:
        """Every request that was due before this time has ended."""
        under_way = (flight.due_ns for flight in self._exchange.flights.values())
        return min(now, self._next_due(), *under_way)

    def close(self) -> None:
        """Records as stopped what is not done, and leaves no descriptor open."""
        if self._closed:
            return
        self._closed = True
        self._upcoming.clear()
        for due_ns, _, job in self._submitted:
            self._exchange.expect(job, due_ns)
        self._submitted.clear()
        try:
            self._exchange.close()
        finally:
            self._alarm.close()

    def _busy(self) -> bool:
        return bool(self.stats.in_flight or self._submitted)

    def _take(self, events: list[tuple[int, int]]) -> None:
        links = self._exchange.links
        ready = self._exchange.ready
        for descriptor, mask in events:
            link = links.get(descriptor)
            if link is not None:
                ready(link, mask)
            elif descriptor in self._watchers:
                self._watchers[descriptor]()

    def _pace(self, now: int) -> bool:
        """Sends what is due; True when more of it is left."""
        upcoming, submitted = self._upcoming, self._submitted
        for _ in range(SENDS_MAX):
            if upcoming and upcoming[0][0] <= now:
                self._send_next()
            elif submitted and submitted[0][0] <= now:
                due_ns, _, job = heappop(submitted)
                self._exchange.begin(job, due_ns)
            else:
                return False
        return True

    def _send_next(self) -> None:
        due, index = self._upcoming[0]
        stream = self._streams[index]
        k = stream.k
        stream.k = k + 1
        after = stream.schedule.due(k + 1)
        if after == NEVER:
            heappop(self._upcoming)
        else:
            heapreplace(self._upcoming, (after, index))
        self._exchange.begin(stream.make(stream.schedule.number(k), due), due)

    def _next_due(self) -> int:
        return min(
            self._upcoming[0][0] if self._upcoming else NEVER,
            self._submitted[0][0] if self._submitted else NEVER,
        )

    def _arm(self, now: int) -> None:
        due = self._next_due()
        if now - self._looked_at > RATE_LOOK_NS:
            self._looked_at = now
            rate = sum(stream.schedule.rate_at(now) for stream in self._streams)
            self._spacing = SPACING_NS if rate > FAST_RATE else 0
        if self._spacing and now < due < now + self._spacing:
            due = now + self._spacing
        wake = min(due, self._exchange.deadlines.first())
        if wake != self._alarm.at or wake <= now:
            self._alarm.set(wake)

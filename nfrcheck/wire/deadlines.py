"""When to give up on whom. Entries of requests that ended are not removed, they fall away."""

from collections import deque
from collections.abc import Container
from heapq import heappop, heappush

from nfrcheck.wire.alarm import NEVER

_Entry = tuple[int, int]  # deadline, serial


class Deadlines:
    """`alive` holds the serials still under way.

    A constant time-out means a constant order: one queue for each time-out, of which only the head
    is looked at. What comes out of order (a second attempt, say) goes to a heap.
    """

    def __init__(self, alive: Container[int]) -> None:
        self._alive = alive
        self._queues: dict[int, deque[_Entry]] = {}
        self._odd: list[_Entry] = []

    def add(self, due_ns: int, timeout_ns: int, serial: int) -> None:
        entry = (due_ns + timeout_ns, serial)
        queue = self._queues.get(timeout_ns)
        if queue is None:
            queue = self._queues[timeout_ns] = deque()
        if queue and entry[0] < queue[-1][0]:
            heappush(self._odd, entry)
        else:
            queue.append(entry)

    def first(self) -> int:
        """The earliest deadline of one under way, NEVER without any."""
        alive = self._alive
        earliest = NEVER
        for queue in self._queues.values():
            while queue and queue[0][1] not in alive:
                queue.popleft()
            if queue:
                earliest = min(earliest, queue[0][0])
        while self._odd and self._odd[0][1] not in alive:
            heappop(self._odd)
        return min(earliest, self._odd[0][0]) if self._odd else earliest

    def expired(self, now: int) -> list[int]:
        """The serials whose time is over; each is told once."""
        late = []
        for queue in self._queues.values():
            while queue and queue[0][0] <= now:
                late.append(queue.popleft()[1])
        while self._odd and self._odd[0][0] <= now:
            late.append(heappop(self._odd)[1])
        return [serial for serial in late if serial in self._alive]

"""The toxics that decide when bytes pass: latency, bandwidth and slicer."""

import asyncio
from collections import deque
from collections.abc import Iterator

from nfrcheck.faultproxy.stages import ROOM, Chunk, Direction, Holding
from nfrcheck.faultproxy.toxics import Toxic

IN_FLIGHT = 32 * 1024 * 1024
"""Bytes that may be late at once."""
STOCK_S = 0.05
"""As much as passes in this time is held, so that a fast link never waits for its source."""
IN_A_ROW = 64
"""Pieces that are passed on before others have their turn."""


class Latency(Holding):
    """Each chunk is late by the same, counted from its arrival, so throughput is not limited."""

    __slots__ = ("dues", "latest")

    def begin(self) -> None:
        self.room = IN_FLIGHT
        self.latest = 0.0
        self.dues: deque[float] = deque()

    def feed(self, chunk: Chunk, at: float) -> None:
        self.row.append((at, chunk))
        self.dues.append(self._due(at))
        self.count(len(chunk))
        if self.timer is None:
            self._wait()

    def _due(self, at: float) -> float:
        """In ms as asked for; with jitter no chunk overtakes the one before it."""
        delay, jitter = self.toxic.attributes["latency"], self.toxic.attributes["jitter"]
        if jitter > 0:
            delay += self.random.randrange(2 * jitter) - jitter
        self.latest = max(self.latest, at + max(0, delay) / 1e3)
        return self.latest

    def _wait(self) -> None:
        self.timer = asyncio.get_running_loop().call_at(self.dues[0], self._pass)

    def _pass(self) -> None:
        self.timer = None
        now = self.now
        while self.row and self.dues[0] <= now:
            _arrived, chunk = self.row.popleft()
            self.count(-len(chunk))
            self.after.feed(chunk, self.dues.popleft())
        if self.row:
            self._wait()
        else:
            self.end_if_empty()

    def changed(self) -> None:
        """What is in flight is as late as it would have been from the beginning."""
        self.stop_timer()
        self.latest = 0.0
        self.dues = deque(self._due(at) for at, _chunk in self.row)
        if self.row:
            self._wait()


class Bandwidth(Holding):
    """So many KB (1,000 bytes) a second: what was sent has taken its time before it is passed."""

    __slots__ = ("free_at", "late")

    def begin(self) -> None:
        self.free_at = 0.0
        self.late = 0.0
        self._stock()

    def _stock(self) -> None:
        self.room = max(ROOM, int(self.toxic.attributes["rate"] * 1e3 * STOCK_S))

    def feed(self, chunk: Chunk, at: float) -> None:
        self.row.append((at, memoryview(chunk)))
        self.count(len(chunk))
        if self.timer is None:
            # What the timer was late is made up for; time in which nothing came is not.
            self.free_at = self.now - self.late
            self._wait()

    def _wait(self) -> None:
        rate = self.toxic.attributes["rate"]
        if rate <= 0:
            return
        size = min(len(self.row[0][1]), rate * 100)
        self.free_at += size / (rate * 1e3)
        loop = asyncio.get_running_loop()
        self.timer = loop.call_at(self.free_at, self._pass, size)

    def _pass(self, size: int) -> None:
        self.timer = None
        self.late = max(0.0, self.now - self.free_at)
        at, chunk = self.row.popleft()
        if len(chunk) > size:
            self.row.appendleft((at, chunk[size:]))
        self.count(-size)
        self.after.feed(chunk[:size], at)
        if self.row:
            self._wait()
        else:
            self.end_if_empty()

    def changed(self) -> None:
        self.stop_timer()
        self.free_at, self.late = self.now, 0.0
        self._stock()
        if self.row:
            self._wait()


class Slicer(Holding):
    """Chunks leave in pieces of about a size, each a while after the one before it."""

    __slots__ = ("free_at", "pieces")

    def __init__(self, toxic: Toxic, direction: Direction, key: str) -> None:
        super().__init__(toxic, direction, key)
        self.pieces: Iterator[int] = iter(())

    def begin(self) -> None:
        self.free_at = 0.0

    def feed(self, chunk: Chunk, at: float) -> None:
        self.row.append((at, memoryview(chunk)))
        self.count(len(chunk))
        if len(self.row) == 1:
            self.pieces = self._sizes(len(chunk))
        if self.timer is None:
            self.free_at = max(self.free_at, self.now)
            self._pass()

    def _sizes(self, whole: int) -> Iterator[int]:
        """Halved, about, until a piece is small enough; larger pieces come anywhere."""
        size = max(1, self.toxic.attributes["average_size"])
        variation = max(0, self.toxic.attributes["size_variation"])
        parts = [whole]
        while parts:
            part = parts.pop()
            if part <= max(1, size + variation):
                yield part
                continue
            middle = part // 2
            if variation:
                middle += self.random.randrange(2 * variation) - variation
            middle = min(max(middle, 1), part - 1)
            parts += [part - middle, middle]

    def _pass(self) -> None:
        self.timer = None
        loop = asyncio.get_running_loop()
        now, delay_s = self.now, max(0, self.toxic.attributes["delay"]) / 1e6
        for _ in range(IN_A_ROW):
            if not self.row:
                self.end_if_empty()
                return
            if self.free_at > now:
                self.timer = loop.call_at(self.free_at, self._pass)
                return
            self._pass_one()
            self.free_at += delay_s
        self.timer = loop.call_soon(self._pass)

    def _pass_one(self) -> None:
        at, chunk = self.row.popleft()
        size = next(self.pieces)
        if len(chunk) > size:
            self.row.appendleft((at, chunk[size:]))
        elif self.row:
            self.pieces = self._sizes(len(self.row[0][1]))
        self.count(-size)
        self.after.feed(chunk[:size], at)

    def changed(self) -> None:
        self.stop_timer()
        if self.row:
            self.pieces = self._sizes(len(self.row[0][1]))
            self.free_at = self.now
            self._pass()

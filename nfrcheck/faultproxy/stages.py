"""The toxics at work on one direction of one connection: what holds, cuts or swallows its bytes."""

import asyncio
import enum
from collections import deque
from random import Random
from typing import Protocol

from nfrcheck.faultproxy.toxics import Toxic

Chunk = bytes | memoryview

ROOM = 64 * 1024
"""Bytes that a stage holds before its source is no longer read."""


class End(enum.Enum):
    """How a direction ends: half-closed, closed in both, or reset."""

    EOF = enum.auto()
    CLOSE = enum.auto()
    RESET = enum.auto()


class Onward(Protocol):
    """What comes after a stage. `at`: when the bytes arrived, moved by what delays them."""

    def feed(self, chunk: Chunk, at: float) -> None: ...

    def end(self, how: End) -> None: ...


class Direction(Onward, Protocol):
    """The direction as a stage sees it; it is also what comes after the last stage."""

    joined: bool

    def full(self) -> None: ...

    def roomy(self) -> None: ...


class Stage:
    """Passes everything on. `key` and the order of draws fix what its randomness gives."""

    __slots__ = (
        "_drawn",
        "_key",
        "active",
        "after",
        "direction",
        "held",
        "over",
        "room",
        "stopped",
        "toxic",
    )

    def __init__(self, toxic: Toxic, direction: Direction, key: str) -> None:
        self.toxic = toxic
        self.direction = direction
        self.after: Onward = direction
        self.held = 0
        self.room = ROOM
        self.stopped = False
        self.over = False
        self._key = key
        self._drawn: Random | None = None
        self.active = self.draw()

    @property
    def random(self) -> Random:
        if self._drawn is None:
            self._drawn = Random(self._key)  # noqa: S311  # it must be the same for the same seed
        return self._drawn

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def draw(self) -> bool:
        """Whether this connection is among those that the toxic acts on."""
        share = self.toxic.toxicity
        return share >= 1 or (share > 0 and self.random.random() < share)

    def begin(self) -> None:
        """The stage is in its place and active."""

    def feed(self, chunk: Chunk, at: float) -> None:
        self.after.feed(chunk, at)

    def end(self, how: End) -> None:
        self.after.end(how)

    def changed(self) -> None:
        """The toxic has other values now; what is held goes by them."""

    def release(self) -> None:
        """The toxic no longer acts on this connection: what is held goes on at once."""

    def discard(self) -> None:
        """The connection is gone, and with it what is held."""

    def finish(self, how: End) -> None:
        """Ends the direction by the toxic's own will."""
        if not self.over:
            self.over = True
            self.after.end(how)

    def count(self, more: int) -> None:
        """Bytes held, more or fewer: a full stage stops the source."""
        self.held += more
        if self.held > self.room and not self.stopped:
            self.stopped = True
            self.direction.full()
        elif self.stopped and self.held <= self.room // 2:
            self.stopped = False
            self.direction.roomy()


class Holding(Stage):
    """Chunks wait in a row, the first of them for the timer; the end waits behind them."""

    __slots__ = ("ending", "row", "timer")

    def __init__(self, toxic: Toxic, direction: Direction, key: str) -> None:
        self.row: deque[tuple[float, Chunk]] = deque()
        self.ending: End | None = None
        self.timer: asyncio.TimerHandle | asyncio.Handle | None = None
        super().__init__(toxic, direction, key)

    def end(self, how: End) -> None:
        self.ending = how
        self.end_if_empty()

    def end_if_empty(self) -> None:
        if self.ending is not None and not self.row:
            how, self.ending = self.ending, None
            self.after.end(how)

    def stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def release(self) -> None:
        self.stop_timer()
        while self.row:
            at, chunk = self.row.popleft()
            self.count(-len(chunk))
            self.after.feed(chunk, at)
        self.end_if_empty()

    def discard(self) -> None:
        self.stop_timer()
        self.row.clear()
        self.ending = None


class Swallow(Stage):
    """`cut` and `hang`: nothing comes out, not even the end.

    A stream with a hole in it cannot go on: a connection that has lost something is closed when
    the toxic goes.
    """

    __slots__ = ("lost",)

    def begin(self) -> None:
        self.lost = False

    def feed(self, chunk: Chunk, at: float) -> None:  # noqa: ARG002  # swallowed
        self.lost = True

    def end(self, how: End) -> None:  # noqa: ARG002  # swallowed
        self.lost = True

    def release(self) -> None:
        if self.lost or not self.direction.joined:
            self.finish(End.CLOSE)


class Timeout(Stage):
    """Swallows what comes, and closes after a time; what closes by itself is not held up."""

    __slots__ = ("timer",)

    def begin(self) -> None:
        self.timer: asyncio.TimerHandle | None = None
        self.changed()

    def changed(self) -> None:
        self.discard()
        after_s = self.toxic.attributes["timeout"] / 1e3
        if after_s > 0:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_later(after_s, self.finish, End.CLOSE)

    def feed(self, chunk: Chunk, at: float) -> None:
        """Swallowed."""

    def end(self, how: End) -> None:
        self.finish(how)

    def release(self) -> None:
        self.discard()
        self.finish(End.CLOSE)

    def discard(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class ResetPeer(Stage):
    """The first that arrives, data or end, is answered with a reset after a time."""

    __slots__ = ("timer",)

    def begin(self) -> None:
        self.timer: asyncio.TimerHandle | None = None

    def feed(self, chunk: Chunk, at: float) -> None:  # noqa: ARG002  # swallowed
        self._reset_later()

    def end(self, how: End) -> None:  # noqa: ARG002  # a reset is what it ends with
        self._reset_later()

    def _reset_later(self) -> None:
        if self.timer is None and not self.over:
            after_s = max(0.0, self.toxic.attributes["timeout"] / 1e3)
            loop = asyncio.get_running_loop()
            self.timer = loop.call_later(after_s, self.finish, End.RESET)

    def release(self) -> None:
        # Something was swallowed already: the stream cannot go on without it.
        if self.timer is not None:
            self.discard()
            self.finish(End.RESET)

    def discard(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class LimitBytes(Stage):
    """So many bytes pass, counted from when the toxic was added; then the connection is closed."""

    __slots__ = ("passed",)

    def begin(self) -> None:
        self.passed = 0

    def feed(self, chunk: Chunk, at: float) -> None:
        if self.over:
            return
        most = self.toxic.attributes["bytes"]
        chunk = chunk[: max(0, most - self.passed)]
        self.passed += len(chunk)
        if chunk:
            self.after.feed(chunk, at)
        if self.passed >= most:
            self.finish(End.CLOSE)

    def end(self, how: End) -> None:
        self.finish(how)


class SlowClose(Stage):
    """Only the end is late."""

    __slots__ = ("ending", "timer")

    def begin(self) -> None:
        self.ending: End | None = None
        self.timer: asyncio.TimerHandle | None = None

    def end(self, how: End) -> None:
        self.ending = how
        self.changed()

    def changed(self) -> None:
        if self.ending is not None:
            self.discard()
            after_s = max(0.0, self.toxic.attributes["delay"] / 1e3)
            self.timer = asyncio.get_running_loop().call_later(after_s, self.release)

    def release(self) -> None:
        self.discard()
        if self.ending is not None:
            self.finish(self.ending)

    def discard(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

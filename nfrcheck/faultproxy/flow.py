"""One direction of one connection: from its source through the toxics to its target."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from nfrcheck.faultproxy.pacing import Bandwidth, Latency, Slicer
from nfrcheck.faultproxy.stages import (
    Chunk,
    End,
    LimitBytes,
    ResetPeer,
    SlowClose,
    Stage,
    Swallow,
    Timeout,
)
from nfrcheck.faultproxy.toxics import Toxic

STAGES: Mapping[str, type[Stage]] = {
    "bandwidth": Bandwidth,
    "cut": Swallow,
    "hang": Swallow,
    "latency": Latency,
    "limit_data": LimitBytes,
    "noop": Stage,
    "reset_peer": ResetPeer,
    "slicer": Slicer,
    "slow_close": SlowClose,
    "timeout": Timeout,
}


class Ends(Protocol):
    """The connection, which hears how a direction of it ended."""

    def ended(self, flow: "Flow", how: End) -> None: ...


class Flow:
    """Bytes are pushed: a toxic that holds some keeps them, with the timer that lets them go.

    `received` counts the bytes that came from the source, `sent` those that went to the target.
    """

    __slots__ = (
        "_ends",
        "_full",
        "_key",
        "head",
        "joined",
        "over",
        "received",
        "sent",
        "shut",
        "source",
        "stages",
        "started",
        "target",
    )

    def __init__(self, ends: Ends, toxics: Iterable[Toxic], key: str) -> None:
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None
        self.received = 0
        self.sent = 0
        self.over = False
        """Nothing comes from the source any more."""
        self.shut = False
        """The end has reached the target."""
        self.joined = True
        """There is an upstream; not so for a connection that hung from its beginning."""
        self.started = False
        """Both sides are there; before that nothing can have been lost."""
        self._ends = ends
        self._key = key
        self._full = 0
        self.head: Stage | None = None
        self.stages: list[Stage] = []
        for toxic in toxics:
            self.add(toxic)

    def arrive(self, chunk: Chunk) -> None:
        """Bytes of the source."""
        self.received += len(chunk)
        if self.over:
            return
        if self.head is None:
            self.feed(chunk)
        else:
            self.head.feed(chunk, asyncio.get_running_loop().time())

    def close(self, how: End) -> None:
        """The source has ended, or its connection is to end."""
        if not self.over:
            self.over = True
            (self.head or self).end(how)

    def feed(self, chunk: Chunk, at: float = 0.0) -> None:  # noqa: ARG002  # as any stage
        """To the target: what comes after the last stage."""
        if self.target is not None and not self.shut:
            self.sent += len(chunk)
            self.target.write(chunk)

    def end(self, how: End) -> None:
        if not self.shut:
            self.shut = True
            self._ends.ended(self, how)

    def add(self, toxic: Toxic) -> None:
        stage = STAGES[toxic.kind](toxic, self, f"{self._key}/{toxic.name}")
        self.stages.append(stage)
        self._link()
        if stage.active:
            stage.begin()

    def update(self, toxic: Toxic) -> None:
        for stage in self.stages:
            if stage.toxic is toxic:
                self._redraw(stage)

    def remove(self, toxic: Toxic) -> None:
        for stage in [stage for stage in self.stages if stage.toxic is toxic]:
            self.stages.remove(stage)
            self._release(stage)

    def discard(self) -> None:
        """The target is gone: what is held for it goes with it."""
        self.shut = True
        self.target = None
        for stage in self.stages:
            if stage.active:
                stage.discard()

    def full(self) -> None:
        self._full += 1
        if self._full == 1 and self.source is not None and not self.over:
            self.source.pause_reading()

    def roomy(self) -> None:
        self._full -= 1
        if not self._full and self.source is not None:
            self.source.resume_reading()

    def drain(self) -> None:
        """Reads and drops: what is unread when a socket is closed would make it a reset."""
        self._full = 0
        if self.source is not None:
            self.source.resume_reading()

    def to_json(self) -> dict[str, Any]:
        held = sum(stage.held for stage in self.stages)
        return {"received": self.received, "sent": self.sent, "held": held}

    def _redraw(self, stage: Stage) -> None:
        was, stage.active = stage.active, stage.draw()
        if was and stage.active:
            stage.changed()
        elif was:
            self._release(stage)
        elif stage.active:
            self._link()
            stage.begin()

    def _release(self, stage: Stage) -> None:
        """Its place in the chain is kept until all it held has gone the way it would have gone."""
        if stage.active:
            if self.started or not self.joined:
                stage.release()
            else:
                stage.discard()
            stage.active = False
            if stage.stopped:
                stage.stopped = False
                self.roomy()
        self._link()

    def _link(self) -> None:
        """Each active stage before the next, the last before the target."""
        after: Stage | None = None
        for stage in reversed(self.stages):
            if stage.active:
                stage.after = after or self
                after = stage
        self.head = after

"""Who connected to a proxy of late, and whether it stood still itself meanwhile."""

import asyncio
import secrets
import time
from collections import deque
from typing import Any

RECENT_S, RECENT_MOST = 1.0, 4_096
"""How long, and of how many connections, it is remembered when they came."""
BEAT_S = 0.01
UNASKED_S = 3.0
LATE_S = 0.001


class Arrivals:
    """Of one proxy, from its beginning on."""

    def __init__(self) -> None:
        self.since = secrets.token_hex(4)
        """Another one is another beginning: what was counted before it is gone."""
        self.count = 0
        self._came: deque[float] = deque(maxlen=RECENT_MOST)

    def one(self) -> None:
        self.count += 1
        self._came.append(time.monotonic())

    def to_json(self) -> dict[str, Any]:
        """`ages_s`: how long ago the newest came, the last one last; no clocks are compared."""
        now = time.monotonic()
        ages = [round(now - came, 6) for came in self._came if now - came <= RECENT_S]
        return {"since": self.since, "accepted": self.count, "ages_s": ages}


class Pulse:
    """How late the loop was: who waits at the door while it stands still is let in at once.

    It beats as long as somebody asks, and costs nothing else.
    """

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque()
        self._due_s: float | None = None
        self._asked_s = 0.0

    def late_s(self) -> float:
        """The longest of the last second, as far as it was watched."""
        now = self._asked_s = time.monotonic()
        if self._due_s is None:
            self._beat_next(now)
        assert self._due_s is not None
        self._forget(now)
        return round(max([now - self._due_s, 0.0, *(late for _, late in self._late)]), 6)

    def _beat(self) -> None:
        now = time.monotonic()
        assert self._due_s is not None
        if now - self._due_s > LATE_S:
            self._late.append((now, now - self._due_s))
        self._forget(now)
        if now - self._asked_s > UNASKED_S:
            self._due_s = None
        else:
            self._beat_next(now)

    def _beat_next(self, now: float) -> None:
        self._due_s = now + BEAT_S
        asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _forget(self, now: float) -> None:
        while self._late and now - self._late[0][0] > RECENT_S:
            self._late.popleft()

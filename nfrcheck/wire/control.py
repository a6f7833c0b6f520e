"""The JSON lines between a child and its controller; neither direction ever makes traffic wait."""

import json
import os
import select
import time
from collections import deque
from typing import Any

_READ_BYTES = 1 << 20
_BACKLOG_MAX = 256


class Orders:
    """What the controller says; `closed` once it is gone, and nobody wants traffic any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._rest = b""
        self.closed = False

    def wait(self) -> str | None:
        """The next line, whatever time it takes; None when there is none to come."""
        while b"\n" not in self._rest and not self.closed:
            self._read(None)
        line, found, self._rest = self._rest.partition(b"\n")
        return line.decode() if found else None

    def new(self) -> list[dict[str, Any]]:
        """The orders that have arrived since the last call."""
        if not self.closed:
            self._read(0)
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines if line.strip()]

    def _read(self, timeout_ms: int | None) -> None:
        if self._poll.poll(timeout_ms):
            arrived = os.read(self._descriptor, _READ_BYTES)
            self._rest += arrived
            self.closed = not arrived


class Voice:
    """What the child says. A controller that does not listen costs lines, never a stall."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._rest = b""  # of a line that was begun, and must be ended before another one is
        self._backlog: deque[bytes] = deque(maxlen=_BACKLOG_MAX)
        self._broken = False

    def say(self, message: dict[str, Any]) -> None:
        self._backlog.append(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        self.flush()

    def flush(self, within_s: float = 0.0) -> None:
        """Writes what the pipe takes: all of it, when the controller listens within that time."""
        deadline = time.monotonic() + within_s
        while (self._rest or self._backlog) and not self._broken:
            left_ms = max(0, round((deadline - time.monotonic()) * 1000))
            if not self._poll.poll(left_ms):
                return
            self._write()

    def _write(self) -> None:
        # A pipe that polls writable takes select.PIPE_BUF bytes without blocking, and no more.
        line = self._rest or self._backlog.popleft()
        try:
            self._rest = line[os.write(self._descriptor, line[: select.PIPE_BUF]) :]
        except OSError:
            self._broken = True

"""The event log of a run: one JSON object a line, on disk before the next thing is done."""

import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

EVENTS = "events.ndjson"


class EventLog:
    """Append-only; every line goes to the kernel at once: a crash costs at most a torn line.

    `t` is in seconds since `t0_ns` on the monotonic clock.
    """

    def __init__(self, folder: Path, t0_ns: int) -> None:
        self._file = (folder / EVENTS).open("ab", buffering=0)
        self._torn = False
        self.folder = folder
        self.t0_ns = t0_ns

    def now(self) -> float:
        return (time.monotonic_ns() - self.t0_ns) / 1e9

    def write(self, event: str, *, t: float | None = None, **fields: Any) -> float:
        """Writes one event and gives its time; raises OSError when the disk does not take it."""
        at = self.now() if t is None else t
        line = json.dumps({"t": round(at, 6), "event": event, **fields}, allow_nan=False)
        self._put(line.encode() + b"\n")
        return at

    def _put(self, line: bytes) -> None:
        if self._torn:
            line = b"\n" + line  # so that the torn line costs itself only
        left = memoryview(line)
        self._torn = True
        while left:
            left = left[self._file.write(left) or 0 :]
        self._torn = False

    def sync(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

"""Whether the tester itself was well: what a child says of itself each second."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nfrcheck.model.records import CHECK_FAILED, EXPECTED, NOT_SENT, RETRIED, STOPPED, Cell

BEAT_NS = 10_000_000
_BEATS_MAX = 12_000
"""Two minutes of silence; a longer one says no more."""

PERCENTILES = (50, 90, 95, 99, 99.9)
"""Of the answer times of a second: those that a guard may watch."""

Counts = dict[str, int]
Truth = NDArray[np.bool_]


def good(status: NDArray[Any], flags: NDArray[Any]) -> Truth:
    """An expectation decides where there is one; else 2xx and 3xx are good."""
    plain = (status >= 200) & (status < 400) & (flags & CHECK_FAILED == 0)
    found: Truth = plain | (flags & EXPECTED != 0)
    return found


def is_good(status: int, flags: int) -> bool:
    """As `good`, of one."""
    return bool(flags & EXPECTED) or (200 <= status < 400 and not flags & CHECK_FAILED)


def bad(status: NDArray[Any], flags: NDArray[Any]) -> Truth:
    """Neither good nor a client error; what the tester did not send is not the system's fault."""
    ours = (status == NOT_SENT) | (status == STOPPED)
    client_error = (status >= 400) & (status < 500) & (status != 429)
    missed = flags & CHECK_FAILED != 0
    found: Truth = ~good(status, flags) & ~ours & (~client_error | missed)
    return found


class Heart:
    """A beat each 10 ms by due times: a child that was stopped owes all the beats it missed."""

    def __init__(self, now_ns: int) -> None:
        self.due_ns = now_ns + BEAT_NS
        self._late_ns: list[int] = []

    def beat(self, now_ns: int) -> None:
        missed = (now_ns - self.due_ns) // BEAT_NS + 1
        if missed > _BEATS_MAX:
            self.due_ns = now_ns - (_BEATS_MAX - 1) * BEAT_NS
        while self.due_ns <= now_ns:
            self._late_ns.append(now_ns - self.due_ns)
            self.due_ns += BEAT_NS

    def late_p99_ms(self) -> float | None:
        """Of the beats that were due since the last call."""
        late, self._late_ns = self._late_ns, []
        return _percentile(np.array(late, dtype=np.float64) / 1e6, 99)


class Processor:
    """The share of a core that this process used, and the share of time it waited for one."""

    def __init__(self, schedstat: Path = Path("/proc/self/schedstat")) -> None:
        try:
            self._file: int | None = os.open(schedstat, os.O_RDONLY)
        except OSError:
            self._file = None  # No such accounting here: then the share of waiting is not known.
        self._before = self._now()

    def shares(self) -> tuple[float, float | None]:
        """Used and waiting, 0 to 1, since the last call."""
        before, self._before = self._before, self._now()
        span, used, waited = (new - old for new, old in zip(self._before, before, strict=True))
        return used / max(span, 1), None if self._file is None else waited / max(span, 1)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)

    def _now(self) -> tuple[int, int, int]:
        waited = 0
        if self._file is not None:
            waited = int(os.pread(self._file, 100, 0).split()[1])
        return time.monotonic_ns(), time.process_time_ns(), waited


ROW_FIELDS = ("due", "done", "status", "cell", "flags")
"""What is read of the rows that a recorder hands on."""


class Second:
    """What was seen since the last health line, added up from the rows that were recorded."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells = cells
        self._blocks: list[NDArray[Any]] = []

    def add(self, rows: NDArray[Any]) -> None:
        self._blocks.append(rows.copy())

    def close(self) -> dict[str, Any]:
        """The counts and times of the second; starts the next one."""
        blocks, self._blocks = self._blocks, []
        if not blocks:
            return dict.fromkeys(("done", "good", "bad", "not_sent"), 0) | {
                "by_region": {},
                **_percentiles(np.array([])),
            }
        seen = np.concatenate(blocks)
        seen = seen[seen["flags"] & RETRIED == 0]
        status, flags = seen["status"], seen["flags"]
        goods, bads = good(status, flags), bad(status, flags)
        ended = ~((status == NOT_SENT) | (status == STOPPED))
        late_ms = (seen["done"] - seen["due"])[ended] / 1e6
        return {
            "done": int(ended.sum()),
            "good": int(goods.sum()),
            "bad": int(bads.sum()),
            "not_sent": int((~ended).sum()),
            "by_region": self._by_region(seen["cell"], ended, goods, bads),
            **_percentiles(late_ms),
        }

    def _by_region(
        self, cell: NDArray[Any], ended: Truth, goods: Truth, bads: Truth
    ) -> dict[str, Counts]:
        """Only what was seen; the answers that named no region stand under the empty name."""
        found: dict[str, Counts] = {}
        for index in np.unique(cell).tolist():
            region = self._cells[index].region or ""
            counts = found.setdefault(region, {"done": 0, "good": 0, "bad": 0})
            here = cell == index
            counts["done"] += int((here & ended).sum())
            counts["good"] += int((here & goods).sum())
            counts["bad"] += int((here & bads).sum())
        return found


def _percentiles(late_ms: NDArray[np.float64]) -> dict[str, float | None]:
    found = np.percentile(late_ms, PERCENTILES).round(3).tolist() if late_ms.size else None
    named = [f"p{percent:g}_ms" for percent in PERCENTILES]
    return dict(zip(named, found or [None] * len(named), strict=True))


def _percentile(values: NDArray[np.float64], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 3) if values.size else None

"""Counts of requests by second and cell: one pass over all of them serves every stratum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nfrcheck.checks.health import Stretch, TesterHealth
from nfrcheck.model.history import Bools, Floats, Span, Stream

Ints = npt.NDArray[np.int64]
Blocks = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows are the seconds since the first span began, columns the cells of the stream."""

    key: npt.NDArray[np.int32]
    """Per request: row x columns + cell."""
    rows: int
    columns: int
    well: Bools
    """Per row: whether the tester was well in all of it."""
    fair: Bools
    """Per row: whether what went bad in it can be held against the target."""

    @classmethod
    def of(cls, stream: Stream, spans: Sequence[Span], health: TesterHealth) -> "Grid":
        origin = spans[0].start
        rows = max(1, int(np.ceil(max(span.end for span in spans) - origin - 1e-9)))
        columns = max(1, len(stream.cells))
        row = np.clip((stream.due - origin).astype(np.int32), 0, rows - 1)
        fair = _without(rows, origin, health.disturbed)
        # An answer that came during a stall of ours was read after it, whenever it was due.
        fair[row[_inside(stream.done, health.disturbed)]] = False
        return cls(
            key=row * np.int32(columns) + stream.cell,
            rows=rows,
            columns=columns,
            well=_without(rows, origin, health.bad),
            fair=fair,
        )

    @property
    def unwell(self) -> Bools:
        """The requests of seconds in which the tester was not well."""
        return self._in(~self.well)

    @property
    def unfair(self) -> Bools:
        return self._in(~self.fair)

    def _in(self, rows: Bools) -> Bools:
        if not rows.any():
            return np.zeros(len(self.key), dtype=np.bool_)
        which: Bools = rows[self.key // self.columns]
        return which

    def count(self, which: Bools) -> Ints:
        """How many of these requests fall into each second and cell."""
        key = self.key if which.all() else self.key[which]
        counts = np.bincount(key, minlength=self.rows * self.columns)
        return counts.reshape(self.rows, self.columns)


def _without(rows: int, origin: float, stretches: Sequence[Stretch]) -> Bools:
    left = np.ones(rows, dtype=np.bool_)
    for start, end in stretches:
        left[int(start - origin) : int(np.ceil(end - origin - 1e-9))] = False
    return left


def _inside(times: Floats, stretches: Sequence[Stretch]) -> Bools:
    edges = np.array(stretches, dtype=np.float64).ravel()
    inside: Bools = np.searchsorted(edges, times) % 2 == 1
    return inside


def column(table: Ints, cells: Sequence[int]) -> Ints:
    """Per second, for all of these cells together."""
    found: Ints = table[:, list(cells)].sum(axis=1)
    return found


def blocks(n: Ints, k: Ints, keep: Bools | None) -> Blocks:
    """What the evidence engine takes; a second that is not kept is (0, 0)."""
    if keep is not None:
        n, k = n * keep, k * keep
    return list(zip(n.tolist(), k.tolist(), strict=True))

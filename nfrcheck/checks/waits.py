"""How long requests waited, and where a percentile of it lies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Self, cast

import numpy as np

from nfrcheck.checks.sight import Sight
from nfrcheck.checks.strata import Stratum
from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.odds import live_ranks
from nfrcheck.evidence.percentile import fixed_interval, live_interval
from nfrcheck.model.history import Bools, Floats
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Outcome

ODDS_PER_SIDE = 40.0
DIGITS = 6
"""Records are whole microseconds."""

Point = tuple[float | None, tuple[float, float] | None]


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds that requests took, per cell; what failed is infinitely slow, nothing is dropped."""

    by_cell: Sequence[Floats]

    @classmethod
    def of(cls, sight: Sight) -> "Waits":
        """From due to done, of the time in which the tester was well."""
        return cls._of(sight, sight.stream.latency, sight.sorted.counted & ~sight.grid.unwell)

    @classmethod
    def whole(cls, sight: Sight) -> "Waits":
        """Of all the time: a target that chokes its tester must not gain by it."""
        return cls._of(sight, sight.stream.latency, sight.sorted.counted)

    @classmethod
    def fair(cls, sight: Sight) -> "Waits":
        """What can be held against the target: from sent to done, while nothing was disturbed."""
        took = sight.stream.done - sight.stream.sent
        return cls._of(sight, took, sight.sorted.sure & ~sight.grid.unfair)

    @classmethod
    def _of(cls, sight: Sight, waited: Floats, kept: Bools) -> "Waits":
        """`waited` is changed: it must be nobody else's."""
        cells = sight.stream.cell
        waited[~sight.sorted.good] = math.inf
        if not kept.all():
            waited, cells = waited[kept], cells[kept]
        # Sorted once by cell, every stratum is a few pieces of it.
        waited = waited[np.argsort(cells, kind="stable")]
        ends = np.cumsum(np.bincount(cells, minlength=len(sight.stream.cells)))
        return cls(np.split(waited, ends[:-1]))

    def percentile(self, stratum: Stratum, q: Decimal, slow_from: float, deff: float) -> Point:
        """The percentile with its live 95 % interval in seconds.

        Of the requests that may have been any region's, those count that waited `slow_from`.
        """
        pieces = [self.by_cell[cell] for cell in stratum.own]
        lost = (self.by_cell[cell] for cell in stratum.lost)
        pieces += [waited[waited > slow_from - 0.5e-6] for waited in lost]
        values = np.concatenate(pieces) if pieces else np.empty(0)
        if not len(values):
            return None, None
        ranks = live_ranks(len(values), q, ODDS_PER_SIDE, deff)
        middle = math.ceil(q * len(values))
        wanted = sorted({rank - 1 for rank in (*ranks, middle) if 1 <= rank <= len(values)})
        values.partition(wanted)
        # Only the ranks in question are in their place, and nothing else of it is read.
        found = live_interval(cast("Sequence[float]", values), q, deff)
        low = 0.0 if found.lower is None else found.lower
        high = math.inf if found.upper is None else found.upper
        assert found.point is not None, "there are values"
        return round(found.point, DIGITS), (round(low, DIGITS), round(high, DIGITS))


class Times(NamedTuple):
    """Of the seconds in which the tester was well, of what counts against the target, of all."""

    well: Waits
    fair: Waits
    whole: Waits

    @classmethod
    def of(cls, sight: Sight) -> Self:
        return cls(Waits.of(sight), Waits.fair(sight), Waits.whole(sight))


@dataclass(frozen=True, slots=True)
class Percentile:
    """In seconds, with the exact interval of a window that was seen whole."""

    n: int
    value: float | None
    interval: Interval


def percentile_of(
    waits: Waits,
    stratum: Stratum,
    q: Decimal,
    *,
    slow_from: float | None = None,
    confidence: float = 0.95,
) -> Percentile:
    """Of the requests of one stratum; what failed took for ever.

    `slow_from`: with those that may have been any region's and waited so long; it is for a PASS.
    """
    pieces = [waits.by_cell[cell] for cell in stratum.own]
    if slow_from is not None:
        lost = (waits.by_cell[cell] for cell in stratum.lost)
        pieces += [waited[waited >= slow_from - 0.5e-6] for waited in lost]
    values = np.sort(np.concatenate(pieces)).round(DIGITS) if pieces else np.empty(0)
    if not len(values):
        return Percentile(0, None, Interval(0.0, math.inf))
    found = fixed_interval(cast("Sequence[float]", values), q, confidence)
    low = 0.0 if found.lower is None else found.lower
    high = math.inf if found.upper is None else found.upper
    return Percentile(found.n, found.point, Interval(low, high))


def compared(interval: Interval, limit: Limit) -> Outcome:
    """Of an upper limit: broken for sure, kept for sure, or neither."""
    if limit.violated_by(interval.lower):
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if limit.violated_by(interval.upper) else Outcome.PASS

"""How much more of one thing comes with more of another: a slope that a few odd points do not move.

The median of the slopes between every two points (Theil-Sen). Where each point is known as an
interval only, the slope between two of them is one too, and the median of their lower ends and
that of their upper ends hold the slope between the true points: a median cannot fall when no
slope does.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from nfrcheck.evidence.binomial import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was seen (`value`, and the interval that holds it) where `at` was done."""

    at: float
    value: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """In units of the values by units of what was done; the ends may be infinite."""

    value: float
    interval: Interval


def robust_slope(points: Sequence[Point], *, rising: bool = False) -> Slope | None:
    """The slope through all points; None where the same was done everywhere.

    `rising`: more of the one never brings less of the other.
    """
    ordered = sorted(points, key=lambda point: point.at)
    pairs = [(low, high) for low, high in combinations(ordered, 2) if low.at < high.at]
    if not pairs:
        return None
    least = 0.0 if rising else -math.inf
    values = [_steep(a.at, a.value, b.at, b.value, least) for a, b in pairs]
    lower = [_steep(a.at, a.interval.upper, b.at, b.interval.lower, least) for a, b in pairs]
    upper = [_steep(a.at, a.interval.lower, b.at, b.interval.upper, math.inf) for a, b in pairs]
    return Slope(
        value=_median(values, statistics.median_low),
        interval=Interval(
            _median(lower, statistics.median_low), _median(upper, statistics.median_high)
        ),
    )


def _median(slopes: Sequence[float], of_two: Callable[[Sequence[float]], float]) -> float:
    """`of_two`: which of the middle ones it is where these are infinite in both directions."""
    middle = (statistics.median_low(slopes), statistics.median_high(slopes))
    return of_two(slopes) if middle == (-math.inf, math.inf) else statistics.median(slopes)


def _steep(at: float, value: float, later_at: float, later: float, unknown: float) -> float:
    """Between two points; of two infinite values nobody knows which is more."""
    if math.isinf(value) and math.isinf(later):
        return unknown
    return (later - value) / (later_at - at)

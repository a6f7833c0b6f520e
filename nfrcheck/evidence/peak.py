"""How many came at most within a given time, where each is known to have come in an interval."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from nfrcheck.evidence.binomial import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """`interval` holds the most that came within any stretch of the width; `at` begins one."""

    interval: Interval
    at: float


def peak(earliest: Sequence[float], latest: Sequence[float], width: float) -> Peak:
    """Both are sorted; an event is in a closed stretch surely, or possibly.

    The count over all stretches is largest where one ends with an event, or begins with one: only
    those are looked at, so that none is missed (n log n).
    """
    surely = [
        (bisect_right(latest, start + width) - bisect_left(earliest, start), start)
        for start in earliest
    ]
    possibly = [bisect_right(earliest, end) - bisect_left(latest, end - width) for end in earliest]
    least, at = max(surely, default=(0, 0.0), key=lambda found: found[0])
    return Peak(interval=Interval(max(0, least), max(possibly, default=0)), at=at)

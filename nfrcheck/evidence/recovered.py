"""How long after a fault was put back a system was itself again: an interval, never one number.

Unlike `window.watch` it asks about one recovery, the first that holds: a single slow answer later
on is what healthy systems have too, and reopens nothing.
"""

import math
from bisect import bisect_left
from itertools import accumulate

from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.outage import Requests, first_good_done
from nfrcheck.evidence.window import Recovery


def recovered_after(probes: Requests, healed_s: float, recovery: Recovery) -> Interval:
    """Seconds from the healing to the first good answer after which it stays good.

    `probes`: what was sent from the healing on. Lower end: the last bad one before any recovery
    that may hold. Upper end: infinite where none was seen to hold.
    """
    bad = [0, *accumulate(1 - good for good in probes.good)]
    for index in range(len(probes.good)):
        if not probes.good[index]:
            continue
        holds = _holds(probes, bad, index, recovery)
        if holds is False:
            continue
        last_bad = probes.good.rfind(0, 0, index)
        lower = float(probes.sent[last_bad]) - healed_s if last_bad >= 0 else 0.0
        upper = first_good_done(probes, index) - healed_s if holds else math.inf
        return Interval(max(0.0, lower), upper)
    last_bad = probes.good.rfind(0)
    lower = float(probes.sent[last_bad]) - healed_s if last_bad >= 0 else 0.0
    return Interval(max(0.0, lower), math.inf)


def _holds(probes: Requests, bad: list[int], index: int, recovery: Recovery) -> bool | None:
    """None: not seen for long enough."""
    many = index + recovery.probes
    if many > len(probes.good):
        return None
    if not _good_enough(bad, index, many, recovery):
        return False
    until = probes.sent[index] + recovery.hold_s
    end = max(many, bisect_left(probes.sent, until))
    if not _good_enough(bad, index, end, recovery):
        return False
    # Without the tiny step, 8.1 + 2 would not be reached by a probe at 10.1.
    return True if probes.sent[-1] >= until - 1e-9 else None


def _good_enough(bad: list[int], start: int, end: int, recovery: Recovery) -> bool:
    return recovery.enough(end - start - (bad[end] - bad[start]), end - start)

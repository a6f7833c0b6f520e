"""Whether anybody watched: who was silent for long has not seen what happened meanwhile."""

import numpy as np

from nfrcheck.model.history import Floats
from nfrcheck.model.units import show_duration

LONGEST_HOLE_S = 1.0
HOLE_REQUESTS = 10
"""A slow client may be silent for so many of its own intervals."""


def longest_hole_s(sent: Floats) -> float:
    """So long may somebody be silent who sends in this rhythm."""
    usual = float(np.median(np.diff(np.sort(sent)))) if len(sent) > 1 else 0.0
    return max(LONGEST_HOLE_S, HOLE_REQUESTS * usual)


def unwatched(sent: Floats, start: float, end: float) -> str | None:
    """Who stopped, or was held up by the tester, has not watched from `start` to `end`."""
    if not len(sent):
        return "nobody watched"
    hole = float(np.diff([start, *np.sort(sent), end]).max())
    if hole <= longest_hole_s(sent):
        return None
    return f"nobody watched for {show_duration(hole)}"

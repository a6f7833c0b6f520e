"""When traffic had left a lost region, where an overload of the rest may look like the leaving.

A region that is gone and is still asked fails its whole share of the requests, and nobody says in
whose name. What fails more seldom may be the end of the leaving, or the rest that times out.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from nfrcheck.checks.counting import left_out, sort_out
from nfrcheck.checks.drills import Course
from nfrcheck.checks.members import LEAST_IN_A_ROW, row_needed
from nfrcheck.checks.returns import calm_of
from nfrcheck.checks.sight import chosen, within
from nfrcheck.model.history import Bools, History, Stream
from nfrcheck.model.question import Question

STILL_ASKED = 0.5
"""A region that is still asked fails at least so much of its usual share."""
DEVIATIONS = 5.0
"""A stretch is so long that chance alone does not make half of a share of a whole one."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Seconds after the proof: until when the region was surely asked, and perhaps at most."""

    surely_s: float = 0.0
    at_most_s: float = 0.0


def leaving(
    history: History, question: Question, stream: Stream, course: Course, gone: str
) -> Leaving:
    """Over with 50 in a row that had nothing to do with the region; 0: at once, or never.

    With more of them where its share is so small that 50 may miss it by chance.
    """
    hold = next(span for span in course.spans if span.part == "hold")
    stream = _counted(stream, question)
    calm = stream.where(calm_of(history, course, stream))
    share, noise = _before(calm, gone, len(history.regions))
    held = within(stream, [hold])
    elsewhere = _elsewhere(held, gone)
    begun = _first_of(elsewhere, row_needed(share))
    if not begun:
        return Leaving()
    since = held.due - hold.start
    ends = begun, _asked_until(~elsewhere, share, noise)
    if max(ends) >= len(since):
        return Leaving(float(since[begun]), float(since[begun]))
    return Leaving(*(float(since[end]) if end else 0.0 for end in sorted(ends)))


def _counted(stream: Stream, question: Question) -> Stream:
    """What the target is about, of all regions: which one is asked is what is looked for."""
    only = {key: value for key, value in question.only.items() if key != "region"}
    left = chosen(stream, replace(question, only=only))
    return left.where(~left_out(left, question.exclude)) if question.exclude else left


def _before(calm: Stream, gone: str, regions: int) -> tuple[float, float]:
    """The region's share of the answers, and of all requests those that failed without a name.

    Where no answer names its region, each is taken to have an equal share.
    """
    nameless = calm.of("region", None)
    noise = int((sort_out(calm).bad & nameless).sum()) / max(1, len(calm))
    if not calm.values("region"):
        return 1 / max(2, regions), noise
    named = (calm.status >= 100) & ~nameless
    return int((named & calm.of("region", gone)).sum()) / max(1, int(named.sum())), noise


def _asked_until(failed: Bools, share: float, noise: float) -> int:
    """From which request on far less fails than while the region is asked; 0: at once."""
    if not share:
        return 0  # nobody had to leave it
    width = max(
        LEAST_IN_A_ROW, math.ceil((DEVIATIONS / (1 - STILL_ASKED)) ** 2 * (1 - share) / share)
    )
    if len(failed) < width:
        return 0
    counts = np.concatenate(([0], np.cumsum(failed)))
    few = counts[width:] - counts[:-width] < (STILL_ASKED * share + noise) * width
    if not few.any():
        return len(failed)
    first = int(few.argmax())
    # What still fails in this stretch is the end of the leaving.
    return first + int(np.flatnonzero(failed[first : first + width]).max(initial=-1)) + 1


def _elsewhere(stream: Stream, gone: str) -> Bools:
    """Answered well, or badly in the name of another region than the lost one."""
    lost, nameless = stream.of("region", gone), stream.of("region", None)
    good = sort_out(stream).good
    return ~lost & (good | ((stream.status >= 100) & ~nameless))


def _first_of(which: Bools, many: int) -> int | None:
    """Where the first so many in a row begin."""
    if len(which) < many:
        return None
    counts = np.concatenate(([0], np.cumsum(which)))
    full = np.flatnonzero(counts[many:] - counts[:-many] == many)
    return int(full[0]) if len(full) else None

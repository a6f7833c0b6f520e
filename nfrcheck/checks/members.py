"""Which of several equal members answered: when one was left, and when it served its share again.

A router's decisions are seen through the answers alone. A member that is asked at random for a
share `p` of the requests shows itself in one of the next few: how many, says `turns_needed`.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nfrcheck.evidence.binomial import Interval, clopper_pearson
from nfrcheck.model.history import Bools, Floats

Ints = npt.NDArray[np.int64]

LEAST_IN_A_ROW = 50
STRAYS_MAX = 0.01
"""A member was left from where on it has no more than so much of its share."""
LULL = 1e-3
"""A member that is still asked is seldom passed over for so long."""
UNLUCKY = 0.05
"""How often chance alone may hide a member that is still asked."""
IMPOSSIBLE = 1e-6
"""A gap in a member's answers that chance makes so seldom was made by the router."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Requests in the order of sending, seconds of the run; `own`: those of the member."""

    sent: Floats
    done: Floats
    own: Bools

    def __len__(self) -> int:
        return len(self.sent)

    def after(self, index: int) -> "Turns":
        return Turns(self.sent[index:], self.done[index:], self.own[index:])


@dataclass(frozen=True, slots=True)
class Left:
    """When a member was left: `after_s` since the fault; `index` is the first turn without it."""

    after_s: Interval
    index: int | None
    last_s: float | None
    """When the last request was sent that still had to do with it."""


@dataclass(frozen=True, slots=True)
class Back:
    """When a member served a part of its share again: `after_s` since it was put back.

    It does from the answer on, at `index`, that begins a stretch with so many of its own.
    """

    after_s: Interval
    index: int | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of answers that others gave: the first and the last, seconds of the run."""

    start: float
    end: float
    count: int


def turns_needed(share: float, luck: float = UNLUCKY) -> int:
    """So many requests in a row miss a member with this share with a probability of `luck`."""
    if share >= 1:
        return 1
    return max(1, math.ceil(math.log(luck) / math.log1p(-share))) if share > 0 else 1_000_000


def left(
    turns: Turns, share: float | None, commanded: float, gone: float, noise: float = 0.0
) -> Left:
    """When requests stopped to reach a member that was taken away between the two times.

    `own` marks requests that it answered or that may have failed because of it. Of the later ones
    1 % of what it would have had, and `noise` of all, are the system's usual failures. Without a
    `share` that is known, it is that of the failures while there were any.
    """
    if share is None:
        share = _share_shown(turns.own, noise)
    own, index = np.flatnonzero(turns.own), _held_without(turns.own, share, noise)
    before = own if index is None else own[own < index]
    last = float(turns.sent[before[-1]]) if len(before) else None
    lower = max(0.0, last - gone) if last is not None else 0.0
    if index is None:
        return Left(Interval(lower, math.inf), None, last)
    sure = index + turns_needed(share) - 1
    upper = float(turns.done[sure:].min(initial=math.inf)) - commanded
    return Left(Interval(lower, max(lower, upper)), index, last)


def row_needed(share: float) -> int:
    """So many requests in a row must have nothing to do with a member, before it counts as left."""
    return max(LEAST_IN_A_ROW, turns_needed(share, LULL))


def _share_shown(own: Bools, noise: float) -> float:
    """Its share while it was asked, told by its own alone.

    Where those that come later are not surely rarer than the first ones, it was never left: all of
    them show its share.
    """
    index = _held_without(own, 1.0, noise)
    first = np.flatnonzero(own[:index])
    if index is None or not len(first):
        return _share_until(own, None)
    surely = clopper_pearson(len(first), index - int(first[0])).lower
    later = len(own) - index
    strays = int(own[index:].sum()) - float(_by_chance(noise, later))
    return _share_until(own, index if strays <= STRAYS_MAX * surely * later else None)


def _share_until(own: Bools, index: int | None) -> float:
    """Of the requests from the first of its own to the last before `index`."""
    before = np.flatnonzero(own[:index])
    return float(own[before[0] : before[-1] + 1].mean()) if len(before) else 1.0


def _held_without(own: Bools, share: float, noise: float) -> int | None:
    """The first turn that is not its own and after which hardly any is, to the end of all."""
    n, row = len(own), row_needed(share)
    if n < row:
        return None
    before = np.concatenate(([0], np.cumsum(own)))
    start = np.arange(n - row + 1)
    first, rest = before[start + row] - before[start], before[n] - before[start]
    usual = np.maximum(1.0, STRAYS_MAX * share * (n - start)) + _by_chance(noise, n - start)
    held = ~own[start] & (first <= _by_chance(noise, row)) & (rest <= usual)
    found = np.flatnonzero(held)
    return int(found[0]) if len(found) else None


def _by_chance(noise: float, requests: Ints | int) -> Floats:
    """How many of so many requests may fail as they do on other days: three deviations."""
    expected = noise * np.asarray(requests)
    most: Floats = expected + 3.0 * np.sqrt(expected)
    return most


def back(turns: Turns, share: float, part: float, healed: float, verified: float) -> Back:
    """When the member gave `part` of its usual share again, over a stretch of answers.

    `turns` are the answers that tell who gave them. It was able to serve from some moment between
    the two times on.
    """
    width = stretch_of(share, part)
    n = len(turns)
    if n < width:
        return Back(Interval(0.0, math.inf), None)
    before = np.concatenate(([0], np.cumsum(turns.own)))
    counts = before[width:] - before[:-width]
    found = np.flatnonzero(turns.own[: n - width + 1] & (counts >= part * share * width))
    if not len(found):
        last = float(turns.sent[n - width])
        return Back(Interval(max(0.0, last - verified), math.inf), None)
    index = int(found[0])
    earliest = index - turns_needed(share)
    lower = max(0.0, float(turns.sent[earliest]) - verified) if earliest >= 0 else 0.0
    upper = max(0.0, float(turns.done[index]) - healed)
    return Back(Interval(lower, max(lower, upper)), index)


def stretch_of(share: float, part: float) -> int:
    """In so many answers, `part` of a share lies two standard deviations below all of it."""
    return max(40, math.ceil(4 * (1 - share) / (share * (1 - part) ** 2) - 1e-9))


def least_gap(share: float) -> int:
    """So many answers of others in a row are no chance; half of its share is allowed for."""
    return turns_needed(share / 2, IMPOSSIBLE)


def longest_gap(turns: Turns, share: float) -> Gap | None:
    """The longest stretch of answers without one of the member's, if chance cannot have made it."""
    own = np.flatnonzero(np.concatenate(([True], turns.own, [True])))
    lengths = np.diff(own) - 1
    if not len(turns) or lengths.max() < least_gap(share):
        return None
    longest = int(lengths.argmax())
    first, count = int(own[longest]), int(lengths[longest])
    return Gap(float(turns.sent[first]), float(turns.sent[first + count - 1]), count)

"""How long a system was out, seen through probes: an interval, never a single number.

An outage lasted at least from the first bad answer to the last bad sending, and at most from the
last good sending before it to the first good answer after it.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from nfrcheck.evidence import wording
from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.outage import Requests, first_good_done, longest_run

DIGITS = 9
"""Below a nanosecond is the noise of adding and subtracting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """When a system counts as recovered: at the first success after which it stays good.

    The hold is the next `probes` and `hold_s`, whichever takes longer; a share `good_share` of it
    must be good, and already of its first `probes`. A relapse inside it reopens the outage.
    `usual`: the share of requests that failed before anything happened; so many may fail besides,
    and three standard deviations more.
    """

    limit_s: float | None = None
    probes: int = 50
    good_share: float = 0.99
    usual: float = 0.0

    @property
    def hold_s(self) -> float:
        return 10.0 if self.limit_s is None else min(10.0, 2 * self.limit_s)

    def enough(self, good: int, asked: int) -> bool:
        usual = self.usual * asked
        return good + usual + 3 * math.sqrt(usual) >= self.good_share * asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """From the first bad probe until full recovery.

    degraded: how long that lasted. dark: its longest stretch without any success. Upper ends are
    infinite where the recovery was not confirmed, or no good probe came before. answering_from_s:
    where the answers at the end became good, if that was too short to be a recovery.
    """

    start_s: float
    degraded: Interval
    dark: Interval
    failed: int
    sent: int
    recovered: bool
    answering_from_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """All that probes saw. unseen_s: a full outage longer than this would have been seen."""

    outages: tuple[Outage, ...]
    sent: int
    failed: int
    rate: float
    largest_gap_s: float
    unseen_s: float

    @property
    def longest(self) -> Outage | None:
        """The outage that decides: the one that may have lasted longest, then surely did."""
        return max(self.outages, key=lambda o: (o.degraded.upper, o.degraded.lower), default=None)

    @property
    def interval(self) -> Interval:
        """How long the longest outage lasted, seen or unseen; without any probe: unknown."""
        lower = max((o.degraded.lower for o in self.outages), default=0.0)
        upper = max((o.degraded.upper for o in self.outages), default=0.0)
        return Interval(lower, max(upper, self.unseen_s))

    @property
    def recovered(self) -> bool:
        return all(outage.recovered for outage in self.outages)

    @property
    def text(self) -> str:
        """What was seen, and what would have been seen if it had happened (95 %)."""
        seen = (
            f"{wording.count(self.failed)} of {wording.count(self.sent)} probes failed at "
            f"{wording.significant(self.rate, 2)}/s"
        )
        if not math.isfinite(self.unseen_s):
            return f"{seen}: too few to see an outage"
        return (
            f"{seen}; a full outage longer than {wording.duration(self.unseen_s)}, or one of every "
            f"tenth request for {wording.duration(self.partial_outage_seen_s(0.1))}, would have "
            "been seen"
        )

    def partial_outage_seen_s(self, share: float) -> float:
        """How long an outage of this share of requests must last to be seen with 95 %."""
        return 3 / (share * self.rate) if self.rate > 0 else math.inf


def watch(
    probes: Requests, recovery: Recovery | None = None, known_bad_after_s: float | None = None
) -> Window:
    """Read the outages out of the probes of one vantage, in order of sending.

    Begin at the fault, with the last good probe before it: a stray failure of the baseline less
    than one hold before the outage would join it.
    """
    held = _Held.of(probes, recovery or Recovery())
    outages, position = [], 0
    while (first := probes.good.find(0, position)) >= 0:
        end = held.recovered_at(first)
        maybe = held.may_have_recovered_at(first) if end is None else end
        if end is None and held.usual_since(first):
            end = maybe
        outages.append(_outage(probes, first, end, maybe, known_bad_after_s))
        if end is None:
            break
        position = end
    return Window(
        outages=tuple(outages),
        sent=len(probes.good),
        failed=probes.good.count(0),
        rate=_rate(probes.sent),
        largest_gap_s=max((b - a for a, b in pairwise(probes.sent)), default=math.inf),
        unseen_s=_unseen(probes),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """Answers whether the system stayed good after a probe."""

    probes: Requests
    recovery: Recovery
    bad_before: list[int]

    @classmethod
    def of(cls, probes: Requests, recovery: Recovery) -> "_Held":
        bad = (1 - good for good in probes.good)
        return cls(probes, recovery, list(accumulate(bad, initial=0)))

    def recovered_at(self, first_bad: int) -> int | None:
        """The index of the first success that held; None if there is none."""
        index = self.probes.good.find(1, first_bad)
        while index >= 0 and index + self.recovery.probes <= len(self.probes.good):
            if self._holds(index):
                return index
            index = self.probes.good.find(1, index + 1)
        return None

    def may_have_recovered_at(self, first_bad: int) -> int | None:
        """The same as far as it was watched: a stray failure at the end extends no outage."""
        index = self.probes.good.find(1, first_bad)
        while index >= 0:
            fifty = min(index + self.recovery.probes, len(self.probes.good))
            if self._good_enough(index, fifty) and self._good_enough(index, self._until(index)):
                return index
            index = self.probes.good.find(1, index + 1)
        return None

    def usual_since(self, first_bad: int) -> bool:
        """Whether no more failed from there to the end than always did."""
        return self.recovery.usual > 0 and self._good_enough(first_bad, len(self.probes.good))

    def _holds(self, index: int) -> bool:
        fifty = index + self.recovery.probes
        if not self._good_enough(index, fifty):
            return False
        sent = self.probes.sent
        until = sent[index] + self.recovery.hold_s
        # Without the tiny step, 8.1 + 2 would not be reached by a probe at 10.1.
        if sent[-1] < until - 1e-9:
            return False
        return self._good_enough(index, max(fifty, self._until(index)))

    def _until(self, index: int) -> int:
        """Where the hold ends, or all that was watched."""
        return bisect_left(self.probes.sent, self.probes.sent[index] + self.recovery.hold_s)

    def _good_enough(self, start: int, end: int) -> bool:
        bad = self.bad_before[end] - self.bad_before[start]
        return self.recovery.enough(end - start - bad, end - start)


def _outage(
    probes: Requests,
    first: int,
    end: int | None,
    maybe: int | None,
    known_bad_after_s: float | None,
) -> Outage:
    stop = len(probes.good) if end is None else end
    bad = [index for index in range(first, stop) if not probes.good[index]]
    surely = bad if maybe is None else bad[: bisect_left(bad, maybe)]
    seen_bad = min(_seen_bad(probes, index, known_bad_after_s) for index in surely)
    last_bad = float(probes.sent[surely[-1]])
    before = float(probes.sent[first - 1]) if first else -math.inf
    after = math.inf if end is None else first_good_done(probes, end)
    trailing = bad[-1] + 1 if end is None and bad[-1] + 1 < stop else None
    return Outage(
        start_s=float(probes.sent[first]),
        degraded=Interval(max(0.0, round(last_bad - seen_bad, DIGITS)), after - before),
        dark=_dark(probes, first, stop, known_bad_after_s),
        failed=len(bad),
        sent=stop - first,
        recovered=end is not None,
        answering_from_s=None if trailing is None else float(probes.sent[trailing]),
    )


def _seen_bad(probes: Requests, index: int, known_bad_after_s: float | None) -> float:
    done = float(probes.done[index])
    if known_bad_after_s is None:
        return done
    return min(done, float(probes.sent[index]) + known_bad_after_s)


def _dark(probes: Requests, first: int, stop: int, known_bad_after_s: float | None) -> Interval:
    """The longest stretch without any success, between the good probes around it."""
    start, end = max(0, first - 1), min(len(probes.good), stop + 1)
    part = Requests(probes.sent[start:end], probes.done[start:end], probes.good[start:end])
    run = longest_run(part, 1, known_bad_after_s)
    assert run is not None, "an outage begins with a bad probe"
    return Interval(run.lower_s, run.upper_s)


def _rate(sent: Sequence[float]) -> float:
    span = float(sent[-1]) - float(sent[0]) if len(sent) > 1 else 0.0
    return (len(sent) - 1) / span if span > 0 else 0.0


def _unseen(probes: Requests) -> float:
    """The longest full outage that may hide between two good probes.

    It began after the sending of one and ended before the earliest good answer to a later one.
    """
    if len(probes.good) < 2:
        return math.inf
    worst, answered = 0.0, math.inf
    for index in range(len(probes.good) - 1, -1, -1):
        if not probes.good[index]:
            continue
        # Where a bad probe follows, the outage itself is in the list.
        if index + 1 < len(probes.good) and probes.good[index + 1]:
            worst = max(worst, answered - float(probes.sent[index]))
        answered = min(answered, float(probes.done[index]))
    return worst

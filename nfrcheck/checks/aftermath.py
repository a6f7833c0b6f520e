"""What a slowed link must leave alone: routes that do not need it, and everybody once it is healed.

Both are told from the baselines of the same drill, before any limit of anybody's (PF02).
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from nfrcheck.checks.doses import LATE, Dose, doubted, fairly, needing
from nfrcheck.checks.envelope import ONE_SIDE, held, sound
from nfrcheck.checks.sight import Sight, invalid, requests, verdict
from nfrcheck.checks.strata import Stratum, in_cells
from nfrcheck.checks.waits import compared
from nfrcheck.evidence.binomial import Interval, lower_end, upper_end
from nfrcheck.evidence.recovered import recovered_after
from nfrcheck.evidence.window import Recovery
from nfrcheck.model.history import Bools, Floats, History
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit, show_duration
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

TAIL = Decimal("0.95")
"""As far into the tail as the few hundred requests of one hold can tell."""
WITHIN_BAND = 0.96
"""Of the requests that confirm a recovery: one in a hundred is above the band in any case."""
SURELY = 2.0
"""So many times as many slow ones are no chance."""
ANSWERED = 0.99
"""Of them, unless fewer were before: slow is not failed."""
CHANCE = 0.01
"""One more failure among 50 is too little to say that it was not over."""
DIGITS = 6
"""Records are whole microseconds."""


def judge_unaffected(dose: Dose, question: Question, limit: Limit) -> Verdict:
    """Every route that does not depend on the link: how much slower its p95 was than before."""
    if not dose.link:
        because = "unaffected: the drill faults no link, so nobody knows what may be affected"
        return verdict(Outcome.NOT_RUN, because)
    routes = [*dose.routes()]
    needed = needing(routes, question, dose.link)
    left = [route for route in routes if route not in needed]
    if not left:
        return verdict(Outcome.NOT_RUN, f"unaffected: every route needs link {dose.link}")
    parts = [fairly([dose], lambda one, r=route: _slower(one[0], r, limit)) for route in left]  # type: ignore[misc]  # the default binds the route of this turn
    return combine(parts) if len(parts) > 1 else parts[0]


def _slower(dose: Dose, route: Stratum, limit: Limit) -> Verdict:
    calm, held = dose.calm_point(route, TAIL), dose.held_point(route, TAIL, 1.0)
    if calm is None or held is None:
        because = f"unaffected: {route.name} was not asked often enough"
        return Verdict(
            outcome=Outcome.INCONCLUSIVE,
            because=because,
            where=route.where,
            needed=Needed(drills=1),
        )
    if math.isinf(calm.value):
        return replace(invalid(f"unaffected: {_never_well(route)}"), where=route.where)
    by = _ratio if limit.kind == "share" else _difference
    measured = by(held.value, calm.value)
    low = _rounded(by(held.interval.lower, calm.interval.upper))
    high = _rounded(by(held.interval.upper, calm.interval.lower))
    outcome = compared(Interval(low, high), limit)
    because = (
        f"{route.name}, which does not need link {dose.link}, had a p95 of "
        f"{show_duration(held.value)} with {dose.value or 'the fault'} on it, "
        f"{show_duration(calm.value)} without"
    )
    return Verdict(
        outcome=outcome,
        because=because + dose.left_out,
        name="unaffected",
        where=route.where,
        limit=Bound(text=limit.text, value=float(limit.value)),
        measured=_rounded(measured),
        interval=(low, high),
        unit="share" if limit.kind == "share" else "s",
        samples=dose.samples(route),
        needed=Needed(drills=1) if outcome is Outcome.INCONCLUSIVE else None,
    )


def _difference(with_it: float, without: float) -> float:
    return -math.inf if math.isinf(without) else with_it - without


def _ratio(with_it: float, without: float) -> float:
    if math.isinf(without):
        return -math.inf
    return math.inf if without <= 0 else with_it / without - 1


def _rounded(value: float) -> float:
    return round(value, DIGITS) if math.isfinite(value) else value


def _never_well(route: Stratum) -> str:
    return f"{route.name} did not answer well before the fault, so nobody knows what it costs"


def judge_recovery(history: History, question: Question, dose: Dose, within_s: float) -> Verdict:
    """How long after the healing requests still failed or were slower than the band of their route.

    The band reaches up to the upper end of the p99 of the baselines. Recovered is who stays in it
    for the next 50 requests, and for twice the limit or 10 s. All requests together must, and no
    route may stay behind.
    """
    run, healed = dose.course.name, dose.course.record.healed
    if healed is None:
        return verdict(Outcome.INVALID, "the fault was not seen to be put back")
    parts = [span.part for span in dose.course.spans if span.part in {"heal", "settle"}]
    during = tuple(f"{run}/{part}" for part in dict.fromkeys(parts))
    if not during:
        return verdict(Outcome.INVALID, "nobody watched what came after the healing")
    asked = replace(held(dose.course, question, 0.0), during=during)
    sight = sound(history, asked)
    if isinstance(sight, Verdict):
        return sight
    return _After(sight, dose, healed, within_s, dose.bands()).judge()


@dataclass(frozen=True, slots=True)
class _Answers:
    """What is looked at: of which requests, and how long each took in seconds."""

    keep: Bools
    took: Floats


@dataclass(frozen=True, slots=True)
class _After:
    """What came after the healing of one run."""

    sight: Sight
    dose: Dose
    healed: float
    within_s: float
    bands: Floats
    """Per cell, how long a request of a calm system takes at most."""

    def judge(self) -> Verdict:
        """All requests together, and the routes that say something else."""
        whole = self.fairly(self.sight.strata.whole)
        routes = [*self.dose.routes()]
        if len(routes) < 2:
            return whole
        parts = [self.fairly(route) for route in routes]
        speaking = [
            part
            for part, route in zip(parts, routes, strict=True)
            if part.outcome is not Outcome.INCONCLUSIVE or not self._too_thin(route)
        ]
        return replace(combine([whole, *speaking]), name="recovery", parts=tuple(parts))

    def fairly(self, of: Stratum) -> Verdict:
        """A FAIL must stand without what the tester may have caused, a PASS with all of it."""
        calm = self.dose.calm_times(of)
        if len(calm) and not np.isfinite(calm).any():
            return replace(invalid(f"recovery: {_never_well(of)}"), where=of.where)
        judged = self._judged(of, self._well(of))
        if judged.outcome is Outcome.FAIL:
            if self._judged(of, self._fair(of)).outcome is Outcome.FAIL:
                return judged
            told = self.sight.health.all_told or LATE
            because = f"{judged.because}; but only while it was disturbed ({told})"
            return replace(judged, outcome=Outcome.INVALID, because=because)
        if judged.outcome is Outcome.PASS:
            if self._judged(of, self._all(of)).outcome is Outcome.PASS:
                return judged
            return doubted(judged, [self.sight])
        return judged

    def _well(self, of: Stratum) -> _Answers:
        stream, keep = self.sight.stream, self.sight.sorted.sure & ~self.sight.grid.unwell
        return _Answers(keep & of.holds(stream), stream.latency)

    def _fair(self, of: Stratum) -> _Answers:
        stream, keep = self.sight.stream, self.sight.sorted.sure & ~self.sight.grid.unfair
        return _Answers(keep & of.holds(stream), stream.done - stream.sent)

    def _all(self, of: Stratum) -> _Answers:
        """With what failed and may have been its."""
        stream, sorts = self.sight.stream, self.sight.sorted
        lost = in_cells(stream, of.lost) & ~sorts.good
        return _Answers(sorts.counted & (of.holds(stream) | lost), stream.latency)

    def _judged(self, of: Stratum, seen: _Answers) -> Verdict:
        stream = self.sight.stream
        keep, good = seen.keep & (stream.due >= self.healed), self._in_band(seen)
        low, high = self._after(of, keep, good)
        outcome = Outcome.INCONCLUSIVE
        if low > self.within_s:
            outcome = Outcome.FAIL
        elif high <= self.within_s and keep.any():
            outcome = Outcome.PASS
        told = self._told(low, high) + self.sight.health.left_out
        hold_s = Recovery(limit_s=self.within_s).hold_s
        needed = Needed(seconds=self.within_s + hold_s)
        worst = self._worst(keep & ~good) if outcome is Outcome.FAIL else {}
        return Verdict(
            outcome=outcome,
            because=f"{of.name}: {told}" if of.name else told,
            name=of.name or "recovery",
            where=of.where or worst,
            limit=Bound(text=f"<= {show_duration(self.within_s)}", value=self.within_s),
            measured=_rounded(low if math.isinf(high) else (low + high) / 2),
            interval=(_rounded(low), _rounded(high)),
            unit="s",
            samples=int(keep.sum()),
            failures=int((keep & ~good).sum()),
            needed=needed if outcome is Outcome.INCONCLUSIVE else None,
        )

    def _after(self, of: Stratum, keep: Bools, in_band: Bools) -> Interval:
        """Until both hold: what is answered is as fast as before, and hardly anything fails."""
        stream, good = self.sight.stream, self.sight.sorted.good

        def back(well: Bools, shares: Interval) -> Interval:
            probes = requests(stream.sent[keep], stream.done[keep], well[keep])
            least, most = (
                recovered_after(
                    probes, self.healed, Recovery(limit_s=self.within_s, good_share=share)
                )
                for share in shares
            )
            return Interval(least.lower, most.upper)

        ends = back(in_band | ~good, self._fast(of)), back(good, self._answered(of))
        return Interval(max(end.lower for end in ends), max(end.upper for end in ends))

    def _fast(self, of: Stratum) -> Interval:
        """The shares that must be as fast as before, for FAIL and for PASS.

        Of a few answers the slowest says little about what comes.
        """
        n = int(np.isfinite(self.dose.calm_times(of)).sum())
        slow = max(1 - WITHIN_BAND, upper_end(0, n, ONE_SIDE) if n else 0.0)
        return Interval(max(0.0, 1 - SURELY * slow), 1 - slow)

    def _answered(self, of: Stratum) -> Interval:
        """The shares that must be answered well, for FAIL and for PASS: as many as were before."""
        calm = self.dose.calm_times(of)
        failed, n = int(np.isinf(calm).sum()), len(calm)
        before = 1 - upper_end(failed, n, ONE_SIDE) if n else ANSWERED
        return Interval(
            min(ANSWERED - CHANCE, before), min(ANSWERED, before) if failed else ANSWERED
        )

    def _in_band(self, seen: _Answers) -> Bools:
        fast: Bools = seen.took.round(DIGITS) <= self.bands[self.sight.stream.cell]
        return self.sight.sorted.good & fast

    def _too_thin(self, route: Stratum) -> bool:
        """Whether too little was asked of it for a recovery, and none of that speaks against one.

        All requests together have shown one then, or not.
        """
        seen = self._all(route)
        keep = seen.keep & (self.sight.stream.due >= self.healed + self.within_s)
        n, failed = int(keep.sum()), int((keep & ~self.sight.sorted.good).sum())
        slow = int((keep & ~self._in_band(seen)).sum())
        if not 0 < n < Recovery().probes or failed:
            return False
        return lower_end(slow, n, ONE_SIDE) <= 1 - self._fast(route).upper

    def _told(self, low: float, high: float) -> str:
        dose = self.dose.value or "the fault"
        if math.isinf(high) and low <= self.within_s:
            limit = show_duration(self.within_s)
            return f"it was not seen to be over within {limit} of healing {dose}"
        if math.isinf(high):
            return f"{show_duration(low)} after {dose} was put back it was not over"
        if low <= 0:
            return f"back to its answer times within {show_duration(high)} of healing {dose}"
        return (
            f"still slower than its baseline {show_duration(low)} to {show_duration(high)} after "
            f"{dose} was put back"
        )

    def _worst(self, slow: Bools) -> dict[str, str]:
        """The route that most of them were of."""
        counts = {
            route.name: int((slow & route.holds(self.sight.stream)).sum())
            for route in self.dose.routes()
        }
        name = max(counts, key=lambda one: counts[one], default="")
        return {"route": name.removeprefix("route ")} if counts.get(name) else {}

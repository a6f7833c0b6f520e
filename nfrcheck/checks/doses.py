"""The runs of a drill that varies one key: what each dose did to each route, beside no dose."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import cast

import numpy as np

from nfrcheck.checks.drills import Course, course_of
from nfrcheck.checks.envelope import held, sound, would_change
from nfrcheck.checks.sight import Sight
from nfrcheck.checks.strata import Stratum
from nfrcheck.checks.waits import DIGITS, Waits, percentile_of
from nfrcheck.evidence.slope import Point
from nfrcheck.model.history import Floats, History
from nfrcheck.model.question import Question
from nfrcheck.model.records import CELLS_MAX
from nfrcheck.model.units import UnitError, parse_duration
from nfrcheck.model.verdict import Needed, Outcome, Verdict

BAND = Decimal("0.99")
LATE = "the tester sent them late"


def same_dose(one: str, other: str) -> bool:
    """`50ms` is `50 ms`."""
    return one.replace(" ", "") == other.replace(" ", "")


def seconds_of(dose: str) -> float | None:
    """None for one that is no duration, such as a bandwidth."""
    try:
        return parse_duration(dose)
    except UnitError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One run: its hold, and beside it the baselines of all runs of the drill.

    `waited`, `calm`: the times of both, without the seconds in which the tester was unwell.
    `lost_too`: with what failed in the hold and may have been any region's.
    """

    course: Course
    hold: Sight
    baseline: Sight
    waited: Waits
    calm: Waits
    lost_too: bool = False

    @property
    def value(self) -> str:
        return self.course.record.varied

    @property
    def link(self) -> str:
        return self.course.record.where.get("link", "")

    @property
    def told(self) -> str:
        """What disturbed the tester, or the machine that it shares with the target."""
        words = (self.hold.health.all_told, self.baseline.health.all_told)
        return "; ".join(dict.fromkeys(filter(None, words)))

    @property
    def left_out(self) -> str:
        """The end of a sentence about what was seen; empty where all was seen."""
        return self.hold.health.left_out or self.baseline.health.left_out

    @property
    def fair(self) -> "Dose":
        """With nothing that cannot be held against the target."""
        return replace(self, waited=Waits.fair(self.hold), calm=Waits.fair(self.baseline))

    @property
    def worst(self) -> "Dose":
        """With everything that may be the target's doing."""
        return replace(self, waited=Waits.whole(self.hold), lost_too=True)

    def routes(self) -> Iterator[Stratum]:
        """All routes that were asked for in the hold, also where there is one alone."""
        strata = self.hold.strata
        for route in strata.values("route"):
            whole = strata.whole
            own, lost = (
                tuple(i for i in cells if strata.cells[i].route == route)
                for cells in (whole.own, whole.lost)
            )
            yield Stratum(f"route {route}", {"route": route}, own, lost)

    def samples(self, route: Stratum) -> int:
        """How many requests of the route were waited for in the hold."""
        return sum(len(self.waited.by_cell[cell]) for cell in route.own)

    def calm_times(self, of: Stratum) -> Floats:
        """How long its requests took before the fault; what failed is infinite."""
        pieces = [self.calm.by_cell[cell] for cell in of.own]
        return np.concatenate(pieces) if pieces else np.empty(0)

    def bands(self) -> Floats:
        """Per cell, how many seconds a request of a calm system takes at most."""
        bands = np.full(CELLS_MAX, math.inf)
        for route in self.routes():
            times = self.calm_times(route)
            good, calm = times[np.isfinite(times)], self.calm_point(route, BAND)
            upper = calm.interval.upper if calm else math.inf
            if math.isinf(upper) and len(good):
                # Too few for it: then what the slowest good answer took.
                upper = float(good.max().round(DIGITS))
            bands[list(route.own)] = upper
        return bands

    def held_point(self, route: Stratum, q: Decimal, at: float) -> Point | None:
        return _point(self.waited, route, q, at, lost_too=self.lost_too)

    def calm_point(self, route: Stratum, q: Decimal) -> Point | None:
        return _point(self.calm, route, q, 0.0)


def dose_of(history: History, question: Question, course: Course) -> Dose | Verdict:
    """INVALID where the tester or its requests were unwell, before the fault or with it."""
    hold = sound(history, held(course, question))
    before = replace(held(course, question, 0.0), during=_baselines(history, course))
    baseline = sound(history, before)
    if isinstance(hold, Verdict) or isinstance(baseline, Verdict):
        return hold if isinstance(hold, Verdict) else cast("Verdict", baseline)
    return Dose(
        course=course,
        hold=hold,
        baseline=baseline,
        waited=Waits.of(hold),
        calm=Waits.of(baseline),
    )


def fairly(doses: Sequence[Dose], judge: Callable[[Sequence[Dose]], Verdict]) -> Verdict:
    """A FAIL must stand without what the tester may have caused, a PASS with all that was seen."""
    judged = judge(doses)
    if judged.outcome is Outcome.FAIL:
        if judge([dose.fair for dose in doses]).outcome is Outcome.FAIL:
            return judged
        told = "; ".join(dict.fromkeys(dose.told for dose in doses if dose.told)) or LATE
        because = f"{judged.because}; but only while it was disturbed ({told})"
        return replace(judged, outcome=Outcome.INVALID, because=because)
    if judged.outcome is Outcome.PASS:
        if judge([dose.worst for dose in doses]).outcome is Outcome.PASS:
            return judged
        return doubted(judged, [dose.hold for dose in doses])
    return judged


def doubted(judged: Verdict, sights: Sequence[Sight]) -> Verdict:
    """A PASS that what was left out would change."""
    unwell = next((sight for sight in sights if sight.health.bad), None)
    if unwell:
        because = f"{judged.because}; {would_change(unwell)}"
        return replace(judged, outcome=Outcome.INVALID, because=because)
    more = "failures that told no region, or may be the tester's, would change the verdict"
    because = f"{judged.because}; {more}"
    needed = Needed(drills=1)
    return replace(judged, outcome=Outcome.INCONCLUSIVE, because=because, needed=needed)


def _baselines(history: History, course: Course) -> tuple[str, ...]:
    runs = (course_of(history, record) for record in history.drill_runs(course.record.drill))
    return tuple(f"{run.name}/baseline" for run in runs if isinstance(run, Course))


def _point(
    waits: Waits, route: Stratum, q: Decimal, at: float, *, lost_too: bool = False
) -> Point | None:
    found = percentile_of(waits, route, q, slow_from=math.inf if lost_too else None)
    if found.value is None:
        return None
    return Point(at=at, value=found.value, interval=found.interval)


def needing(routes: Sequence[Stratum], question: Question, link: str) -> list[Stratum]:
    """Those that say that they depend on the link."""
    return [r for r in routes if link in question.needs.get(r.where["route"], ())]

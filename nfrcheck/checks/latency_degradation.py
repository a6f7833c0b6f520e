"""Does each dose of delay on a link cost users no more than was declared (dose-response, PF02)?

A drill varies one key of its fault. Each run is judged against the limits of its dose; routes that
do not need the link must stay as they were; after healing everything must; and over all runs a
delay may come back in what users wait only so many times.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import AfterValidator, Field, Tag

from nfrcheck.checks.aftermath import judge_recovery, judge_unaffected
from nfrcheck.checks.doses import Dose, dose_of, same_dose
from nfrcheck.checks.drills import Course
from nfrcheck.checks.each_run import judge_each
from nfrcheck.checks.envelope import Envelope, by_window, held
from nfrcheck.checks.hops import judge_hops
from nfrcheck.checks.sight import verdict
from nfrcheck.fields import (
    BY_NAME,
    Duration,
    Model,
    Name,
    UpperDurationOrShare,
    UpperFactor,
    one_or_by_name,
)
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Outcome, Verdict, combine


def _any(doses: Mapping[str, Envelope]) -> Mapping[str, Envelope]:
    if not doses:
        raise ValueError("no dose has a limit: write such as `{50 ms: {p99: < 300 ms}}`")
    return doses


PerHop = Annotated[
    Annotated[UpperFactor, Tag("per_hop")] | Annotated[Mapping[Name, UpperFactor], Tag(BY_NAME)],
    one_or_by_name("per_hop"),
]


class LatencyDegradation(Model):
    """Limits per varied value; `per_hop` for all routes or by name of one."""

    doses: Annotated[dict[str, Envelope], AfterValidator(_any)] = Field(alias="limits")
    per_hop: PerHop | None = None
    unaffected: UpperDurationOrShare | None = None
    recovers_within: Duration | None = None

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Dose and percentile to its limit in seconds."""
        return {
            f"{dose} {name}": limit
            for dose, envelope in self.doses.items()
            for name, limit in envelope.limits.items()
        }

    def envelope(self, dose: str) -> Envelope | None:
        return next((one for name, one in self.doses.items() if same_dose(name, dose)), None)

    def judge(self, history: History, question: Question) -> Verdict:
        seen = _Seen(self, history, question)
        judged = judge_each(history, question, seen.run)
        more = [*seen.hops(), *self._never_given(history, question)]
        if not more:
            return judged
        whole = combine([judged, *more])
        return replace(whole, supports=judged.supports if whole.outcome is Outcome.PASS else "")

    def _never_given(self, history: History, question: Question) -> Iterator[Verdict]:
        given = [r.varied for name in question.drills for r in history.drill_runs(name)]
        for dose in self.doses if given else ():
            if not any(same_dose(dose, one) for one in given):
                yield verdict(Outcome.INCONCLUSIVE, f"no run had a dose of {dose}")


@dataclass(slots=True)
class _Seen:
    """Judges run after run, and keeps what was seen for what is judged over all of them."""

    check: LatencyDegradation
    history: History
    question: Question
    doses: list[Dose] = field(default_factory=list)

    def run(self, course: Course) -> Verdict:
        dose = course.record.varied
        if not dose:
            return verdict(Outcome.NOT_RUN, "the drill varies nothing: write `vary` in it")
        envelope = self.check.envelope(dose)
        if envelope is None:
            return verdict(Outcome.NOT_RUN, f"`limits` has none for {dose}")
        seen = dose_of(self.history, self.question, course)
        if isinstance(seen, Verdict):
            return seen
        self.doses.append(seen)
        parts = [_at(dose, part) for part in self._parts(course, envelope, seen)]
        return combine(parts) if len(parts) > 1 else parts[0]

    def _parts(self, course: Course, envelope: Envelope, dose: Dose) -> Iterator[Verdict]:
        yield from by_window(self.history, held(course, self.question), envelope)
        if self.check.unaffected is not None:
            yield judge_unaffected(dose, self.question, self.check.unaffected)
        if self.check.recovers_within is not None:
            yield judge_recovery(self.history, self.question, dose, self.check.recovers_within)

    def hops(self) -> Iterator[Verdict]:
        """One for each drill that had a run."""
        if self.check.per_hop is None:
            return
        for drill in self.question.drills:
            mine: Sequence[Dose] = [d for d in self.doses if d.course.record.drill == drill]
            if mine:
                yield judge_hops(mine, self.question, self.check.per_hop)


def _at(dose: str, part: Verdict) -> Verdict:
    name = " · ".join(filter(None, (dose, part.name)))
    return replace(part, name=name, because=f"at {dose}, {part.because}")

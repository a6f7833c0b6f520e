"""One run of a drill as its judges see it: what was injected, when, and that it was proven."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nfrcheck.model.history import FaultRecord, History, Span
from nfrcheck.model.question import Question
from nfrcheck.model.units import show_duration
from nfrcheck.model.verdict import Needed, Outcome, Verdict

CUT_S = 0.5
"""A part of a drill that ended so much before its planned end was cut short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """From the baseline to the end of the settling; all times in seconds of the run."""

    name: str
    where: Mapping[str, str]
    record: FaultRecord
    spans: tuple[Span, ...]
    commanded: float
    unproven: str | None
    """Why the fault may have had no effect: such a drill shows nothing."""

    @property
    def whole(self) -> Span:
        start = min(span.start for span in self.spans)
        return Span(name=self.name, start=start, end=max(span.end for span in self.spans))

    def seconds(self, part: str) -> float:
        return sum(span.seconds for span in self.spans if span.part == part)


def course_of(history: History, record: FaultRecord) -> Course | Verdict:
    """INVALID where nothing was injected at all."""
    name = f"{record.drill}/{record.run}"
    where = {**record.where, "run": str(record.run)}
    spans = tuple(s for s in history.spans if (s.name, s.run) == (record.drill, record.run))
    unproven = None
    if record.commanded is None or record.confirmed is None or not spans:
        unproven = f"{name}: the fault was not proven: {record.because or 'no probe saw it'}"
    if record.commanded is None or not spans:
        because = unproven or name
        return Verdict(outcome=Outcome.INVALID, because=because, name=name, where=where)
    return Course(
        name=name,
        where=where,
        record=record,
        spans=spans,
        commanded=record.commanded,
        unproven=unproven,
    )


def name_it(verdict: Verdict, course: Course) -> Verdict:
    return replace(verdict, name=course.name, where=course.where)


def held_whole(part: Verdict, course: Course, question: Question) -> Verdict:
    """A fault that was put back early has not shown that it is borne; what broke stays broken."""
    planned_s = question.holds_s.get(course.record.drill, 0.0)
    return _unless_cut(part, course, "the fault was held", course.seconds("hold"), planned_s)


def watched_whole(part: Verdict, course: Course, question: Question) -> Verdict:
    """The same of what is judged until the end, and so of the return as well."""
    planned_s = question.settles_s.get(course.record.drill, 0.0)
    held, settled_s = held_whole(part, course, question), course.seconds("settle")
    return _unless_cut(held, course, "the return was watched", settled_s, planned_s)


def _unless_cut(
    part: Verdict, course: Course, what: str, seen_s: float, planned_s: float
) -> Verdict:
    if part.outcome is not Outcome.PASS or planned_s - seen_s <= CUT_S:
        return part
    cut = f"{what} {show_duration(seen_s)} of {show_duration(planned_s)}"
    until = part.because.removeprefix(course.name).lstrip(":· ")
    return replace(
        part,
        outcome=Outcome.INCONCLUSIVE,
        because=f"{course.name}: {cut}; until then: {until}",
        needed=Needed(seconds=round(planned_s - seen_s, 3)),
    )


def missing_runs(question: Question, drill: str, took_place: int) -> Iterator[Verdict]:
    """A drill that was to be repeated supports less when it was not, and nothing without a run."""
    planned = max(1, question.expected_runs.get(drill, took_place))
    if took_place < planned:
        yield Verdict(
            outcome=Outcome.INCONCLUSIVE,
            because=f"{drill} took place {took_place} of {planned} times",
            name=drill,
            needed=Needed(drills=planned - took_place),
        )

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
    return _unless(part, course, _hold_cut(course, question))


def watched_whole(part: Verdict, course: Course, question: Question) -> Verdict:
    """The same of what is judged until the end, and so of the return as well."""
    return _unless(part, course, cut_short(course, question))


def cut_short(course: Course, question: Question) -> "Cut | None":
    """What of the hold or of the return is missing, or None."""
    planned_s = question.settles_s.get(course.record.drill, 0.0)
    settle = _cut("the return was watched", course.seconds("settle"), planned_s)
    return _hold_cut(course, question) or settle


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a drill that ended before its planned end."""

    words: str
    missing_s: float

    def undecided(self, course: Course, until: str) -> Verdict:
        because = f"{course.name}: {self.words}; until then: {until}"
        needed = Needed(seconds=round(self.missing_s, 3))
        return Verdict(outcome=Outcome.INCONCLUSIVE, because=because, needed=needed)


def _hold_cut(course: Course, question: Question) -> Cut | None:
    planned_s = question.holds_s.get(course.record.drill, 0.0)
    return _cut("the fault was held", course.seconds("hold"), planned_s)


def _cut(what: str, seen_s: float, planned_s: float) -> Cut | None:
    if planned_s - seen_s <= CUT_S:
        return None
    return Cut(f"{what} {show_duration(seen_s)} of {show_duration(planned_s)}", planned_s - seen_s)


def _unless(part: Verdict, course: Course, cut: Cut | None) -> Verdict:
    if part.outcome is not Outcome.PASS or cut is None:
        return part
    undecided = cut.undecided(course, part.because.removeprefix(course.name).lstrip(":· "))
    return replace(
        part, outcome=undecided.outcome, because=undecided.because, needed=undecided.needed
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

"""One run of a drill as its judges see it: what was injected, when, and that it was proven."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nfrcheck.model.history import FaultRecord, History, Span
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Needed, Outcome, Verdict


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

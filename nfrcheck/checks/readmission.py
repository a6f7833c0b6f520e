"""Does a member that was put back serve its share again, and does it stay?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from nfrcheck.checks.drills import Course, course_of, missing_runs, name_it
from nfrcheck.checks.health import fatal
from nfrcheck.checks.members import back, longest_gap, stretch_of
from nfrcheck.checks.returns import (
    LEAST_BEFORE,
    NOBODY_SAID,
    Watched,
    unless_disturbed,
    within_limit,
)
from nfrcheck.checks.sight import invalid, verdict
from nfrcheck.evidence import wording
from nfrcheck.evidence.repeats import share_supported
from nfrcheck.model.history import FaultRecord, History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Needed, Outcome, Verdict, combine


def readmitted(one: Watched, course: Course, limit: Limit, part: float) -> Verdict:
    """From the healing, seen first and surely, until the member gave `part` of its usual share."""
    return twice(one, lambda fair: _readmission(one, course, limit, part, fair=fair))


def _readmission(one: Watched, course: Course, limit: Limit, part: float, *, fair: bool) -> Verdict:
    if one.before < LEAST_BEFORE:
        return few_before(one)
    record, healing = course.record, healing_of(course)
    if record.healed is None or record.verified is None:
        return invalid("it was not seen to be put back")
    turns = one.answers(healing, course.whole.end, fair=fair)
    found = back(turns, one.share, part, record.healed, record.verified)
    low, high = found.after_s
    n, k = len(turns), int(turns.own.sum())
    told = f"{k:,} of {n:,} answers after that were its own"
    if found.index is None:
        missing = wording.duration(course.whole.end - record.verified, 3)
        because = f"{one.who} did not serve {_part(part)} again for {missing}; {told}"
        if n < stretch_of(one.share, part):
            because = f"only {n} answers after {one.who} was put back: too few to see its share"
        return within_limit(low, high, limit, because, samples=n)
    because = (
        f"{one.who} served {_part(part)} again {wording.duration(low, 3)} to "
        f"{wording.duration(high, 3)} after it was put back; {told}"
    )
    seen = within_limit(low, high, limit, because, samples=n)
    gap = longest_gap(turns.after(found.index), one.share)
    if gap is None or seen.outcome is Outcome.FAIL:
        return seen
    because = (
        f"{one.who} was back and was left again: none of {gap.count:,} answers from "
        f"{gap.start:.1f} s to {gap.end:.1f} s was its own"
    )
    return replace(seen, outcome=Outcome.FAIL, because=because)


def _part(part: float) -> str:
    return "half of its share" if part == 0.5 else f"{100 * part:.0f} % of its share"


Views = Callable[[Course], Sequence[Verdict]]
"""What each kind of client at each entry saw of one run."""


def in_runs(
    history: History, question: Question, stream: Stream, drill: str, views: Views
) -> Iterator[Verdict]:
    """One verdict for each run of a drill, and one for those that did not take place."""
    runs = history.drill_runs(drill)
    for record in runs:
        yield _in_run(history, stream, record, views)
    yield from missing_runs(question, drill, len(runs))


def _in_run(history: History, stream: Stream, record: FaultRecord, views: Views) -> Verdict:
    course = course_of(history, record)
    if isinstance(course, Verdict):
        return course
    reason = course.unproven or fatal(history, stream, course.spans)
    if reason:
        because = reason if reason.startswith(course.name) else f"{course.name}: {reason}"
        return name_it(invalid(because), course)
    seen = combine(views(course))
    told = longest(seen.parts) if seen.outcome is Outcome.PASS else seen
    return replace(told, name=course.name, parts=seen.parts)


def twice(one: Watched, judged: Callable[[bool], Verdict]) -> Verdict:
    if one.unusable:
        return invalid(one.unusable)
    seen = judged(False)
    disturbed = seen.outcome is Outcome.FAIL and one.unfair.any()
    return unless_disturbed(seen, judged(True) if disturbed else None, one.told)


def one_view(limits: Iterable[Verdict], one: Watched) -> Verdict:
    """The limits of one kind of client; a single one needs no row of its own."""
    parts = tuple(limits)
    return replace(combine(parts), name=one.label, parts=parts if len(parts) > 1 else ())


def few_before(one: Watched) -> Verdict:
    if not one.before:
        return invalid(NOBODY_SAID)
    because = f"only {one.before} answers before the fault told who gave them"
    return replace(
        verdict(Outcome.INCONCLUSIVE, because), needed=Needed(requests=LEAST_BEFORE - one.before)
    )


def healing_of(course: Course) -> float:
    hold = max(s.end for s in course.spans if s.part not in {"heal", "settle"})
    return hold if course.record.healing is None else course.record.healing


def speaking(parts: Sequence[Verdict], runs: int) -> Verdict:
    """The verdict of all parts; of those that passed, the one that took longest."""
    worst = combine(parts)
    if worst.outcome is not Outcome.PASS:
        return worst
    share = f"{share_supported(runs):.0%}".replace("%", " %")
    supports = f"each of {runs}; supports at least {share} of such failures"
    return replace(longest(parts), supports=supports, parts=tuple(parts))


def longest(parts: Sequence[Verdict]) -> Verdict:
    """The run that took longest speaks for a drill that passed."""
    return max(parts, key=lambda part: part.interval[1] if part.interval else -1.0)

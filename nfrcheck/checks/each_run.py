"""A drill judged run by run: each repeat must keep the limit, and one that breaks it is enough."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from nfrcheck.checks.drills import Course, course_of, held_whole, missing_runs
from nfrcheck.checks.sight import invalid, verdict
from nfrcheck.evidence.repeats import share_supported
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Outcome, Verdict, combine

JudgeRun = Callable[[Course], Verdict]


def judge_each(history: History, question: Question, judge_run: JudgeRun) -> Verdict:
    """The worst run of all drills speaks.

    A run whose fault was not proven is INVALID and not looked at.
    """
    if not question.drills:
        return verdict(Outcome.NOT_RUN, "no drill is named: write `drill`")
    parts = [part for name in question.drills for part in _runs(history, question, name, judge_run)]
    worst = combine(parts)
    if worst.outcome is not Outcome.PASS:
        return worst
    runs = len(parts)
    share = f"{share_supported(runs):.0%}".replace("%", " %")
    return replace(worst, supports=f"each of {runs}; supports at least {share} of such failures")


def _runs(
    history: History, question: Question, drill: str, judge_run: JudgeRun
) -> Iterator[Verdict]:
    records = history.drill_runs(drill)
    for record in records:
        course = course_of(history, record)
        if isinstance(course, Verdict):
            yield course
        else:
            part = _judged(course, judge_run)
            yield named(course, held_whole(part, course, question))
    yield from missing_runs(question, drill, len(records))


def _judged(course: Course, judge_run: JudgeRun) -> Verdict:
    if course.unproven:
        return invalid(course.unproven)
    if not any(span.part == "hold" for span in course.spans):
        return invalid(f"{course.name}: the fault was not held")
    return judge_run(course)


def named(course: Course, part: Verdict) -> Verdict:
    """With the run in its sentence, and with what was faulted in its place."""
    because = part.because
    if not because.startswith(course.name):
        because = f"{course.name}: {because}"
    return replace(
        part,
        because=because,
        name=course.name if part.parts else " · ".join(filter(None, (course.name, part.name))),
        where={**course.where, **part.where},
    )

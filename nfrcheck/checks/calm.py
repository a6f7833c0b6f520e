"""A calm drill: one in which no member may be ejected, such as for a single blip."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from nfrcheck.checks.drills import Course, watched_whole
from nfrcheck.checks.members import least_gap, longest_gap
from nfrcheck.checks.readmission import few_before, in_runs, twice
from nfrcheck.checks.returns import LEAST_BEFORE, Watched, of_member, watched, why_nameless
from nfrcheck.checks.sight import invalid, verdict
from nfrcheck.model.history import History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Outcome, Verdict


def nothing_ejected(
    history: History, question: Question, stream: Stream, drill: str
) -> Iterator[Verdict]:
    """In this drill nothing may be ejected: no member's share falls to zero."""
    if not stream.values("region"):
        yield verdict(Outcome.NOT_RUN, f"{drill}: {why_nameless(stream)}")
        return
    views = partial(_kept, history, question, stream)
    yield from in_runs(history, question, stream, drill, views)


def _kept(history: History, question: Question, stream: Stream, course: Course) -> list[Verdict]:
    found = []
    for view in watched(history, question, stream, course, None):
        for member in stream.values("region"):
            one = of_member(history, course, view, member)
            if one.before < LEAST_BEFORE or 0 < one.share < 1:
                seen = _judged(one, course)
                place = {**course.where, "region": member, **one.where}
                because = f"{course.name} · {one.label}: {seen.because}"
                seen = replace(seen, because=because, where=place)
                found.append(watched_whole(seen, course, question))
    return found or [invalid(f"{course.name}: no entry led to more than one region")]


def _judged(one: Watched, course: Course) -> Verdict:
    return twice(one, lambda fair: _kept_all(one, course, fair=fair))


def _kept_all(one: Watched, course: Course, *, fair: bool) -> Verdict:
    if one.before < LEAST_BEFORE:
        return few_before(one)
    turns = one.answers(course.commanded, course.whole.end, fair=fair)
    n, k = len(turns), int(turns.own.sum())
    because = f"{one.who} was not ejected: {k:,} of {n:,} answers were its own"
    outcome = Outcome.PASS
    if n < 2 * least_gap(one.share):
        outcome = Outcome.INCONCLUSIVE
        because = f"only {n:,} answers: too few to see that {one.who} was ejected"
    perhaps = one.answers_or_lost(course.commanded, course.whole.end, fair=fair)
    if gap := longest_gap(perhaps, one.share):
        outcome = Outcome.FAIL
        because = (
            f"{one.who} was ejected where nothing should be: none of {gap.count:,} answers from "
            f"{gap.start:.1f} s to {gap.end:.1f} s was its own"
        )
    elif gap := longest_gap(turns, one.share):
        outcome = Outcome.INCONCLUSIVE
        because = (
            f"{one.who} gave none of {gap.count:,} good answers from {gap.start:.1f} s to "
            f"{gap.end:.1f} s, but what failed in nobody's name meanwhile may have been sent to it"
        )
    return Verdict(
        outcome=outcome, because=because, measured=k / n if n else None, unit="share", samples=n
    )

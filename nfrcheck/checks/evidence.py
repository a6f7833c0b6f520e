"""What one run alone shows of a share, so that the next runs of the same build can build on it."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol, runtime_checkable

from nfrcheck.checks.mistakes import client_errors, misled
from nfrcheck.checks.share import ShareLimit, pieces_of
from nfrcheck.checks.sight import Sight, look
from nfrcheck.kinds import Target
from nfrcheck.model.history import History
from nfrcheck.model.question import Piece, Question
from nfrcheck.model.verdict import Verdict


@runtime_checkable
class Shares(Protocol):
    """A check whose limits are shares of requests: its evidence adds up between runs."""

    client_errors: Decimal

    def share_limits(self, sight: Sight) -> tuple[ShareLimit, ...]: ...


def one_by_one(target: Target, history: History) -> Iterable[Question]:
    """Several stretches are judged one by one."""
    question = target.question
    names = tuple(dict.fromkeys(question.during))  # evidence counts once
    if len(names) < 2:
        yield replace(question, during=names)
        return
    # Each stretch gets its part of the planned time, which a plan of before knew the sum of alone;
    # where evidence is carried over an equal one: the default burst is the same in every run.
    seconds = [question.stretches_s.get(name, 0.0) for name in names]
    if not any(seconds):
        seconds = [sum(s.seconds for s in history.stretch(name)) for name in names]
    if question.carry_over or not any(seconds):
        seconds = [1.0] * len(seconds)
    for name, mine in zip(names, seconds, strict=True):
        planned = question.rules.planned_seconds * mine / sum(seconds)
        rules = replace(question.rules, planned_seconds=planned)
        yield replace(question, during=(name,), rules=rules)


def evidence_of(target: Target, history: History) -> tuple[Piece, ...] | None:
    """What this run alone shows of a target that carries its evidence over; None: nothing counts.

    A check that crashes leaves none, as it leaves no verdict.
    """
    check: object = target.judge
    if not target.question.carry_over or not isinstance(check, Shares):
        return None
    try:
        return tuple(
            piece
            for question in one_by_one(target, history)
            for piece in _pieces(check, history, question)
        )
    except Exception:  # noqa: BLE001 - a crashed check must not cost the other targets
        return None


def _pieces(check: Shares, history: History, question: Question) -> Iterable[Piece]:
    """The evidence of one stretch.

    A counter-example decides without odds, but its requests count like all others. What says
    nothing about the system is left out of an INVALID run; what is left counts against it only.
    """
    sight = look(history, question)
    if isinstance(sight, Verdict):
        return
    valid = not (sight.doubt or client_errors(sight, float(check.client_errors)))
    if not valid:
        sight = _without_the_misled(sight)
    for limit in check.share_limits(sight):
        yield from pieces_of(sight, question, limit, valid=valid)


def _without_the_misled(sight: Sight) -> Sight:
    wrong, sorts = misled(sight), sight.sorted
    kept = replace(
        sorts,
        good=sorts.good & ~wrong,
        bad=sorts.bad & ~wrong,
        client_error=sorts.client_error & ~wrong,
        tester=sorts.tester & ~wrong,
        excluded=sorts.excluded | wrong,
    )
    return replace(sight, sorted=kept)

"""Targets and a history become one scorecard: the worst critical target decides it."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.judge import exit_code, verdict_of
from nfrcheck.kinds import Target
from nfrcheck.model.history import FaultRecord, Span
from nfrcheck.model.scorecard import Scorecard
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.cards import RULES, Crashes, card, target
from tests.checks.histories import answered, history, question, stream

# ---- exit codes


CODES = {
    Outcome.PASS: 0,
    Outcome.WAIVED: 0,
    Outcome.FAIL: 1,
    Outcome.INCONCLUSIVE: 3,
    Outcome.NOT_RUN: 3,
    Outcome.INVALID: 4,
}


@pytest.mark.parametrize("outcome", list(CODES))
def test_each_outcome_has_its_exit_code(outcome: Outcome) -> None:
    assert card(target(outcome)).exit_code == CODES[outcome]


@pytest.mark.parametrize("pair", list(itertools.combinations(CODES, 2)), ids="-".join)
def test_of_two_outcomes_the_worse_one_decides(pair: tuple[Outcome, Outcome]) -> None:
    order = (1, 4, 3, 0)
    wanted = next(code for code in order if code in {CODES[outcome] for outcome in pair})

    for both in (pair, pair[::-1]):
        found = card(*(target(outcome, str(outcome)) for outcome in both))
        assert found.exit_code == wanted
        assert CODES[found.verdict] == wanted


def test_a_waived_target_does_not_change_the_verdict_of_the_others() -> None:
    waived, passed = target(Outcome.WAIVED), target(name="y")

    assert card(waived, passed).verdict is card(passed, waived).verdict is Outcome.PASS
    assert card(waived).verdict is Outcome.WAIVED


@pytest.mark.parametrize(
    ("outcome", "ended", "restored", "code"),
    [
        pytest.param(Outcome.FAIL, "interrupted", False, 6, id="not-restored-before-all"),
        pytest.param(Outcome.FAIL, "interrupted", True, 130, id="interrupted-before-fail"),
        pytest.param(Outcome.FAIL, "aborted", True, 1, id="fail-before-aborted"),
        pytest.param(Outcome.INVALID, "aborted", True, 5, id="aborted-before-invalid"),
        pytest.param(Outcome.PASS, "aborted", True, 5, id="aborted"),
        pytest.param(Outcome.INVALID, "incomplete", None, 4, id="invalid"),
        pytest.param(Outcome.PASS, "complete", None, 0, id="nothing-injected"),
        pytest.param(Outcome.PASS, "complete", False, 6, id="not-restored"),
    ],
)
def test_the_precedence_of_exit_codes(
    outcome: Outcome, ended: str, restored: bool | None, code: int
) -> None:
    assert exit_code([outcome], ended=ended, restored=restored) == code
    assert card(target(outcome), ended=ended, restored=restored).exit_code == code


def test_nothing_judged_is_never_a_pass() -> None:
    assert exit_code([], ended="complete", restored=None) == 3
    assert (card().verdict, card().exit_code) == (Outcome.NOT_RUN, 3)
    assert card().sentence == "Nothing was examined."


@pytest.mark.parametrize("outcome", list(CODES))
def test_an_advisory_target_never_gates(outcome: Outcome) -> None:
    found = card(target(), target(outcome, "slow", critical=False))

    assert (found.verdict, found.exit_code) == (Outcome.PASS, 0)


# ---- what one target gets


def test_a_target_that_lacks_something_is_not_run_and_says_what() -> None:
    lacking = Target(id="x", check="latency", question=question(), lacks="no load is declared")

    found = card(lacking).targets[0].verdict

    assert (found.outcome, found.because) == (Outcome.NOT_RUN, "no load is declared")
    assert verdict_of(replace(lacking, lacks=""), history()).because == "not run"


def test_a_check_that_crashes_is_invalid_and_names_itself() -> None:
    found = card(target(judge=Crashes()), target(name="y"))

    assert [row.verdict.outcome for row in found.targets] == [Outcome.INVALID, Outcome.PASS]
    because = found.targets[0].verdict.because
    assert because.startswith("the check availability crashed (ZeroDivisionError: ")
    assert "; judge:" in because
    assert found.exit_code == 4


WAIVED = {"owner": "ops", "until": "2026-03-01", "because": "known"}


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.PASS])
def test_a_valid_waiver_keeps_the_reason_and_does_not_gate(outcome: Outcome) -> None:
    found = card(target(outcome, waived=WAIVED), target(name="y"))

    row = found.targets[0]
    assert (row.verdict.outcome, found.exit_code) == (Outcome.WAIVED, 0)
    assert row.verdict.because == f"waived by ops until 2026-03-01 (known): it is {outcome}"
    assert row.waived == WAIVED


def test_the_day_after_its_last_one_a_waiver_is_a_fail() -> None:
    late: dict[str, Any] = {"started_at": "2026-03-02T00:00:01+00:00"}

    found = card(target(Outcome.INCONCLUSIVE, waived=WAIVED), **late)

    assert (found.exit_code, found.targets[0].verdict.outcome) == (1, Outcome.FAIL)
    assert found.targets[0].verdict.because == (
        "the waiver of ops ended on 2026-03-01: it is inconclusive"
    )
    assert card(target(waived=WAIVED), **late).exit_code == 0


def test_what_passes_needs_no_waiver() -> None:
    assert card(target(waived=WAIVED)).targets[0].verdict.outcome is Outcome.PASS


def test_several_stretches_are_judged_one_by_one() -> None:
    spans = [Span(name="calm", start=0, end=60), Span(name="busy", start=60, end=120)]
    made = stream(seconds=120.0)
    busy = answered(made, (made.due >= 60) & (np.arange(len(made)) % 4 == 0), status=503)
    check = Availability.model_validate({"at_least": "85 %"})
    rules = replace(RULES, planned_seconds=120.0)

    def found(*during: str) -> Verdict:
        asked = question(during=during, rules=rules)
        whole = Target(id="x", check="availability", question=asked, judge=check)
        return verdict_of(whole, history(busy, spans=spans))

    assert found("calm").outcome is Outcome.PASS
    assert found("calm", "busy").outcome is Outcome.FAIL
    assert [part.outcome for part in found("calm", "busy").parts] == [Outcome.PASS, Outcome.FAIL]
    assert found("calm", "never").outcome is Outcome.INVALID
    assert found("never", "ever").outcome is Outcome.INVALID


def test_each_of_two_equal_stretches_can_pass_by_its_own_time() -> None:
    spans = [Span(name=str(i), start=60 * i, end=60 * i + 60) for i in range(4)]
    asked = question(during=("0", "1", "2", "3"), rules=replace(RULES, planned_seconds=240.0))
    check = Availability.model_validate({"at_least": "99 %"})

    found = verdict_of(
        Target(id="x", check="availability", question=asked, judge=check),
        history(stream(seconds=240.0), spans=spans),
    )

    assert found.outcome is Outcome.PASS


# ---- the sentence


def test_the_sentence_is_the_worst_critical_finding() -> None:
    found = card(
        target(Outcome.FAIL, "slow", critical=False),
        target(name="fast"),
        target(Outcome.INVALID, "error-budget"),
    )

    assert found.sentence == "Error budget: it is invalid."
    assert card(target(Outcome.FAIL, title="Checkout holds")).sentence == (
        "Checkout holds: it is fail."
    )


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        pytest.param((), "The target holds under the tested conditions.", id="all"),
        pytest.param(
            ((Outcome.FAIL, {"waived": WAIVED}),),
            "1 of 2 targets holds under the tested conditions; 1 is waived.",
            id="waived",
        ),
        pytest.param(
            ((Outcome.FAIL, {"critical": False}),),
            "1 of 2 targets holds under the tested conditions; 1 advisory does not.",
            id="advisory",
        ),
        pytest.param(
            (
                (Outcome.FAIL, {"waived": WAIVED}),
                (Outcome.FAIL, {"waived": WAIVED}),
                (Outcome.FAIL, {"critical": False}),
                (Outcome.INVALID, {"critical": False}),
            ),
            "1 of 5 targets holds under the tested conditions; 2 are waived; 2 advisory do not.",
            id="both",
        ),
    ],
)
def test_what_does_not_hold_is_counted(
    others: tuple[tuple[Outcome, dict[str, Any]], ...], sentence: str
) -> None:
    more = [target(outcome, f"y{n}", **keys) for n, (outcome, keys) in enumerate(others)]

    assert card(target(), *more).sentence == sentence
    assert card(*more, target()).sentence == sentence


@pytest.mark.parametrize(
    ("outcome", "ended", "sentence"),
    [
        (Outcome.PASS, "aborted", "The run was aborted: error ratio above 80 %."),
        (Outcome.FAIL, "aborted", "X: it is fail."),
        (Outcome.FAIL, "interrupted", "The run was interrupted: error ratio above 80 %."),
        (Outcome.FAIL, "incomplete", "X: it is fail."),
    ],
)
def test_a_run_that_was_stopped_says_why(outcome: Outcome, ended: str, sentence: str) -> None:
    because = "error ratio above 80 %."

    found = card(target(outcome), ended=ended, ended_because=because, restored=True)

    assert found.sentence == sentence


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome.INVALID, "The run was incomplete: load-users.0: cannot begin: no such host."),
        (Outcome.FAIL, "X: it is fail."),
    ],
)
def test_a_run_that_could_not_begin_says_why(outcome: Outcome, sentence: str) -> None:
    """The targets know only that their phases did not take place."""
    because = "load-users.0: cannot begin: no such host"

    empty = Verdict(outcome=outcome, because=f"it is {outcome}")

    nothing = card(target(empty), ended="incomplete", ended_because=because)
    something = card(target(), target(empty), ended="incomplete", ended_because=because)

    assert nothing.sentence == sentence
    assert something.sentence == f"X: it is {outcome}."


def test_what_was_not_put_back_comes_before_everything() -> None:
    found = card(target(Outcome.FAIL), ended="aborted", ended_because="x", restored=False)

    assert found.sentence.endswith("could not be confirmed as put back: act now.")


def test_a_run_without_an_end_did_not_confirm_that_anything_was_put_back() -> None:
    hurt = FaultRecord(drill="lose-b", run=1, fault="region-kill", commanded=10.0)

    def found(record: FaultRecord, **facts: Any) -> Scorecard:
        return card(target(), seen=history(stream(), faults=(record,)), **facts)

    assert (found(hurt).restored, found(hurt).exit_code) == (False, 6)
    assert found(replace(hurt, verified=30.0)).exit_code == 0
    assert found(replace(hurt, commanded=None)).restored is None
    assert found(hurt, restored=True).exit_code == 0

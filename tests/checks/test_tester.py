"""What the tester did itself is never a finding about the target, and never hidden."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.model.history import History, Ill, Span
from nfrcheck.model.records import LOCAL_ERROR, NOT_SENT, STOPPED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    STEADY,
    answered,
    between,
    every,
    health,
    history,
    question,
    stream,
)

NINETY = Availability.model_validate({"at_least": "90 %", "longest_outage": "off"})
NINES = Availability.model_validate({"at_least": "99.9 %"})
CHILD = "load-shop.0"


# ---- what was not sent


@pytest.mark.parametrize("status", [NOT_SENT, STOPPED, LOCAL_ERROR])
def test_more_than_a_thousandth_not_sent_is_invalid(status: int) -> None:
    made = stream()

    found = NINETY.judge(history(answered(made, every(made, 500), status=status)), question())

    assert found.outcome is Outcome.INVALID
    assert found.because == "12 of 6,000 planned requests were not sent"


@pytest.mark.parametrize("status", [NOT_SENT, STOPPED, LOCAL_ERROR])
def test_the_few_that_were_not_sent_count_as_bad(status: int) -> None:
    made = stream()

    found = NINETY.judge(history(answered(made, every(made, 1500), status=status)), question())

    assert (found.outcome, found.failures, found.samples) == (Outcome.PASS, 4, 6000)


def test_what_was_not_sent_never_fails_the_target() -> None:
    made = stream(rate=1000.0)
    strict = Availability.model_validate({"at_least": "99.999 %"})

    unsent = strict.judge(history(answered(made, every(made, 1500), status=NOT_SENT)), question())
    failed = strict.judge(history(answered(made, every(made, 1500), status=503)), question())

    assert unsent.outcome is Outcome.INVALID
    assert unsent.because.startswith("40 requests that the tester did not send")
    assert failed.outcome is Outcome.FAIL


def test_arrivals_that_are_missing_altogether_are_noticed() -> None:
    made = stream()

    half = replace(made.where(every(made, 2)), rate=made.rate)
    one_short = replace(made.where(made.due > 0.0), rate=made.rate)

    assert "3,000 of 6,000" not in (NINES.judge(history(made), question()).because)
    assert NINES.judge(history(half), question()).outcome is Outcome.INVALID
    assert NINETY.judge(history(one_short), question()).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("n", "outcome"),
    [
        pytest.param(5_700, Outcome.PASS, id="four-standard-deviations-are-chance"),
        pytest.param(5_500, Outcome.INVALID, id="six-are-not"),
    ],
)
def test_poisson_arrivals_may_vary_by_chance_alone(n: int, outcome: Outcome) -> None:
    made = stream()
    drawn = np.zeros(len(made), dtype=np.bool_)
    drawn[np.random.default_rng(3).choice(len(made), n, replace=False)] = True
    random = replace(made.where(drawn), poisson=True)

    assert NINETY.judge(history(random), question()).outcome is outcome


def test_each_kind_of_client_may_be_one_request_off_at_an_edge() -> None:
    kinds = (Cell("global", "home", client="fresh"), Cell("global", "home", client="pooled"))
    made = stream(name="edge", kind="probe", rate=20.0, cells=kinds, seconds=60.0)

    found = NINETY.judge(history(made.where(made.due > 0.06)), question("edge"))

    assert found.outcome is Outcome.PASS


# ---- instruments that fail or fall silent


def told(seen: History) -> Verdict:
    return NINETY.judge(seen, question())


def test_a_child_that_died_makes_its_evidence_invalid() -> None:
    ill = Ill(t=30.0, instrument=CHILD, because="died with exit code -9")

    found = told(history(stream(), ills=(ill,)))

    assert found.outcome is Outcome.INVALID
    assert found.because == "load-shop.0 failed at 30.0 s: died with exit code -9"


@pytest.mark.parametrize(
    "ill",
    [
        pytest.param(Ill(t=30.0, instrument="load-other.0", because="x"), id="another-load"),
        pytest.param(Ill(t=300.0, instrument=CHILD, because="x"), id="long-after"),
    ],
)
def test_what_failed_elsewhere_or_afterwards_does_not_touch_it(ill: Ill) -> None:
    assert told(history(stream(), ills=(ill,))).outcome is Outcome.PASS


def test_an_outage_that_was_seen_before_the_child_died_stands() -> None:
    made = stream()
    ill = Ill(t=50.0, instrument=CHILD, because="died")
    out = answered(made, between(made, 20, 30), status=503)

    found = Availability.model_validate({"at_least": "50 %"}).judge(
        history(out, ills=(ill,)), question()
    )

    assert found.outcome is Outcome.FAIL
    assert "one outage of 10.0 s" in found.because


@pytest.mark.parametrize(
    ("gap", "outcome"),
    [
        pytest.param((20.5, 22.5), Outcome.PASS, id="two-lines-late"),
        pytest.param((20.5, 26.5), Outcome.INVALID, id="six-seconds"),
        pytest.param((55.5, 99.0), Outcome.INVALID, id="to-the-end"),
        pytest.param((0.0, 8.5), Outcome.INVALID, id="from-the-start"),
    ],
)
def test_a_silent_child_is_invalid(gap: tuple[float, float], outcome: Outcome) -> None:
    lines = tuple(line for line in health(CHILD, 61) if not gap[0] <= line.t <= gap[1])

    found = told(history(stream(), health=lines))

    assert found.outcome is outcome
    assert ("was silent for" in found.because) == (outcome is Outcome.INVALID)


def test_silence_across_the_border_of_two_phases_is_silence() -> None:
    spans = [Span(name="one", start=0, end=30), Span(name="two", start=30, end=60)]
    lines = tuple(line for line in health(CHILD, 61) if not 27.5 <= line.t <= 32.5)

    assert told(history(stream(), spans=spans, health=lines)).outcome is Outcome.INVALID


def test_silence_in_another_phase_is_none_of_this_one() -> None:
    spans = [STEADY, Span(name="warm-up", start=60, end=90, kind="warm-up")]
    lines = tuple(line for line in health(CHILD, 91) if not 64.5 <= line.t <= 80.5)

    assert told(history(stream(seconds=90), spans=spans, health=lines)).outcome is Outcome.PASS


def test_a_child_that_never_said_how_it_was_is_invalid() -> None:
    found = told(history(stream(), health=()))

    assert (found.outcome, found.because) == (
        Outcome.INVALID,
        "load-shop never said whether it was well",
    )

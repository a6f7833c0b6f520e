"""A request is good, bad, or neither: by its answer, or by what was expected of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.model.history import Stream
from nfrcheck.model.question import Exclusion
from nfrcheck.model.records import CLOSED_BEFORE, REFUSED, RETRIED, TIMEOUT, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    history,
    in_cell,
    question,
    spread,
    stream,
)

NINETY = Availability.model_validate({"at_least": "90 %", "longest_outage": "off"})
ROUTES = (Cell("global", "home"), Cell("global", "order"))


def judged(made: Stream, check: Availability = NINETY, **more: Any) -> Verdict:
    return check.judge(history(made), question(**more))


@pytest.mark.parametrize(
    ("status", "failures"),
    [
        pytest.param(204, 0, id="2xx"),
        pytest.param(302, 0, id="3xx"),
        pytest.param(404, 0, id="4xx-is-neither"),
        pytest.param(429, 30, id="429"),
        pytest.param(500, 30, id="5xx"),
        pytest.param(TIMEOUT, 30, id="time-out"),
        pytest.param(REFUSED, 30, id="refused"),
        pytest.param(CLOSED_BEFORE, 30, id="reset"),
    ],
)
def test_an_answer_is_good_bad_or_neither(status: int, failures: int) -> None:
    made = stream()
    tolerant = NINETY.model_copy(update={"client_errors": 0.1})

    found = judged(answered(made, np.arange(len(made)) % 200 == 0, status=status), tolerant)

    assert found.failures == failures
    assert found.samples == (6000 if status != 404 else 5970)


def test_a_declared_expectation_decides_instead_of_the_status() -> None:
    made = stream()
    half = np.arange(len(made)) % 2 == 0

    met = answered(answered(made, half, status=404, expected=True), ~half, expected=True)
    missed = answered(made, half, status=200, expected=False)

    assert judged(met).outcome is Outcome.PASS
    assert judged(missed).outcome is Outcome.FAIL


def test_an_attempt_that_another_one_replaced_is_no_request() -> None:
    made = stream()
    failed = np.arange(len(made)) % 4 == 0
    flags = made.flags.copy()
    flags[failed] |= RETRIED
    retried = replace(answered(made, failed, status=CLOSED_BEFORE), flags=flags, rate=0.0)

    found = judged(retried)

    assert (found.outcome, found.samples, found.failures) == (Outcome.PASS, 4500, 0)
    assert judged(replace(retried, flags=made.flags)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("exclusion", "outcome"),
    [
        pytest.param(Exclusion(status=("503",)), Outcome.PASS, id="the-status"),
        pytest.param(Exclusion(status=("5xx",)), Outcome.PASS, id="its-class"),
        pytest.param(Exclusion(route="order"), Outcome.PASS, id="the-route"),
        pytest.param(Exclusion(status=("503",), route="order"), Outcome.PASS, id="both"),
        pytest.param(Exclusion(status=("503",), route="home"), Outcome.FAIL, id="another-route"),
        pytest.param(Exclusion(status=("timeout",)), Outcome.FAIL, id="another-status"),
    ],
)
def test_what_is_excluded_does_not_count(exclusion: Exclusion, outcome: Outcome) -> None:
    made = stream(cells=ROUTES)
    broken = answered(made, in_cell(made, 1) & spread(made, 0.6), status=503)

    assert judged(broken, exclude=(exclusion,)).outcome is outcome


def test_excluded_time_outs_do_not_count() -> None:
    made = stream()
    slow = answered(made, spread(made, 0.3), status=TIMEOUT)

    assert judged(slow).outcome is Outcome.FAIL
    assert judged(slow, exclude=(Exclusion(status=("timeout",)),)).outcome is Outcome.PASS

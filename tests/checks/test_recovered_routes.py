"""A recovery is one of every route, of failures as of slow answers, and of all that was seen."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.model.history import Stream
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.dosing import ONE_HOP, ORDER, PRODUCT, STARTS, asked, failed, judged, slowed
from tests.checks.histories import answered, between, every, in_cell, stream

HEALED = STARTS[0] + 9.0


def recovered(made: Stream, within: str = "2 s") -> Verdict:
    return judged(made, recovers_within=within)


def thin_order(one_of: int = 30) -> Stream:
    """One of so many requests is an order."""
    made = stream(rate=100.0, seconds=70.0, cells=(PRODUCT, ORDER))
    order = np.arange(len(made)) % one_of == 7
    return replace(made, cell=order.astype(np.uint8))


def test_a_thin_route_that_never_comes_back_fails() -> None:
    made = thin_order()
    never = between(made, HEALED, 35.0) & in_cell(made, 1)

    found = recovered(answered(made, never, status=503))

    assert recovered(made).outcome is Outcome.PASS
    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"link": "system-to-legacy", "run": "1", "route": "order"}


def test_a_thin_route_that_half_comes_back_is_not_decided() -> None:
    made = thin_order(120)
    half = between(made, HEALED, 35.0) & (np.arange(len(made)) % 240 == 7)

    assert recovered(made).outcome is Outcome.PASS
    assert recovered(answered(made, half, status=503)).outcome is Outcome.INCONCLUSIVE


def test_failures_are_not_among_the_few_that_may_be_slow() -> None:
    made = slowed(ONE_HOP)
    few = between(made, 18.0, 35.0) & every(made, 27)

    assert recovered(answered(made, few, latency_s=0.5)).outcome is Outcome.PASS
    assert recovered(answered(made, few, status=503)).outcome is Outcome.FAIL


def test_what_failed_before_the_fault_as_often_is_no_relapse() -> None:
    made = slowed(ONE_HOP)
    always = every(made, 97) & ~between(made, 10.0, 18.5) & ~between(made, 40.0, 48.5)

    assert recovered(answered(made, always, status=503)).outcome is Outcome.PASS


@pytest.mark.parametrize("late_s", [0.0, 0.03], ids=["well", "unwell"])
def test_failures_of_the_seconds_that_were_left_out_buy_no_recovery(late_s: float) -> None:
    made = slowed(ONE_HOP)
    broken = answered(made, between(made, 21.0, 23.5), status=503, late_s=late_s)
    broken = replace(broken, done=np.maximum(broken.done, broken.sent + 0.01))

    found = recovered(broken)

    assert found.outcome is (Outcome.INVALID if late_s else Outcome.FAIL)
    assert not late_s or "would change the verdict" in found.because


def test_a_route_that_was_never_answered_before_shows_no_recovery() -> None:
    made = slowed(ONE_HOP)
    calm = between(made, 0.0, 10.0) | between(made, 30.0, 40.0)
    dead = answered(made, in_cell(made, 1) & calm, status=504)

    found = recovered(dead)

    assert not failed(found)
    assert found.outcome is Outcome.INVALID
    assert "route order did not answer well before the fault" in found.because


def test_failures_without_a_region_may_be_of_the_one_that_is_asked_for() -> None:
    made = slowed(ONE_HOP)
    b = (replace(PRODUCT, region="b"), replace(ORDER, region="b"), PRODUCT)
    nameless = between(made, HEALED, 35.0) & every(made, 3)
    made = replace(made, cells=b, cell=np.where(nameless, 2, made.cell).astype(np.uint8))
    only = asked(only={"region": "b"})

    assert judged(made, ask=only, recovers_within="2 s").outcome is Outcome.PASS
    lost = judged(answered(made, nameless, status=504), ask=only, recovers_within="2 s")
    assert lost.outcome is Outcome.INCONCLUSIVE
    assert "failures that told no region" in lost.because


def test_one_failure_after_the_limit_is_too_little_for_a_relapse() -> None:
    made = slowed(ONE_HOP, rate=20.0)
    one = np.arange(len(made)) == np.flatnonzero(between(made, HEALED + 2.2, 35.0))[0]

    assert recovered(answered(made, one, status=503), "1 s").outcome is not Outcome.FAIL

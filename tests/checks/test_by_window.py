"""A window that was seen whole: what was left out, told no region or left late decides nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.static_stability import StaticStability
from nfrcheck.model.history import Stream
from nfrcheck.model.records import TIMEOUT, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    between,
    drill,
    every,
    history,
    in_cell,
    question,
    stream,
)

BROWSE, ORDER = Cell("global", "browse"), Cell("global", "order")
NOBODY, A, B = (Cell("global", "home", region) for region in (None, "a", "b"))
START, END = 10.1, 18.1
"""Of the hold."""


def judged(made: Stream, *, ask: dict[str, Any] | None = None, **keys: str) -> Verdict:
    spans, record = drill("without-idp", where={"component": "idp"})
    asked = {"drills": ("without-idp",), "expected_runs": {"without-idp": 1}, **(ask or {})}
    check = StaticStability.model_validate({"at_least": "95 %", **keys})
    return check.judge(history(made, spans=spans, faults=(record,)), question(**asked))


def load(*cells: Cell, rate: float = 100.0) -> Stream:
    return stream(rate=rate, seconds=30.0, cells=cells or (BROWSE,))


# ---- seconds in which the tester was unwell


def test_failures_of_the_seconds_that_were_left_out_do_not_buy_a_pass() -> None:
    made = load()
    choked = answered(made, between(made, START, 13.9), status=503, late_s=0.03)

    found = judged(replace(choked, done=choked.done + 0.03 * (choked.sent > choked.due)))

    assert found.outcome is Outcome.INVALID
    assert "in which the tester was unwell" in found.because
    assert found.because.endswith("would change the verdict")


def test_answers_that_were_slow_in_the_seconds_left_out_do_not_buy_a_pass() -> None:
    made = load()
    choked = answered(made, between(made, START, 13.9), latency_s=2.0, late_s=0.03)

    found = judged(choked, p90="< 200 ms")

    assert found.outcome is Outcome.INVALID
    assert found.because.endswith("would change the verdict")


def test_a_stratum_that_failed_in_the_seconds_left_out_may_not_pass_by_it() -> None:
    made = load(*[BROWSE] * 29, ORDER)
    lost = between(made, START, 13.9) & in_cell(made, 29)
    late = answered(made, between(made, START, 13.9), latency_s=0.04, late_s=0.03)

    assert judged(late).outcome is Outcome.PASS
    assert judged(answered(late, lost, status=503)).outcome is Outcome.INVALID


def test_what_was_well_in_the_seconds_left_out_too_passes() -> None:
    made = load()
    late = answered(made, between(made, START, 13.9), latency_s=0.04, late_s=0.03)

    found = judged(late, p90="< 200 ms")

    assert found.outcome is Outcome.PASS
    assert "left out in which the tester was unwell" in found.because


# ---- answers that named no region


def lost_of_b(share: int, *, rate: float = 400.0, **answer: Any) -> Stream:
    """Regions a and b take turns; of b's requests `share` in ten tell no region and fail."""
    made = load(NOBODY, A, B, rate=rate)
    number = np.arange(len(made))
    cell = np.where(number % 2 == 0, 1, 2)
    lost = between(made, START, END) & (cell == 2) & (number // 2 % 10 < share)
    made = replace(made, cell=np.where(lost, 0, cell).astype(np.uint8))
    return answered(made, lost, **{"status": TIMEOUT, "latency_s": 5.0, **answer})


def test_nameless_failures_may_be_of_the_region_that_is_judged_alone() -> None:
    found = judged(lost_of_b(8), ask={"only": {"region": "b"}}, p90="< 200 ms")

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.endswith(
        "1,280 of 1,600 requests were not answered well (1,280 of them told no region)"
    )


def test_nameless_failures_are_slow_in_the_percentiles_of_the_region() -> None:
    nameless = lost_of_b(2, status=200, latency_s=2.0)

    found = judged(nameless, ask={"only": {"region": "b"}}, p90="< 200 ms")

    [share, time] = found.parts[0].parts
    assert share.outcome is Outcome.PASS
    assert (time.outcome, time.samples) == (Outcome.INCONCLUSIVE, 1600)


def test_with_each_region_nameless_failures_count_in_every_one() -> None:
    found = judged(lost_of_b(1), ask={"each": ("region",)}, at_least="90 %")

    assert found.outcome is Outcome.INCONCLUSIVE
    assert judged(lost_of_b(0), ask={"each": ("region",)}, at_least="90 %").outcome is Outcome.PASS


def test_what_a_region_failed_in_its_own_name_still_fails() -> None:
    made = lost_of_b(0)
    own = between(made, START, END) & in_cell(made, 2)

    found = judged(answered(made, own, status=503), ask={"only": {"region": "b"}})

    assert found.outcome is Outcome.FAIL


# ---- requests that left late, but within what is allowed


@pytest.mark.parametrize(
    ("took_s", "outcome"),
    [pytest.param(0.19, Outcome.INVALID, id="late"), pytest.param(0.21, Outcome.FAIL, id="slow")],
)
def test_the_lateness_of_the_tester_breaks_no_limit(took_s: float, outcome: Outcome) -> None:
    made = load()
    late = answered(made, between(made, 0, 30), latency_s=took_s + 0.019, late_s=0.019)

    found = judged(late, p99="< 200 ms")

    assert found.outcome is outcome
    assert ("it sent them late" in found.because) == (outcome is Outcome.INVALID)


# ---- many strata


def test_one_failure_of_a_thin_stratum_is_chance() -> None:
    made = load(rate=1000.0)
    order = between(made, START, END) & every(made, 400)
    made = replace(made, cells=(BROWSE, ORDER), cell=order.astype(np.uint8))
    one = np.flatnonzero(order)[:1]

    found = judged(answered(made, np.isin(np.arange(len(made)), one), status=503), at_least="99.9%")

    assert found.outcome is Outcome.PASS
    [_, order_part] = found.parts[0].parts
    assert (order_part.samples, order_part.failures) == (20, 1)
    assert order_part.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("runs", "outcome"),
    [pytest.param(1, Outcome.FAIL, id="once"), pytest.param(20, Outcome.INCONCLUSIVE, id="often")],
)
def test_the_doubt_is_shared_among_strata_and_runs(runs: int, outcome: Outcome) -> None:
    made = load(*[BROWSE] * 39, ORDER)
    hurt = between(made, START, END) & in_cell(made, 39)
    four = np.isin(np.arange(len(made)), np.flatnonzero(hurt)[:5])

    found = judged(answered(made, four, status=503), ask={"expected_runs": {"without-idp": runs}})

    assert {part.name: part.outcome for part in found.parts[0].parts}["route order"] is outcome

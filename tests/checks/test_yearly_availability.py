"""A year is composed of a steady state and of declared incidents, as drills measured them."""

import numpy as np
import pytest

from nfrcheck.model.question import EvidenceRules
from nfrcheck.model.records import REFUSED
from nfrcheck.model.verdict import Outcome
from tests.checks.courses import probe
from tests.checks.histories import STEADY, answered, history, stream
from tests.checks.years import (
    EXAMPLE,
    FIRST_S,
    PERIOD_S,
    asked,
    check,
    courses,
    edge,
    judged,
    seen,
    steady,
)

# ---- the worked example


def test_the_worked_example_passes_with_466_s_of_the_budget() -> None:
    found = judged()

    low, high = found.figures["lost_s"]
    assert found.outcome is Outcome.PASS
    assert (low, high) == (pytest.approx(20, abs=20), pytest.approx(466, abs=1))
    assert found.figures["budget_s"] == pytest.approx(3_156, abs=1)
    assert found.because == (
        "at most 466 s of the 3,156 s a year are lost: "
        "steady state costs at most 12 % of the budget, lose-b 2.5 %"
    )
    assert found.samples == 300_000


def test_it_says_what_it_assumes_how_wrong_that_may_be_and_what_a_single_year_can_expect() -> None:
    assert judged().supports == (
        "assumes 2 lose-b a year, as declared, and no other incident; "
        "holds up to 70 lose-b a year; over 99 % of single years stay in the budget"
    )


def test_a_mean_within_the_budget_is_no_promise_for_a_single_year() -> None:
    rare_and_long = judged([25.0] * 5, check("99.999 %", "10/year"), load=steady(50_000.0))

    assert rare_and_long.figures["chance_of_a_good_year"] < 0.8


def test_each_term_is_a_part_with_its_own_cost() -> None:
    first, second = judged().parts

    assert (first.name, first.outcome, first.samples) == ("steady state", Outcome.PASS, 300_000)
    assert (second.name, second.outcome, second.samples) == ("lose-b", Outcome.PASS, 5)
    assert second.interval is not None
    assert second.interval[1] == pytest.approx(78.3, abs=0.3)
    assert "s a year; the mean outage of 5 drills is " in second.because
    assert "connections to global saw it" in second.because


# ---- the verdict


def test_long_outages_fail_and_name_the_drill_and_its_region() -> None:
    found = judged([25.0] * 5, check(times="1000/year"))

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"drill": "lose-b", "region": "b"}
    assert found.because.startswith("at least ")
    assert ": lose-b costs at least " in found.because
    assert [part.outcome for part in found.parts] == [Outcome.PASS, Outcome.FAIL]
    assert found.supports.startswith("assumes 1,000 lose-b a year, as declared")


def test_a_bad_steady_state_fails_and_is_named() -> None:
    found = judged(load=steady(bad_every=1_000))

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"stretch": "steady state"}
    assert "steady state costs at least" in found.because


def test_too_few_requests_are_asked_for() -> None:
    found = judged(load=steady(100.0))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed is not None
    assert found.needed.requests
    assert f"{found.needed.requests:,} more requests without a failure would pass it" in (
        found.because
    )


def test_too_few_drills_are_asked_for() -> None:
    found = judged([20.0], check(times="5/year"))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed is not None
    assert found.needed.drills == 1
    assert "1 more drill of lose-b with outages like these would pass it" in found.because


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        pytest.param(1e-9, Outcome.PASS, id="limit-exactly-met"),
        pytest.param(-1e-6, Outcome.INCONCLUSIVE, id="a-little-more-is-promised"),
    ],
)
def test_the_upper_bound_may_reach_the_limit(more: float, outcome: Outcome) -> None:
    lost = judged().figures["lost_s"][1] / 31_557_600

    found = judged(rule=check(at_least=f"{100 * (1 - lost - lost * more):.12f} %"))

    assert found.outcome is outcome


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        pytest.param({"min_samples": 300_000}, Outcome.PASS, id="as-many-as-asked"),
        pytest.param({"min_samples": 300_001}, Outcome.INCONCLUSIVE, id="one-request-short"),
    ],
)
def test_more_requests_may_be_asked_for(rules: dict[str, int], outcome: Outcome) -> None:
    told = EvidenceRules(planned_seconds=60.0, **rules)

    assert check().judge(seen(steady(), EXAMPLE), asked(rules=told)).outcome is outcome


def test_a_margin_forgives_what_lies_just_beyond_the_limit() -> None:
    lost = judged().figures["lost_s"][1] / 31_557_600
    rule = check(at_least=f"{100 * (1 - 0.8 * lost):.10f} %")
    told = EvidenceRules(planned_seconds=60.0, margin=1.5)

    strict = rule.judge(seen(steady(), EXAMPLE), asked())
    lenient = rule.judge(seen(steady(), EXAMPLE), asked(rules=told))

    assert (strict.outcome, lenient.outcome) == (Outcome.INCONCLUSIVE, Outcome.PASS)


def test_fewer_drills_than_planned_do_not_pass() -> None:
    found = check().judge(seen(steady(), EXAMPLE), asked(runs=6))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.startswith("lose-b took place 5 of 6 times; at most 466 s")
    assert found.needed is not None
    assert found.needed.drills == 1


def test_without_any_drill_the_term_is_open() -> None:
    spans = (STEADY,)
    told = history(steady(), edge([]), spans=spans)

    found = check().judge(told, asked(runs=1))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "not measured: lose-b" in found.because
    assert found.needed is not None
    assert found.needed.drills == 1


def test_an_outage_that_never_ended_leaves_the_year_open() -> None:
    found = judged([12.0, 50.0])

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "not measured: lose-b" in found.because
    assert "lose-b/2: no recovery was seen" in found.because
    assert found.measured is None
    assert "the mean outage of 2 drills is at least " in found.parts[1].because


def test_no_measurement_confirms_a_whole_year() -> None:
    assert judged(rule=check("100 %")).outcome is Outcome.INCONCLUSIVE


# ---- what an outage costs


def test_outages_that_vary_too_much_are_flagged() -> None:
    found = judged([1.0, 1.0, 1.0, 1.0, 25.0])

    assert "outages vary too much for this bound: lose-b" in found.because
    assert found.figures["terms"][1]["varied"]


def test_the_loss_and_the_return_of_a_region_both_cost() -> None:
    loss = (FIRST_S + 0.2, FIRST_S + 2.2)
    back = (FIRST_S + 30.2, FIRST_S + 31.2)
    both = probe(loss, back, seconds=FIRST_S + PERIOD_S)

    found = judged([2.0], watcher=both)

    assert found.figures["terms"][1]["mean_outage_s"][1] == pytest.approx(39.5 * 3.0, rel=0.05)


def test_a_declared_weight_halves_the_cost() -> None:
    whole, half = judged(), judged(rule=check(weights="50 %"))
    named = judged(rule=check(weights={"lose-b": "50 %"}))

    cost = whole.figures["terms"][1]["seconds"][1]
    assert half.figures["terms"][1]["seconds"][1] == pytest.approx(cost / 2)
    assert named.figures == half.figures


def test_where_no_weight_is_declared_a_fail_counts_only_what_failed() -> None:
    """Every fourth request fails for 25 s: at most all of the traffic was lost, surely a part."""
    made = edge([25.0] * 5)
    out = np.flatnonzero(made.status == REFUSED)
    spared = np.isin(np.arange(len(made)), out[np.arange(len(out)) % 8 > 1])
    partly = answered(made, spared, status=200)

    silent, declared = (
        judged([25.0] * 5, check(times="1000/year", **more), watcher=partly)
        for more in ({}, {"weights": "100 %"})
    )

    assert silent.figures["terms"][1]["seconds"][1] == declared.figures["terms"][1]["seconds"][1]
    low, high = (one.figures["terms"][1]["seconds"][0] for one in (silent, declared))
    assert low == pytest.approx(high / 4, rel=0.05)


def test_the_client_kind_that_lost_most_is_the_one_that_counts() -> None:
    found = judged([3.0] * 5, watcher=edge([3.0] * 5, clients=(1,)))

    assert found.figures["terms"][1]["seen_by"] == "pooled connections to global"
    assert found.figures["terms"][1]["mean_outage_s"][1] > 3.0


def test_several_incidents_are_added_and_share_the_doubt() -> None:
    spans, faults = courses(1, "lose-a", FIRST_S + PERIOD_S, where={"region": "a"})
    mine, ours = courses(1)
    told = history(
        steady(), edge([1.0, 25.0]), spans=(STEADY, *mine, *spans), faults=(*ours, *faults)
    )
    rule = check("99 %", incidents={"lose-a": "10/day", "lose-b": "1/year"})

    found = rule.judge(told, asked(1, drills=("lose-a", "lose-b"), expected_runs={}))

    assert [part.name for part in found.parts] == ["steady state", "lose-a", "lose-b"]
    assert dict(found.where) == {"drill": "lose-a", "region": "a"}
    assert "lose-a costs" in found.because


def test_without_a_probe_the_load_itself_sees_the_drills() -> None:
    load = stream(rate=200.0, seconds=FIRST_S + PERIOD_S)
    out = (load.due >= FIRST_S + 0.2) & (load.due < FIRST_S + 3.2)
    spans, faults = courses(1)
    hit = answered(load, out, status=503)
    told = history(hit, spans=(STEADY, *spans), faults=faults)

    found = check("99 %").judge(told, asked(1, watched_by=None))

    assert found.figures["terms"][1]["seen_by"] == "pooled connections to global"
    assert found.figures["terms"][1]["mean_outage_s"][1] == pytest.approx(39.5 * 3.0, rel=0.05)

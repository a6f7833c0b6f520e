"""A yearly share is composed of a steady state and of drills; what was not measured stays open."""

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.evidence.binomial import lower_end, upper_end
from nfrcheck.evidence.budget import (
    Incident,
    Steady,
    chance_of_a_good_year,
    compose,
    mean_outage_lower,
    mean_outage_upper,
    varied,
)
from nfrcheck.evidence.repeats import share_supported

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden_vectors.json").read_text())
FOUR_NINES = Decimal("0.0001")


def failover(*outages_s: float, per_year: float = 2, sure: float = 1.0) -> Incident:
    """Drills with these upper ends; `sure` is the part of them that surely lasted."""
    windows = [(sure * upper if math.isfinite(upper) else 0.0, upper) for upper in outages_s]
    return Incident(name="failover", per_year=per_year, outages_s=windows)


def steady(bad: int, n: int) -> Steady:
    return Steady(k=bad, n=n, k_sure=bad)


EXAMPLE = (12.1, 14, 11.2, 13.3, 12.9)
FAILOVER = failover(*EXAMPLE)


@pytest.mark.parametrize("row", GOLDEN["drills"], ids=lambda row: f"{len(row['drills'])}-drills")
def test_the_mean_outage_has_the_reference_bound(row: dict[str, Any]) -> None:
    assert mean_outage_upper(row["drills"]) == pytest.approx(row["mean_upper95"], rel=6e-9)
    assert share_supported(len(row["drills"])) == pytest.approx(row["share_below_max_95"])


@pytest.mark.parametrize(("n", "factor"), [(1, 19.5), (2, 5.6), (3, 3.7), (5, 2.5), (10, 1.8)])
def test_fewer_drills_cost_a_larger_factor(n: int, factor: float) -> None:
    assert mean_outage_upper([1.0] * n) == pytest.approx(factor, abs=0.06)
    assert mean_outage_lower([1.0] * n) < 1.0


def test_the_worked_example_passes() -> None:
    found = compose(FOUR_NINES, steady(0, 300_000), [FAILOVER])

    assert found.word == "pass"
    assert [round(term.seconds.upper) for term in found.terms] == [388, 78]
    assert found.seconds.upper == pytest.approx(466, abs=0.6)
    assert found.terms[1].holds_up_to == pytest.approx(70.8, abs=0.1)
    assert found.because == (
        "at most 466 s of the 3,156 s a year are lost: "
        "steady state costs at most 12 % of the budget, failover 2.5 %"
    )


def test_as_many_incidents_as_it_holds_use_up_the_budget() -> None:
    holds = compose(FOUR_NINES, steady(0, 300_000), [FAILOVER]).terms[1].holds_up_to
    assert holds is not None
    more = failover(12.1, 14, 11.2, 13.3, 12.9, per_year=holds)

    found = compose(FOUR_NINES, steady(0, 300_000), [more])

    assert found.seconds.upper == pytest.approx(found.budget_s)


@pytest.mark.parametrize(
    ("seen", "outages", "word", "because"),
    [
        pytest.param((0, 300_000), [], "inconclusive", "not measured: failover", id="no-drill"),
        pytest.param((0, 0), [1.0], "inconclusive", "not measured: steady state", id="no-load"),
        pytest.param((0, 3_000), [12.0], "inconclusive", "up to ", id="too-short"),
        pytest.param((300, 300_000), [12.0], "fail", "at least", id="steady-state-too-bad"),
        pytest.param((0, 300_000), [9_000.0] * 5, "fail", "at least", id="outages-too-long"),
        pytest.param(
            (0, 300_000),
            [5.0, math.inf],
            "inconclusive",
            "not measured: failover",
            id="never",
        ),
    ],
)
def test_what_is_not_measured_stays_open(
    seen: tuple[int, int], outages: list[float], word: str, because: str
) -> None:
    found = compose(FOUR_NINES, steady(*seen), [failover(*outages)])

    assert found.word == word
    assert because in found.because


def test_only_what_surely_lasted_fails() -> None:
    possibly, surely = (
        compose(FOUR_NINES, steady(0, 300_000), [failover(*[9_000.0] * 5, sure=part)])
        for part in (0.01, 1.0)
    )

    assert (possibly.word, surely.word) == ("inconclusive", "fail")


def test_a_fail_names_what_costs_most_first() -> None:
    found = compose(FOUR_NINES, steady(30, 300_000), [failover(*[9_000.0] * 5)])

    assert found.because.startswith("at least ")
    assert ": failover costs at least " in found.because
    assert found.because.endswith(" % of the budget, steady state 59 %")


def test_failures_in_clusters_say_less() -> None:
    alone = steady(40, 300_000)
    clustered = Steady(k=40, n=300_000, k_sure=40, deff_pass=10.0, deff_fail=10.0)

    assert clustered.upper(0.975) > alone.upper(0.975)
    assert clustered.lower(0.975) < alone.lower(0.975)


def test_without_a_failure_the_bound_is_the_exact_one() -> None:
    assert steady(0, 300_000).upper(0.975) == pytest.approx(upper_end(0, 300_000, 0.975))
    assert steady(7, 3_000).upper(0.975) == pytest.approx(upper_end(7, 3_000, 0.975))
    assert steady(7, 3_000).lower(0.975) == pytest.approx(lower_end(7, 3_000, 0.975))


def test_outages_that_vary_too_much_are_named() -> None:
    rare_long = [1.0] * 9 + [40.0]

    found = compose(FOUR_NINES, steady(0, 300_000), [failover(*rare_long)])

    assert varied(rare_long)
    assert not varied([12.0, 13.0])
    assert not varied([12.0])
    assert "outages vary too much for this bound: failover" in found.because


@pytest.mark.parametrize(
    ("per_year", "minutes", "chance"),
    [(1, 10, 98), (2, 10, 92), (4, 5, 97), (12, 2, 99), (2, 20, 70), (4, 10, 72), (12, 4, 63)],
)
def test_an_expected_downtime_below_the_budget_is_no_promise(
    per_year: float, minutes: float, chance: float
) -> None:
    found = chance_of_a_good_year(per_year, 60 * minutes, 60 * 52.56)

    assert 100 * found == pytest.approx(chance, abs=0.6)


def test_a_year_without_incidents_is_good() -> None:
    assert chance_of_a_good_year(0.0, 600, 3_000) == pytest.approx(1.0)


def test_many_short_outages_a_year_add_up_to_a_sure_thing() -> None:
    enough = chance_of_a_good_year(100_000, 1.0, 102_000)

    assert 0.99 < enough < 1.0
    assert chance_of_a_good_year(100_000, 1.0, 98_000) < 0.01
    assert chance_of_a_good_year(301, 1.0, 301) == pytest.approx(
        chance_of_a_good_year(300, 1.0, 300), abs=0.02
    )


def test_no_budget_is_never_kept() -> None:
    assert chance_of_a_good_year(2, 600, 0.0) == 0.0


def test_an_incident_that_hits_nobody_and_was_not_measured_costs_nothing() -> None:
    harmless = Incident(name="failover", per_year=2, outages_s=(), share_hit=0.0)

    found = compose(FOUR_NINES, steady(0, 300_000), [harmless])

    assert found.word == "pass"
    assert (found.terms[1].per_incident_s, found.terms[1].holds_up_to) == (None, None)


@pytest.mark.parametrize("margin", [0.5, 1.0])
def test_so_many_incidents_as_it_is_said_to_hold_still_pass(margin: float) -> None:
    told = compose(FOUR_NINES, steady(0, 300_000), [FAILOVER], margin=margin)
    holds = told.terms[1].holds_up_to
    assert holds is not None

    words = [
        compose(
            FOUR_NINES,
            steady(0, 300_000),
            [failover(*EXAMPLE, per_year=holds + more)],
            margin=margin,
        ).word
        for more in (-0.01, 0.01)
    ]

    assert words == ["pass", "inconclusive"]

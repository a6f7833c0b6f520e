"""An undecided budget says what would pass it, and that is exactly enough."""

from dataclasses import replace
from decimal import Decimal

import pytest

from nfrcheck.evidence.budget import Incident, Steady, compose
from nfrcheck.evidence.shortfall import Shortfall, shortfall

P0 = Decimal("0.0001")
QUIET = Steady(k=0, n=300_000, k_sure=0)


def drills(n: int, outage_s: float, per_year: float = 2) -> Incident:
    return Incident(name="lose-b", per_year=per_year, outages_s=[(outage_s, outage_s)] * n)


def passes(steady: Steady, incident: Incident) -> bool:
    return compose(P0, steady, [incident]).word == "pass"


def test_so_many_more_requests_are_just_enough() -> None:
    short = Steady(k=0, n=3_000, k_sure=0)

    found = shortfall(P0, short, [drills(5, 12.0)])

    assert found.requests is not None
    assert found.drills is None
    assert passes(replace(short, n=3_000 + found.requests), drills(5, 12.0))
    assert not passes(replace(short, n=3_000 + found.requests - 1), drills(5, 12.0))


def test_so_many_more_drills_are_just_enough() -> None:
    found = shortfall(P0, QUIET, [drills(1, 100.0)])

    assert found == Shortfall(drills=1, of="lose-b")
    assert not passes(QUIET, drills(1, 100.0))
    assert passes(QUIET, drills(2, 100.0))


def test_where_neither_alone_is_enough_both_are_named_and_pass_it() -> None:
    few = Steady(k=0, n=20_000, k_sure=0)

    found = shortfall(P0, few, [drills(1, 300.0)])

    assert found.requests
    assert found.drills
    assert passes(replace(few, n=20_000 + found.requests), drills(1 + found.drills, 300.0))


def test_a_drill_that_never_took_place_is_asked_for() -> None:
    assert shortfall(P0, QUIET, [drills(0, 1.0)]) == Shortfall(drills=1, of="lose-b")


@pytest.mark.parametrize(
    ("steady", "outage_s"),
    [
        pytest.param(QUIET, 1_800.0, id="outages-as-long-as-the-budget"),
        pytest.param(Steady(k=60, n=300_000, k_sure=60), 1_000.0, id="both-seen-to-be-bad"),
    ],
)
def test_what_was_seen_to_be_too_much_asks_for_nothing(steady: Steady, outage_s: float) -> None:
    assert shortfall(P0, steady, [drills(3, outage_s)]) == Shortfall()

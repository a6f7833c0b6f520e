"""A region that is up but bad must be left in time, and is rightly kept where it is the last."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.checks.grey_region import GreyRegion
from nfrcheck.model.records import TIMEOUT, Cell
from nfrcheck.model.verdict import Outcome
from tests.checks.greys import (
    CELLS,
    GREY,
    HEALED,
    LEFT,
    NOBODY,
    A,
    B,
    course,
    grey,
    judged,
    sent_to,
    shop,
)
from tests.checks.histories import answered, between

# ---- the share that is left


def test_a_region_that_is_left_in_time_passes_and_says_how_much_it_served() -> None:
    found = judged(grey(shop(), until=12.0))

    assert found.outcome is Outcome.PASS
    assert found.because == (
        "grey-b/1 · pooled connections to global: region b, grey by errors, still served 0 % "
        "after 3 s (0 of 500 requests)"
    )
    assert (found.measured, found.interval, found.unit) == (0.0, (0.0, 0.0), "share")
    assert found.supports == "each of 1; supports at least 5 % of such failures"


def test_a_region_that_is_not_left_fails_with_region_mode_share_and_until_when() -> None:
    found = judged(grey(shop(), until=HEALED))

    assert found.outcome is Outcome.FAIL
    assert "region b, grey by errors, still served 50 % after 3 s" in found.because
    assert "(250 of 500 requests), the last one 7.99 s after the fault was proven" in found.because
    assert {key: found.where[key] for key in ("region", "mode", "run")} == {**GREY, "run": "1"}
    assert found.where["entry"] == "global"


def test_what_it_served_before_it_had_to_be_left_is_not_judged() -> None:
    assert judged(grey(shop(), until=LEFT)).outcome is Outcome.PASS
    assert judged(grey(shop(), until=LEFT + 1)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("each", "limit", "outcome"),
    [
        pytest.param(20, "<= 5 %", Outcome.PASS, id="exactly-the-limit"),
        pytest.param(20, "< 5 %", Outcome.FAIL, id="the-limit-itself-not-allowed"),
        pytest.param(19, "<= 5 %", Outcome.FAIL, id="a-little-more"),
        pytest.param(100, "<= 2 %", Outcome.PASS, id="another-limit"),
    ],
)
def test_the_limit_is_exact(each: int, limit: str, outcome: Outcome) -> None:
    made = sent_to(grey(shop(), until=12.0), B, LEFT, HEALED, every=each)
    # Slow, so that it is seen to be grey, and answered well, so that only its share is judged.
    slow = answered(made, between(made, LEFT, HEALED) & (made.cell == B), latency_s=0.5)
    check = GreyRegion.model_validate({"leaves_within": "3 s", "share_left": limit})

    assert judged(slow, check).outcome is outcome


@pytest.mark.parametrize("status", [TIMEOUT, 502])
def test_a_bad_request_that_names_no_region_counts_against_a_pass(status: int) -> None:
    made = sent_to(grey(shop(), until=12.0), NOBODY, LEFT, HEALED, every=15)
    lost = answered(made, between(made, LEFT, HEALED) & (made.cell == NOBODY), status=status)

    found = judged(lost)

    assert found.outcome is Outcome.FAIL, "and users were not served"
    (left, success) = found.parts[0].parts
    assert (left.outcome, success.outcome) == (Outcome.INCONCLUSIVE, Outcome.FAIL)
    assert "33 more may have gone there" in left.because


def test_users_must_be_served_well_again() -> None:
    made = grey(shop(), until=12.0)
    broken = answered(
        made, between(made, LEFT, HEALED) & (np.arange(len(made)) % 20 == 0), status=500
    )

    found = judged(broken)

    assert found.outcome is Outcome.FAIL
    assert (
        "25 of 500 requests failed 3 s and more after region b, grey by errors, was proven"
        in found.because
    )


def test_what_failed_before_the_fault_as_well_is_not_its_doing() -> None:
    made = grey(shop(), until=12.0)
    broken = answered(made, np.arange(len(made)) % 40 == 0, status=500)

    assert judged(broken).outcome is Outcome.PASS


def test_a_region_that_only_some_links_of_which_are_slow_and_nobody_feels_it_is_no_failure() -> (
    None
):
    found = judged(shop())

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "of its answers 0 were bad or slow: not felt" in found.because


def test_slow_answers_are_felt() -> None:
    made = shop()
    slow = answered(made, between(made, 10.0, HEALED) & (made.cell == B), latency_s=0.4)

    assert judged(slow).outcome is Outcome.FAIL


# ---- the only one that is left


def test_the_only_region_that_is_left_is_rightly_kept() -> None:
    made = shop()
    alone = replace(made, cell=np.full(len(made), B, dtype=np.uint8))
    bad = answered(alone, between(made, 10.0, HEALED), status=503)

    found = judged(bad)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "region b gave every answer before the fault already" in found.because
    assert "is rightly kept" in found.because


def test_a_drill_that_takes_the_other_regions_away_as_well_leaves_no_choice() -> None:
    made = sent_to(shop(), B, 10.0, HEALED)
    bad = answered(made, between(made, 10.0, HEALED), status=503)
    both = course()
    both["faults"] = tuple(
        replace(one, fault="region-drain + region-grey") for one in both["faults"]
    )

    assert judged(bad).outcome is Outcome.FAIL, "a router that goes to the bad one alone"
    found = judged(bad, **both)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "no other region was left to go to" in found.because


def test_a_region_that_nobody_came_to_cannot_be_left() -> None:
    made = shop()

    found = judged(replace(made, cell=np.full(len(made), A, dtype=np.uint8)))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "gave no answer before the fault" in found.because


def test_a_region_with_less_than_the_limit_before_shows_nothing() -> None:
    made = shop()
    rare = replace(made, cell=(np.arange(len(made)) % 50 == 0).astype(np.uint8))

    found = judged(grey(rare, until=12.0))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "before the fault it served no more than that" in found.because


def test_one_bad_run_of_two_fails_and_is_named() -> None:
    made = grey(shop(seconds=80.0), until=12.0)
    bad = answered(made, between(made, 40.0, 48.1) & (made.cell == B), status=503)

    found = judged(bad, runs=2, expected=2)

    assert found.outcome is Outcome.FAIL
    assert found.where["run"] == "2"
    assert [part.outcome for part in found.parts] == [Outcome.PASS, Outcome.FAIL]


def test_the_region_may_be_said_where_the_fault_does_not() -> None:
    elsewhere = course(where={"component": "store-b"})
    made = grey(shop(), until=HEALED)

    assert judged(made, **elsewhere).outcome is Outcome.NOT_RUN
    named = GreyRegion.model_validate({"leaves_within": "3 s", "region": "b"})
    assert judged(made, named, **elsewhere).outcome is Outcome.FAIL


def test_each_kind_of_client_is_judged_alone() -> None:
    cells = (*CELLS, *(replace_client(cell) for cell in CELLS))
    made = shop(cells=cells)
    fresh = np.arange(len(made)) % 4 >= 2
    made = replace(made, cell=(made.cell + 3 * fresh).astype(np.uint8))
    bad = answered(made, between(made, 10.0, HEALED) & (made.cell == B), status=503)
    left = replace(
        bad,
        cell=np.where(between(made, 12.0, HEALED) & (made.cell == 4), 3, made.cell).astype(
            np.uint8
        ),
    )

    found = judged(left)

    assert found.outcome is Outcome.FAIL
    assert found.where["client"] == "pooled"
    assert {part.outcome for part in found.parts[0].parts if "fresh" in part.because} == {
        Outcome.PASS
    }


def replace_client(cell: Cell) -> Cell:
    return Cell(cell.entry, cell.route, client="fresh", region=cell.region)

"""A dead member is left in time, asked again once it is back, and nobody is ejected for a blip."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.checks.ejection import Ejection
from nfrcheck.model.records import REFUSED, Cell
from nfrcheck.model.verdict import Outcome
from tests.checks.comings import (
    AT,
    BOTH,
    CELLS,
    HEALING,
    ONE_S,
    STEADY,
    VERIFIED,
    judged,
    routed,
    told,
)
from tests.checks.histories import between, drill, every, stream

BACK = Ejection.model_validate({"readmit_within": "1 s"})
PLACE = {"region": "b", "run": "1", "entry": "global", "client": "pooled"}


# ---- it is left


@pytest.mark.parametrize("left", [0.3, 0.6])
def test_the_interval_holds_the_moment_at_which_the_router_left_it(left: float) -> None:
    found = judged(routed(left=left), ONE_S)

    assert found.outcome is Outcome.PASS
    low, high = found.interval or (0.0, 0.0)
    # The last turn of the dead one was 20 ms before, and two healthy ones take turns.
    assert left - 0.15 < low <= left <= high < left + 0.1
    assert found.because.startswith(
        "lose-b/1 · pooled connections to global: the last request that failed or went to region b"
    )


def test_a_router_that_never_leaves_a_dead_region_fails_at_that_region() -> None:
    found = judged(routed(left=None), ONE_S)

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, PLACE)
    assert "requests still failed or went to region b" in found.because
    assert found.interval is not None
    assert found.interval[0] > 7.9


@pytest.mark.parametrize(
    ("left", "outcome"),
    [
        pytest.param(0.9, Outcome.PASS, id="below-the-limit"),
        pytest.param(1.02, Outcome.INCONCLUSIVE, id="limit-inside-the-interval"),
        pytest.param(1.3, Outcome.FAIL, id="above-the-limit"),
    ],
)
def test_both_ends_of_the_interval_must_lie_on_one_side(left: float, outcome: Outcome) -> None:
    assert judged(routed(left=left), ONE_S).outcome is outcome


def test_a_limit_exactly_met_is_kept() -> None:
    found = judged(routed(left=0.5), ONE_S)
    assert found.interval is not None
    met = Ejection.model_validate({"eject_within": f"{found.interval[1] * 1000:.0f} ms"})

    assert judged(routed(left=0.5), met).outcome is Outcome.PASS


def test_a_region_that_is_drained_answers_until_it_is_left() -> None:
    made = routed(left=1.5)
    drained = told(made, made.status == REFUSED, 2)

    found = judged(drained, ONE_S)

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, PLACE)
    assert "failed or went to region b" in found.because


def test_a_region_that_is_asked_again_while_it_is_dead_was_not_left() -> None:
    made = routed(left=0.3)
    again = between(made, 14.0, 15.0) & every(made, 2)

    found = judged(told(made, again, 0, REFUSED), ONE_S)

    assert found.outcome is Outcome.FAIL
    assert found.interval is not None
    assert found.interval[0] == pytest.approx(4.98, abs=0.1)


def test_a_stray_failure_later_on_is_not_the_doing_of_the_dead_region() -> None:
    made = routed(left=0.3)

    found = judged(told(made, between(made, 15.0, 15.01), 0, 500), ONE_S)

    assert found.outcome is Outcome.PASS


def test_a_system_that_always_fails_a_little_does_so_after_the_ejection_too() -> None:
    made = routed(left=0.3)
    noise = np.random.default_rng(3).random(len(made)) < 0.02

    assert judged(told(made, noise, 0, 500), ONE_S).outcome is Outcome.PASS
    late = noise & (made.due >= AT)
    more = late | (between(made, AT, HEALING) & (np.random.default_rng(4).random(len(made)) < 0.1))
    assert judged(told(made, more, 0, 500), ONE_S).outcome is Outcome.FAIL


def test_failures_in_the_name_of_another_region_are_not_requests_to_the_dead_one() -> None:
    made = routed(left=0.3)
    overloaded = between(made, 12.0, 16.0) & every(made, 3)

    assert judged(told(made, overloaded, 1, 503), ONE_S).outcome is Outcome.PASS
    assert judged(told(made, overloaded, 0, 503), ONE_S).outcome is Outcome.FAIL


def test_requests_that_go_to_the_dead_region_alone_are_no_routers_choice() -> None:
    cells = (*CELLS, Cell("region-b", "home"), Cell("region-b", "home", "b"))
    made = routed(left=0.3, cells=cells)
    direct = np.arange(len(made)) % 4 == 1
    cell = np.where(direct, 4, made.cell)
    dead = direct & between(made, AT, VERIFIED)
    cell[dead] = 3
    status = np.where(dead, REFUSED, np.where(direct, 200, made.status))
    mixed = replace(made, cell=cell.astype(np.uint8), status=status.astype(np.uint16))

    found = judged(mixed, ONE_S)

    assert found.outcome is Outcome.PASS
    assert found.where["entry"] == "global"


def test_one_bad_run_of_three_fails_and_is_named() -> None:
    made = routed(left=0.3, runs=3)
    late = between(made, 40.0, 44.0) & every(made, 2)

    found = judged(told(made, late, 0, REFUSED), ONE_S, runs=3)

    assert (found.outcome, found.where["run"]) == (Outcome.FAIL, "2")
    assert [part.outcome for part in found.parts] == [Outcome.PASS, Outcome.FAIL, Outcome.PASS]


def test_three_good_runs_say_what_they_support() -> None:
    found = judged(routed(runs=3), runs=3)

    assert found.outcome is Outcome.PASS
    assert found.supports == "each of 3; supports at least 37 % of such failures"


# ---- too few are left


@pytest.mark.parametrize(
    ("panic_below", "outcome"), [("50 %", Outcome.FAIL), ("60 %", Outcome.INCONCLUSIVE)]
)
def test_where_too_few_are_healthy_asking_the_others_is_intended(
    panic_below: str, outcome: Outcome
) -> None:
    check = Ejection.model_validate({"eject_within": "1 s", "panic_below": panic_below})

    found = judged(routed(left=None), check)

    assert found.outcome is outcome
    if outcome is Outcome.INCONCLUSIVE:
        assert "only 1 of 2 regions were healthy, fewer than 60 %" in found.because


def test_several_regions_that_are_gone_at_once_are_counted() -> None:
    spans, record = drill(at=AT)
    gone = replace(record, touched="kill region b, kill region c")

    found = judged(
        routed(left=None),
        ONE_S,
        spans=[STEADY, *spans],
        faults=(gone,),
        regions=("a", "b", "c"),
    )

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "only 1 of 3 regions were healthy, fewer than 50 %" in found.because


# ---- it is asked again


@pytest.mark.parametrize(
    ("back", "outcome"),
    [
        pytest.param(0.4, Outcome.PASS, id="in-time"),
        pytest.param(3.0, Outcome.FAIL, id="too-late"),
        pytest.param(None, Outcome.FAIL, id="never"),
    ],
)
def test_a_region_that_is_back_must_be_asked_again_in_time(
    back: float | None, outcome: Outcome
) -> None:
    found = judged(routed(back=back), BACK)

    assert (found.outcome, dict(found.where)) == (outcome, PLACE)
    low, high = found.interval or (0.0, 0.0)
    if back is not None:
        assert low <= back <= high < back + 0.3
    else:
        assert "did not serve half of its share again" in found.because


def test_a_slow_start_is_back_from_half_of_its_share_on() -> None:
    made = routed(back=0.1)
    ramp = between(made, VERIFIED, VERIFIED + 2.0) & (made.cell == 2)
    random = np.random.default_rng(1).random(len(made)) * 2.0 > made.due - VERIFIED
    slow = told(made, ramp & random, 1)
    two_s = Ejection.model_validate({"readmit_within": "2 s"})

    found = judged(slow, two_s)

    assert found.outcome is Outcome.PASS
    assert found.interval is not None
    assert 0.3 < found.interval[1] < 1.0


def test_a_region_that_is_left_again_flaps() -> None:
    made = routed(back=0.4)
    gap = between(made, 22.0, 24.0) & (made.cell == 2)

    found = judged(told(made, gap, 1), BACK)

    assert found.outcome is Outcome.FAIL
    assert "region b was back and was left again: none of 201 answers from 22.0 s" in found.because


def test_a_settling_that_ends_before_the_limit_proves_nothing() -> None:
    nine_s = Ejection.model_validate({"readmit_within": "9 s"})

    assert judged(routed(back=None), nine_s).outcome is Outcome.INCONCLUSIVE


def test_without_served_by_nobody_knows_whether_it_is_asked_again() -> None:
    made = told(routed(left=0.3), np.ones(3000, dtype=np.bool_), 0)
    made = replace(made, cells=CELLS[:1], status=routed(left=0.3).status)

    found, left = judged(made, BACK), judged(made, ONE_S)

    assert (found.outcome, left.outcome) == (Outcome.NOT_RUN, Outcome.PASS)
    assert found.because.endswith("declare `served_by`")


def test_without_served_by_no_failure_is_no_proof_that_it_was_left() -> None:
    made = stream(name="edge", kind="probe", seconds=30.0)

    found = judged(made, ONE_S)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "whether region b was asked at all is not known" in found.because


def test_without_served_by_an_entry_of_its_own_is_no_router() -> None:
    made = stream(name="edge", kind="probe", seconds=30.0)
    status = np.where(between(made, AT, HEALING), REFUSED, 200).astype(np.uint16)

    found = judged(replace(made, status=status), ONE_S)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "this entry may lead to region b alone" in found.because


def test_a_part_of_a_region_is_not_told_from_its_siblings() -> None:
    spans, record = drill(at=AT, where={"component": "app-b1", "region": "b"})
    made = told(routed(left=0.3), routed(left=0.3).status == REFUSED, 2, 502)

    found = judged(made, BOTH, spans=[STEADY, *spans], faults=(record,))

    assert found.outcome is Outcome.NOT_RUN
    assert "answers tell their region only" in found.because
    left = judged(made, ONE_S, spans=[STEADY, *spans], faults=(record,))
    assert left.outcome is Outcome.PASS
    assert "the last request that failed was sent" in left.because

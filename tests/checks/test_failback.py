"""A region that comes back costs nobody a request, and serves its share again in time."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.failback import Failback
from nfrcheck.model.history import Health, Ill, Stream
from nfrcheck.model.records import REFUSED
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.comings import AT, CELLS, HEALING, STEADY, VERIFIED, routed, taken, told
from tests.checks.histories import between, drill, every, health, question, stream

ERRORS = Failback.model_validate({"error_window": "<= 1 s"})
SHARE = Failback.model_validate({"share_back_within": "2 s"})
BOTH = Failback.model_validate({"error_window": "<= 1 s", "share_back_within": "2 s"})
PLACE = {"region": "b", "run": "1", "entry": "global", "client": "pooled"}


def judged(made: Stream, check: Failback = BOTH, runs: int = 1, **more: Any) -> Verdict:
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": runs})
    return check.judge(taken(made, runs=runs, **more), asked)


def failing(made: Stream, start: float, end: float, cell: int = 2) -> Stream:
    """Between the two times every second request fails, in the name of b unless told otherwise."""
    return told(made, between(made, start, end) & every(made, 2), cell, 503)


# ---- errors at the return


def test_a_return_without_an_error_says_what_would_have_been_seen() -> None:
    found = judged(routed(), ERRORS)

    assert found.outcome is Outcome.PASS
    assert found.because.startswith(
        "lose-b/1 · pooled connections to global: 0 of 901 requests failed at the return; a full"
    )
    assert dict(found.where) == PLACE
    assert found.supports == "each of 1; supports at least 5 % of such failures"


@pytest.mark.parametrize(
    ("length", "outcome"),
    [
        pytest.param(0.9, Outcome.PASS, id="below-the-limit"),
        pytest.param(1.0, Outcome.INCONCLUSIVE, id="limit-inside-the-interval"),
        pytest.param(2.0, Outcome.FAIL, id="above-the-limit"),
    ],
)
def test_a_second_outage_is_measured_from_its_first_error(length: float, outcome: Outcome) -> None:
    found = judged(failing(routed(), VERIFIED + 0.4, VERIFIED + 0.4 + length), ERRORS)

    assert (found.outcome, dict(found.where)) == (outcome, PLACE)
    low, high = found.interval or (0.0, 0.0)
    assert low <= length <= high < length + 0.1
    assert "beginning 1.4 s after the return began" in found.because


def test_a_limit_exactly_met_is_kept_and_a_strict_one_is_not() -> None:
    made = failing(routed(), VERIFIED + 0.4, VERIFIED + 1.0)
    found = judged(made, ERRORS)
    assert found.interval is not None
    high = f"{found.interval[1] * 1000:.0f} ms"

    kept = judged(made, Failback.model_validate({"error_window": f"<= {high}"}))
    strict = judged(made, Failback.model_validate({"error_window": f"< {high}"}))

    assert (kept.outcome, strict.outcome) == (Outcome.PASS, Outcome.INCONCLUSIVE)


def test_what_never_recovers_fails_or_stays_open_but_never_passes() -> None:
    long, short = (judged(failing(routed(), at, 60.0), ERRORS) for at in (22.0, 26.8))

    assert (long.outcome, short.outcome) == (Outcome.FAIL, Outcome.INCONCLUSIVE)
    assert "no recovery was seen" in long.because


def test_the_first_outage_is_not_held_against_the_return() -> None:
    assert judged(routed(left=3.0), ERRORS).outcome is Outcome.PASS


def test_a_return_before_the_first_outage_was_over_shows_nothing() -> None:
    found = judged(routed(left=None), ERRORS)

    assert found.outcome is Outcome.INVALID
    assert "of the last 100 requests before the return failed" in found.because


# ---- the share


@pytest.mark.parametrize(
    ("back", "outcome"),
    [
        pytest.param(1.0, Outcome.PASS, id="in-time"),
        pytest.param(4.0, Outcome.FAIL, id="too-late"),
        pytest.param(None, Outcome.FAIL, id="never"),
    ],
)
def test_the_region_must_serve_its_share_again_in_time(
    back: float | None, outcome: Outcome
) -> None:
    found = judged(routed(back=back), SHARE)

    assert (found.outcome, dict(found.where)) == (outcome, PLACE)


def test_half_of_a_share_is_not_a_share() -> None:
    made = routed()
    halved = between(made, VERIFIED, 40.0) & (made.cell == 2) & (np.arange(len(made)) % 4 == 1)

    found = judged(told(made, halved, 1), SHARE)

    assert found.outcome is Outcome.FAIL
    assert "region b did not serve 80 % of its share again" in found.because


def test_a_share_that_comes_back_step_by_step_costs_nobody_a_request() -> None:
    made = routed(back=0.1)
    ramp = between(made, VERIFIED, VERIFIED + 3.0) & (made.cell == 2)
    random = np.random.default_rng(1).random(len(made)) * 3.0 > made.due - VERIFIED
    five_s = Failback.model_validate({"error_window": "<= 1 s", "share_back_within": "5 s"})

    assert judged(told(made, ramp & random, 1), five_s).outcome is Outcome.PASS


def test_a_region_that_is_left_again_is_not_back() -> None:
    made = routed()
    gap = between(made, 22.0, 24.0) & (made.cell == 2)

    found = judged(told(made, gap, 1), SHARE)

    assert found.outcome is Outcome.FAIL
    assert "was back and was left again" in found.because


def test_without_served_by_the_share_is_not_known_but_errors_are() -> None:
    made = stream(name="edge", kind="probe", seconds=30.0)
    status = np.where(between(made, VERIFIED, VERIFIED + 2.0) & every(made, 2), 503, 200)
    broken = replace(made, status=status.astype(np.uint16))

    assert judged(made, SHARE).outcome is Outcome.NOT_RUN
    assert judged(made, ERRORS).outcome is Outcome.PASS
    assert judged(broken, ERRORS).outcome is Outcome.FAIL


# ---- the state


@pytest.mark.parametrize("more", [{}, {"error_window": "<= 1 s"}])
def test_the_states_of_both_regions_are_not_read_by_this_version(more: dict[str, str]) -> None:
    check = Failback.model_validate({"equal_within": "5 s", "state": {"get": "/orders"}, **more})

    found = judged(routed(), check)

    assert found.outcome is Outcome.NOT_RUN
    assert "does not read the state of two regions" in found.because


# ---- runs


def test_one_bad_return_of_three_fails_and_is_named() -> None:
    made = failing(routed(runs=3), 50.0, 53.0)

    found = judged(made, runs=3)

    assert (found.outcome, found.where["run"]) == (Outcome.FAIL, "2")
    assert [part.outcome for part in found.parts] == [Outcome.PASS, Outcome.FAIL, Outcome.PASS]


@pytest.mark.parametrize(("planned", "took_place"), [(3, 2), (1, 0)])
def test_fewer_runs_than_planned_are_not_enough(planned: int, took_place: int) -> None:
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": planned})

    found = BOTH.judge(taken(routed(runs=3), runs=took_place), asked)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == f"lose-b took place {took_place} of {planned} times"


# ---- what cannot be judged


def test_at_least_one_limit_and_a_drill_are_needed() -> None:
    assert judged(routed(), Failback.model_validate({})).outcome is Outcome.NOT_RUN
    assert BOTH.judge(taken(routed()), question("edge")).outcome is Outcome.NOT_RUN


def test_a_fault_that_was_not_proven_or_not_put_back_shows_nothing() -> None:
    spans, record = drill(at=AT)
    unproven = replace(record, confirmed=None, because="region-b still answered")
    stuck = replace(record, verified=None)
    broken = failing(routed(), VERIFIED, 28.0)

    for one in (unproven, stuck):
        found = judged(broken, spans=[STEADY, *spans], faults=(one,))
        assert found.outcome is Outcome.INVALID


def test_a_region_that_nobody_asked_before_cannot_come_back() -> None:
    made = told(routed(), np.ones(3000, dtype=np.bool_), 1)

    assert judged(made).outcome is Outcome.INVALID


def test_a_header_that_no_answer_has_is_a_question() -> None:
    found = judged(told(routed(), np.ones(3000, dtype=np.bool_), 0), SHARE)

    assert found.outcome is Outcome.INVALID
    assert found.because.endswith("is `served_by` right?")


def test_few_requests_decide_nothing() -> None:
    assert judged(routed(rate=3.0)).outcome is Outcome.INCONCLUSIVE


def test_a_probe_that_died_or_saw_nothing_is_invalid() -> None:
    ill = Ill(t=22.0, instrument="probe-edge.0", because="died")
    made = routed()

    assert judged(made, ills=(ill,)).outcome is Outcome.INVALID
    assert judged(made.where(made.due < HEALING)).outcome is Outcome.INVALID
    assert BOTH.judge(taken(), question("edge", drills=("lose-b",))).outcome is Outcome.INVALID


def test_a_region_is_not_blamed_for_a_starved_machine() -> None:
    made = replace(failing(routed(), VERIFIED, VERIFIED + 3.0), local=True)
    host = tuple(
        Health(t=t + 1.0, instrument="host", figures={"pressed": 0.9 if t >= 15 else 0.0})
        for t in range(40)
    )

    found = judged(made, ERRORS, health=(*health("probe-edge.0", 41), *host))

    assert found.outcome is Outcome.INVALID
    assert "waited for a core" in found.because


def test_the_wrong_requests_say_nothing() -> None:
    made = replace(stream(name="edge", kind="probe", seconds=30.0), cells=CELLS[:1])
    lost = np.where(between(made, 5.0, 30.0), 404, 200).astype(np.uint16)

    assert judged(replace(made, status=lost), ERRORS).outcome is Outcome.INVALID
    refused = np.full(len(made), REFUSED, dtype=np.uint16)
    assert judged(replace(made, status=refused), ERRORS).outcome is Outcome.INVALID

"""A roll-out that costs requests fails and names its place; what nobody saw is no pass."""

from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.checks.deploy_without_downtime import DeployWithoutDowntime
from nfrcheck.model.history import FaultRecord, History, Ill, Stream
from nfrcheck.model.records import NOT_SENT, REFUSED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    between,
    drill,
    health,
    history,
    in_cell,
    question,
    stream,
)

NONE = DeployWithoutDowntime.model_validate({"failed": "<= 0"})
CELLS = (Cell("global", "browse", None, "pooled", None), Cell("global", "order", "alice", "pooled"))
WHERE = {"component": "app-b", "region": "b"}


def shop(seconds: float = 40.0, **more: Any) -> Stream:
    return stream(seconds=seconds, cells=CELLS, **more)


def seen(*streams: Stream, runs: int = 1, **more: Any) -> History:
    """Runs of `roll-out`, commanded at 10 s, 40 s and so on."""
    made = [drill("roll-out", run + 1, at=10.0 + 30.0 * run, where=WHERE) for run in range(runs)]
    given: dict[str, Any] = {
        "spans": [span for spans, _ in made for span in spans],
        "faults": tuple(record for _, record in made),
    }
    return history(*streams, **(given | more))


def judged(
    *streams: Stream,
    check: DeployWithoutDowntime = NONE,
    runs: int = 1,
    planned: int | None = None,
    asked: dict[str, Any] | None = None,
    **more: Any,
) -> Verdict:
    about = {"drills": ("roll-out",), "expected_runs": {"roll-out": planned or runs}}
    return check.judge(seen(*streams, runs=runs, **more), question(**(about | (asked or {}))))


def hit(made: Stream, start: float, end: float, cell: int = 1, status: int = 502) -> Stream:
    return answered(made, between(made, start, end) & in_cell(made, cell), status=status)


def test_a_roll_out_that_nobody_notices_passes() -> None:
    found = judged(shop())

    assert found.outcome is Outcome.PASS
    assert found.because == "roll-out/1: 0 of 1,711 requests failed"
    assert (found.measured, found.samples, found.unit) == (0.0, 1711, "requests")
    assert found.supports == "each of 1; supports at least 5 % of such failures"


def test_one_failed_request_fails_with_component_route_count_and_times() -> None:
    found = judged(hit(shop(), 10.3, 10.9))

    assert (found.outcome, found.failures) == (Outcome.FAIL, 30)
    assert found.because == (
        "roll-out/1: 30 of 1,711 requests failed (order 30; the first: status 502), "
        "310 ms to 890 ms after the command"
    )
    assert dict(found.where) == WHERE | {"run": "1", "route": "order"}
    assert found.figures == {"failed_from_s": 10.31, "failed_to_s": 10.89}


def test_all_routes_that_failed_are_told_the_worst_first() -> None:
    made = answered(shop(), between(shop(), 12.0, 12.02), status=REFUSED)

    found = judged(hit(made, 13.0, 13.1))

    assert "(order 6, browse 1; the first: refused)" in found.because
    assert found.where["route"] == "order"


def test_the_way_back_and_the_settling_are_parts_of_it() -> None:
    assert judged(hit(shop(), 18.5, 18.6)).outcome is Outcome.FAIL
    assert judged(hit(shop(), 26.0, 26.1)).outcome is Outcome.FAIL


def test_what_failed_before_the_command_or_after_the_end_is_not_its_doing() -> None:
    assert judged(hit(hit(shop(), 5.0, 9.9), 27.2, 30.0)).outcome is Outcome.PASS


def test_a_request_that_was_under_way_at_the_command_counts() -> None:
    made = shop()

    found = judged(answered(made, between(made, 9.9, 9.92), status=REFUSED, latency_s=0.4))

    assert (found.outcome, found.failures) == (Outcome.FAIL, 2)
    assert "0 ms after the command" in found.because


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [("<= 30", Outcome.PASS), ("< 30", Outcome.FAIL), ("<= 29", Outcome.FAIL)],
)
def test_the_limit_itself_is_met_or_not_as_written(limit: str, outcome: Outcome) -> None:
    check = DeployWithoutDowntime.model_validate({"failed": limit})

    assert judged(hit(shop(), 10.3, 10.9), check=check).outcome is outcome


def test_a_client_error_that_is_tolerated_is_no_failure_of_the_roll_out() -> None:
    made = shop()

    assert judged(answered(made, between(made, 11.0, 11.05), status=404)).outcome is Outcome.PASS


def test_wrong_requests_show_nothing() -> None:
    made = shop()

    found = judged(answered(made, in_cell(made, 1), status=401))

    assert found.outcome is Outcome.INVALID
    assert "401 on 100 % of route order: is the token right?" in found.because


def test_what_does_not_count_is_left_out() -> None:
    made = hit(shop(), 10.3, 10.9)

    assert judged(made, asked={"only": {"route": "browse"}}).outcome is Outcome.PASS
    assert judged(made, asked={"only": {"route": "order"}}).outcome is Outcome.FAIL


# ---- several runs


def test_every_run_that_failed_is_named() -> None:
    made = hit(hit(shop(seconds=90), 10.0, 10.1), 71.0, 71.5)

    found = judged(made, runs=3)

    assert found.outcome is Outcome.FAIL
    assert found.because.startswith("roll-out/3: 25 of ")
    assert found.because.endswith("; failed too: roll-out/1")
    assert found.where["run"] == "3"
    assert [part.outcome.value for part in found.parts] == ["fail", "pass", "fail"]


def test_each_of_three_good_runs_supports_more() -> None:
    found = judged(shop(seconds=90), runs=3)

    assert (found.outcome, found.supports) == (
        Outcome.PASS,
        "each of 3; supports at least 37 % of such failures",
    )


def test_fewer_runs_than_planned_are_not_enough_but_a_failure_stands() -> None:
    found = judged(shop(seconds=60), runs=2, planned=3)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == "roll-out took place 2 of 3 times"
    failed = judged(hit(shop(seconds=60), 10.3, 10.9), runs=2, planned=3)
    assert failed.outcome is Outcome.FAIL


# ---- what was not seen


def test_what_the_tester_did_not_send_may_have_failed() -> None:
    made = shop(seconds=1000.0)  # so many that one request more or less is no lack of load
    kept = answered(made, between(made, 12.0, 12.01), status=NOT_SENT)

    found = judged(kept)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "1 more were not sent, cut off or sent late by the tester" in found.because


def test_a_fault_that_was_not_proven_shows_nothing() -> None:
    spans, record = drill("roll-out", confirmed=False, where=WHERE)

    found = judged(hit(shop(), 10.3, 10.9), spans=spans, faults=(record,))

    assert found.outcome is Outcome.INVALID
    assert found.because.startswith("roll-out/1: the fault was not proven: ")


def test_a_drill_that_was_never_injected_is_invalid() -> None:
    record = FaultRecord(drill="roll-out", run=1, fault="component-deploy")

    assert judged(shop(), faults=(record,)).outcome is Outcome.INVALID


def test_a_load_that_died_shows_nothing() -> None:
    ill = Ill(t=12.0, instrument="load-shop.0", because="killed")

    found = judged(shop(), ills=(ill,))

    assert found.outcome is Outcome.INVALID
    assert found.because == "roll-out/1: load-shop.0 failed at 12.0 s: killed"


def test_a_load_that_ended_before_the_roll_out_shows_nothing() -> None:
    found = judged(shop(seconds=9.5))

    assert found.outcome is Outcome.INVALID
    assert "planned requests were not sent" in found.because


def test_a_load_that_recorded_nothing_shows_nothing() -> None:
    assert judged().outcome is Outcome.INVALID
    assert judged(shop(seconds=0)).outcome is Outcome.INVALID


def test_failures_of_seconds_in_which_the_tester_was_unwell_are_not_held_against_it() -> None:
    lines = (
        tuple(line for line in health("load-shop.0", seconds=30) if not 11.0 < line.t <= 13.0)
        + health("load-shop.0", seconds=13, beat_p99_ms=200.0)[11:]
    )

    found = judged(hit(shop(), 12.0, 12.5), health=lines)

    assert found.outcome is Outcome.INVALID
    assert "failed only while the tester or its machine was unwell" in found.because
    assert judged(hit(shop(), 15.0, 15.5), health=lines).outcome is Outcome.FAIL


def test_without_a_drill_nothing_is_asked() -> None:
    assert judged(shop(), asked={"drills": ()}).outcome is Outcome.NOT_RUN


# ---- how long it may take

FAST = DeployWithoutDowntime.model_validate({"failed": "<= 5000", "p99": "< 200 ms"})


def slow(made: Stream, start: float, end: float, latency_s: float = 0.5) -> Stream:
    return answered(made, between(made, start, end), latency_s=latency_s)


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        pytest.param(shop(), Outcome.PASS, id="fast"),
        pytest.param(slow(shop(), 11.0, 11.05), Outcome.PASS, id="a-few-slow-ones"),
        pytest.param(slow(shop(), 11.0, 11.17), Outcome.INCONCLUSIVE, id="about-one-percent"),
        pytest.param(slow(shop(), 11.0, 12.0), Outcome.FAIL, id="too-many"),
        pytest.param(hit(shop(), 11.0, 12.0), Outcome.FAIL, id="what-failed-is-slow"),
        pytest.param(slow(shop(), 10.0, 30.0, 0.2), Outcome.FAIL, id="exactly-the-limit"),
    ],
)
def test_a_percentile_of_what_was_asked_meanwhile(made: Stream, outcome: Outcome) -> None:
    assert judged(made, check=FAST).outcome is outcome


def test_one_slow_route_fails_although_all_together_are_fast() -> None:
    cells = (*[Cell("global", "browse", None, "pooled")] * 199, Cell("global", "order"))
    made = stream(seconds=40.0, rate=1000.0, cells=cells)

    found = judged(answered(made, in_cell(made, 199), latency_s=0.5), check=FAST)

    assert found.outcome is Outcome.FAIL
    assert found.where["route"] == "order"
    assert "route order: p99 of what was asked meanwhile lies at" in found.because


def test_too_few_requests_measure_no_percentile() -> None:
    found = judged(shop(rate=5.0), check=FAST)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "p99 not measurable with 86 requests" in found.because


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"p99": "< 1 s"},
        {"failed": "0"},
        {"failed": "<= 1 %"},
        {"failed": "<= 0", "p9": "< 1 s"},
    ],
)
def test_a_target_that_says_too_little_is_not_read(keys: dict[str, str]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        DeployWithoutDowntime.model_validate(keys)

"""Who did not watch a drill cannot judge it; what the tester did is no outage."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.failover import Failover
from nfrcheck.model.history import FaultRecord, Health, Ill, Span, Stream
from nfrcheck.model.records import NOT_SENT
from nfrcheck.model.verdict import Outcome
from tests.checks.courses import TWO_S, judged, probe, seen
from tests.checks.histories import answered, drill, health, question, stream

# ---- how many requests failed


@pytest.mark.parametrize(
    ("limit", "outcome"), [("<= 15", Outcome.PASS), ("<= 14", Outcome.FAIL), ("<= 0", Outcome.FAIL)]
)
def test_the_failed_requests_of_each_client_kind_are_counted(limit: str, outcome: Outcome) -> None:
    found = judged(probe((10.2, 10.5)), check=Failover.model_validate({"failed": limit}))

    assert (found.outcome, found.measured, found.unit) == (outcome, 15.0, "requests")


def test_requests_that_the_tester_did_not_send_are_no_proof_that_none_failed() -> None:
    made = probe(rate=1000.0)
    unsent = answered(made, made.due == 12.0, status=NOT_SENT)
    none = Failover.model_validate({"failed": "<= 0"})

    found = judged(unsent, check=none)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "1 more were not sent, cut off or sent late by the tester" in found.because
    assert judged(made, check=none).outcome is Outcome.PASS


def test_both_limits_are_judged_and_the_window_is_kept_for_the_chart() -> None:
    both = Failover.model_validate({"error_window": "<= 2 s", "failed": "<= 0"})

    found = judged(probe((10.2, 10.5)), check=both)

    assert (found.outcome, found.unit) == (Outcome.FAIL, "requests")
    low, high = found.parts[0].parts[0].figures["window_s"]
    assert low < 0.3 < high


# ---- what has not watched


def unusable(made: Stream, **more: Any) -> str:
    found = judged(made, **more)
    assert found.outcome is Outcome.INVALID
    return found.because


def test_a_probe_that_stopped_watching_is_invalid() -> None:
    made = probe()

    stopped = replace(made.where(made.due < 20.0), rate=0.0)
    paused = replace(made.where((made.due < 11.0) | (made.due > 12.5)), rate=0.0)

    assert "nobody watched for 7." in unusable(stopped)
    assert "nobody watched for 1.5 s" in unusable(paused)


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        pytest.param(5.0, 12.0, "0 of 250 requests", id="all-the-baseline"),
        pytest.param(0.0, 40.0, "0 of 500 requests", id="always"),
        pytest.param(8.5, 12.0, "0 of 75 requests", id="shortly-before"),
    ],
)
def test_a_system_that_had_failed_before_the_fault_is_not_said_to_be_unwatched(
    since: float, until: float, told: str
) -> None:
    because = unusable(probe((since, until)))

    assert "nobody watched" not in because
    before = f"{10.0 - since:.1f} s before the fault: the system had failed already"
    assert because == (
        f"lose-b/1 · fresh connections to global: {told} were answered well in the {before}"
    )


def test_a_blip_that_ended_before_the_fault_is_not_its_doing() -> None:
    assert judged(probe((6.0, 9.0), (10.2, 10.5))).outcome is Outcome.PASS


def test_a_request_that_waited_for_long_when_the_fault_came_leaves_no_hole() -> None:
    made = probe((10.0, 11.0))

    found = judged(answered(made, np.isin(np.arange(len(made)), (600, 601)), latency_s=5.0))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "errors for 0.978 s to 3.99 s" in found.because


def test_a_short_pause_only_widens_the_interval() -> None:
    made = probe()
    paused = replace(made.where((made.due < 11.0) | (made.due > 11.8)), rate=0.0)

    found = judged(paused)

    assert found.outcome is Outcome.PASS
    assert found.interval is not None
    assert found.interval[1] == pytest.approx(0.84, abs=0.02)


def test_a_kind_of_client_that_was_planned_and_sent_nothing_is_invalid() -> None:
    made = probe()

    assert "fresh connections to global: nobody watched" in unusable(
        replace(made.where(made.cell == 1), rate=0.0)
    )


def test_a_probe_that_recorded_nothing_is_invalid() -> None:
    assert unusable(stream()) == "edge recorded nothing"


def test_a_probe_with_a_wrong_path_has_not_watched_the_service() -> None:
    made = probe()

    because = unusable(answered(made, np.ones(len(made), dtype=np.bool_), status=404))

    assert because.endswith("404 on 100 % of all requests: is the path right?")


def test_a_fault_that_was_not_proven_is_invalid() -> None:
    spans, record = drill(confirmed=False)

    because = unusable(probe((10.2, 15.0)), spans=spans, faults=(record,))

    assert because == "lose-b/1: the fault was not proven: region-b still answered with status 200"


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(FaultRecord(drill="lose-b", run=1, fault="region-kill"), id="only-armed"),
        pytest.param(
            FaultRecord(drill="lose-b", run=1, fault="region-kill", commanded=10.0, confirmed=10.1),
            id="without-any-phase",
        ),
    ],
)
def test_a_drill_that_did_not_take_its_course_is_invalid(record: FaultRecord) -> None:
    because = unusable(probe(), spans=(Span(name="steady", start=0, end=30),), faults=(record,))

    assert because == "lose-b/1: the fault was not proven: no probe saw it"


def test_a_dead_probe_is_invalid_but_not_for_the_runs_before() -> None:
    made = probe((10.2, 14.0), seconds=110.0)
    ill = Ill(t=55.0, instrument="probe-edge.0", because="died")

    early = judged(made, runs=2, ills=(ill,))
    because = unusable(probe(seconds=110.0), runs=2, ills=(ill,))

    assert (early.outcome, early.where["run"]) == (Outcome.FAIL, "1")
    assert because == "lose-b/2: probe-edge.0 failed at 55.0 s: died"


# ---- the tester's own stalls


def unwell(*seconds: int) -> tuple[Health, ...]:
    return tuple(
        replace(line, figures={**line.figures, "beat_p99_ms": 500.0})
        if int(line.t - 1) in seconds
        else line
        for line in health("probe-edge.0", 45)
    )


def test_a_tester_stall_never_makes_a_fail() -> None:
    made = probe((11.0, 14.0))
    sent = np.where((made.due >= 11.0) & (made.due < 14.0), 14.0, made.due)
    late = replace(made, sent=sent, done=np.maximum(made.done, sent + 0.002))

    for watched in (late, replace(late, status=np.full(len(late), 200, dtype=np.uint16))):
        found = judged(watched, health=unwell(11, 12, 13))
        assert found.outcome is Outcome.INVALID


def test_failures_of_unwell_seconds_alone_are_invalid_and_others_fail() -> None:
    made = probe((11.0, 13.5))

    ours = judged(made, health=unwell(11, 12, 13))
    theirs = judged(made, health=unwell(25))

    assert (ours.outcome, theirs.outcome) == (Outcome.INVALID, Outcome.FAIL)
    assert "failed only while the tester or its machine was unwell" in ours.because
    assert "stood still" in ours.because


def test_a_starved_machine_that_the_target_shares_is_no_outage_of_it() -> None:
    made = replace(probe((11.0, 13.5)), local=True)
    host = tuple(
        Health(t=t + 1.0, instrument="host", figures={"pressed": 0.9 if 5 <= t < 25 else 0.0})
        for t in range(45)
    )

    found = judged(made, health=(*health("probe-edge.0", 45), *host))
    elsewhere = judged(replace(made, local=False), health=(*health("probe-edge.0", 45), *host))

    assert (found.outcome, elsewhere.outcome) == (Outcome.INVALID, Outcome.FAIL)
    assert "waited for a core" in found.because


# ---- what is missing in the file


@pytest.mark.parametrize(
    ("check", "drills", "because"),
    [
        pytest.param(Failover(), ("lose-b",), "no limit", id="no-limit"),
        pytest.param(TWO_S, (), "no drill is named", id="no-drill"),
    ],
)
def test_what_the_file_does_not_say_is_not_run(
    check: Failover, drills: tuple[str, ...], because: str
) -> None:
    found = check.judge(seen(probe()), question("edge", drills=drills))

    assert found.outcome is Outcome.NOT_RUN
    assert found.because.startswith(because)

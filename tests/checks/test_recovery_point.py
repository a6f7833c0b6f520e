"""One acknowledged write that is gone breaks the promise; what nobody could read is not known."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from nfrcheck.checks.recovery_point import RecoveryPoint
from nfrcheck.model.history import FaultRecord, History, Ill, Write
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import drill, history, question, write

NONE = RecoveryPoint.model_validate({"at_most": "0 writes"})
TWO_S = RecoveryPoint.model_validate({"at_most": "2 s"})
READ: dict[str, Any] = {"a": True, "b": True}


def ledger(start: float = 0.0, end: float = 30.0, rate: float = 20.0) -> tuple[Write, ...]:
    """Acknowledged writes, all read back through both entries."""
    first, n = int(start * rate), int((end - start) * rate)
    return tuple(write(first + i, round(start + i / rate, 3), **READ) for i in range(n))


def lost(writes: Sequence[Write], start: float, end: float) -> tuple[Write, ...]:
    """Those sent in this time are gone from the second entry."""
    return tuple(
        replace(one, seen={"a": True, "b": False}) if start <= one.sent < end else one
        for one in writes
    )


def kept(writes: Sequence[Write], runs: int = 1, **more: Any) -> History:
    made = [drill(run=run + 1, at=10.0 + 30.0 * run) for run in range(runs)]
    given: dict[str, Any] = {
        "spans": [span for spans, _ in made for span in spans],
        "faults": tuple(record for _, record in made),
        "writes": {"orders": tuple(writes)},
        "writes_ended": frozenset({"orders"}),
    }
    return history(**(given | more))


def judged(
    writes: Sequence[Write], check: RecoveryPoint = NONE, runs: int = 1, **more: Any
) -> Verdict:
    asked = question("orders", drills=("lose-b",), expected_runs={"lose-b": runs})
    return check.judge(kept(writes, runs, **more), asked)


def test_all_writes_read_back_through_every_entry_pass() -> None:
    found = judged(ledger())

    assert (found.outcome, found.measured, found.samples) == (Outcome.PASS, 0.0, 542)
    assert found.because == ("lose-b/1: all 542 acknowledged writes were read back through a and b")
    assert found.supports == "0 of 542 acknowledged writes lost; at most 1 in 181 (95 %)"


def test_one_lost_acknowledged_write_fails_with_its_id() -> None:
    found = judged(lost(ledger(), 9.9, 9.95))

    assert (found.outcome, found.failures) == (Outcome.FAIL, 1)
    assert found.because == (
        "lose-b/1: 1 of 542 acknowledged writes are gone (read through b); "
        "the first was sent 100 ms before the fault: id order-198"
    )
    assert found.evidence == ("id order-198",)
    assert dict(found.where) == {"region": "b", "run": "1"}


def test_a_write_that_was_lost_during_the_fault_says_so() -> None:
    found = judged(lost(ledger(), 12.0, 12.05))

    assert "the first was sent 2.0 s after the fault" in found.because


def test_writes_that_were_lost_long_before_the_fault_are_lost_too() -> None:
    assert judged(lost(ledger(), 1.0, 1.05)).outcome is Outcome.FAIL
    assert judged(lost(ledger(), 1.0, 5.0), TWO_S).outcome is Outcome.FAIL


def test_a_write_without_an_id_is_named_by_its_number() -> None:
    writes = tuple(replace(one, id=None) for one in lost(ledger(), 9.9, 9.95))

    assert judged(writes).evidence == ("write 198",)


@pytest.mark.parametrize("outcome", ["unknown", "failed"])
def test_writes_of_unknown_outcome_are_neither_lost_nor_kept(outcome: str) -> None:
    writes = [
        replace(one, outcome=outcome, seen={}) if 10.0 <= one.sent < 11.0 else one
        for one in ledger()
    ]

    found = judged(writes)

    assert (found.outcome, found.samples) == (Outcome.PASS, 522)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param({}, id="never-asked"),
        pytest.param({"a": True, "b": None}, id="no-answer"),
        pytest.param({"a": True}, id="asked-through-one-entry-alone"),
    ],
)
def test_writes_that_could_not_be_read_leave_it_open(seen: dict[str, bool | None]) -> None:
    writes = [replace(one, seen=seen) if one.sent == 9.9 else one for one in ledger()]

    found = judged(writes)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == "lose-b/1: 1 of 542 acknowledged writes could not be read"


def test_a_lost_write_fails_also_where_others_could_not_be_read() -> None:
    writes = [replace(one, seen={}) if one.sent > 15 else one for one in ledger()]

    assert judged(lost(writes, 9.9, 9.95)).outcome is Outcome.FAIL


def test_without_writes_just_before_the_fault_nothing_was_at_risk() -> None:
    found = judged([*ledger(end=8.3), *ledger(start=10.0)])

    assert found.outcome is Outcome.INVALID
    assert found.because == (
        "lose-b/1: only 6 writes were acknowledged in the 2 s before the fault, 10 are needed"
    )
    assert judged([*ledger(end=8.6), *ledger(start=10.0)]).outcome is Outcome.PASS


def test_a_few_lost_writes_may_be_allowed() -> None:
    three = lost(ledger(), 9.9, 10.05)
    allowed = RecoveryPoint.model_validate({"at_most": "3 writes"})

    found = judged(three, allowed)

    assert found.outcome is Outcome.PASS
    assert "3 of 542 acknowledged writes are gone" in found.because
    assert judged(three, RecoveryPoint.model_validate({"at_most": "2 writes"})).outcome is (
        Outcome.FAIL
    )


# ---- a limit in seconds


@pytest.mark.parametrize(
    ("span_s", "outcome"),
    [
        pytest.param(0.0, Outcome.PASS, id="nothing-lost"),
        pytest.param(1.5, Outcome.PASS, id="below"),
        pytest.param(2.02, Outcome.INCONCLUSIVE, id="between-two-writes"),
        pytest.param(3.0, Outcome.FAIL, id="above"),
    ],
)
def test_a_limit_in_seconds_is_the_time_whose_writes_are_gone(
    span_s: float, outcome: Outcome
) -> None:
    found = judged(lost(ledger(), 10.0 - span_s, 10.0), TWO_S)

    assert (found.outcome, found.unit) == (outcome, "s")
    low, high = found.interval or (9.0, 0.0)
    assert low <= span_s <= high


# ---- evidence that is not there


def test_no_ledger_is_invalid() -> None:
    assert judged(()).because == "orders recorded no write"
    assert judged(()).outcome is Outcome.INVALID


def test_a_ledger_without_its_end_is_invalid_but_a_lost_write_stands() -> None:
    open_: dict[str, Any] = {"writes_ended": frozenset[str]()}

    assert judged(ledger(), **open_).outcome is Outcome.INVALID
    assert "the run ended before it" in judged(ledger(), **open_).because
    assert judged(lost(ledger(), 9.9, 9.95), **open_).outcome is Outcome.FAIL


def test_a_ledger_of_which_nothing_was_read_back_is_invalid() -> None:
    unread = [replace(one, seen={}) for one in ledger()]

    found = judged(unread)

    assert found.outcome is Outcome.INVALID
    assert found.because.endswith("were not read back: the run ended before it")


def test_a_writer_that_died_is_invalid() -> None:
    ill = Ill(t=12.0, instrument="probe-orders.0", because="died")

    assert judged(ledger(), ills=(ill,)).because == (
        "lose-b/1: probe-orders.0 failed at 12.0 s: died"
    )
    other = replace(ill, instrument="probe-edge.0")
    assert judged(ledger(), ills=(other,)).outcome is Outcome.PASS


def test_a_fault_that_was_not_proven_is_invalid_but_a_lost_write_stands() -> None:
    spans, record = drill(confirmed=False)
    unproven: dict[str, Any] = {"spans": spans, "faults": (record,)}

    found = judged(ledger(), **unproven)

    assert found.outcome is Outcome.INVALID
    assert found.because.startswith("lose-b/1: the fault was not proven")
    assert judged(lost(ledger(), 9.9, 9.95), **unproven).outcome is Outcome.FAIL


def test_a_drill_that_was_only_armed_is_invalid() -> None:
    armed = FaultRecord(drill="lose-b", run=1, fault="region-kill")

    assert judged(ledger(), faults=(armed,)).outcome is Outcome.INVALID


def test_nothing_acknowledged_is_no_pass() -> None:
    writes = [replace(one, outcome="unknown") for one in ledger()]

    assert judged(writes).outcome is Outcome.INVALID


def test_without_a_drill_nothing_is_asked() -> None:
    found = NONE.judge(kept(ledger()), question("orders"))

    assert found.outcome is Outcome.NOT_RUN


# ---- several runs


def test_fewer_runs_than_planned_are_not_enough() -> None:
    asked = question("orders", drills=("lose-b",), expected_runs={"lose-b": 3})

    found = NONE.judge(kept(ledger(end=60.0), runs=2), asked)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == "lose-b took place 2 of 3 times"


def test_the_thinnest_of_several_good_runs_speaks_for_them() -> None:
    found = judged([*ledger(end=38.0), *ledger(start=38.0, end=60.0, rate=10.0)], runs=2)

    assert found.outcome is Outcome.PASS
    assert found.because == (
        "in each of 2 runs as in lose-b/2: all 409 acknowledged writes were read back "
        "through a and b"
    )


def test_a_lost_write_belongs_to_the_next_fault() -> None:
    writes = lost(ledger(end=60.0), 39.9, 39.95)

    found = judged(writes, runs=2)

    assert (found.outcome, found.where["run"]) == (Outcome.FAIL, "2")
    assert [part.outcome for part in found.parts] == [Outcome.PASS, Outcome.FAIL]

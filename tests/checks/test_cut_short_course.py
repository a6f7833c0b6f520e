"""What is judged over the course of a drill passes only if the whole course was watched."""

from typing import Any

import pytest

from nfrcheck.checks.ejection import Ejection
from nfrcheck.checks.failback import Failback
from nfrcheck.checks.failover import Failover
from nfrcheck.checks.recovery_point import RecoveryPoint
from nfrcheck.model.history import History
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks import comings, courses
from tests.checks.histories import drill, history, question, write

# In every history here a fault is held for 8 s, and its return is watched for 8 s.
HELD = "the fault was held 8.0 s of 20.0 s; until then: "
SETTLED = "the return was watched 8.0 s of 20.0 s; until then: "
FAILOVER = Failover.model_validate({"error_window": "<= 2 s"})
LEFT = Ejection.model_validate({"eject_within": "1 s"})
BACK = Ejection.model_validate({"readmit_within": "1 s"})
CALM = Ejection.model_validate({"calm": "lose-b"})
FAILBACK = Failback.model_validate({"error_window": "<= 1 s", "share_back_within": "2 s"})
KEPT = RecoveryPoint.model_validate({"at_most": "0 writes"})


def written(*lost: int) -> History:
    """20 writes a second, all read back but those with these numbers."""
    spans, record = drill()
    orders = tuple(write(n, n / 20, a=True, b=n not in lost) for n in range(600))
    return history(
        spans=spans,
        faults=(record,),
        writes={"orders": orders},
        writes_ended=frozenset({"orders"}),
    )


WELL = courses.seen(courses.probe((10.0, 11.0)))
ROUTED = comings.taken(comings.routed())
# Nothing happens to it, and it is asked all the time.
UNTOUCHED = comings.taken(comings.routed(left=0.0, back=-9.1))
CASES = {
    "failover": (FAILOVER, WELL),
    "ejection-left": (LEFT, ROUTED),
    "ejection-back": (BACK, ROUTED),
    "ejection-calm": (CALM, UNTOUCHED),
    "failback": (FAILBACK, ROUTED),
    "recovery-point": (KEPT, written()),
}
ONLY_HELD = {"ejection-left", "recovery-point"}
each_case = pytest.mark.parametrize(("check", "made"), CASES.values(), ids=CASES)


def judged(check: Any, made: History, hold_s: float = 8.0, settle_s: float = 8.0) -> Verdict:
    """`hold_s` and `settle_s`: how long it was planned."""
    asked = question(
        "orders" if check is KEPT else "edge",
        drills=("lose-b",),
        expected_runs={"lose-b": 1},
        holds_s={"lose-b": hold_s},
        settles_s={"lose-b": settle_s},
    )
    found: Verdict = check.judge(made, asked)
    return found


@each_case
def test_a_course_as_long_as_planned_passes(check: Any, made: History) -> None:
    assert judged(check, made).outcome is Outcome.PASS
    assert judged(check, made, hold_s=8.5, settle_s=8.5).outcome is Outcome.PASS


@each_case
def test_a_hold_that_was_cut_short_passes_nothing(check: Any, made: History) -> None:
    found, whole = judged(check, made, hold_s=20.0), judged(check, made)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == f"lose-b/1: {HELD}" + whole.because.removeprefix("lose-b/1").lstrip(
        ":· "
    )
    assert found.needed is not None
    assert found.needed.seconds == 12.0


@pytest.mark.parametrize("name", CASES)
def test_a_return_that_was_not_watched_to_its_end_passes_nothing_that_may_still_come(
    name: str,
) -> None:
    check, made = CASES[name]

    found = judged(check, made, settle_s=20.0)

    if name in ONLY_HELD:
        assert found.outcome is Outcome.PASS
    else:
        assert found.outcome is Outcome.INCONCLUSIVE
        assert found.because.startswith(f"lose-b/1: {SETTLED}")
        assert found.needed is not None
        assert found.needed.seconds == 12.0


@pytest.mark.parametrize(
    ("check", "made"),
    [
        pytest.param(FAILOVER, courses.seen(courses.probe((10.0, 13.0))), id="failover"),
        pytest.param(LEFT, comings.taken(comings.routed(left=None)), id="ejection-left"),
        pytest.param(BACK, comings.taken(comings.routed(back=3.0)), id="ejection-back"),
        pytest.param(CALM, ROUTED, id="ejection-calm"),
        pytest.param(FAILBACK, comings.taken(comings.routed(back=4.0)), id="failback"),
        pytest.param(KEPT, written(199), id="recovery-point"),
    ],
)
def test_what_broke_until_then_stays_broken(check: Any, made: History) -> None:
    found = judged(check, made, hold_s=20.0, settle_s=20.0)

    assert found.outcome is Outcome.FAIL
    assert "until then" not in found.because


def test_where_nobody_planned_a_length_any_is_whole() -> None:
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": 1})

    assert FAILOVER.judge(WELL, asked).outcome is Outcome.PASS


def test_one_run_that_was_cut_short_is_enough() -> None:
    """The second run began and was stopped in its hold."""
    made = courses.seen(courses.probe((10.0, 11.0), (40.0, 41.0), seconds=70.0), runs=2)
    spans = tuple(s for s in made.spans if (s.run, s.part) != (2, "hold"))
    asked = question(
        "edge", drills=("lose-b",), expected_runs={"lose-b": 2}, holds_s={"lose-b": 8.0}
    )

    found = FAILOVER.judge(courses.seen(*made.streams.values(), runs=2, spans=spans), asked)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.startswith("lose-b/2: the fault was held 0 ms of 8.0 s; until then: ")

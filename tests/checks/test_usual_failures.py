"""What a system always fails is judged by its own target; no drill is blamed for it."""

import numpy as np
import pytest

from nfrcheck.checks.failover import Failover
from nfrcheck.model.history import Span, Stream
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import answered, between, drill, history, question, stream

SEEDS = range(10)


def failing(share: float, seed: int) -> Stream:
    made = stream(name="edge", kind="probe", seconds=70.0)
    chance = np.random.default_rng(seed).random(len(made))
    return answered(made, chance < share, status=503)


def judged(made: Stream) -> Verdict:
    spans, record = drill(at=40.0)
    steady = Span(name="steady", start=0.0, end=30.0)
    seen = history(made, spans=(steady, *spans), faults=(record,))
    asked = question(stream="edge", drills=("lose-b",), expected_runs={"lose-b": 1})
    return Failover.model_validate({"error_window": "<= 1 s"}).judge(seen, asked)


@pytest.mark.parametrize("share", [0.005, 0.01, 0.03])
def test_a_fault_that_nobody_feels_is_not_blamed_for_the_usual_failures(share: float) -> None:
    found = [judged(failing(share, seed)).outcome for seed in SEEDS]

    assert Outcome.FAIL not in found
    assert found.count(Outcome.PASS) >= 7


@pytest.mark.parametrize("share", [0.005, 0.01, 0.03])
def test_a_fault_that_is_felt_fails_beside_them(share: float) -> None:
    for seed in SEEDS:
        made = failing(share, seed)
        out = answered(made, between(made, 40.0, 43.0), status=503)

        assert judged(out).outcome is Outcome.FAIL


def test_a_system_that_fails_a_fifth_of_all_did_not_recover() -> None:
    assert judged(failing(0.2, 1)).outcome is Outcome.FAIL

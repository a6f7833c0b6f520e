"""A roll-out is seen by requests: where none left, nobody knows what it cost."""

from dataclasses import replace

import numpy as np

from nfrcheck.checks.deploy_without_downtime import DeployWithoutDowntime
from nfrcheck.model.history import Stream
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import answered, between, drill, history, question, stream


def judged(made: Stream) -> Verdict:
    spans, record = drill("roll-out", at=10.0, where={"component": "app-b"})
    asked = question(drills=("roll-out",), expected_runs={"roll-out": 1})
    seen = history(made, spans=spans, faults=(record,))
    return DeployWithoutDowntime.model_validate({"failed": "<= 0"}).judge(seen, asked)


def held_up(made: Stream) -> Stream:
    """All that was due from 12 s to 15.5 s left at once when that was over."""
    return replace(made, sent=np.where(between(made, 12.0, 15.5), 15.5, made.sent))


def test_a_roll_out_of_which_nobody_saw_some_seconds_is_no_pass() -> None:
    made = stream(rate=200.0, seconds=40.0)

    assert judged(made).outcome is Outcome.PASS
    found = judged(held_up(made))

    assert found.outcome is Outcome.INVALID
    assert "nobody watched for 3.5 s; what was seen: 0 of" in found.because


def test_failures_stand_though_nobody_saw_some_seconds() -> None:
    made = stream(rate=200.0, seconds=40.0)

    found = judged(held_up(answered(made, between(made, 20.0, 21.0), status=502)))

    assert found.outcome is Outcome.FAIL

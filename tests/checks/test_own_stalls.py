"""A healthy service never fails because its tester stood still, whenever and for however long."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.deploy_without_downtime import DeployWithoutDowntime
from nfrcheck.checks.latency import Latency
from nfrcheck.checks.static_stability import StaticStability
from nfrcheck.model.history import Health, History, Stream
from nfrcheck.model.records import TIMEOUT
from nfrcheck.model.verdict import Outcome
from tests.checks.histories import drill, history, question, stream

SECONDS = 40.0
MOMENTS = 25


def stalled(at: float, length: float, service_s: float, timeout_s: float) -> Stream:
    """What came during the stall was read after it, or given up then; what was due left late."""
    made = stream(rate=100.0, seconds=SECONDS, latency_s=service_s)
    end = at + length
    late, meanwhile = (made.due >= at) & (made.due < end), (made.due < at) & (made.done > at)
    done = np.where(late, end + service_s, np.where(meanwhile, end, made.done))
    given_up = meanwhile & (end - made.due > timeout_s) & (np.arange(len(made)) % 2 == 0)
    return replace(
        made,
        sent=np.where(late, end, made.sent),
        done=np.where(given_up, made.due + timeout_s, done),
        status=np.where(given_up, TIMEOUT, made.status).astype(np.uint16),
    )


def lines(at: float, length: float) -> tuple[Health, ...]:
    """Each second; the line that is due during the stall comes after it and tells of it."""
    told, now = [], 0.0
    while now < SECONDS:
        then, beat_ms = now + 1.0, 1.0
        if now <= at < then:
            then, beat_ms = max(then, at + length), 1e3 * length
        figures = {"cpu": 0.1, "beat_p99_ms": beat_ms}
        told.append(Health(t=then, instrument="load-shop.0", figures=figures))
        now = then
    return tuple(told)


CHECKS = [
    pytest.param(StaticStability, {"at_least": "99 %", "p99": "< {limit}"}, id="static-stability"),
    pytest.param(
        DeployWithoutDowntime, {"failed": "<= 0 requests", "p99": "< {limit}"}, id="deploy"
    ),
    pytest.param(Latency, {"p99": "< {limit}"}, id="latency"),
]


@pytest.mark.parametrize(("check", "keys"), CHECKS)
@pytest.mark.parametrize(
    ("service_s", "limit", "timeout_s"),
    [
        pytest.param(0.15, "400 ms", 5.0, id="quick"),
        pytest.param(0.8, "1500 ms", 5.0, id="slow"),
        pytest.param(0.8, "1500 ms", 1.6, id="given-up"),
    ],
)
def test_a_stall_of_the_tester_is_no_failure_of_the_target(
    check: Any, keys: dict[str, str], service_s: float, limit: str, timeout_s: float
) -> None:
    draw = np.random.default_rng(1)
    asked = question(drills=("lose-b",), expected_runs={"lose-b": 1})
    judge = check.model_validate({key: text.format(limit=limit) for key, text in keys.items()})
    for _ in range(MOMENTS):
        at, length = float(draw.uniform(11, 16)), float(draw.uniform(0.5, 3.5))
        spans, record = drill(at=float(draw.uniform(9, 10)))
        made = stalled(at, length, service_s, timeout_s)
        seen: History = history(made, spans=spans, faults=(record,), health=lines(at, length))

        assert judge.judge(seen, asked).outcome is not Outcome.FAIL, (at, length)


def test_a_target_that_fails_beside_a_stall_fails_all_the_same() -> None:
    spans, record = drill(at=10.0)
    made = stalled(16.5, 0.7, 0.15, 5.0)
    broken = replace(made, status=np.where(made.due > 10.0, 503, made.status).astype(np.uint16))
    seen = history(broken, spans=spans, faults=(record,), health=lines(16.5, 0.7))
    judge = StaticStability.model_validate({"at_least": "99 %"})

    found = judge.judge(seen, question(drills=("lose-b",), expected_runs={"lose-b": 1}))

    assert found.outcome is Outcome.FAIL

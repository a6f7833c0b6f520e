"""A target that was never judged still says what it promises."""

import pytest
from pydantic import BaseModel

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.failover import Failover
from nfrcheck.checks.latency import Latency
from nfrcheck.checks.latency_degradation import LatencyDegradation
from nfrcheck.checks.promised import promised
from nfrcheck.checks.recovery_point import RecoveryPoint
from nfrcheck.checks.traffic_share import TrafficShare
from nfrcheck.model.verdict import Bound, Outcome
from tests.checks.cards import Crashes, card, target
from tests.checks.histories import history


@pytest.mark.parametrize(
    ("check", "bound"),
    [
        pytest.param(
            Availability.model_validate({"at_least": "99.99 %"}),
            Bound(text="at least 99.99 %", value=0.9999, lower=True),
            id="availability",
        ),
        pytest.param(
            Latency.model_validate({"p99": "< 200 ms"}),
            Bound(text="< 200 ms", value=0.2),
            id="latency",
        ),
        pytest.param(
            Latency.model_validate({"p50": "< 20 ms", "p99": "< 200 ms"}),
            Bound(text="p50 < 20 ms, p99 < 200 ms", value=0.02),
            id="two-percentiles",
        ),
        pytest.param(
            Failover.model_validate({"error_window": "<= 2 s"}),
            Bound(text="<= 2 s", value=2.0),
            id="failover",
        ),
        pytest.param(
            LatencyDegradation.model_validate(
                {"limits": {"50 ms": {"p99": "< 1 s"}}, "per_hop": "<= 1.2x"}
            ),
            Bound(text="50 ms: p99 < 1 s, per_hop <= 1.2x", value=1.0),
            id="by-dose",
        ),
        pytest.param(
            RecoveryPoint.model_validate({"at_most": "0 writes"}),
            Bound(text="<= 0 writes", value=0.0),
            id="recovery-point",
        ),
        pytest.param(
            TrafficShare.model_validate({"share": "40 % .. 60 %"}),
            Bound(text="40 % .. 60 %", value=0.4, high=0.6, lower=True),
            id="range",
        ),
        pytest.param(
            TrafficShare.model_validate({"share": {"a": "at least 40 %", "b": "at least 30 %"}}),
            Bound(text="a at least 40 %, b at least 30 %", value=0.4, lower=True),
            id="one-each",
        ),
    ],
)
def test_each_check_says_its_limit_as_it_was_written(check: BaseModel, bound: Bound) -> None:
    assert promised(check) == bound


def test_what_has_no_limit_says_none() -> None:
    assert promised(None) is None
    assert promised(Crashes()) is None


def test_a_target_without_any_traffic_shows_its_limit() -> None:
    check = Availability.model_validate({"at_least": "99.9 %"})

    [row] = card(target(judge=check), seen=history()).targets

    assert row.verdict.outcome is Outcome.INVALID
    assert row.verdict.limit == Bound(text="at least 99.9 %", value=0.999, lower=True)

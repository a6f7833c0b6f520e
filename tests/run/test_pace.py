"""What looks for a fault keeps to what `max_rate` leaves beside the traffic."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nfrcheck.plan.steps import Plan
from nfrcheck.run.pace import pause_s
from tests.plan.projects import plan_of, write_project


@pytest.mark.parametrize(
    ("spare_rate", "seconds"),
    [
        pytest.param(None, 0.01, id="nobody-limits-it"),
        pytest.param(500.0, 0.01, id="room-enough"),
        pytest.param(20.0, 0.05, id="little-room"),
        pytest.param(0.0, 1.0, id="no-room-but-some-looks-there-must-be"),
    ],
)
def test_there_is_one_look_for_each_request_that_is_left(
    spare_rate: float | None, seconds: float
) -> None:
    assert pause_s(spare_rate, 0.01) == seconds


@pytest.fixture(name="planned", scope="module")
def _planned(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """One load of 50/s."""
    return plan_of(write_project(tmp_path_factory.mktemp("project")))


@pytest.mark.parametrize(
    ("max_rate", "spare_rate"), [(None, None), (60.0, 10.0), (50.0, 0.0), (40.0, 0.0)]
)
def test_what_is_left_is_what_the_traffic_does_not_take(
    planned: Plan, max_rate: float | None, spare_rate: float | None
) -> None:
    assert replace(planned, max_rate=max_rate).spare_rate == spare_rate


def test_the_operators_limit_counts_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.json"
    faults = ["component-kill", "component-pause"]
    policy.write_text(json.dumps({"allow": faults, "max_rate": "70/s"}), "utf-8")
    monkeypatch.setenv("NFRCHECK_SAFETY", str(policy))

    assert plan_of(write_project(tmp_path / "project")).spare_rate == 20.0

"""A plan leaves out nothing that was asked for: what it cannot do, it refuses."""

from pathlib import Path

import pytest

from nfrcheck.errors import ScenarioError
from nfrcheck.plan import Options, plan
from nfrcheck.scenario.read import read_pair

DEPLOYMENT = """
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:1"}}
components: {node: {kind: shell, entry: app, kill: "true", restore: "true", verify: "true"}}
safety: {allow: [component-kill]}
"""
SCENARIO = """
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
drills:
  kill: {fault: {kind: component-kill, component: node}, abort_if: {GUARD}}
targets: {failover: {drill: kill, error_window: <= 1 s, load: users}}
"""


def test_a_guard_that_cannot_be_watched_is_refused_and_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a.deployment.yaml").write_text(DEPLOYMENT)
    (tmp_path / "a.nfr.yaml").write_text(SCENARIO.replace("GUARD", "error_budget: above 50 %"))
    pair = read_pair(tmp_path / "a.nfr.yaml", tmp_path / "a.deployment.yaml")

    with pytest.raises(ScenarioError, match="has no budget to watch"):
        plan(pair.scenario, pair.deployment, Options())


def test_a_guard_that_can_be_watched_is_in_the_plan(tmp_path: Path) -> None:
    (tmp_path / "a.deployment.yaml").write_text(DEPLOYMENT)
    (tmp_path / "a.nfr.yaml").write_text(SCENARIO.replace("GUARD", "error_ratio: above 50 %"))
    pair = read_pair(tmp_path / "a.nfr.yaml", tmp_path / "a.deployment.yaml")

    made = plan(pair.scenario, pair.deployment, Options())

    assert {guard.metric for drill in made.drills for guard in drill.guards} == {"error_ratio"}

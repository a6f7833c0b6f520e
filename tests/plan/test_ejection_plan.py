"""What the files must say of members that are taken away, and which runs of which drill count."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

DEPLOYMENT = """
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:1"}}
regions: {b: {kind: shell, kill: "true", restore: "true", verify: "true"}}
components: {node: {kind: shell, entry: app, pause: "true", resume: "true", verify: "true"}}
safety: {allow: [region-kill, component-pause]}
"""
SCENARIO = """
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
drills:
  lose: {fault: {kind: region-kill, region: b}, repeat: 3}
  blip: {fault: {kind: component-pause, component: node}, repeat: 2}
targets: {ejection: {drill: lose, LIMITS}}
PHASES
"""


def planned(folder: Path, limits: str, phases: str = "") -> Plan:
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT)
    (folder / "a.nfr.yaml").write_text(SCENARIO.replace("LIMITS", limits).replace("PHASES", phases))
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, Options())


def test_the_runs_of_the_calm_drill_are_expected_as_well(tmp_path: Path) -> None:
    (target,) = planned(tmp_path, "eject_within: 1 s, calm: blip").targets

    assert target.question.drills == ("lose",)
    assert target.question.expected_runs == {"lose": 3, "blip": 2}
    assert set(target.question.holds_s) == set(target.question.settles_s) == {"lose", "blip"}


@pytest.mark.parametrize(
    ("limits", "phases", "message"),
    [
        pytest.param("panic_below: 40 %", "", "no limit: `ejection` needs", id="no-limit"),
        pytest.param("calm: blib", "", "there is no drill `blib`", id="no-such-drill"),
        pytest.param(
            "calm: blip",
            "phases: [steady: 9 s, lose]",
            "the drill `blip` is not in `phases`",
            id="never-run",
        ),
    ],
)
def test_what_could_never_be_judged_is_refused(
    tmp_path: Path, limits: str, phases: str, message: str
) -> None:
    with pytest.raises(InvalidFiles, match=message):
        planned(tmp_path, limits, phases)

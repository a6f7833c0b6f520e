"""`nfrcheck describe` tells programs what a file holds, drills that a target needs included."""

import json
from pathlib import Path
from typing import Any

import pytest

from nfrcheck import cli
from nfrcheck.plan import Options, plan
from nfrcheck.scenario.read import read_pair

SCENARIO = """\
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}}}}
drills:
  lose-b: {fault: {kind: component-kill, component: b}}
  lose-a: {fault: {kind: component-kill, component: a}}
targets:
  availability: {at_least: 99 %}
  everywhere: {check: availability, at_least: 99 %, during: run}
  degraded: {check: availability, at_least: 90 %, during: lose-a/1/hold, class: advisory}
  failover: {drill: lose-b, error_window: <= 1 s}
  ejection: {drill: lose-a, eject_within: 1 s, calm: lose-b}
  year:
    check: yearly-availability
    at_least: 99 %
    incidents: {lose-b: 1/year}
    steady: availability
"""
DEPLOYMENT = """\
nfrcheck: 1
entries:
  app: {url: "http://127.0.0.1:8000"}
  in-b: {url: "http://127.0.0.1:8001", region: west}
regions: {west: {title: Western Europe}}
components:
  a: {kind: shell, entry: app, kill: a.sh, restore: b.sh}
  b: {kind: shell, entry: app, kill: a.sh, restore: b.sh}
safety: {allow: [component-kill]}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    for name, text in (("x.nfr.yaml", SCENARIO), ("x.deployment.yaml", DEPLOYMENT)):
        (tmp_path / name).write_text(text.replace("{rate", "{entry: app, rate"))
    return tmp_path / "x.nfr.yaml", tmp_path / "x.deployment.yaml"


def described(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert cli.exit_code(["describe", str(path)]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def test_the_targets_of_a_scenario(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = described(files[0], capsys)

    assert said["format"] == 1
    assert said["alone"] is True
    assert said["drills"] == ["lose-b", "lose-a"]
    assert [(one["id"], one["class"], one["line"]) for one in said["targets"]] == [
        ("availability", "critical", 7),
        ("everywhere", "critical", 8),
        ("degraded", "advisory", 9),
        ("failover", "critical", 10),
        ("ejection", "critical", 11),
        ("year", "critical", 12),
    ]


def test_the_drills_of_a_target_are_those_that_a_run_of_it_alone_does(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    pair = read_pair(*files)

    for target in described(files[0], capsys)["targets"]:
        made = plan(pair.scenario, pair.deployment, Options(only=(target["id"],)))

        assert {drill.name for drill in made.drills} == set(target["drills"]), target["id"]


def test_a_file_that_includes_another_is_not_all_there_is(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "more.nfr.yaml"
    path.write_text("nfrcheck: 1\ninclude: [x.nfr.yaml]\ntargets: {failover: none}\n")

    said = described(path, capsys)

    assert said["alone"] is False
    ids = [one["id"] for one in said["targets"]]
    assert ids == ["availability", "everywhere", "degraded", "ejection", "year"]
    assert {one["path"] for one in said["targets"]} == {str(files[0])}


def test_a_deployment(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = described(files[1], capsys)

    assert said["entries"] == {
        "app": {"url": "http://127.0.0.1:8000", "region": None},
        "in-b": {"url": "http://127.0.0.1:8001", "region": "west"},
    }
    assert said["regions"] == {"west": "Western Europe"}
    assert said["components"]["a"] == {"region": None, "entry": "app"}
    assert said["safety"] == {"protected": False, "allow": ["component-kill"]}


def test_a_file_that_is_not_valid_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.nfr.yaml"
    path.write_text("nfrcheck: 1\n")

    assert cli.exit_code(["describe", str(path)]) == 2

    said = capsys.readouterr()
    assert not said.out
    assert f"{path.name}" in said.err

"""`explain`, `list`, `schema` and `init` answer from what the code itself knows."""

import json

import pytest

from nfrcheck import cli
from nfrcheck.checks import CHECKS
from nfrcheck.deployments import CONTROLS
from nfrcheck.experiments.faults import FAULTS
from nfrcheck.reports import REPORTS
from nfrcheck.scenario.codes import CODES
from nfrcheck.scenario.probes import PROBES
from tests.cli.project import Project


@pytest.mark.parametrize("asked", ["NFR021", "nfr21", "21"])
def test_a_code_is_explained_however_it_is_written(
    asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.exit_code(["explain", asked]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith("NFR021  the planned load cannot decide this target\n\nWith so few")
    assert "\nWhat to do: Make the phase longer" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_code(["explain"]) == 0

    shown = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert shown == [*CODES, "exit-codes"]


@pytest.mark.parametrize(("asked", "near"), [("NFRO21", "NFR021"), ("exit-code", "exit-codes")])
def test_a_slip_has_the_nearest_code(
    asked: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.exit_code(["explain", asked]) == 2
    assert f"did you mean {near}" in capsys.readouterr().err


def test_a_code_that_is_none_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_code(["explain", "NFR999"]) == 2
    assert "there is no code NFR999" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("checks", CHECKS),
        ("faults", FAULTS),
        ("controls", CONTROLS),
        ("probes", PROBES),
        ("reports", REPORTS),
    ],
    ids=["checks", "faults", "controls", "probes", "reports"],
)
def test_a_list_has_a_line_for_each(
    kind: str, names: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.exit_code(["list", kind]) == 0

    rows = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    told = {row[0]: row[1] for row in rows if row[0] in names}
    assert told.keys() == names.keys()
    assert all(len(line) > 10 for line in told.values())


def test_what_only_later_versions_run_is_counted_and_can_be_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.exit_code(["list", "checks"]) == 0
    assert "that this version reads and does not run" in capsys.readouterr().out

    assert cli.exit_code(["list", "checks", "--later"]) == 0
    assert "event-propagation" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["scenario", "deployment"])
def test_a_schema_is_json_alone(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_code(["schema", kind]) == 0

    made = json.loads(capsys.readouterr().out)
    assert made["properties"]["nfrcheck"]["const"] == 1
    assert kind in made["title"]


def test_what_init_writes_is_valid_and_decidable(empty: Project) -> None:
    written = empty.run("init", f"http://127.0.0.1:{empty.port}/health")
    checked = empty.run("validate", "--strict")

    assert written.returncode == 0
    assert written.stdout.startswith("created  scenarios/local.nfr.yaml")
    assert checked.returncode == 0, checked.stdout
    assert "can decide 2 of 2 targets" in checked.stdout
    assert not empty.contacted


def test_init_overwrites_nothing(project: Project) -> None:
    ended = project.run("init", "http://127.0.0.1:8000")

    assert ended.returncode == 2
    assert "is there already" in ended.stderr

"""The installed command says when a game day is due and what stands against it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from nfrcheck import cli
from tests.cli.project import Project
from tests.gameday.test_blackout import FREEZE

DAY = """\
gamedays:
  weekly:
    scenario: scenarios/shop.nfr.yaml
    deployment: local
    schedule: "{schedule}"
    timezone: Europe/Berlin
    window: {{open: "02:00", close: "05:00", latest_start: 45 min}}
    blackout: [freeze.ics]
    approval: {{needed: {approval}}}
    freshness: 30 d
"""
ON_TIME = "2026-11-22T02:20"
REFUSED = 8
WINDOW = "window 02:00\N{EN DASH}05:00"
FREEZES = 'freeze.ics: "Year-end change freeze" until Thu 2027-01-07'


@pytest.fixture
def ready(project: Project) -> Project:
    """A project whose game day would start on time."""
    project.write("freeze.ics", FREEZE)
    written(project)
    return project


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def call(
    ready: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """The same command in this process, for what needs no process of its own."""
    monkeypatch.chdir(ready.folder)

    def called(*words: str) -> Said:
        code = cli.exit_code(["gameday", *words])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return called


def written(project: Project, approval: str = "none", schedule: str = "17 2 * * SUN") -> None:
    project.write("gamedays.yaml", DAY.format(approval=approval, schedule=schedule))


def test_it_would_start_when_nothing_stands_against_it(ready: Project) -> None:
    found = ready.run("gameday", "check", "weekly", "--at", ON_TIME)

    assert found.returncode == 0, found.stderr
    assert [line[:3] for line in found.stdout.splitlines()[1:-1]] == [" ✓ "] * 5
    assert found.stdout.endswith("would start · nothing was contacted\n")
    assert not ready.contacted


Calls = Callable[..., Said]


def test_check_shows_all_that_stands_against_it(ready: Project) -> None:
    found = ready.run("gameday", "check", "weekly", "--at", "2026-12-20T03:20")

    assert found.returncode == REFUSED, found
    assert found.stdout.count(" ✗ ") == 2
    assert found.stdout.endswith("would not start · nothing was contacted\n")
    assert not ready.contacted


def test_check_says_that_it_would_outlast_its_window(ready: Project, call: Calls) -> None:
    path = ready.folder / "gamedays.yaml"
    path.write_text(path.read_text("utf-8").replace("05:00", "02:30"), "utf-8")

    found = call("check", "weekly", "--at", ON_TIME)

    assert found.code == REFUSED
    assert "and the window closes 02:30, in 10 min" in found.out


def test_the_night_without_half_past_two(ready: Project, call: Calls) -> None:
    written(ready, schedule="30 2 * * SUN")

    found = call("next", "--count", "2", "--at", "2026-03-28T12:00")
    on_time = call("check", "--at", "2026-03-29T03:05")

    assert found.out.splitlines() == [
        f"Sun 2026-03-29 03:00 Europe/Berlin   weekly   {WINDOW}   needs no approval",
        f"Sun 2026-04-05 02:30 Europe/Berlin   weekly   {WINDOW}   needs no approval",
    ]
    assert on_time.code == 0, on_time
    assert "due 03:00 Europe/Berlin" in on_time.out


def test_the_night_in_which_the_clocks_go_forward_over_its_window(
    ready: Project, call: Calls
) -> None:
    written(ready, schedule="30 2 * * SUN")
    path = ready.folder / "gamedays.yaml"
    path.write_text(path.read_text("utf-8").replace("05:00", "02:45"), "utf-8")

    found = call("next", "--count", "1", "--at", "2026-03-28T12:00")
    then = call("check", "--at", "2026-03-29T03:00")

    skipped = "the clocks go forward over its window"
    assert found.out.split("   ")[2:] == ["BLOCKED", f"{skipped}\n"]
    assert then.code == REFUSED
    assert f" ✗ {skipped}, due 03:00\n" in then.out


def test_dates_in_a_blackout_are_shown_with_the_reason(call: Calls) -> None:
    found = call("next", "weekly", "--count", "2", "--at", "2026-12-12T00:00")

    assert found.out.splitlines() == [
        f"Sun 2026-12-13 02:17 Europe/Berlin   weekly   {WINDOW}   needs no approval",
        f"Sun 2026-12-20 02:17 Europe/Berlin   weekly   {'BLOCKED':18}   {FREEZES}",
    ]


def test_what_was_never_proven_is_stale(call: Calls) -> None:
    shown = call("history", "weekly")
    gate = call("history", "weekly", "--fail-stale", "--format", "json")
    table = call("history", "weekly", "--format", "csv")

    assert (shown.code, gate.code) == (0, 3)
    assert shown.out.endswith("3 of 3 stale: not proven within 30 d\n")
    assert all(row["stale"] and row["last_proven"] is None for row in json.loads(gate.out))
    assert table.out.splitlines()[1].split(",")[0] == "availability"
    assert len(table.out.splitlines()) == 4


def test_the_runbook_is_written_before_the_day(ready: Project, call: Calls) -> None:
    found = call("runbook", "weekly", "--at", "2026-11-20T12:00")

    page = (ready.folder / "runbook-weekly.html").read_text("utf-8")
    assert found.out == "wrote  runbook-weekly.html\n"
    assert "Sunday 2026-11-22, 02:17" in page
    assert not ready.contacted


def test_a_file_that_is_wrong_ends_it_with_2(ready: Project, call: Calls) -> None:
    path = ready.folder / "gamedays.yaml"
    path.write_text(path.read_text("utf-8").replace("Europe/Berlin", "Europe/Berlim"), "utf-8")

    found = call("run", "weekly")

    assert found.code == 2
    assert "error[NFR102] `Europe/Berlim` is no time zone" in found.err
    assert "gamedays.yaml:6:15" in found.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["run", "weakly"], "did you mean weekly?", id="a-slip"),
        pytest.param(["check", "--at", "tomorrow"], "`tomorrow` is no time", id="no-time"),
        pytest.param(["next", "--gamedays", "no.yaml"], "no.yaml is not there", id="no-file"),
        pytest.param(["ci", "hudson"], "github", id="no-scheduler"),
        pytest.param(["runbook", "--run", "scenarios"], "holds no judged run", id="no-run"),
    ],
)
def test_a_wrong_word_ends_it_with_2(words: list[str], said: str, call: Calls) -> None:
    found = call(*words)

    assert found.code == 2, found
    assert said in found.err


def test_a_missing_extra_is_named(ready: Project) -> None:
    # A folder that stands before the installed packages, with one that cannot be imported.
    hidden = ready.write("hidden/cronsim/__init__.py", "raise ModuleNotFoundError(name='cronsim')")

    found = ready.start("gameday", "next", PYTHONPATH=str(hidden.parents[1]))

    assert found.returncode == 2
    assert "needs nfrcheck[gameday]" in found.stderr
    assert 'pip install "nfrcheck[gameday]"' in found.stderr

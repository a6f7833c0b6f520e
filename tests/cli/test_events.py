"""With `--json` stdout holds events alone, from the first line to an end with the exit code."""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import nfrcheck
from nfrcheck.cli.events import Events
from nfrcheck.run.ui import Silent
from tests.cli.project import Project

SHOP = "scenarios/shop.nfr.yaml"
DEFECT = "raise ZeroDivisionError('planted')\n"


def lines(text: str) -> list[dict[str, Any]]:
    """Raises ValueError for a line that is no JSON."""
    return [json.loads(line) for line in text.splitlines()]


def ends(text: str) -> dict[str, Any]:
    first, *_, last = lines(text)
    assert (first["event"], first["format"], first["version"]) == (
        "nfrcheck",
        1,
        nfrcheck.__version__,
    )
    assert last["event"] == "end"
    return last


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["--bogus"], 2, "No such option", id="unknown-flag"),
        pytest.param(["shop.nfr.yaml", "--profile", "smoke"], 2, "'smoke' is not", id="profile"),
        pytest.param(["shop.nfr.yaml", "--max-time", "5m"], 2, "5m", id="no-duration"),
        pytest.param([], 2, "Missing argument", id="no-file"),
        pytest.param(["nowhere.nfr.yaml"], 2, "nowhere.nfr.yaml is not there", id="not-there"),
        pytest.param([SHOP, "--dry-run", "--only", "x"], 2, "no target `x`", id="target"),
        pytest.param([SHOP], 2, "A_TOKEN_THAT_NOBODY_SET", id="no-secret"),
    ],
)
def test_what_is_refused_ends_with_its_code_and_reason(
    arguments: list[str], code: int, words: str, project: Project
) -> None:
    ended = project.run("run", *arguments, "--json")

    last = ends(ended.stdout)
    assert ended.returncode == last["exit_code"] == code
    assert words in last["sentence"]
    assert (last["verdict"], last["folder"], last["reports"]) == (None, None, {})
    assert words in ended.stderr, "people are told too"
    assert not project.contacted


@pytest.mark.sampled
@pytest.mark.parametrize("argument", ["--bogus", "nowhere.nfr.yaml"])
def test_the_variable_asks_for_events_too(argument: str, project: Project) -> None:
    ended = project.run("run", argument, NFRCHECK_JSON="1")

    assert ends(ended.stdout)["exit_code"] == ended.returncode == 2


def test_what_is_wrong_with_the_files_is_told_one_by_one(project: Project) -> None:
    path = project.folder / "scenarios/shop.nfr.yaml"
    path.write_text(path.read_text("utf-8").replace("p99:", "p9x:").replace("rate:", "rote:"))

    ended = project.run("run", str(path), "--json")

    last = ends(ended.stdout)
    found = [line for line in lines(ended.stdout) if line["event"] == "diagnostic"]
    assert {line["code"] for line in found} >= {"NFR012"}
    assert all(line["line"] for line in found)
    assert (last["exit_code"], ended.returncode) == (2, 2)
    assert last["sentence"].endswith("nothing was contacted")


def test_a_dry_run_is_the_plan_and_contacts_nothing(project: Project) -> None:
    plain = project.run("run", SHOP, "--dry-run")
    told = project.run("run", SHOP, "--dry-run", "--json")

    assert plain.returncode == told.returncode == 0, plain.stderr
    assert "kill" in plain.stdout
    assert plain.stdout.endswith("nothing was contacted\n")
    assert ends(told.stdout)["exit_code"] == 0
    [plan] = [line for line in lines(told.stdout) if line["event"] == "plan"]
    assert plan["targets"] == ["availability", "latency", "failover"]
    assert told.stderr.strip() == (plain.stderr + plain.stdout).strip()
    assert not project.contacted


def test_a_dry_run_shows_what_the_flags_leave(project: Project) -> None:
    whole = project.run("run", SHOP, "--dry-run").stdout
    less = project.run("run", SHOP, "--dry-run", "--skip", "failover").stdout

    assert "kill" in whole
    assert "kill" not in less


def test_a_bug_is_an_end_too(project: Project) -> None:
    project.write("planted/pydantic/__init__.py", DEFECT)

    ended = project.start("run", SHOP, "--json", PYTHONPATH=str(project.folder / "planted"))

    last = ends(ended.stdout)
    assert (last["exit_code"], last["exit_name"], ended.returncode) == (7, "internal", 7)
    assert "ZeroDivisionError: planted" in last["sentence"]


def test_a_reader_that_is_gone_changes_no_exit_code(project: Project) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "nfrcheck", "run", "nowhere.nfr.yaml", "--json"],
            cwd=project.folder,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=30,
        )
    finally:
        os.close(writer)

    assert ended.returncode == 2


@pytest.mark.slow
def test_nobody_waits_for_a_reader_that_does_not_read() -> None:
    reader, writer = os.pipe()
    out = os.fdopen(writer, "w")
    events = Events(out)
    thread = threading.Thread(target=lambda: _talk(events))
    thread.start()
    thread.join(10)

    assert not thread.is_alive()
    read = threading.Thread(target=lambda: _drain(reader))
    read.start()
    events.close()
    read.join(10)
    out.close()


def _talk(events: Events) -> None:
    events.begin("a-run", Path("runs/a-run"), "about")
    for number in range(20_000):
        events.say(f"number {number}")


def _drain(reader: int) -> None:
    with os.fdopen(reader, "rb") as file:
        while file.read(1 << 16):
            pass


def test_the_first_line_names_the_run_though_something_was_told_before() -> None:
    out = io.StringIO()
    events = Events(out)

    events.found([{"code": "NFR020"}])
    events.begin("a-run", Path("runs/a-run"), "about")
    events.end(0, "All 3 targets hold.")
    events.end(7, "never told")
    events.close()

    first, second, last = lines(out.getvalue())
    assert (first["event"], first["run"], first["folder"]) == ("nfrcheck", "a-run", "runs/a-run")
    assert second["event"] == "diagnostic"
    assert (last["sentence"], last["folder"]) == ("All 3 targets hold.", "runs/a-run")


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, *, good: bool | None = None) -> None:
        self.said.append(f"{text} {good}")


def test_who_watches_is_told_the_same() -> None:
    out, heard = io.StringIO(), Heard()
    events = Events(out).with_(heard)

    events.begin("a-run", Path("runs/a-run"), "about")
    events.expect([("steady", 60.0)])
    events.phase("steady", 60.0, until_decided=True)
    events.tick("load-shop.0", {"sent": 150})
    events.drill("lose-b/1", "confirmed")
    events.say("healed", good=True)
    events.phase_done("steady")
    events.close()

    assert heard.said == ["healed True"]
    told = lines(out.getvalue())
    assert [line["event"] for line in told] == [
        *("nfrcheck", "phases", "phase", "health", "drill", "say", "phase")
    ]
    assert told[2] | {"t": 0} == {
        "event": "phase",
        "t": 0,
        "name": "steady",
        "state": "start",
        "seconds": 60.0,
        "until_decided": True,
    }

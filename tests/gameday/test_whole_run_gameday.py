"""A game day from its start to its filled-in runbook: told, run, kept; the override is not lost."""

import html
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nfrcheck.plan import Options, plan
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.scenario.read import read_pair
from tests.experiments.children import Server, running_server
from tests.gameday.days import where_it_is_noon
from tests.run.whole import Shop, drill

REASON = "the board asked for it"


@dataclass(frozen=True)
class Day:
    """What is left after one game day."""

    code: int
    said: str
    place: Path
    messages: list[dict[str, Any]]

    @property
    def folder(self) -> Path:
        [found] = [path for path in (self.place / "runs").iterdir() if path.is_dir()]
        return found

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return _command(self.place, *words)


def _command(place: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NFRCHECK_STATE": str(place / "state"), "COLUMNS": "100", **more}
    return subprocess.run(
        [sys.executable, "-P", "-m", "nfrcheck", "gameday", *words],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=55,
    )


def written(place: Path, deployment: Path) -> str:
    """A game day that is due each minute, in a blackout; returns the hash of its plan."""
    zone = where_it_is_noon()
    now = datetime.now(ZoneInfo(zone))
    scenario = place / "small.nfr.yaml"
    scenario.write_text(drill(), "utf-8")
    (place / "gamedays.yaml").write_text(
        "gamedays:\n  often:\n    scenario: small.nfr.yaml\n    deployment: small.deployment.yaml\n"
        f'    schedule: "* * * * *"\n    timezone: {zone}\n'
        '    window: {open: "00:00", close: "24:00"}\n'
        f"    blackout: [{{dates: [{now:%Y-%m-%d}], reason: audit}}]\n"
        "    approval: {needed: plan}\n"
        '    notify: {urls: ["${CHAT_URL}", "${NOT_SET}"]}\n    freshness: 30 d\n',
        "utf-8",
    )
    pair = read_pair(scenario, deployment)
    return fingerprint(plan(pair.scenario, pair.deployment, Options()))


def sent(chat: Server) -> list[dict[str, Any]]:
    return [json.loads(asked.body) for asked in chat.asked]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """One game day; its schedule starts it each minute, so its window lies around now."""
    place = tmp_path_factory.mktemp("gameday")
    with running_server() as server, running_server() as chat:
        approval = {
            "hash": written(place, Shop(place, server).deployment()),
            "who": "ann",
            "until": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        }
        ended = _command(
            place,
            *("run", "often", "--out", "runs", "--override-blackout", REASON),
            NFRCHECK_APPROVAL=json.dumps(approval),
            CHAT_URL=chat.url.replace("http://", "json://"),
        )
        return Day(ended.returncode, ended.stdout + ended.stderr, place, sent(chat))


def test_it_ends_with_the_code_of_its_run(held: Day) -> None:
    assert held.code == held.run["exit_code"], held.said
    assert held.run["ended"] == "complete", held.said
    assert held.run["restored"] is True


def test_people_are_told_when_it_starts_and_how_it_ended(held: Day) -> None:
    first, last = held.messages

    assert first["title"] == "Game day often starts"
    assert "small on small" in first["message"]
    assert last["title"] == f"Game day often ended: {held.run['verdict']}"
    assert held.run["sentence"] in last["message"]
    assert str(held.folder.relative_to(held.place) / "scorecard.html") in last["message"]


def test_what_could_not_be_delivered_is_a_note_and_no_failure(held: Day) -> None:
    missing = "nobody was told by ${NOT_SET}: the environment variable NOT_SET is not set"

    assert held.said.count(missing) == 2
    assert missing in held.run["notes"]


def test_the_override_and_the_approval_stay_with_the_run(held: Day) -> None:
    notes = " ".join(held.run["notes"])

    assert 'blackout dates: "audit" until' in notes
    assert f"overridden: {REASON}" in notes
    assert "approved by ann until" in notes


def test_the_runbook_is_filled_in(held: Day) -> None:
    page = html.unescape((held.folder / "runbook.html").read_text("utf-8"))

    assert f"overridden: {REASON}" in page
    assert held.run["sentence"] in page
    assert "lose/1" in page
    [done] = held.run["drills"]
    begun = datetime.fromisoformat(held.run["started_at"])
    for state in ("commanded", "verified"):
        moment = begun + timedelta(seconds=done[state])
        assert f"{moment.astimezone(ZoneInfo(where_it_is_noon())):%H:%M:%S}" in page


def test_judging_it_again_changes_nothing(held: Day) -> None:
    before = (held.folder / "run.json").read_bytes()

    subprocess.run(
        [sys.executable, "-m", "nfrcheck", "judge", str(held.folder)],
        capture_output=True,
        check=False,
        timeout=50,
    )

    assert (held.folder / "run.json").read_bytes() == before


def test_the_history_says_when_it_was_proven_and_what_is_stale_later(held: Day) -> None:
    later = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%dT%H:%M}"

    now = held.command("history", "often", "--out", "runs", "--format", "json")
    gate = held.command("history", "--out", "runs", "--fail-stale", "--at", later)

    [row] = json.loads(now.stdout)
    passed = held.run["targets"][0]["verdict"] == "pass"
    assert row["run"] == (held.folder.name if passed else None)
    assert row["stale"] is not passed
    assert gate.returncode == 3
    assert "1 of 1 stale" in gate.stdout


def test_afterwards_nothing_is_held(held: Day) -> None:
    found = held.command("check")

    assert " ✓ nothing else is at work" in found.stdout

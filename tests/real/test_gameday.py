"""A rehearsed game day: cron itself starts it on the box, and the runbook prints on two sheets.

The crontab is the one that `nfrcheck gameday ci cron` prints; crond is busybox's.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.plan import Options, plan
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.plan.steps import Plan
from nfrcheck.reports.runbook import render
from nfrcheck.scenario.read import read_pair
from tests.box.running_box import RunningBox, wait_until
from tests.experiments.children import Server, running_server
from tests.gameday.test_page import made, sample, shown

__all__ = ["made"]

CHROMIUM = os.environ.get("NFRCHECK_CHROMIUM") or shutil.which("chromium")
BUSYBOX = shutil.which("busybox")
NFRCHECK = Path(sys.executable).with_name("nfrcheck")
START_S, RUN_S = 130.0, 120.0
NOBODY = 65534

pytestmark = pytest.mark.timeout(400)

SCENARIO = """\
nfrcheck: 1
description: A region is lost for a moment, to rehearse the game day.
load: {shop: {entry: global, rate: 50/s, journey: {browse: {get: /web/v1/products/sku-1}}}}
drills:
  lose-b: {fault: {kind: region-kill, region: b}, repeat: 1, baseline: 1 s, hold: 3 s, settle: 3 s}
phases: [warm-up: 1 s, steady: 5 s, lose-b]
targets:
  availability: {at_least: 90 %, longest_outage: 30 s, during: steady}
  failover: {drill: lose-b, error_window: <= 30 s}
  latency: {p99: < 1 ms, longest_stall: off, during: steady}
"""


def needs_crond() -> str:
    there = BUSYBOX and subprocess.run([BUSYBOX, "--list"], capture_output=True, check=False)
    if not BUSYBOX or not there or b"crond" not in there.stdout.split():
        pytest.skip("needs busybox with crond: apt-get install busybox-static")
    return BUSYBOX


def zone() -> str:
    """In which it is about noon, so that no window ends in the middle of the rehearsal."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


class Place:
    """A checkout with one game day, and whatever lies outside of it."""

    def __init__(self, folder: Path, box: RunningBox) -> None:
        self.outside = folder
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        deployment = Path(box.ready["deployment"])
        (self.checkout / "small.nfr.yaml").write_text(SCENARIO, "utf-8")
        (self.checkout / "gamedays.yaml").write_text(
            "gamedays:\n  rehearsal:\n    scenario: small.nfr.yaml\n"
            f"    deployment: {deployment}\n"
            f'    schedule: "* * * * *"\n    timezone: {zone()}\n'
            '    window: {open: "00:00", close: "24:00", latest_start: 50 s}\n'
            "    approval: {needed: plan}\n"
            "    roles: {owner: ann, observers: {payments: failover}}\n"
            '    notify: {urls: ["${CHAT_URL}"]}\n    freshness: 30 d\n',
            "utf-8",
        )
        pair = read_pair(self.checkout / "small.nfr.yaml", deployment)
        self.hash = fingerprint(plan(pair.scenario, pair.deployment, Options()))
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "NFRCHECK_STATE": str(folder / "state"),
            "NFRCHECK_APPROVAL": str(folder / "approval.json"),
            "NFRCHECK_OUT": str(folder / "runs"),
            "XDG_RUNTIME_DIR": str(folder),
        }

    def approve(self) -> None:
        until = datetime.now(UTC) + timedelta(hours=1)
        path = self.outside / "approval.json"
        said = {"hash": self.hash, "who": "ann", "until": until.isoformat()}
        path.write_text(json.dumps(said), "utf-8")
        path.chmod(0o644)
        # Whoever starts the run must not be who approves it.
        os.chown(path, NOBODY, NOBODY)

    def nfrcheck(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [NFRCHECK, *words],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def runs(self) -> list[Path]:
        folder = self.outside / "runs"
        return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


@dataclass(frozen=True)
class Rehearsal:
    place: Place
    messages: list[dict[str, Any]]
    log: str

    @property
    def folder(self) -> Path:
        return min(self.place.runs())

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    def verdict(self, target: str) -> str:
        found: str = next(row["verdict"] for row in self.run["targets"] if row["id"] == target)
        return found


def crond(place: Place, chat: Server) -> Rehearsal:
    """Has cron start the printed line until one run has ended."""
    tabs = place.outside / "crontabs"
    tabs.mkdir()
    # busybox's crond knows no CRON_TZ, and says so; its own TZ is the zone instead.
    (tabs / "root").write_text(place.nfrcheck("gameday", "ci", "cron").stdout, "utf-8")
    log = place.outside / "crond.log"
    daemon = subprocess.Popen(
        [needs_crond(), "crond", "-f", "-l", "0", "-L", str(log), "-c", str(tabs)],
        env={**place.environment, "TZ": zone(), "CHAT_URL": json_url(chat)},
        start_new_session=True,
    )
    try:
        wait_until(lambda: bool(place.runs()), START_S)
        (tabs / "root").unlink()  # one is enough
        (tabs / "cron.update").write_text("root\n", "utf-8")
        first = min(place.runs())
        wait_until(lambda: (first / "runbook.html").is_file() and len(chat.asked) > 1, RUN_S)
    finally:
        daemon.terminate()
        daemon.wait(10)
    return Rehearsal(place, [json.loads(asked.body) for asked in chat.asked], log.read_text())


def json_url(chat: Server) -> str:
    return chat.url.replace("http://", "json://")


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    needs_crond()
    if os.geteuid() != 0:
        pytest.skip("needs root: the approval must belong to another user")
    box = RunningBox(tmp_path_factory.mktemp("box"))
    try:
        place = Place(tmp_path_factory.mktemp("rehearsal"), box)
        refused = place.nfrcheck("gameday", "run")
        assert (refused.returncode, place.runs()) == (8, []), refused
        place.approve()
        with running_server() as chat:
            yield crond(place, chat)
    finally:
        assert box.stop() == 0


def test_cron_started_it_on_time(rehearsal: Rehearsal) -> None:
    begun = datetime.fromisoformat(rehearsal.run["started_at"])

    assert "gameday run rehearsal" in rehearsal.log
    assert begun.second < 50
    assert rehearsal.run["ended"] == "complete"
    assert rehearsal.run["restored"] is True
    assert "approved by ann" in " ".join(rehearsal.run["notes"])


def test_people_were_told(rehearsal: Rehearsal) -> None:
    first, last = rehearsal.messages[:2]

    assert first["title"] == "Game day rehearsal starts"
    assert last["title"].startswith("Game day rehearsal ended: ")
    assert rehearsal.run["sentence"] in last["message"]


def test_the_runbook_was_filled_in(rehearsal: Rehearsal) -> None:
    page = (rehearsal.folder / "runbook.html").read_text("utf-8")

    assert "What was done" in page
    assert "lose-b/1" in page
    assert "yes, and verified" in page


def test_the_history_flags_what_it_did_not_prove(rehearsal: Rehearsal) -> None:
    shown = rehearsal.place.nfrcheck("gameday", "history", "--format", "json", "--fail-stale")

    rows = {row["target"]: row for row in json.loads(shown.stdout)}
    assert shown.returncode == 3
    # No service of this world answers within a millisecond, 99 times in 100, all day long.
    assert rows["latency"]["stale"]
    assert rows["latency"]["last_proven"] is None
    for target in ("availability", "failover"):
        proven = rehearsal.verdict(target) == "pass"
        assert rows[target]["stale"] is not proven, rows
        assert (rows[target]["run"] == rehearsal.folder.name) is proven


def sheets(page: Path, folder: Path) -> int:
    """Chromium prints it; the pages of a PDF are objects of the type Page."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pdf = folder / "runbook.pdf"
    subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"),
            *(f"--user-data-dir={folder / 'chromium'}", f"--print-to-pdf={pdf}", page.as_uri()),
        ],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


def test_both_runbooks_print_on_two_sheets(rehearsal: Rehearsal, tmp_path: Path) -> None:
    place = rehearsal.place
    place.nfrcheck("gameday", "runbook", "-o", str(tmp_path / "before.html"))

    assert sheets(tmp_path / "before.html", tmp_path) == 2
    assert sheets(rehearsal.folder / "runbook.html", tmp_path) == 2


@pytest.mark.parametrize("filled", [False, True], ids=["before", "after"])
def test_a_long_plan_prints_on_two_sheets_all_the_same(
    filled: bool, made: Plan, tmp_path: Path
) -> None:
    many = replace(made, steps=made.steps * 10, targets=made.targets * 10)
    page = tmp_path / "long.html"

    page.write_text(render(shown(many, tmp_path, sample(10) if filled else None)), "utf-8")

    assert sheets(page, tmp_path) == 2

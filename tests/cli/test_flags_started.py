"""Every flag of every command does what it says when the installed command is started with it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.flag_tries import ELSEWHERE, TRIES, Try
from tests.cli.test_flags import FLAGS
from tests.experiments.children import Answer, Asked, running_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LOAD = "nfrcheck: 1\nload: {{shop: {{rate: 100/s, journey: {{home: {{get: {path}}}}}}}}}\n"
QUIET = LOAD.format(path="/") + "phases: [warm-up: 200 ms, steady: 2 s]\n"
MANY = "".join(f"  a-{n}: {{check: availability, at_least: 90 %}}\n" for n in range(1, 22))
SCENARIOS = {
    "shop": f"{QUIET}targets:\n  availability: {{at_least: 90 %}}\n"
    "  speed: {check: latency, p90: < 2 s}\n",
    "steep": f"{QUIET}targets: {{availability: {{at_least: 99.99 %}}}}\n",
    "broken": f"{QUIET.replace('get: /', 'get: /broken')}"
    "targets: {availability: {at_least: 90 %}}\n",
    "many": f"{QUIET}targets:\n{MANY}",
    "kill": LOAD.format(path="/")
    + "drills: {kill: {fault: {kind: component-kill, component: app-b}, repeat: 1}}\n"
    "targets: {availability: {at_least: 90 %}}\n",
}
DEPLOYMENT = """\
nfrcheck: 1
name: {name}
entries: {{home: {{url: "{url}"}}}}
components:
  app-b: {{kind: shell, entry: home, kill: ./app stop, restore: ./app start, verify: ./app up}}
safety: {{allow: [component-kill], hosts: [127.0.0.1], max_rate: 500/s}}
"""
DAY = """\
  {name}:
    scenario: scenarios/shop.nfr.yaml
    deployment: local
    schedule: "{schedule}"
    timezone: {zone}
    window: {{open: "{open}", close: "{close}", latest_start: 45 min}}
    approval: {{needed: none}}
    freshness: 30 d
"""
SUNDAY = DAY.format(
    name="sunday", schedule="17 2 * * SUN", zone="Europe/Berlin", open="02:00", close="05:00"
)
FREEZE = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//freeze//EN
BEGIN:VEVENT
UID:1
SUMMARY:For ever
DTSTART;VALUE=DATE:20200101
DTEND;VALUE=DATE:20990101
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True)
class Workshop:
    """A project with a service that answers, and runs of it that are kept."""

    folder: Path

    def start(self, words: str, *, typing: bool = False) -> tuple[int, str]:
        """The exit code and all that was said."""
        names = {name: self._run(of) for name, of in RUNS.items()} if "{" in words else {}
        end, held = os.pipe()
        try:
            ended = subprocess.run(
                [sys.executable, "-P", "-m", "nfrcheck", *words.format_map(names).split()],
                cwd=self.folder,
                env={**os.environ, **self._environment},
                stdin=end if typing else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=60,
            )
        finally:
            os.close(end)
            os.close(held)
        return ended.returncode, ended.stdout

    def _run(self, scenario: str) -> str:
        return next(path.name for path in (self.folder / "kept").glob(f"*-{scenario}-*"))

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "COLUMNS": "120",
            "NFRCHECK_STATE": str(self.folder / "state"),
            "BROWSER": str(self.folder / "browser"),
        }

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(mode)


RUNS = {"first": "shop", "second": "broken", "left": "many", "again": "steep"}


def _answer(asked: Asked) -> Answer:
    return (500 if asked.path == "/broken" else 200), {}, b"{}"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    made = Workshop(tmp_path_factory.mktemp("workshop"))
    with running_server() as server:
        server.answer = _answer
        for name, text in SCENARIOS.items():
            made.write(f"scenarios/{name}.nfr.yaml", text)
        for name in ("local", "staging"):
            text = DEPLOYMENT.format(name=name, url=server.url)
            made.write(f"scenarios/deployments/{name}.deployment.yaml", text)
        made.write("scenarios/deployments/app", "#!/bin/sh\n", 0o755)
        made.write("browser", f'#!/bin/sh\necho "$1" > {made.folder}/opened\n', 0o755)
        made.write("freeze.ics", FREEZE)
        made.write("days.yaml", f"gamedays:\n{SUNDAY}{_now('always')}{_now('frozen', FROZEN)}")
        for scenario, code in (("shop", 0), ("broken", 1), ("many", 0), ("steep", 3)):
            ended, said = made.start(f"run scenarios/{scenario}.nfr.yaml -d local --out kept")
            assert ended == code, said
        yield made


FROZEN = "    blackout: [freeze.ics]\n"


def _now(name: str, more: str = "") -> str:
    always = {"schedule": "* * * * *", "zone": "UTC", "open": "00:00", "close": "24:00"}
    return DAY.format(name=name, **always) + more


def test_every_flag_is_tried() -> None:
    assert {given.id for given in FLAGS} == {*TRIES, *ELSEWHERE}
    for flag, named in ELSEWHERE.items():
        path, _, name = named.partition("::")
        text = (ROOT / path).read_text("utf-8")
        body = text.partition(f"def {name}(")[2].partition("\ndef ")[0]
        assert f"--{flag.partition('--')[2]}" in body, f"{named} does not try {flag}"


@pytest.mark.parametrize("flag", TRIES)
def test_it_does_what_it_says(flag: str, workshop: Workshop) -> None:
    tried: Try = TRIES[flag]
    before = {*workshop.folder.glob(tried.file)} if tried.file.startswith("*") else set()

    code, said = workshop.start(tried.words, typing=tried.typing)

    assert code == tried.code, said
    assert re.search(tried.shows, said, re.DOTALL), said
    assert not (tried.hides and re.search(tried.hides, said)), said
    if tried.file:
        found = {*workshop.folder.glob(tried.file)} - before
        assert found, f"{tried.file} is not there: {said}"
        assert any(tried.holds in path.read_text("utf-8") for path in found)

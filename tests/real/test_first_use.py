"""The first five minutes: `init` and `run` against a service as it is, no file edited.

Real services: httpbin, and the file server of the standard library. What was never declared (a
drill, a region, a second target) must not turn up in what was found.
"""

import json
import os
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

VENV = Path(sys.prefix)
UP_S, RUN_S = 20.0, 180.0
WELL = ("httpbin", "http.server")
SERVICES = {
    "httpbin": [
        *(str(VENV / "httpbin" / "bin" / "python"), "-m", "flask", "--app", "httpbin"),
        *("run", "--host", "127.0.0.1", "--port", "{port}"),
    ],
    "http.server": [
        *(sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}"),
    ],
    "answers-500": [sys.executable, str(Path(__file__).with_name("answers_500.py")), "{port}"],
}

pytestmark = pytest.mark.timeout(260)


@dataclass(frozen=True)
class Used:
    """What a user has after `init` and `run` in a folder that was empty."""

    folder: Path
    code: int
    said: str
    took_s: float

    @property
    def run(self) -> Path:
        (plan,) = (self.folder / "reports" / "runs").glob("*/plan.json")
        return plan.parent

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.run / "run.json").read_text())
        return found

    @property
    def verdicts(self) -> dict[str, str]:
        return {target["id"]: target["verdict"] for target in self.document["targets"]}

    @property
    def junit(self) -> ET.Element:
        return ET.parse(self.run / "junit.xml").getroot()

    @property
    def step_summary(self) -> str:
        return (self.folder / "step-summary.md").read_text()


def use(port: int, folder: Path) -> Used:
    nfrcheck = str(VENV / "bin" / "nfrcheck")
    steps = folder / "step-summary.md"
    environment = {**os.environ, "GITHUB_STEP_SUMMARY": str(steps)}
    command = [nfrcheck, "init", f"http://127.0.0.1:{port}"]
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=20)
    steps.write_text("what an earlier step said\n")
    (scenario,) = (folder / "scenarios").glob("*.nfr.yaml")
    began = time.monotonic()
    ended = subprocess.run(
        [nfrcheck, "run", str(scenario.relative_to(folder))],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_S + 60,
        check=False,
    )
    sys.stdout.write(ended.stdout + ended.stderr)
    return Used(folder, ended.returncode, ended.stdout, time.monotonic() - began)


def used(service: str, place: Path) -> Used:
    """The service and its user each in a folder of their own."""
    for name in ("service", "user"):
        (place / name).mkdir()
    with serving(service, place / "service") as port:
        return use(port, place / "user")


@contextmanager
def serving(service: str, folder: Path) -> Iterator[int]:
    port = free_port()
    argv = [word.format(port=port) for word in SERVICES[service]]
    with (
        (folder / "service.log").open("wb") as log,
        subprocess.Popen(argv, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            until = time.monotonic() + UP_S
            while not answers(port):
                assert process.poll() is None, (folder / "service.log").read_text()
                assert time.monotonic() < until, f"{service} did not come up"
            yield port
        finally:
            process.terminate()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=1.0).status_code > 0
    except httpx.HTTPError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Used]:
    """Side by side: each takes a minute and a half and hardly any of the machine."""

    def first_use(service: str) -> Used:
        return used(service, tmp_path_factory.mktemp("first-use"))

    with ThreadPoolExecutor(len(WELL)) as pool:
        return dict(zip(WELL, pool.map(first_use, WELL), strict=True))


@pytest.fixture(params=WELL)
def well(request: pytest.FixtureRequest, both: dict[str, Used]) -> Used:
    return both[request.param]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Used:
    return used("answers-500", tmp_path_factory.mktemp("first-use"))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Used:
    return use(free_port(), tmp_path_factory.mktemp("user"))


def test_a_service_that_is_well_passes_within_three_minutes(well: Used) -> None:
    assert well.verdicts == {"availability": "pass", "latency": "pass"}, well.said
    assert well.code == 0
    assert well.took_s <= RUN_S
    assert "exit 0 (pass)" in well.said


def test_the_scenario_is_a_screenful(well: Used) -> None:
    (scenario,) = (well.folder / "scenarios").glob("*.nfr.yaml")

    assert len(scenario.read_text().splitlines()) <= 15


def test_ci_finds_its_reports(well: Used) -> None:
    cases = {case.get("name") for case in well.junit.iter("testcase")}

    assert cases == {"availability", "latency"}
    assert [well.junit.find("testsuite[@failures='0'][@errors='0']")] != [None]
    assert well.step_summary.startswith("what an earlier step said\n")
    assert well.step_summary.endswith((well.run / "summary.md").read_text())
    assert str((well.run / "scorecard.html").relative_to(well.folder)) in well.said


def test_nothing_that_was_not_declared_turns_up(well: Used) -> None:
    found = well.document

    assert [target["id"] for target in found["targets"]] == ["availability", "latency"]
    assert not found["drills"]
    assert not found["faults"]
    for target in found["targets"]:
        assert not set(target["where"]) & {"region", "component", "link", "run"}


def test_a_service_that_is_not_there_was_not_measured(stopped: Used) -> None:
    assert set(stopped.verdicts.values()) == {"invalid"}
    assert stopped.code == 4
    assert stopped.took_s < 30
    assert "is the address right, is it up?" in stopped.said
    assert len(list(stopped.junit.iter("error"))) == 2
    assert not list(stopped.junit.iter("failure"))
    assert "Invalid" in stopped.step_summary or "invalid" in stopped.step_summary
    assert (stopped.run / "scorecard.html").stat().st_size > 0


def test_a_service_that_answers_500_fails(broken: Used) -> None:
    assert broken.verdicts["availability"] == "fail"
    assert broken.code == 1
    assert "never once good" in broken.said
    assert [
        case.get("name") for case in broken.junit.iter("testcase") if len(case.findall("failure"))
    ]
    assert (broken.run / "scorecard.html").stat().st_size > 0

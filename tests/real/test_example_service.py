"""The example service with the built wheel, in an environment of its own, as its owner uses it."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testing.suites import BUSY, Ended

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "service"
WITHIN_S = 200.0
TRIES = 3

pytestmark = pytest.mark.timeout(900)


class Repository:
    """A copy of the example, and an environment in which it is tested."""

    def __init__(self, folder: Path, python: Path, wheel: Path) -> None:
        self.folder, self.python, self.wheel = folder / "service", python, wheel
        shutil.copytree(EXAMPLE, self.folder, ignore=shutil.ignore_patterns("run", "reports"))
        self.state = folder / "state"

    def call(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        more = {"NFRCHECK_STATE": str(self.state), "COLUMNS": "100", "PATH": path}
        done = subprocess.run(
            [str(self.python), *words],
            cwd=self.folder,
            env={**os.environ, **more, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
        sys.stdout.write(done.stdout + done.stderr)
        return done

    def pip(self, *words: str) -> None:
        assert self.call("-m", "pip", "--disable-pip-version-check", *words).returncode == 0

    def pytest(self, *words: str, **environment: str) -> Ended:
        """Again, if the machine was too busy to tell: that is no finding about the service."""
        for _ in range(TRIES):
            ended = Ended(self.call("-m", "pytest", *words, **environment))
            if not any(word in ended.said for word in BUSY):
                break
        return ended

    def estate(self, word: str, **environment: str) -> None:
        assert self.call("-m", "quotes.estate", word, **environment).returncode == 0

    @property
    def runs(self) -> list[str]:
        there = (self.folder / "reports" / "runs").glob("*/run.json")
        return sorted(path.parent.name for path in there)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    words = ["-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Repository:
    folder = tmp_path_factory.mktemp("example")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=120)
    made = Repository(folder, folder / "venv" / "bin" / "python", wheel)
    made.pip("install", "--quiet", f"{wheel}[load,report]", "pytest", "pytest-xdist")
    return made


@pytest.fixture
def estate(repository: Repository) -> Iterator[Repository]:
    repository.estate("start")
    yield repository
    repository.estate("stop")


def test_the_wheel_brings_the_plugin(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("entry_points.txt"))
        text = archive.read(name).decode()

    assert "[pytest11]\nnfrcheck = nfrcheck.pytest_plugin" in text


def test_the_drill_has_at_most_15_lines() -> None:
    lines = (EXAMPLE / "tests" / "test_drill.py").read_text("utf-8").splitlines()

    assert len(lines) <= 15


def test_the_deployment_is_where_the_service_is() -> None:
    places = (EXAMPLE / "quotes" / "places.py").read_text("utf-8")
    deployment = EXAMPLE / "scenarios" / "deployments" / "local.deployment.yaml"
    urls = re.findall(r"http://([\d.]+):(\d+)", deployment.read_text("utf-8"))

    assert sorted(urls) == sorted(re.findall(r'\("([\d.]+)", (\d+)\)', places))


def test_without_faults_the_suite_is_green_and_contacts_nothing(repository: Repository) -> None:
    ended = repository.pytest()

    assert ended.code == 0
    assert "3 passed, 4 skipped" in ended.said
    assert "2 tests not run: it sends load: --nfr=load or --nfr=all runs it" in ended.said
    assert not repository.runs


def test_with_faults_the_healthy_service_is_green(estate: Repository) -> None:
    ended = estate.pytest("--nfr=all")

    assert ended.code == 0
    assert "7 passed" in ended.said
    assert ended.letters("tests/test_drill.py") == "."
    assert ended.letters("scenarios/quotes.nfr.yaml") == "..."
    rows = [
        line.split()[:2] for line in ended.section("NFR targets") if "ms" in line or "%" in line
    ]
    assert {("✓", "availability"), ("✓", "latency"), ("✓", "failover")} <= {*map(tuple, rows)}


def test_under_xdist_the_scenario_runs_once(estate: Repository) -> None:
    before = estate.runs

    ended = estate.pytest("--nfr=load", "-n", "4", "scenarios")

    assert "2 passed, 1 skipped" in ended.said
    scorecards = [line for line in ended.section("NFR targets") if line.startswith("scorecard")]
    assert len(scorecards) == 1
    assert len(set(estate.runs) - set(before)) in range(1, TRIES + 1)


def test_a_front_that_does_not_try_again_is_found(estate: Repository) -> None:
    estate.estate("start", QUOTES_RETRY="off")

    ended = estate.pytest("--nfr=all")

    assert ended.code == 1
    assert ended.letters("tests/test_drill.py") == "F"
    assert ended.letters("scenarios/quotes.nfr.yaml") == "..F"
    text = "\n".join(ended.section("FAILURES"))
    assert re.search(r"^failover FAILED: [2-9]\.\d+ s, required ≤ 1 s$", text, re.MULTILINE)
    assert re.search(r"^  interval   [2-9]\.\d+ - [2-9]\.\d+ s \(95 %\)$", text, re.MULTILINE)
    assert re.search(r"^  n          \d+, \d+ failed$", text, re.MULTILINE)
    assert re.search(r"^  target     scenarios/quotes\.nfr\.yaml:\d+$", text, re.MULTILINE)
    assert re.search(r"^E       assert availability > 98 %$", text, re.MULTILINE)
    assert re.search(r"^E         measured  5\d(\.\d+)? %$", text, re.MULTILINE)
    assert re.search(r"^E         interval  .* \.\. .* % \(95 %\)$", text, re.MULTILINE)
    assert re.search(r"^E         n         800, \d+ failed$", text, re.MULTILINE)


def test_it_works_with_pytest_8(estate: Repository) -> None:
    older = estate.folder.parent / "pytest-8"
    estate.pip("install", "--quiet", "--target", str(older), "pytest<9")

    ended = estate.pytest("--nfr=load", PYTHONPATH=str(older))

    assert re.search(r"pytest-8\.\d", ended.said)
    assert ended.code == 0
    assert "5 passed, 2 skipped" in ended.said


def test_without_nfrcheck_the_suite_fails(repository: Repository) -> None:
    repository.pip("uninstall", "--quiet", "--yes", "nfrcheck")
    try:
        ended = repository.pytest()
    finally:
        repository.pip("install", "--quiet", "--no-deps", str(repository.wheel))

    assert ended.code == 1
    assert "fixture 'nfr_region' not found" in ended.said

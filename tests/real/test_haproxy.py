"""HAProxy in front of two servers: a good configuration hides a dead one, the defaults do not.

HAProxy's own log is the truth: which requests it failed or moved, and when it took a server out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
DOWN = re.compile(r"^(\S+) Server nodes/node-2 is DOWN", re.MULTILINE)
# Its end; what it took in all; status; why it ended; how often it was retried, + if elsewhere.
REQUEST = re.compile(
    r"^(\S+) \S+ \[\S+\] users nodes/node-\d [-\d]+/[-\d]+/[-\d]+/[-\d]+/(\d+) (\d+) \d+ - - "
    r"(\S{4}) \d+/\d+/\d+/\d+/(\+?\d+) ",
    re.MULTILINE,
)


class Request(NamedTuple):
    """One that HAProxy wrote down, because it failed or was retried; when it came, in s."""

    came: float
    status: int
    refused: bool
    moved: bool


class Example:
    """The example as its user has it: a copy of `scenarios/`, and the interpreter of httpbin."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.scripts = folder, folder / "scenarios" / "haproxy"
        shutil.copytree(SCENARIOS, folder / "scenarios", ignore=shutil.ignore_patterns("run"))
        python = Path(sys.prefix) / "httpbin" / "bin" / "python"
        self.environment = {**os.environ, "NFRCHECK_HTTPBIN_PYTHON": str(python)}

    def script(self, *words: str) -> str:
        command = [str(self.scripts / words[0]), *words[1:]]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def nfrcheck(self, verb: str, configuration: str) -> tuple[int, str]:
        """Not with the environment of the servers: they must come back without it."""
        command = [sys.executable, "-m", "nfrcheck", verb, "scenarios/haproxy.nfr.yaml"]
        ended = subprocess.run(
            [*command, "-d", f"haproxy-{configuration}"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        sys.stdout.write(ended.stdout + ended.stderr)
        return ended.returncode, ended.stdout

    def run_json(self) -> dict[str, Any]:
        (found,) = (self.folder / "reports" / "runs").glob("*/run.json")
        document: dict[str, Any] = json.loads(found.read_text())
        return document

    def log(self) -> str:
        return (self.scripts / "run" / "haproxy.log").read_text()

    def requests(self) -> list[Request]:
        return [
            Request(
                came=_seconds(ended) - int(took_ms) / 1000,
                status=int(status),
                refused=why.startswith("SC"),
                moved=tries.startswith("+"),
            )
            for ended, took_ms, status, why, tries in REQUEST.findall(self.log())
        ]

    def taken_out(self) -> list[float]:
        return [_seconds(moment) for moment in DOWN.findall(self.log())]


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    made = Example(tmp_path)
    yield made
    made.script("stop.sh")


def target(run: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in run["targets"] if row["id"] == name)


@pytest.mark.timeout(240)
def test_with_fast_checks_and_redispatch_a_killed_server_is_hidden_from_users(
    example: Example,
) -> None:
    example.script("start.sh", "redispatch")

    code, _ = example.nfrcheck("run", "redispatch")

    document = example.run_json()
    failover = target(document, "failover")
    assert failover["verdict"] == "pass", failover["because"]
    assert failover["interval"][1] < 0.5
    assert document["restored"] is True
    assert len(example.taken_out()) == 3
    # The dead server was really asked, and the other one answered in its place.
    assert sum(request.moved for request in example.requests()) >= 3
    assert not any(request.status >= 500 for request in example.requests())
    assert code == 0, document["sentence"]


@pytest.mark.timeout(240)
def test_with_the_default_checks_users_meet_the_dead_server_until_the_third_check_has_failed(
    example: Example,
) -> None:
    example.script("start.sh", "default")

    code, _ = example.nfrcheck("run", "default")

    document = example.run_json()
    failover = target(document, "failover")
    assert failover["verdict"] == "fail", failover["because"]
    assert failover["where"]["component"] == "node-2"
    # Two more checks after the first that fails, which comes within 2 s.
    low, high = failover["interval"]
    assert 3.8 < low <= high < 6.5
    down = example.taken_out()[int(failover["where"]["run"]) - 1]
    refused = [r.came for r in example.requests() if r.refused and down - 7 < r.came < down + 1]
    assert low <= max(refused) - min(refused) + 0.02
    # A busy machine writes the line that a server is down a moment after it was.
    assert high >= down - min(refused) - 0.1
    assert high - low < 0.15
    assert document["restored"] is True
    assert code == 1


@pytest.mark.parametrize("configuration", ["redispatch", "default"])
def test_validate_says_before_the_run_that_every_target_can_be_decided(
    example: Example, configuration: str
) -> None:
    example.script("start.sh", configuration)

    code, said = example.nfrcheck("validate", configuration)

    assert "can decide 2 of 2 targets" in said
    assert code == 0


def test_stopping_ends_what_was_started_and_spares_a_stranger_with_the_same_number(
    example: Example,
) -> None:
    said = example.script("start.sh", "redispatch")
    assert "next: nfrcheck run scenarios/haproxy.nfr.yaml -d haproxy-redispatch" in said
    pids = [int(file.read_text()) for file in (example.scripts / "run").glob("*.pid")]
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (example.scripts / "run" / "node-3.pid").write_text(f"{stranger.pid}\n")

        example.script("stop.sh")

        assert stranger.poll() is None
        stranger.terminate()
    assert len(pids) == 3
    assert not any(Path(f"/proc/{pid}/cwd").exists() for pid in pids)
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.3.1:18080/status/200")
    assert not list((example.scripts / "run").glob("*.pid"))


def test_starting_again_replaces_what_runs(example: Example) -> None:
    example.script("start.sh", "redispatch")
    first = (example.scripts / "run" / "haproxy.pid").read_text()

    example.script("start.sh", "default")

    assert (example.scripts / "run" / "haproxy.pid").read_text() != first
    assert httpx.get("http://127.0.3.1:18080/status/200").status_code == 200

"""The demo starts the box, runs against it with the flags that were given, and leaves nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

WITHIN_S = 50.0
DEFECT = "slow-eject"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    begun: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "nfrcheck", "demo", *words],
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=WITHIN_S)


def wait_for(found: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + WITHIN_S
    while not found():
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)


def test_it_runs_what_was_asked_for_and_keeps_the_regions_until_ctrl_c(
    demo: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    out = tmp_path / "evidence"
    flags = (f"--bug={DEFECT}", "--scenario", "four-nines", "--seed", "7", "--keep")
    process = demo(*flags, "--out", str(out))
    wait_for(lambda: bool([*out.glob("*/load-*.rec")]), process)
    process.send_signal(signal.SIGINT)
    assert process.stdout
    said = next((line for line in process.stdout if line.startswith(" running ")), "")
    assert said, "the demo ended"
    assert [*tmp_path.glob("nfrcheck-demo-*/box")], "the two regions are kept"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WITHIN_S)

    assert process.returncode == 130
    [folder] = [path.parent for path in out.glob("*/plan.json")]
    kept = json.loads((folder / "plan.json").read_text("utf-8"))
    assert (kept["scenario"], kept["seed"]) == ("four-nines", 7)
    assert kept["command"] == f"nfrcheck demo --scenario four-nines --bug={DEFECT} --seed=7"
    assert not [*tmp_path.glob("nfrcheck-demo-*")]


def test_the_defects_are_listed(demo: Callable[..., "subprocess.Popen[str]"]) -> None:
    process = demo("--list")
    said, _ = process.communicate(timeout=WITHIN_S)

    assert process.returncode == 0
    assert DEFECT in {line.partition(" ")[0] for line in said.splitlines()}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(["--bug", "nonsense"], "unknown --bug? see --list", id="defect"),
        pytest.param(["--scenario", "nonsense"], "no shipped scenario is called", id="scenario"),
    ],
)
def test_a_name_that_there_is_not_is_a_wrong_call(
    words: list[str], reason: str, demo: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = demo(*words)
    said, _ = process.communicate(timeout=WITHIN_S)

    assert process.returncode == 2
    assert reason in said

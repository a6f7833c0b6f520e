"""Servers that go out at a known moment of a run, and what the run then has to say."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.box.running_box import wait_until
from tests.run.whole import BUSY, END_WITHIN_S, Shop, WholeRun

VICTIM = Path(__file__).resolve().parents[1] / "victims" / "server.py"
FOUND_WITHIN_S = 3.0
NEAR_S = 0.3
"""The requests are 20 ms apart, a process takes a moment to die, and the machine is shared."""
TARGETS = "{availability: {at_least: 50 %}}"


def now(run: WholeRun) -> float:
    """Seconds of the run, as its events count them."""
    started = run.wait_for("run", state="started")
    return time.monotonic() - float(started["t0_ns"]) / 1e9


def steady_from(run: WholeRun, seconds: float) -> float:
    """Waits until the steady phase is so old; the moment, in seconds of the run."""
    began = float(run.wait_for("phase", name="steady", state="start")["t"])
    wait_until(lambda: now(run) >= began + seconds, END_WITHIN_S + seconds)
    return now(run)


def errors(run: WholeRun, shop: Shop, after_s: float, seconds: float) -> tuple[float, float]:
    """Every answer is a 503 for so long; when that began and ended."""
    began = steady_from(run, after_s)
    shop.down.touch()
    wait_until(lambda: now(run) >= began + seconds, END_WITHIN_S)
    shop.down.unlink()
    return began, now(run)


@contextlib.contextmanager
def server_process(place: Path) -> Iterator[tuple[int, Path]]:
    """A server of its own, to be killed or stopped: its pid, and a deployment that names it."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-E", str(VICTIM), "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout, "started with a pipe"
        port = int(process.stdout.readline().split()[1])
        path = place / "small.deployment.yaml"
        url = f"http://127.0.0.1:{port}"
        path.write_text(
            f'nfrcheck: 1\nname: small\nentries: {{global: {{url: "{url}"}}}}\n', "utf-8"
        )
        yield process.pid, path
    finally:
        process.kill()
        process.communicate()


def killed(run: WholeRun, pid: int, after_s: float) -> float:
    began = steady_from(run, after_s)
    os.kill(pid, signal.SIGKILL)
    return began


def frozen(run: WholeRun, pid: int, after_s: float, seconds: float) -> float:
    began = steady_from(run, after_s)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: now(run) >= began + seconds, END_WITHIN_S)
    os.kill(pid, signal.SIGCONT)
    return began


def told_in_time(run: WholeRun, began: float) -> bool:
    """The FAIL was written down while it lasted; call it when the run is over.

    Unless the machine was so short of cores in a second of it that nobody could be blamed.
    """
    since = [line for line in run.events("health", instrument="host") if line["t"] >= began]
    if any(line.get("pressed", 0.0) > BUSY for line in since):
        return True
    (found,) = run.events("decided", target="availability", verdict="fail")
    assert "availability fails by what was seen: one outage of" in run.words()
    return bool(found["t"] - began < FOUND_WITHIN_S)


def ends(sentence: str) -> tuple[float, float | None]:
    """Both ends that the sentence names, in seconds of the run; None: it was not over."""
    found = re.search(r"from ([\d.]+) s(?: to ([\d.]+) s|, not over by)", sentence)
    assert found, sentence
    return float(found[1]), float(found[2]) if found[2] else None

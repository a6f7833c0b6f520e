"""Runs one case: a box, the installed command as a process with public files, then the truth.

The box's `ctl` is asked only after `nfrcheck` has ended.
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.truth.cases import WITNESSES, Case

SCENARIOS = Path(__file__).parent / "scenarios"
START_S, RUN_S, MUTE_AFTER_S = 15.0, 900.0, 4.0
HOGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came out of a case, and whether that is right."""

    case: str
    verdict: str
    right: bool
    because: str
    where: dict[str, str] = field(default_factory=dict)
    place: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    exit_code: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(case: Case, folder: Path) -> Finding:
    """Raises nothing that the run did: what went wrong is a finding, and it is wrong."""
    began = time.monotonic()
    with _box(case, folder) as (deployment, environment):
        command = [
            sys.executable,
            "-m",
            "nfrcheck",
            "run",
            str(SCENARIOS / f"{case.scenario}.nfr.yaml"),
        ]
        command += ["-d", str(deployment), "--out", str(folder / "runs"), "--seed", str(case.seed)]
        with (folder / "run.log").open("wb") as log, _noise(case):
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            if case.kind == "muted":
                _mute(process, WITNESSES[case.scenario])
            code = process.wait(RUN_S)
        place = _truth(deployment.parent, case)
    return _found(case, folder, code, place, time.monotonic() - began)


def _found(case: Case, folder: Path, code: int, place: dict[str, Any], seconds: float) -> Finding:
    runs = list((folder / "runs").glob("*/run.json"))
    if not runs:
        words = (folder / "run.log").read_text(errors="replace").strip().splitlines()[-3:]
        return Finding(
            case=case.name, verdict="none", right=False, because=" / ".join(words), exit_code=code
        )
    document = json.loads(runs[0].read_text(encoding="utf-8"))
    (target,) = document["targets"]
    right = target["verdict"] in case.allowed and document["restored"] is not False
    if right and case.kind == "defect":
        right = named(place, target)
    return Finding(
        case=case.name,
        verdict=target["verdict"],
        right=right,
        because=target["because"],
        where=target["where"],
        place=place,
        seconds=round(seconds, 1),
        exit_code=code,
    )


def named(place: dict[str, Any], target: dict[str, Any]) -> bool:
    """Whether the target names the region and the route in which the defect was built.

    A finding may stand in the target itself or in one of its parts that also failed.
    """
    wanted = {key: place[key] for key in ("region", "route") if place.get(key)}
    rows = [target, *_failed_parts(target)]
    return any(all(row["where"].get(key) == value for key, value in wanted.items()) for row in rows)


def _failed_parts(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in row["parts"]:
        if part["verdict"] == "fail":
            yield part
        yield from _failed_parts(part)


@contextmanager
def _box(case: Case, folder: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    argv = [sys.executable, "-m", "nfrcheck.box", "--folder", str(folder / "box")]
    argv += ["--seed", str(case.seed), "--strength", case.strength]
    if case.switch:
        argv += ["--defect" if case.kind == "defect" else "--healthy", case.switch]
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin
    assert process.stdout
    try:
        ready, _, _ = select.select([process.stdout], [], [], START_S)
        assert ready, "the box did not start in time"
        deployment = Path(json.loads(process.stdout.readline())["deployment"])
        lines = (deployment.parent / "box.env").read_text(encoding="utf-8").splitlines()
        tokens = dict(line.split("=", 1) for line in lines)
        state = {"NFRCHECK_STATE": str(folder / "state")}
        yield deployment, {**os.environ, **tokens, **state}
    finally:
        process.stdin.close()
        process.wait(10.0)


def _truth(box: Path, case: Case) -> dict[str, Any]:
    """Where the defect really was: from the box itself, read after the run."""
    if case.kind != "defect":
        return {}
    ctl = json.loads((box / "ctl.json").read_text(encoding="utf-8"))
    request = urllib.request.Request(
        f"{ctl['url']}/active", headers={"authorization": f"Bearer {ctl['token']}"}
    )
    with urllib.request.urlopen(request, timeout=5.0) as answer:
        active = json.loads(answer.read())["defects"]
    assert case.switch is not None
    place = active[case.switch]
    assert isinstance(place, dict)
    return place


def _mute(runner: "subprocess.Popen[bytes]", module: str) -> None:
    """Kills the witness some seconds after it began to send."""
    until = time.monotonic() + 30.0
    while time.monotonic() < until and runner.poll() is None:
        for pid in _children(runner.pid):
            if module in _command(pid):
                time.sleep(MUTE_AFTER_S)
                os.kill(pid, signal.SIGKILL)
                return
        time.sleep(0.05)
    raise AssertionError(f"no process {module} was there to be muted")


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in listed.split()]


def _command(pid: int) -> str:
    try:
        return re.sub(r"\0", " ", Path(f"/proc/{pid}/cmdline").read_text(errors="replace"))
    except OSError:
        return ""


@contextmanager
def _noise(case: Case) -> Iterator[None]:
    """Busy loops beside the run, as on a machine that others use too."""
    hogs = []
    if case.kind == "noise":
        loop = "import time; end = time.monotonic() + 600\nwhile time.monotonic() < end: pass"
        hogs = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(HOGS)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()

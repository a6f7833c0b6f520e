"""A runner of pipeline steps, as strict and as poor as the ones that CI systems provide.

nfrcheck comes from a wheel of this tree, into an environment of its own in which pip may fetch
nothing: what nfrcheck needs is taken from the environment of the tests.
"""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ci.pipelines import Step
from tests.run.whole import BUSY

ROOT = Path(__file__).resolve().parents[2]
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
SHELL = ("sh", "-xe", "-c")
STEP_S = 50.0


@dataclass
class Runner:
    """A checkout with a working folder, and what its steps have left so far."""

    folder: Path
    temporary: Path
    environment: dict[str, str]
    shell: tuple[str, ...] = BASH
    codes: dict[str, int] = field(default_factory=dict)
    said: str = ""

    def run(self, steps: Iterable[Step]) -> int:
        """The job's exit code: of the first step that failed. After it only `always` ones run."""
        failed = 0
        for number, step in enumerate(steps):
            if step.shell and (step.always or not failed):
                code = self.step(step)
                self.codes[step.name or str(number)] = code
                failed = failed or code
        return failed

    def step(self, step: Step) -> int:
        return self.ended(self.start(step))

    def start(self, step: Step) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.shell, step.shell],
            cwd=self.folder,
            env={**self.environment, **step.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def ended(self, process: subprocess.Popen[str]) -> int:
        said, _ = process.communicate(timeout=STEP_S)
        self.said += said
        return process.returncode

    def read(self, name: str) -> str:
        return (self.temporary / name).read_text("utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        lines = self.read("output").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def runs(self) -> list[Path]:
        return sorted(path.parent for path in self.folder.glob("reports/runs/*/run.json"))

    @property
    def document(self) -> dict[str, Any]:
        [run] = self.runs
        found: dict[str, Any] = json.loads((run / "run.json").read_text("utf-8"))
        return found

    @property
    def busy(self) -> bool:
        """Whether some task waited for a core while the run was measuring."""
        [run] = self.runs
        lines = (run / "events.ndjson").read_text("utf-8").splitlines()
        waited = [line.get("pressed", 0.0) for line in map(json.loads, lines)]
        return max(waited, default=0.0) > BUSY


def build_wheel(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    [built] = folder.glob("nfrcheck-*.whl")
    return built


def new_python(folder: Path) -> Path:
    """The `bin` of a new, empty environment."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=60)
    return folder / "bin"


def clean_environment(python: Path, place: Path, **more: str) -> Mapping[str, str]:
    """Nothing of the variables of the tests: what a step needs, its file must name."""
    return {
        "PATH": f"{python}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(place),
        "CI": "true",
        "LANG": "C.UTF-8",
        # As a plain path: the editable nfrcheck of that folder is not found through it.
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "NFRCHECK_STATE": str(place / "state"),
        **more,
    }

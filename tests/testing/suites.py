"""A test suite in a folder of its own, run by a pytest of its own with the plugin."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

# By its module, and so not by its entry point as well: the same with a package not installed anew.
PLUGINS = ("-p", "no:nfrcheck", "-p", "nfrcheck.pytest_plugin", "-p", "no:locust")
STANDIN = Path(__file__).with_name("standin.py")
WITHIN_S = 60.0
BUSY = ("unwell", "short of cores", "could not keep")
"""Words of a verdict that says that this machine, not what was measured, was the reason."""


class Ended:
    """One pytest that has ended."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        # The dash of an interval is written as one that a reader of this file can tell.
        self.said = (done.stdout + done.stderr).replace("\N{EN DASH}", "-")
        self.lines = self.said.splitlines()

    def section(self, title: str) -> list[str]:
        """The lines of a section, without its head."""
        start = next(n for n, line in enumerate(self.lines) if re.match(f"=+ {title} =+$", line))
        rest = self.lines[start + 1 :]
        end = next(n for n, line in enumerate(rest) if line.startswith("==="))
        return rest[:end]

    def letters(self, file: str) -> str:
        """What stands behind a file while pytest runs."""
        found = re.search(rf"^{re.escape(file)} (\S+)( +\[|$)", self.said, re.MULTILINE)
        assert found, self.said
        return found[1]


class Suite:
    """Files, and a pytest.ini that names the stand-in."""

    def __init__(self, folder: Path, *, ini: str = "") -> None:
        self.folder = folder
        command = f"nfrcheck_command = {sys.executable} {STANDIN}"
        self.write("pytest.ini", f"[pytest]\n{command}\n{ini}\n")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def scenario(self, name: str = "shop.nfr.yaml", **said: Any) -> Path:
        return self.write(name, json.dumps(said, indent=1))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "pytest", "-W", "error", *PLUGINS, *words]

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "COLUMNS": "100", **more}

    def run(self, *words: str, **environment: str) -> Ended:
        done = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
        return Ended(done)

    @property
    def runs(self) -> list[str]:
        """The words of every run of the stand-in."""
        path = self.folder / "runs.txt"
        return path.read_text().splitlines() if path.exists() else []

"""An experiment that is played by its own process, and put back by others."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.victims.experiments import Trouble

ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 30.0


def program(name: str, *words: object) -> list[str]:
    return [sys.executable, "-P", "-m", f"nfrcheck.experiments.chaos.{name}", *map(str, words)]


class Played:
    """One experiment, its process if it was begun, and those who put it back."""

    def __init__(self, trouble: Trouble, experiment: Path) -> None:
        self.trouble, self.experiment = trouble, experiment
        self.original = experiment
        self.turn = trouble.place / "one.turn"
        self.journal = trouble.place / "one.journal.json"
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process: subprocess.Popen[str] | None = None
        self.heard: set[str] = set()

    def begin(self) -> None:
        self.process = subprocess.Popen(
            program("child", self.experiment, self.turn, self.journal),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
            start_new_session=True,
        )

    def hear(self, word: str) -> Any:
        """What it says of itself under this word; fails if it never says it."""
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            self.heard |= said.keys()
            if word in said:
                return said[word]
        raise AssertionError(f"it never said {word}")

    def end(self) -> int:
        """As if its parent were gone."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(WITHIN_S)

    def put_back(self, *, turn: bool = True, within_s: float = 5) -> tuple[int, str]:
        words = [self.turn, self.original] if turn else []
        done = subprocess.run(
            program("rollback", self.experiment, within_s, *words),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        return done.returncode, done.stderr

    def over(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                assert pipe is not None
                pipe.close()


def living(session: int) -> list[int]:
    """The processes of a session that are more than a number nobody has waited for."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, of, *_ = path.read_text("utf-8").rpartition(")")[2].split()
            found += [int(path.parent.name)] if int(of) == session and state not in "ZX" else []
    return found


def kept(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found

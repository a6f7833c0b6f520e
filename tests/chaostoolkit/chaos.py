"""One plain `chaos run` as a process, in a folder of its own, watched and hurt from outside."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nfrcheck.run.ledger import open_ledgers
from tests.run.whole import _read

CHAOS = str(Path(sys.executable).with_name("chaos"))
END_WITHIN_S = 45.0


def activity(kind: str, function: str, **more: Any) -> dict[str, Any]:
    """One of ours, by the name of its function."""
    arguments = more.pop("arguments", {})
    module = f"nfrcheck.chaostoolkit.{kind}s"
    provider = {"type": "python", "module": module, "func": function, "arguments": arguments}
    return {"type": kind, "name": function, "provider": provider, **more}


def experiment(*method: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Its hypothesis is that every fault was proven and that nothing is left behind."""
    probes = [
        activity("probe", name, tolerance=True)
        for name in ("fault_is_proven", "nothing_left_behind")
    ]
    return {
        "title": "a test",
        "description": "a test",
        "steady-state-hypothesis": {"title": "proven, and whole", "probes": probes},
        "method": list(method),
        "rollbacks": [activity("action", "heal")],
        **more,
    }


ALWAYS = {"rollbacks": {"strategy": "always"}}
AFTER = {"hypothesis": {"strategy": "after-method-only"}}


class ChaosRun:
    """The installed command `chaos` with its own state, journal and temporary files."""

    def __init__(self, folder: Path, file: Path, **environment: str) -> None:
        self.folder, self.state = folder, folder / "state"
        (folder / "temporary").mkdir()
        self.environment = {
            **os.environ,
            "NFRCHECK_STATE": str(self.state),
            "TMPDIR": str(folder / "temporary"),
            "HOME": str(folder),
            **environment,
        }
        self._said = folder / "said"
        with self._said.open("wb") as out:
            self.process = subprocess.Popen(
                [CHAOS, "--no-version-check", "--no-log-file", "run", str(file)],
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                process_group=0,
            )

    @classmethod
    def of(cls, folder: Path, written: dict[str, Any], **environment: str) -> "ChaosRun":
        file = folder / "experiment.json"
        file.write_text(json.dumps(written), "utf-8")
        return cls(folder, file, **environment)

    def end(self) -> int:
        return self.process.wait(END_WITHIN_S)

    @property
    def said(self) -> str:
        return self._said.read_text("utf-8")

    def journal(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "journal.json").read_text("utf-8"))
        return found

    def output(self, name: str) -> Any:
        """What the first activity of the method with this name gave."""
        return next(
            one["output"] for one in self.journal()["run"] if one["activity"]["name"] == name
        )

    def nfrcheck(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "nfrcheck", *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=END_WITHIN_S,
        )

    def pids(self, words: Iterable[str] = ("",)) -> list[int]:
        """Every living process that came of it and has one of the words in its command line."""
        mark = f"NFRCHECK_STATE={self.state}".encode()
        return [
            pid
            for pid in (int(path.name) for path in Path("/proc").glob("[0-9]*"))
            if mark in _read(pid, "environ").split(b"\0")
            and any(word.encode() in _read(pid, "cmdline") for word in words)
        ]

    def open_ledgers(self) -> int:
        return len(open_ledgers(self.state / "ledgers"))

    def over(self) -> None:
        """Whatever became of the test, nothing of it runs on."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(END_WITHIN_S)

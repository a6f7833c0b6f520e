"""One whole run of the installed command as a process, watched and hurt from outside."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nfrcheck.run.ledger import Record, read
from tests.box.running_box import wait_until
from tests.experiments.children import Answer, Asked, Server

END_WITHIN_S = 40.0
BUSY = 0.25
"""A share of a second in which some task waited for a core: then no verdict is sure."""
TARGETS = "{availability: {at_least: 50 %, during: run}}"


class WholeRun:
    """`nfrcheck run` in an empty folder of its own, with its own state and temporary files."""

    def __init__(
        self,
        place: Path,
        text: str,
        deployment: Path,
        *words: str,
        scenario: str = "small.nfr.yaml",
        **environment: str,
    ) -> None:
        self.place = place
        for name in ("here", "temporary"):
            (place / name).mkdir(exist_ok=True)
        self.scenario = place / scenario
        self.scenario.write_text(text, "utf-8")
        self.deployment = deployment
        self.out = place / "runs"
        self.state = place / "state"
        self.environment = {
            **os.environ,
            "NFRCHECK_STATE": str(self.state),
            "TMPDIR": str(place / "temporary"),
            "COLUMNS": "100",
            **environment,
        }
        with (place / "stdout").open("wb") as out, (place / "stderr").open("wb") as err:
            self.process = subprocess.Popen(
                self.command("run", self.scenario, "-d", deployment, "--out", self.out, *words),
                cwd=place / "here",
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                process_group=0,
            )

    def command(self, *words: object) -> list[str]:
        # As the installed script: the working folder is no place to import from.
        return [sys.executable, "-P", "-m", "nfrcheck", *map(str, words)]

    def nfrcheck(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Another command of the same user, to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=self.place / "here",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=END_WITHIN_S,
        )

    def again(self) -> subprocess.CompletedProcess[str]:
        return self.nfrcheck("run", self.scenario, "-d", self.deployment, "--out", self.out)

    @property
    def folder(self) -> Path:
        """The folder of the first run."""
        return min(path for path in self.out.iterdir() if path.is_dir())

    def events(self, kind: str | None = None, **like: object) -> list[dict[str, Any]]:
        """The complete lines of the event log that have these fields."""
        try:
            text = (self.folder / "events.ndjson").read_text("utf-8")
        except (OSError, ValueError):
            return []
        whole = text[: text.rfind("\n") + 1].splitlines()
        found = [json.loads(line) for line in whole]
        return [
            event
            for event in found
            if kind in {None, event["event"]}
            and all(event.get(name) == value for name, value in like.items())
        ]

    def wait_for(self, kind: str, **like: object) -> dict[str, Any]:
        def come() -> bool:
            found = bool(self.events(kind, **like))
            assert found or self.process.poll() is None, f"no {kind} {like}: {self.words()}"
            return found

        wait_until(come, END_WITHIN_S)
        return self.events(kind, **like)[0]

    def at(self, moment: str) -> None:
        """Waits for a moment of the first drill: `baseline`, or a state of its fault."""
        if moment == "baseline":
            self.wait_for("phase", part="baseline", state="start")
        else:
            self.wait_for("fault", state=moment)

    def end(self) -> int:
        """The exit code."""
        return self.process.wait(END_WITHIN_S)

    def run_json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    def target(self, name: str = "availability") -> dict[str, Any]:
        return next(row for row in self.run_json()["targets"] if row["id"] == name)

    def words(self) -> str:
        """All that it said, unwrapped."""
        said = [(self.place / name).read_text("utf-8") for name in ("stdout", "stderr")]
        return " ".join("\n".join(said).split())

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def kill_group(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def pids(self, words: str = "") -> list[int]:
        """Every living process that came of this run and has the words in its command line."""
        mark = f"NFRCHECK_STATE={self.state}".encode()
        return [
            pid
            for pid in (int(path.name) for path in Path("/proc").glob("[0-9]*"))
            if mark in _read(pid, "environ").split(b"\0")
            and words.encode() in _read(pid, "cmdline")
        ]

    def pid(self, words: str) -> int:
        (found,) = self.pids(words)
        return found

    def ledger(self) -> Record:
        (path,) = (self.state / "ledgers").glob("*.ndjson")
        return read(path)

    def ledger_lines(self) -> list[dict[str, Any]]:
        text = self.ledger().path.read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def all_gone(self, within_s: float = END_WITHIN_S) -> float:
        """Waits until no process is left; the seconds that it took."""
        return wait_until(lambda: not self.pids(), within_s)

    def left_nothing_behind(self) -> bool:
        """No process, and no file outside of the folders of the runs, the ledgers and ours."""
        self.all_gone()
        inside = [*(self.place / "here").iterdir(), *(self.place / "temporary").iterdir()]
        assert not inside, inside
        return True

    def over(self) -> None:
        """Whatever became of the test, nothing of it runs on."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(END_WITHIN_S)


def has_failed(run: WholeRun) -> bool:
    """Unless the machine was too busy to tell; then the run saw that, and no target holds."""
    code, verdict = run.end(), run.target()["verdict"]
    waited = [line.get("pressed", 0.0) for line in run.events("health", instrument="host")]
    busy = max(waited, default=0.0) > BUSY and verdict in {"invalid", "inconclusive"}
    assert busy or (code, verdict) == (1, "fail"), run.target()["because"]
    return True


def _read(pid: int, name: str) -> bytes:
    """Empty for a process that is gone, also for one that nobody has waited for yet."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


class Shop:
    """One server whose only component is down while a file exists; faults are shell commands."""

    def __init__(self, place: Path, server: Server) -> None:
        self.place, self.server = place, server
        self.down = place / "down"
        server.answer = self.answer

    def answer(self, _asked: Asked) -> Answer:
        return (503, {}, b"down") if self.down.exists() else (200, {}, b'{"state": "open"}')

    def deployment(self, url: str | None = None, within: str = "1 s", **commands: str) -> Path:
        """With other commands for kill, restore or verify than those that do what they say."""
        chosen = {"kill": f"touch {self.down}", "restore": f"rm -f {self.down}", **commands}
        verbs = ", ".join(f'{verb}: "{command}"' for verb, command in chosen.items())
        path = self.place / "small.deployment.yaml"
        path.write_text(
            "nfrcheck: 1\nname: small\n"
            f'entries: {{global: {{url: "{url or self.server.url}"}}}}\n'
            f"components: {{app: {{kind: shell, within: {within}, entry: global, {verbs}}}}}\n"
            "principals: {alice: {token: {env: A_TOKEN}}}\n"
            "safety: {allow: [component-kill], hosts: [127.0.0.1], max_rate: 500/s}\n",
            "utf-8",
        )
        return path


def quiet(
    seconds: float = 2, targets: str = TARGETS, route: str = "{get: /}", more: str = ""
) -> str:
    """A scenario without a fault."""
    load = f"{{entry: global, rate: 50/s, timeout: 5 s, journey: {{browse: {route}}}}}"
    return (
        "nfrcheck: 1\n"
        f"load: {{shop: {load}}}\n"
        f"phases: [warm-up: 100 ms, steady: {seconds} s]\n"
        f"targets: {targets}\n{more}"
    )


def drill(
    fault: str = "{kind: component-kill, component: app}",
    targets: str = "{failover: {drill: lose, error_window: <= 20 s}}",
    path: str = "/",
    more: str = "",
    hold_s: float = 2,
) -> str:
    """A scenario with one drill of one run and nothing else."""
    timing = f"repeat: 1, baseline: 500 ms, hold: {hold_s} s, settle: 1 s"
    return (
        "nfrcheck: 1\n"
        f"load: {{shop: {{entry: global, rate: 50/s, journey: {{browse: {{get: {path}}}}}}}}}\n"
        f"drills: {{lose: {{fault: {fault}, {timing}{more}}}}}\n"
        "phases: [warm-up: 100 ms, lose]\n"
        f"targets: {targets}\n"
    )


Start = Callable[..., WholeRun]

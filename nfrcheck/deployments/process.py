"""A control over one local process: kill, pause and start it again."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from nfrcheck.deployments.acting import Step
from nfrcheck.deployments.control import Command, CommandAct, CommandLine, Control, said
from nfrcheck.errors import DeploymentError
from nfrcheck.fields import File, Name, folder_of, text_schema

_SLACK_S = 1.0


def _pid(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return (folder_of(value, info) or Path()) / value if isinstance(value, str) else value


class ProcessControl(Control):
    """`pid` is a number or a file that holds it; `start` runs the process again.

    A number can only be paused: a process that was started again has another one. One process is
    neither scaled nor deployed; that takes a control of what starts it.
    """

    kind: Literal["process"] = "process"
    pid: Annotated[
        int | Path, BeforeValidator(_pid), text_schema("a pid file, or a number", "run/node-2.pid")
    ]
    start: Command | None = None
    log: File | None = None
    cwd: File | None = None
    acts: dict[Name, CommandAct] = Field(default_factory=dict)
    verify: Command | None = None

    def offers(self, verb: str) -> bool:
        if verb in {"pause", "resume"}:
            return True
        if verb in {"kill", "restore", "restart"}:
            return self.start is not None and isinstance(self.pid, Path)
        return isinstance(self._command(verb), CommandLine)

    def _command(self, verb: str) -> CommandLine | None:
        """Of `verify` and of acts: the only verbs that are commands."""
        return said(self, verb) if verb == "verify" or " " in verb else None

    def names(self, verb: str, word: str) -> bool:
        mark = f"{{{word}}}"
        if command := self._command(verb):
            return any(mark in one for one in command.words)
        return (
            verb in {"restore", "restart"}
            and self.start is not None
            and any(mark in one for one in self.start.words)
        )

    def written(self, verb: str, words: Mapping[str, str]) -> list[Step]:
        match verb:
            case "kill":
                return [self._signal("KILL")]
            case "pause":
                return [self._signal("STOP")]
            case "resume":
                return [self._signal("CONT")]
            case "restart":
                return [self._signal("TERM"), self._start(words)]
            case "restore":
                return [self._start(words)]
            case _:
                command = self._command(verb)
                assert command is not None, "offers() says so"
                return [self.command(command, words)]

    def proof(self) -> list[Step]:
        return [self.command(self.verify)] if self.verify else []

    def _signal(self, name: str) -> Step:
        identity = self._identity()
        if identity is None:
            named = os.path.normpath(self.pid) if isinstance(self.pid, Path) else self.pid
            raise DeploymentError(
                f"no process runs that {named} names, or it is younger than that file, and so a "
                "stranger with its number",
                "start it first",
            )
        if identity["pid"] in {1, os.getpid(), os.getppid()}:
            raise DeploymentError(f"{self.pid} names nfrcheck itself or the process that began it")
        return {
            "kind": "signal",
            **identity,
            "signal": name,
            "wait": True,
            "within_s": self.within,
        }

    def _start(self, words: Mapping[str, str]) -> Step:
        assert self.start is not None, "offers() says so"
        assert isinstance(self.pid, Path), "offers() says so"
        command = self.command(self.start, words)
        return {
            "kind": "spawn",
            "argv": command["argv"],
            "cwd": command["cwd"] if self.cwd is None else str(self.cwd.absolute()),
            "pid_file": str(self.pid.absolute()),
            "log": None if self.log is None else str(self.log.absolute()),
            "was": self._identity(),
            "within_s": self.within,
        }

    def _identity(self) -> dict[str, int] | None:
        """The pid and when it began; a number alone may be another process by tomorrow."""
        try:
            text = str(self.pid) if isinstance(self.pid, int) else self.pid.read_text("ascii")
            pid = int(text.split()[0])
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
            named_at = self.pid.stat().st_mtime if isinstance(self.pid, Path) else None
        except (OSError, ValueError, IndexError):
            return None
        # The name stands in brackets and may hold blanks; a zombie has ended already.
        fields = stat.rpartition(")")[2].split()
        if fields[0] in {"Z", "X"}:
            return None
        began = int(fields[19])
        if named_at is not None and _is_younger(began, named_at):
            return None
        return {"pid": pid, "start_time": began}


def _is_younger(began: int, named_at: float) -> bool:
    """Whether a process began after the file that names it: a stranger that got its number."""
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK")
    return age_s + _SLACK_S < time.time() - named_at

"""A control that runs one command of the deployment's author for each verb."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from nfrcheck.deployments.acting import Step
from nfrcheck.deployments.control import Command, CommandAct, CommandLine, Control, said
from nfrcheck.fields import Name


class ShellControl(Control):
    """Commands are split into words and never given to a shell; 0 is success.

    Undo commands (restore, resume, undrain, rejoin, scale, rollback) must be safe to run again.
    `scale` says {replicas}, `deploy` and `rollback` say {version}; the commands `replicas` and
    `version` print what is there now, and nothing else.
    """

    kind: Literal["shell"] = "shell"
    kill: Command | None = None
    restore: Command | None = None
    pause: Command | None = None
    resume: Command | None = None
    restart: Command | None = None
    drain: Command | None = None
    undrain: Command | None = None
    isolate: Command | None = None
    rejoin: Command | None = None
    scale: Command | None = None
    deploy: Command | None = None
    rollback: Command | None = None
    replicas: Command | None = None
    version: Command | None = None
    acts: dict[Name, CommandAct] = Field(default_factory=dict)
    verify: Command | None = None

    def offers(self, verb: str) -> bool:
        return isinstance(said(self, verb), CommandLine)

    def names(self, verb: str, word: str) -> bool:
        return self.offers(verb) and any(f"{{{word}}}" in one for one in self._line(verb).words)

    def written(self, verb: str, words: Mapping[str, str]) -> list[Step]:
        return [self.command(self._line(verb), words)]

    def proof(self) -> list[Step]:
        return [self.command(self.verify)] if self.verify else []

    def _line(self, verb: str) -> CommandLine:
        line: CommandLine = said(self, verb)
        return line

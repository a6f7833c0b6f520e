"""What every control can: offer verbs, act now, and say in plain steps how it is put back."""

import os
import shlex
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo

from nfrcheck.deployments.acting import Step, perform, told
from nfrcheck.errors import DeploymentError
from nfrcheck.fields import Duration, Model, folder_of, refused, text_schema

# What a command or a URL may name in braces; the fault gives the value. To undo a `scale` or a
# `deploy`, {replicas} and {version} are what was found before.
WORDS = ("at", "replicas", "version", "expires", "run")
NOTHING: Mapping[str, str] = {}
DO, UNDO = "do", "undo"
NONE = "none"


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Words, never given to a shell. Relative paths start at the folder of their file."""

    words: tuple[str, ...]
    folder: Path

    def __str__(self) -> str:
        return shlex.join(self.words)


def _split(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    try:
        words = tuple(shlex.split(value))
    except ValueError as error:
        raise refused(f"`{value}` cannot be split into words: {error}") from None
    if not words:
        raise refused("an empty command", "leave the key out")
    return CommandLine(words, (folder_of(value, info) or Path.cwd()).absolute())


Command = Annotated[
    CommandLine,
    BeforeValidator(_split),
    PlainSerializer(str, return_type=str, when_used="json"),
    text_schema("a command, split into words, never given to a shell", "scripts/node.sh kill 2"),
]


def _or_none(value: Any) -> Any:
    return None if isinstance(value, str) and value == NONE else value


OrNone = BeforeValidator(_or_none)
"""Of the `undo` of an act: the word `none` says that nothing can undo it."""


class CommandAct(Model):
    """Something else that can be done, and the command that undoes it, or `none`."""

    do: Command
    undo: Annotated[Command | None, OrNone]


def said(control: Any, verb: str) -> Any:
    """What the file gives for a verb; `do NAME` and `undo NAME` are those of an act."""
    way, _, name = verb.partition(" ")
    if not name:
        return getattr(control, verb, None)
    return getattr(control.acts.get(name), way, None)


def fill(text: str, words: Mapping[str, str]) -> str:
    """Puts values in the place of `{at}`, `{run}` and their like; other braces stay.

    Raises DeploymentError for one of ours that has no value here.
    """
    for name in WORDS:
        if f"{{{name}}}" not in text:
            continue
        if name not in words:
            raise DeploymentError(f"`{text}` needs {{{name}}}, and the fault does not give it")
        text = text.replace(f"{{{name}}}", words[name])
    return text


class Control(Model):
    """A part of a deployment that can be touched. Frozen; it holds no state of any run."""

    within: Duration = 30.0
    expires: Duration | None = None

    @abstractmethod
    def offers(self, verb: str) -> bool: ...

    @abstractmethod
    def names(self, verb: str, word: str) -> bool:
        """Whether what is done for `verb` makes use of a word of the fault, such as `at`."""

    @abstractmethod
    def written(self, verb: str, words: Mapping[str, str]) -> list[Step]:
        """The steps of a verb that is offered, in the guardian's JSON."""

    @abstractmethod
    def proof(self) -> list[Step]:
        """The checks of `verify`, in the guardian's JSON; empty if it is not offered."""

    def steps(
        self,
        verb: str,
        words: Mapping[str, str] = NOTHING,
        addresses: Mapping[str, str] = NOTHING,
    ) -> list[Step]:
        """What a verb does, as declarative steps; looks at the deployment, changes nothing.

        `addresses`: host -> address, as resolved once when the run was planned.
        Raises DeploymentError if the verb is not offered or its target is not there.
        """
        if not self.offers(verb):
            raise DeploymentError(f"the control offers no `{verb}`")
        given = dict(words)
        if self.expires is not None:
            given.setdefault("expires", f"{self.expires:g}")
        return [pin(step, addresses) for step in self.written(verb, given)]

    def checks(self, addresses: Mapping[str, str] = NOTHING) -> list[Step]:
        return [pin(step, addresses) for step in self.proof()]

    def knows(self, act: str) -> bool:
        """Whether there is such an act, also one that cannot be undone."""
        return act in getattr(self, "acts", {})

    def look(self, word: str, addresses: Mapping[str, str] = NOTHING) -> Step:
        """The step that tells what `replicas` or `version` is now. Raises DeploymentError."""
        (step,) = self.steps(word, NOTHING, addresses)
        return {**step, "tell": getattr(said(self, word), "pointer", "")}

    async def read(self, word: str, addresses: Mapping[str, str] = NOTHING) -> str:
        """What `replicas` or `version` is now. Raises DeploymentError, ActFailed."""
        return await told(self.look(word, addresses))

    async def act(
        self,
        verb: str,
        words: Mapping[str, str] = NOTHING,
        addresses: Mapping[str, str] = NOTHING,
    ) -> None:
        """Does a verb now, once, within its deadline. Raises DeploymentError, ActFailed."""
        await perform(self.steps(verb, words, addresses))

    def command(self, line: CommandLine, words: Mapping[str, str] = NOTHING) -> Step:
        return {
            "kind": "argv",
            "argv": [fill(word, words) for word in line.words],
            "cwd": os.fspath(line.folder),
            "within_s": self.within,
        }


def pin(step: Step, addresses: Mapping[str, str]) -> Step:
    if step["kind"] != "http":
        return step
    return {**step, "address": addresses.get(urlsplit(step["url"]).hostname or "")}

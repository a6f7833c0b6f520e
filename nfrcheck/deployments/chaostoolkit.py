"""A control that calls an action or a probe of an installed Chaos Toolkit extension for each verb.

So whatever an extension can do (Kubernetes, clouds, proxies) can be done and undone here. Each
call is an interpreter of its own with a deadline, as a command line that the guardian can run.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from nfrcheck.deployments.acting import Step
from nfrcheck.deployments.control import Control, OrNone, fill, said
from nfrcheck.fields import Json, Model, Name, Secret, literal_secret, refused
from nfrcheck.wire.redaction import SENSITIVE_NAME

ACTIVITY = "nfrcheck.experiments.chaos.activity"
SECRET = "NFRCHECK_SECRET_"  # noqa: S105 - the name of a variable, not a secret
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def _no_secrets(value: Any) -> Any:
    """A secret goes into `secrets`, where extensions look for it and nobody writes it down."""
    _refuse_literals(value, "")
    return value


def _refuse_literals(value: Any, name: str) -> None:
    """`name`: the key that a text, or the list that holds it, stands under."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            _refuse_literals(one, str(key))
    elif isinstance(value, list | tuple):
        for one in value:
            _refuse_literals(one, name)
    elif isinstance(value, str) and SENSITIVE_NAME.search(name):
        raise literal_secret()


Arguments = Annotated[dict[str, Json], BeforeValidator(_no_secrets)]


def _dotted(value: Any) -> Any:
    if isinstance(value, str) and not _DOTTED.fullmatch(value):
        raise refused(f"`{value}` is no name of Python", "such as `chaosk8s.pod.actions`")
    return value


Dotted = Annotated[str, BeforeValidator(_dotted)]


class Call(Model):
    """A function of an extension. One that returns `false` has not done what it says."""

    module: Dotted | None = None
    func: Dotted
    arguments: Arguments = Field(default_factory=dict)


class CallAct(Model):
    """Something else that can be done, and the call that undoes it, or `none`."""

    do: Call
    undo: Annotated[Call | None, OrNone]


class ChaosToolkitControl(Control):
    """`module` and `arguments` are those of every call that does not say otherwise.

    Undo calls (restore, resume, undrain, rejoin, scale, rollback) must be safe to make again.
    `secrets` and `configuration` go to the functions that take them.
    """

    kind: Literal["chaostoolkit"] = "chaostoolkit"
    module: Dotted | None = None
    arguments: Arguments = Field(default_factory=dict)
    configuration: Arguments = Field(default_factory=dict)
    secrets: dict[str, Secret] = Field(default_factory=dict)
    kill: Call | None = None
    restore: Call | None = None
    pause: Call | None = None
    resume: Call | None = None
    restart: Call | None = None
    drain: Call | None = None
    undrain: Call | None = None
    isolate: Call | None = None
    rejoin: Call | None = None
    scale: Call | None = None
    deploy: Call | None = None
    rollback: Call | None = None
    replicas: Call | None = None
    version: Call | None = None
    acts: dict[Name, CallAct] = Field(default_factory=dict)
    verify: Call | None = None
    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    def model_post_init(self, context: Any) -> None:
        """Relative paths in arguments start at the deployment file's folder."""
        folder = (context or {}).get("folder")
        self._folder = Path(folder or Path.cwd()).absolute()

    @model_validator(mode="after")
    def _modules(self) -> Self:
        calls = [getattr(self, name) for name in type(self).model_fields]
        calls += [call for act in self.acts.values() for call in (act.do, act.undo)]
        for call in calls:
            if isinstance(call, Call) and not (call.module or self.module):
                raise refused(f"`{call.func}` is in no `module`", "name the module that has it")
        return self

    def offers(self, verb: str) -> bool:
        return isinstance(said(self, verb), Call)

    def names(self, verb: str, word: str) -> bool:
        call = said(self, verb)
        return isinstance(call, Call) and f"{{{word}}}" in json.dumps(self._arguments(call))

    def written(self, verb: str, words: Mapping[str, str]) -> list[Step]:
        return [self._step(said(self, verb), words)]

    def proof(self) -> list[Step]:
        return [self._step(self.verify, {})] if self.verify else []

    def _arguments(self, call: Call) -> dict[str, Any]:
        return {**self.arguments, **call.arguments}

    def _step(self, call: Call, words: Mapping[str, str]) -> Step:
        secrets = {name: f"{SECRET}{place}" for place, name in enumerate(self.secrets)}
        order = {
            "module": call.module or self.module,
            "func": call.func,
            "arguments": _filled(self._arguments(call), words),
            "configuration": _filled(self.configuration, words),
            "secrets": secrets,
        }
        return {
            "kind": "argv",
            "argv": [sys.executable, "-P", "-m", ACTIVITY, json.dumps(order)],
            "cwd": os.fspath(self._folder),
            "env": self._environment(secrets),
            "within_s": self.within,
        }

    def _environment(self, secrets: Mapping[str, str]) -> dict[str, Any]:
        """References, which are followed when the call is made; and where modules are found."""
        found: dict[str, Any] = {}
        if (modules := os.environ.get("PYTHONPATH")) is not None:
            # Whoever puts back later has another working folder.
            entries = (str(Path(one).absolute()) for one in modules.split(os.pathsep))
            found["PYTHONPATH"] = os.pathsep.join(entries)
        for name, variable in secrets.items():
            secret = self.secrets[name]
            file = None if secret.file is None else str(secret.file.absolute())
            found[variable] = {"env": secret.env} if file is None else {"file": file}
        return found


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """A text that is one word of the fault and nothing else may be a number there, as JSON."""
    if isinstance(value, Mapping):
        return {key: _filled(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, words) for one in value]
    if not isinstance(value, str):
        return value
    text = fill(value, words)
    return int(text) if value == "{replicas}" and text.isdecimal() else text

"""How something injected is put back and proven to be back: steps and checks, each with a deadline.

Standard library only: the guardian runs without any installed package. Steps are idempotent by
contract, so whatever failed is simply done again until its time is over.
"""

import math
import shlex
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from nfrcheck.run.step import (
    Deadline,
    MissingSecretError,
    Outcome,
    Step,
    is_reference,
    redact,
    within,
)
from nfrcheck.run.undo_http import connect, send_request
from nfrcheck.run.undo_link import well
from nfrcheck.run.undo_process import run_command, send_signal, spawn


def _nothing(_step: Step, _seconds: float) -> Outcome:
    """Of an act that was declared to have no undo: only the checks after it say how it went."""
    return Outcome(ok=True)


_DO: dict[str, Callable[[Step, float], Outcome]] = {
    "argv": run_command,
    "http": send_request,
    "link": well,
    "nothing": _nothing,
    "signal": send_signal,
    "spawn": spawn,
    "tcp": connect,
}
_NEEDS = {
    "argv": ("argv",),
    "http": ("url",),
    "link": ("url",),
    "nothing": (),
    "signal": ("pid", "start_time", "signal"),
    "spawn": ("argv", "pid_file"),
    "tcp": ("host", "port"),
}
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key"}
_STEPS = {"argv", "http", "nothing", "signal", "spawn"}
_CHECKS = {"argv", "http", "link", "tcp"}

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0
_BETWEEN_GOOD_S = 0.05
_LONGEST_ANSWER_S = 5.0
# What was waited for hardly at all, because the time was over, says nothing about the other side.
_HARDLY_S = 0.5


def attempt(step: Step, seconds: float | None = None) -> Outcome:
    """Does a step once. Raises nothing: whatever goes wrong is an outcome, without secrets."""
    limit = within(step) if seconds is None else seconds
    try:
        outcome = _DO[step["kind"]](step, max(0.05, limit))
    except MissingSecretError as error:
        return Outcome(ok=False, because=str(error), final=True)
    except Exception as error:  # noqa: BLE001 - one broken step must not keep the next from healing
        outcome = Outcome(ok=False, because=f"{step.get('kind')}: {type(error).__name__}: {error}")
    return replace(outcome, because=redact(outcome.because, step))


def put_back(step: Step) -> Outcome:
    """Does a step again and again until it succeeds or its `within_s` is over."""
    deadline, pause = Deadline.after(within(step)), _FIRST_PAUSE_S
    while True:
        outcome = attempt(step, deadline.left)
        if outcome.ok or outcome.final or deadline.left <= pause:
            return outcome
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE_S, pause * 2)


def confirm(
    check: Step, seconds: float | None = None, *, patience_s: float | None = None
) -> Outcome:
    """Whether a check is good `times` in a row before its time is over; else why it is not.

    HTTP needs 3 good answers by default: one may come from a cache or a dying process. A bad answer
    that comes after `patience_s` ends it.
    """
    patience = Deadline.after(math.inf if patience_s is None else patience_s)
    deadline = Deadline.after(within(check) if seconds is None else seconds)
    needed = int(check.get("times") or (3 if check["kind"] in {"http", "link"} else 1))
    row, pause, because = 0, _FIRST_PAUSE_S, ""
    while True:
        limit = _answer_limit(check, deadline)
        outcome = attempt(check, limit)
        row = row + 1 if outcome.ok else 0
        if not outcome.ok and (limit > _HARDLY_S or not because):
            because = outcome.because
        given_up = not outcome.ok and (outcome.final or patience.over)
        if row >= needed or given_up or deadline.over:
            break
        pause = _BETWEEN_GOOD_S if outcome.ok else min(_LONGEST_PAUSE_S, pause * 2)
        time.sleep(min(pause, deadline.left))
    if row >= needed:
        return Outcome(ok=True)
    return Outcome(ok=False, because=because or "too few good answers in a row")


def _answer_limit(check: Step, deadline: Deadline) -> float:
    # One hanging request must not use up the time of all others; a command may need all of it.
    return deadline.left if check["kind"] == "argv" else min(_LONGEST_ANSWER_S, deadline.left)


def complaint(step: Any, *, check: bool = False) -> str | None:
    """Why a step (or a check) must not be armed, or None. A secret in plain text is a reason."""
    if not isinstance(step, dict) or step.get("kind") not in (_CHECKS if check else _STEPS):
        return f"unknown kind of {'check' if check else 'step'}"
    kind: str = step["kind"]
    if step.get("unread"):
        return "what it is put back to was not read yet"
    missing = [key for key in _NEEDS[kind] if not step.get(key) and step.get(key) != 0]
    if missing:
        return f"{kind} without {missing[0]}"
    if kind == "signal" and f"SIG{step['signal']}" not in signal.Signals.__members__:
        return f"unknown signal {step['signal']}"
    if kind in {"argv", "spawn"} and not isinstance(step["argv"], list):
        return "argv is a list of words, never a line for a shell"
    return _plain_secret(step)


def _plain_secret(step: Step) -> str | None:
    for name, value in (step.get("headers") or {}).items():
        if name.lower() in _SECRET_HEADERS and not is_reference(value):
            return f"the header {name} holds a secret in plain text: name a variable instead"
    if "@" in urlsplit(str(step.get("url") or "")).netloc:
        return "the URL holds a secret in plain text: use a header with a reference"
    return None


def describe(step: Step) -> str:
    """The step as a line for a person and their shell; secrets stay `$NAME`."""
    kind = step["kind"]
    if step.get("speaks"):
        return f"nc -v {step['address']} {step['port']} # an answer to {step['speaks']} must come"
    if kind in {"http", "link"}:
        return _describe_request(step)
    if kind == "signal":
        return f"kill -{step['signal']} {step['pid']}"
    if kind == "nothing":
        return "# nothing undoes it: its `undo` is `none`"
    if kind == "tcp":
        return f"nc -z {step['host']} {step['port']}"
    words = [f'{name}="{_shown(value)}"' for name, value in (step.get("env") or {}).items()]
    words.append(shlex.join([str(word) for word in step["argv"]]))
    line = " ".join(words)
    if kind == "spawn":
        line = f"setsid {line} >> {shlex.quote(step.get('log') or '/dev/null')} 2>&1 &"
    return f"cd {shlex.quote(step['cwd'])} && {line}" if step.get("cwd") else line


def _describe_request(step: Step) -> str:
    words = ["curl", "-X", step.get("method", "GET")]
    if step.get("ca"):
        words += ["--cacert", shlex.quote(step["ca"])]
    if step["kind"] == "link":
        words += ["--connect-to", f"::{step.get('address') or ''}:{step.get('port') or ''}"]
    for name, value in (step.get("headers") or {}).items():
        words += ["-H", f'"{name}: {_shown(value)}"']
    if step.get("body"):
        words += ["--data", shlex.quote(step["body"])]
    words.append(shlex.quote(step["url"]))
    if step.get("tries"):
        where = step["tell_header"] if "tell_header" in step else f"what is at {step['tell']}"
        words.append(f"# one of {step['tries']} answers must say in {where}:")
        words.append(" or ".join(step["among"]))
    return " ".join(words)


def _shown(value: Any) -> str:
    if not is_reference(value):
        return str(value)
    return f"${value['env']}" if "env" in value else f"$(cat {shlex.quote(value['file'])})"

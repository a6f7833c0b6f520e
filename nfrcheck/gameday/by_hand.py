"""A step of a recipe as a command that somebody can type when nothing else works any more."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any


def by_hand(step: Mapping[str, Any]) -> str:
    """Secrets are named by their variable, never written out."""
    match step["kind"]:
        case "http":
            return " ".join(["curl", "-fsS", *_request(step)])
        case "link":
            # Through the link: its clients' name, and the address of the proxy.
            there = f"::{step['address']}:{step['port'] or ''}"
            return " ".join(["curl", "-fsS", "--connect-to", there, *_request(step)])
        case "signal":
            return f"kill -{step['signal']} {step['pid']}"
        case "tcp":
            return f"nc -z {step['host']} {step['port']}"
        case _:
            inside = f"cd {shlex.quote(str(step['cwd']))} && " if step.get("cwd") else ""
            return inside + shlex.join(str(word) for word in step["argv"])


def _request(step: Mapping[str, Any]) -> Iterator[str]:
    if (method := step.get("method", "GET")) != "GET":
        yield f"-X {method}"
    if step.get("ca"):
        yield f"--cacert {shlex.quote(str(step['ca']))}"
    for option in ("cert", "key"):
        if step.get(option):
            yield f"--{option} {shlex.quote(str(step[option]))}"
    for name, value in (step.get("headers") or {}).items():
        # A reference goes into double quotes, so that the shell fills in the variable.
        if isinstance(value, Mapping):
            yield f'-H "{name}: ${{{value.get("env", "SECRET")}}}"'
        else:
            yield f"-H {shlex.quote(f'{name}: {value}')}"
    if step.get("body"):
        yield f"--data {shlex.quote(str(step['body']))}"
    yield shlex.quote(str(step["url"]))

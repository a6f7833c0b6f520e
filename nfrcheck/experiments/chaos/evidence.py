"""What a journal of Chaos Toolkit says, read as evidence: its own status proves nothing.

There `completed` is also a run whose method never began, and one in which every action failed.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from nfrcheck.wire.redaction import REDACTED, SENSITIVE_NAME, SHORTEST, Redactor

Run = Mapping[str, Any]
"""One activity of a journal: `activity`, `output`, `status`, `exception`."""

_PREFIX = re.compile(r"^[\w.]*ActivityFailed: ")
_WORDS = {"true", "false", "none", "null"}
_GONE = {404, 410}
_FAILED_FROM = 400
_LONGEST = 160


def did(run: Run) -> bool:
    """Whether an action was done: a command that failed and a 500 are `succeeded` over there."""
    return failure(run) is None


def failure(run: Run) -> str | None:
    """Why an action was not done, or None. One without a status was interrupted."""
    if run.get("status") != "succeeded":
        said = [str(line) for line in run.get("exception") or ()]
        return _short(_PREFIX.sub("", said[-1].strip())) if said else "it was interrupted"
    output, provider = run.get("output"), run["activity"].get("provider", {})
    if output is False:
        return "it returned false"
    if not isinstance(output, Mapping):
        return None
    status = output.get("status")
    if provider.get("type") == "process" and status:
        return f"status {status}: {_short(str(output.get('stderr') or '').strip())}"
    if provider.get("type") == "http" and isinstance(status, int) and status >= _FAILED_FROM:
        # What is to be removed may be gone already.
        deleted = str(provider.get("method", "GET")).upper() == "DELETE" and status in _GONE
        return None if deleted else f"status {status}"
    return None


def out_of_tolerance(state: Mapping[str, Any] | None) -> str | None:
    """The probe that did not meet a hypothesis, and what it gave; None if all did."""
    if not state or state.get("steady_state_met", True):
        return None
    for probe in state.get("probes", ()):
        if probe.get("status") != "succeeded" or not probe.get("tolerance_met"):
            name = probe["activity"].get("name")
            seen = failure(probe) if probe.get("status") != "succeeded" else None
            return f"its probe `{name}` {seen or 'gave ' + _short(repr(probe.get('output')))}"
    return "its hypothesis was not met"


def complaint(journal: Mapping[str, Any]) -> str | None:
    """Why an experiment proves nothing, or None."""
    before = journal.get("steady_states", {}).get("before")
    if because := out_of_tolerance(before):
        return f"its hypothesis was out of tolerance before, so its method never began: {because}"
    runs = [run for run in journal.get("run", ()) if run["activity"].get("type") == "action"]
    for run in runs:
        # One that the end of the hold interrupted has neither succeeded nor failed.
        if "status" in run and (because := failure(run)):
            return f"its action `{run['activity'].get('name')}` failed: {because}"
    return None if runs else "no action of its method was begun"


def remarks(journal: Mapping[str, Any]) -> Iterator[str]:
    """What a reader of the scorecard should know of it besides."""
    after = journal.get("steady_states", {}).get("after")
    if journal.get("deviated"):
        yield f"deviated: {out_of_tolerance(after) or 'its hypothesis was not met'}"
    during = [out_of_tolerance(one) for one in journal.get("steady_states", {}).get("during", ())]
    if missed := [one for one in during if one]:
        yield f"{len(missed)} of {len(during)} times its hypothesis was not met: {missed[0]}"
    if journal.get("status") == "interrupted":
        yield "the end of the hold cut its method short"
    elif not journal.get("end"):
        yield "its process was killed before it could end"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}..."


class Hiding:
    """Takes secrets out of all that an experiment says: its own, the environment's, literals."""

    def __init__(self, *values: Any) -> None:
        """`values`: secrets as they were loaded, nested; and what may hold some by name."""
        found = {text for name, text in os.environ.items() if SENSITIVE_NAME.search(name)}
        found |= {text for value in values for text in _by_name(value)}
        whole = {text for text in found if len(text) >= SHORTEST and text.lower() not in _WORDS}
        self._redactor = Redactor(whole | {quote(text, safe="") for text in whole})

    def text(self, text: str) -> str:
        return self._redactor.text(text)

    def whole(self, value: Any, name: str = "") -> Any:
        """The same in plain JSON; what JSON does not know is text."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.whole(one, str(key)) for key, one in value.items()}
        if isinstance(value, list | tuple | set):
            return [self.whole(one) for one in value]
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if value - value == 0 else str(value)
        return REDACTED if SENSITIVE_NAME.search(name) else self.text(str(value))

    def json(self, value: Any) -> str:
        return json.dumps(self.whole(value), ensure_ascii=False)


def secret_texts(value: Any) -> Iterator[str]:
    """Every text in secrets as they were loaded."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from secret_texts(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _by_name(value: Any, name: str = "") -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _by_name(one, str(key))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _by_name(one)
    elif isinstance(value, str) and SENSITIVE_NAME.search(name):
        yield from {value, value.split(" ")[-1]}

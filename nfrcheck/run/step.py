"""What all undo steps and checks share: their outcome, their deadline, their secrets by reference.

Standard library only: the guardian runs without any installed package.
"""

import base64
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

# A step or a check is plain JSON, as it stands in the ledger.
Step = Mapping[str, Any]

WITHIN_S = 30.0
_LONGEST_WORD = 200
_HIDDEN = "[hidden]"
_NAMED = "NFRCHECK_HIDDEN"
_SHORTEST = 4
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|PRIVATE|AUTHORIZATION|COOKIE", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step. `final`: to try again would change nothing."""

    ok: bool
    because: str = ""
    final: bool = False
    told: str | None = None
    """What a step with `tell` read: one word, without blanks around it."""


class MissingSecretError(Exception):
    """A reference names a variable or file that is not there."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point of the monotonic clock that all waiting of one step shares."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        return max(0.0, self.at - time.monotonic())

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.at


def within(step: Step) -> float:
    return float(step.get("within_s") or WITHIN_S)


def is_reference(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) == 1
        and next(iter(value)) in {"env", "file"}
        and isinstance(next(iter(value.values())), str)
    )


def resolve(value: Any) -> str:
    """The text behind a literal, an `{env: NAME}` or a `{file: path}`; read at each use.

    Raises MissingSecretError.
    """
    if not is_reference(value):
        return str(value)
    if "env" in value:
        name = value["env"]
        if not os.environ.get(name):
            raise MissingSecretError(f"the environment variable {name} is not set")
        return os.environ[name]
    try:
        return Path(value["file"]).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise MissingSecretError(f"cannot read {value['file']}: {type(error).__name__}") from None


def tells(step: Step, body: bytes) -> Outcome:
    """What is read of an output or a body: all of it, or what the JSON pointer in `tell` names.

    Not ok if that is not one short word, or is none of those in `among`.
    """
    text = body.decode("utf-8", "replace")
    try:
        found = pointed(json.loads(text), step["tell"]) if step["tell"] else text.strip()
    except ValueError:
        found = None
    if found is None:
        return Outcome(ok=False, because=f"there is nothing at {step['tell']} in what was told")
    if len(found.split()) != 1 or len(found) > _LONGEST_WORD:
        return Outcome(ok=False, because=f"what was told is not one word: {found[:80]!r}")
    return among(step, found)


def among(step: Step, found: str) -> Outcome:
    """Whether a word is one of those that the step takes; without `among` it takes any."""
    wanted = step.get("among")
    if wanted is not None and found not in wanted:
        because = f"{found} was told, and not {' or '.join(wanted)}"
        return Outcome(ok=False, because=because, told=found)
    return Outcome(ok=True, told=found)


def pointed(value: Any, pointer: str) -> str | None:
    """What a JSON pointer (RFC 6901) names, as text; None where there is no scalar."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    if value is None or isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def references(step: Step) -> list[Any]:
    found = [*(step.get("env") or {}).values(), *(step.get("headers") or {}).values()]
    return [value for value in found if is_reference(value)]


def redact(text: str, step: Step) -> str:
    """`text` without any value of a secret that the step names or the environment holds.

    A command may print whatever it finds in its environment, so not only its own are hidden; and
    neither only as they are, for it may print what it sends.
    """
    values = {value for name, value in os.environ.items() if _SECRET_NAME.search(name)}
    for reference in (*references(step), *named_secrets()):
        try:
            values.add(resolve(reference))
        except MissingSecretError:
            continue
    written = {form for value in values for form in _forms(value)}
    # The longest first: one secret may be a part of another.
    for form in sorted(filter(None, written), key=len, reverse=True):
        text = text.replace(form, _HIDDEN)
    return text


def name_secrets(references: Iterable[Any]) -> None:
    """Has these secrets hidden from now on, here and in every process that is begun from here."""
    os.environ[_NAMED] = json.dumps(list(references))


def named_secrets() -> list[Any]:
    """References, never values: `{env: NAME}` and `{file: path}`."""
    try:
        found = json.loads(os.environ.get(_NAMED) or "[]")
    except ValueError:
        return []
    return [one for one in found if is_reference(one)] if isinstance(found, list) else []


def _forms(secret: str) -> set[str]:
    """As it is, line by line, in a URL, in JSON and in base64."""
    lines = {line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST}
    found = {secret, " ".join(secret.split()), *lines}
    if len(secret) >= _SHORTEST:
        found |= {quote(secret, safe=""), quote(secret), quote_plus(secret)}
        found |= {json.dumps(secret)[1:-1], *_in_base64(secret.encode())}
    return found


def _in_base64(plain: bytes) -> Iterator[str]:
    """The letters that stand for it, and for nothing else, wherever it begins in what is coded."""
    for before in range(3):
        own = slice(-(-before * 8 // 6), (before + len(plain)) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + plain).decode()[own]

"""Somebody else's word that a plan may touch what is protected: who, which plan, until when."""

import datetime as dt
import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nfrcheck.errors import Refused

VARIABLE = "NFRCHECK_APPROVAL"
LONGEST = dt.timedelta(hours=24)
SKEW = dt.timedelta(minutes=2)
"""By so much two clocks may differ; an approval that has ended has ended by ours."""
LARGEST = 64 * 1024
_WHO_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`hash` is the plan's (64 hexadecimal digits); `where` says in words what held it."""

    hash: str
    who: str
    until: dt.datetime
    where: str

    def __str__(self) -> str:
        return f"approved by {self.who} until {_shown(self.until)} ({self.where})"


class _Objection(Exception):
    """Why this is no approval, in words that follow "the plan is not approved:"."""


def find_approval(digest: str, now: dt.datetime, *checkouts: Path) -> Approval:
    """The approval of the plan with this hash, from `NFRCHECK_APPROVAL`.

    The variable holds the JSON itself, as a protected environment of a pipeline sets it, or the
    path of a JSON file: outside the checkouts, of another user, and not ours to write. The JSON is
    `{"hash": ..., "who": ..., "until": ...}`, `until` an ISO time with its zone, at most 24 h ahead
    (`at`, when it was given, may stand beside it). Root can write every file: for a run as root a
    file of another user says no more than that root has left it alone.

    Raises Refused with the reason.
    """
    try:
        return _found(digest, now, checkouts)
    except _Objection as objection:
        raise Refused(
            f"the plan is not approved: {objection}",
            f'{VARIABLE}=\'{{"hash": "{digest}", "who": "NAME", "until": "TIME"}}\' set by a '
            "protected environment, or the path of such a file that belongs to another user",
        ) from None


def checkout_of(path: Path) -> Path:
    """The outermost git work tree that holds the file, else the file's folder."""
    place = path.resolve()
    trees = [folder for folder in place.parents if (folder / ".git").exists()]
    return trees[-1] if trees else place.parent


def checkouts_of(*files: str) -> tuple[Path, ...]:
    """The checkouts of these files and of the working folder, where scripts of a job lie."""
    found = [checkout_of(Path(file)) for file in files]
    here = checkout_of(Path.cwd() / "file")
    # A whole machine is nobody's checkout.
    return tuple(dict.fromkeys([*found, *([here] if here != Path(here.anchor) else [])]))


def _found(digest: str, now: dt.datetime, checkouts: Sequence[Path]) -> Approval:
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        raise _Objection(f"{VARIABLE} is not set")
    if given.startswith("{"):
        where, text, written = f"the variable {VARIABLE}", given, None
    else:
        where = f"the file {given}"
        text, written = _of_another(given, checkouts)
    try:
        found = _read(text, digest)
        until = _when(found["until"], "until")
        said = _when(found["at"], "at") if "at" in found else written
        _in_time(until, said, now)
    except _Objection as objection:
        raise _Objection(f"{where} {objection}") from None
    return Approval(hash=digest, who=found["who"], until=until, where=where)


def _of_another(given: str, checkouts: Sequence[Path]) -> tuple[str, dt.datetime]:
    """The text, and when it was written. What is checked is what is open, not what is named."""
    try:
        path = Path(given).resolve(strict=True)
        # Without O_NONBLOCK a pipe that nobody writes to would hold the run for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            there = os.fstat(file.fileno())
            for objection in _objections(path, there, checkouts):
                raise _Objection(f"the file {given} {objection}")
            text = file.read(LARGEST + 1).decode()
        return text, dt.datetime.fromtimestamp(there.st_mtime, dt.UTC)
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise _Objection(f"the file {given} cannot be read: {why}") from None


def _objections(path: Path, there: os.stat_result, checkouts: Sequence[Path]) -> Iterator[str]:
    for checkout in (one.resolve() for one in checkouts if path.is_relative_to(one.resolve())):
        yield f"lies in the checkout {checkout}: a change would approve itself"
    if not stat.S_ISREG(there.st_mode):
        yield "is not a regular file"
    if there.st_uid in {os.getuid(), os.geteuid()}:
        yield "belongs to the user who runs this: nobody approves for themselves"
    if there.st_mode & stat.S_IWOTH:
        yield "can be written by everybody"
    if there.st_mode & stat.S_IWGRP and there.st_gid in {os.getegid(), *os.getgroups()}:
        yield "can be written by a group of the user who runs this"
    if there.st_size > LARGEST:
        yield f"is larger than {LARGEST // 1024} KiB"


def _read(text: str, digest: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _Objection(f"holds no approval: {error}") from None
    if not isinstance(found, dict):
        raise _Objection("holds no JSON object")
    for key in ("hash", "who", "until"):
        if not isinstance(found.get(key), str) or not found[key].strip():
            raise _Objection(f"does not say `{key}`")
    if found["hash"] != digest:
        raise _Objection(f"approves another plan, {found['hash'][:64]!r}")
    who = " ".join(found["who"].split())
    if len(who) > _WHO_MOST or not who.isprintable():
        raise _Objection("has a `who` that is no name")
    return {**found, "who": who}


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values for one key a person may read the other one."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"`{key}` is there twice")
        found[key] = value
    return found


def _when(text: Any, key: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError):
        raise _Objection(f"has no ISO time at `{key}`: {text!r}") from None
    raise _Objection(f"has no time zone at `{key}`: {text}")


def _in_time(until: dt.datetime, said: dt.datetime | None, now: dt.datetime) -> None:
    if until <= now:
        raise _Objection(f"has ended: it was good until {_shown(until)}")
    if until - now > LONGEST + SKEW:
        raise _Objection(f"is good for longer than 24 h, until {_shown(until)}")
    if said is not None and said - now > SKEW:
        raise _Objection(f"was given in the future, at {_shown(said)}")
    if said is not None and until - said > LONGEST + SKEW:
        raise _Objection(f"was given for longer than 24 h, at {_shown(said)}")


def _shown(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

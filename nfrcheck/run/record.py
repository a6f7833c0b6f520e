"""What a ledger says: its lines become the faults of a run and how each is put back.

Standard library only: the guardian runs without any installed package.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

VERSION = 1
_BY_HAND = "Look at the file and put back by hand what it names; then remove it"


class LedgerError(Exception):
    """The ledger cannot be trusted or used; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One armed fault. `undo` stands in the order of injection and is run from last to first.

    `state` is the last that the ledger says about it: armed, healing, healed, verified, failed;
    or lapsed: seen well when its time was over, while its controller could still inject it.
    """

    id: str
    undo: tuple[dict[str, Any], ...]
    verify: tuple[dict[str, Any], ...]
    note: str = ""
    deadline_s: float = 30.0
    state: str = "armed"
    because: str | None = None

    @property
    def open(self) -> bool:
        return self.state != "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a ledger file says. Entries stand in the order in which they were armed."""

    path: Path
    run: str
    deployment: str
    opened_at: str
    closed: bool
    place: str = ""
    """The deployment's file; its name alone does not tell it from others."""
    pid: int | None = None
    """Of the guardian that opened it."""
    hidden: tuple[Any, ...] = ()
    """References to the secrets of its run, which no command that puts back may print."""
    entries: tuple[Entry, ...] = ()

    @property
    def open_entries(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.open)


def record_of(path: Path, text: str) -> Record:
    """A torn last line is as if it had never been written.

    Raises LedgerError for a line that is damaged, or that another version has written.
    """
    record = Record(path=path, run=path.stem, deployment="", opened_at="", closed=False)
    for number, line in _lines(path, text):
        where = f"{path}: line {number}"
        try:
            if line.get("state") == "opened" and line["version"] != VERSION:
                raise LedgerError(
                    f"{where}: it is a ledger of version {line['version']}, and this nfrcheck "
                    f"knows version {VERSION} only. Restore with the nfrcheck that began the run"
                )
            record = _fold(record, line)
        except KeyError as error:
            raise LedgerError(f"{where} has no {error}. {_BY_HAND}") from None
        except (TypeError, ValueError) as error:
            raise LedgerError(f"{where} is not understood: {error}. {_BY_HAND}") from None
    return record


def _lines(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    *lines, _torn = text.split("\n")
    for number, (line, after) in enumerate(pairwise([*lines, ""]), start=1):
        # Earlier versions left what was torn where it was, and wrote that it is.
        if not line or '"state": "torn"' in after:
            continue
        try:
            parsed = json.loads(line)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise LedgerError(f"{path}: line {number} is damaged. {_BY_HAND}")
        yield number, parsed


def _fold(record: Record, line: dict[str, Any]) -> Record:
    state = line.get("state")
    if state == "opened":
        return replace(
            record,
            run=str(line["run"]),
            deployment=str(line["deployment"]),
            opened_at=datetime.fromisoformat(line["at"]).isoformat(),
            place=str(line.get("place") or ""),
            pid=line.get("pid"),
            hidden=tuple(line.get("hidden") or ()),
        )
    if state == "closed":
        return replace(record, closed=True)
    if state == "armed":
        entry = Entry(
            id=str(line["id"]),
            undo=_steps(line, "undo"),
            verify=_steps(line, "verify"),
            note=str(line["note"]),
            deadline_s=float(line["deadline_s"]),
        )
        return replace(record, entries=(*record.entries, entry))
    changed = tuple(
        replace(entry, state=str(state), because=line.get("because"))
        if entry.id == line.get("id")
        else entry
        for entry in record.entries
    )
    return replace(record, entries=changed)


def _steps(line: dict[str, Any], key: str) -> tuple[dict[str, Any], ...]:
    steps = line[key]
    if not isinstance(steps, list) or not all(map(_is_step, steps)):
        raise TypeError(f"its {key!r} is no list of steps")
    return tuple(steps)


def _is_step(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("kind"), str)

"""The ledger: what was injected and how it is put back, on disk before anything is injected.

Append-only NDJSON, one file a run, flushed to the disk line by line. Standard library only.
"""

import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nfrcheck.run.step import named_secrets

VERSION = 1
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
# Whoever only looks whether it is held has it for an instant.
_TRIES, _PAUSE_S = 5, 0.02


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


def state_folder() -> Path:
    """`$NFRCHECK_STATE`, else `$XDG_STATE_HOME/nfrcheck`, else `~/.local/state/nfrcheck`."""
    if own := os.environ.get("NFRCHECK_STATE"):
        return Path(own).absolute()
    shared = os.environ.get("XDG_STATE_HOME", "")
    # The XDG rules say that a relative path is to be ignored.
    home = Path(shared) if Path(shared).is_absolute() else Path.home() / ".local" / "state"
    return home / "nfrcheck"


def ledgers_folder() -> Path:
    return state_folder() / "ledgers"


def ledger_path(run: str) -> Path:
    """Where the ledger of a run lies; raises LedgerError for an id that is no plain file name."""
    if not _RUN_ID.fullmatch(run):
        raise LedgerError(f"{run!r} is no run id: letters, digits, dots, dashes and underscores")
    return ledgers_folder() / f"{run}.ndjson"


def open_ledgers(folder: Path | None = None) -> list[Record]:
    """All ledgers of this user that are not closed, oldest first. Raises LedgerError."""
    folder = ledgers_folder() if folder is None else folder
    if not folder.exists():
        return []
    _check_folder(folder)
    records = [read(path) for path in sorted(folder.glob("*.ndjson"))]
    return sorted((one for one in records if not one.closed), key=lambda one: one.opened_at)


def read(path: Path) -> Record:
    """What a ledger says; a torn last line is as if it had never been written.

    Raises LedgerError if the file is damaged, or not this user's alone.
    """
    _check_folder(path.parent)
    descriptor = _open(path, os.O_RDONLY)
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        text = file.read()
    record = Record(path=path, run=path.stem, deployment="", opened_at="", closed=False)
    for line in _lines(text, path):
        record = _fold(record, line)
    return record


def is_guarded(path: Path) -> bool:
    """Whether a living guardian holds this ledger. Raises LedgerError, as `read` does."""
    descriptor = _open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lines(text: str, path: Path) -> Iterator[dict[str, Any]]:
    lines = [line for line in text.split("\n") if line]
    for place, line in enumerate(lines):
        try:
            parsed = json.loads(line)
        except ValueError:
            parsed = None
        if isinstance(parsed, dict) and (place + 1 < len(lines) or text.endswith("\n")):
            yield parsed
        elif place + 1 < len(lines) and '"state": "torn"' not in lines[place + 1]:
            raise LedgerError(
                f"{path}: line {place + 1} is damaged. Look at the file and put back by hand what "
                "it names; then remove it"
            )


def _fold(record: Record, line: dict[str, Any]) -> Record:
    state = line.get("state")
    if state == "opened":
        return replace(
            record,
            run=str(line["run"]),
            deployment=str(line["deployment"]),
            opened_at=str(line["at"]),
            place=str(line.get("place") or ""),
            pid=line.get("pid"),
            hidden=tuple(line.get("hidden") or ()),
        )
    if state == "closed":
        return replace(record, closed=True)
    if state == "armed":
        entry = Entry(
            id=str(line["id"]),
            undo=tuple(line["undo"]),
            verify=tuple(line["verify"]),
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


@dataclass(slots=True)
class Ledger:
    """A ledger open for writing. Only one process at a time holds it."""

    path: Path
    _descriptor: int = field(repr=False)

    @classmethod
    def create(cls, path: Path, *, run: str, deployment: str, place: str = "") -> "Ledger":
        """Raises LedgerError if it exists, or if its folder is not this user's alone."""
        make_folder(path.parent)
        ledger = cls(path, _open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL))
        ledger._lock()
        facts = {"run": run, "deployment": deployment, "place": place, "pid": os.getpid()}
        ledger.append("opened", version=VERSION, **facts, hidden=named_secrets())
        # The file's name must survive a crash of the machine as well as its content.
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return ledger

    @classmethod
    def reopen(cls, path: Path) -> "Ledger":
        """Raises LedgerError if it is held by a guardian that still works, or not ours alone."""
        _check_folder(path.parent)
        ledger = cls(path, _open(path, os.O_RDWR | os.O_APPEND))
        ledger._lock()
        size = os.fstat(ledger._descriptor).st_size
        if size and os.pread(ledger._descriptor, 1, size - 1) != b"\n":
            os.write(ledger._descriptor, b"\n")
            ledger.append("torn")
        return ledger

    def _lock(self) -> None:
        for _ in range(_TRIES):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(_PAUSE_S)
            else:
                return
        self.release()
        raise LedgerError(
            f"{self.path}: a guardian is still at work on this run; wait until it has ended"
        )

    def append(self, state: str, **fields: Any) -> None:
        """Returns only when the line is on the disk. Raises OSError."""
        line = {"state": state, "at": datetime.now(UTC).isoformat(), **fields}
        text = f"{json.dumps(line)}\n".encode()
        written = os.write(self._descriptor, text)
        if written != len(text):
            raise OSError(f"{self.path}: the disk took only a part of a line")
        os.fsync(self._descriptor)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def make_folder(folder: Path) -> None:
    """Makes a folder inside the state folder; both are this user's alone, or LedgerError."""
    for part in (folder.parent, folder):
        # The folders above are the user's; what is made here is made for the user alone.
        part.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700, exist_ok=True)
    _check_folder(folder)


def _check_folder(folder: Path) -> None:
    # Whoever can write into the one above can put another one in its place.
    for part in (folder.parent, folder):
        _check(part, os.lstat(part), stat.S_ISDIR, "700")


def _open(path: Path, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}") from None
    try:
        _check(path, os.fstat(descriptor), stat.S_ISREG, "600")
    except LedgerError:
        os.close(descriptor)
        raise
    return descriptor


def _check(path: Path, found: os.stat_result, right_kind: Any, mode: str) -> None:
    if not right_kind(found.st_mode):
        raise LedgerError(f"{path}: not what it should be (a link, or no plain file or folder)")
    if found.st_uid != os.geteuid():
        raise LedgerError(f"{path}: belongs to user {found.st_uid}, not to you: nothing is run")
    if found.st_mode & 0o077:
        raise LedgerError(
            f"{path}: others can read or change it (mode {stat.S_IMODE(found.st_mode):o}). "
            f"If you trust what it says: chmod {mode} {path}"
        )

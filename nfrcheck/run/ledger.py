"""The ledger: what was injected and how it is put back, on disk before anything is injected.

Append-only NDJSON, one file a run, flushed to the disk line by line. Standard library only.
"""

import fcntl
import json
import os
import re
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nfrcheck.run.record import VERSION, Entry, LedgerError, Record, record_of
from nfrcheck.run.step import named_secrets

__all__ = [
    "Entry",
    "Ledger",
    "LedgerError",
    "Record",
    "is_guarded",
    "ledger_path",
    "ledgers_folder",
    "make_folder",
    "open_ledgers",
    "read",
    "readable_ledgers",
    "state_folder",
]

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
# Whoever only looks whether it is held has it for an instant.
_TRIES, _PAUSE_S = 5, 0.02


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
    opened, unread = readable_ledgers(folder)
    for error in unread:
        raise error
    return opened


def readable_ledgers(folder: Path | None = None) -> tuple[list[Record], list[LedgerError]]:
    """The same, and why others cannot be read: one of them must not keep the rest from healing.

    Raises LedgerError for a folder that is not this user's alone.
    """
    folder = ledgers_folder() if folder is None else folder
    if not folder.exists():
        return [], []
    _check_folder(folder)
    opened, unread = [], []
    for path in sorted(folder.glob("*.ndjson")):
        try:
            record = read(path)
        except LedgerError as error:
            unread.append(error)
        else:
            opened += [] if record.closed else [record]
    return sorted(opened, key=lambda one: one.opened_at), unread


def read(path: Path) -> Record:
    """What a ledger says. Raises LedgerError: it is damaged, or not this user's alone."""
    _check_folder(path.parent)
    descriptor = _open(path, os.O_RDONLY)
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        text = file.read()
    return record_of(path, text)


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


@dataclass(slots=True)
class Ledger:
    """A ledger open for writing. Only one process at a time holds it."""

    path: Path
    _descriptor: int = field(repr=False)
    _whole: int = 0
    """Where its last whole line ends; of what lies behind it nobody was told."""

    @classmethod
    def create(cls, path: Path, *, run: str, deployment: str, place: str = "") -> "Ledger":
        """Raises LedgerError if it exists, or if its folder is not this user's alone."""
        make_folder(path.parent)
        ledger = cls(path, _open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL))
        ledger._lock()
        # Until then it looked like one that was left behind, and may have been closed as such.
        if os.fstat(ledger._descriptor).st_size:
            ledger.release()
            raise LedgerError(f"{path}: `nfrcheck restore` came in between: begin the run again")
        facts = {"run": run, "deployment": deployment, "place": place, "pid": os.getpid()}
        try:
            ledger.append("opened", version=VERSION, **facts, hidden=named_secrets())
        except OSError:
            # An empty one would look as if a run had left it behind.
            path.unlink()
            ledger.release()
            raise
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
        try:
            descriptor = _open(path, os.O_RDWR | os.O_APPEND)
        except LedgerError:
            # A file system that became read-only takes no line; what it holds can be put back.
            descriptor = _open(path, os.O_RDONLY)
        ledger = cls(path, descriptor)
        ledger._lock()
        size = os.fstat(descriptor).st_size
        ledger._whole = os.pread(descriptor, size, 0).rfind(b"\n") + 1
        # If it cannot be cut now, that is tried again before the next line.
        with suppress(OSError):
            ledger._cut()
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
        """Returns only when the line is on the disk. Raises OSError: nothing of it is."""
        line = {"state": state, "at": datetime.now(UTC).isoformat(), **fields}
        text = f"{json.dumps(line)}\n".encode()
        self._cut()
        try:
            self._write(text)
        except OSError:
            # Or else the next line would be glued to a part of this one.
            with suppress(OSError):
                self._cut()
            raise
        self._whole += len(text)

    def _write(self, text: bytes) -> None:
        if os.write(self._descriptor, text) != len(text):
            raise OSError(f"{self.path}: the disk took only a part of a line")
        os.fsync(self._descriptor)

    def _cut(self) -> None:
        """Takes away a line that was not written whole; needs no room on the disk."""
        if os.fstat(self._descriptor).st_size > self._whole:
            os.ftruncate(self._descriptor, self._whole)

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

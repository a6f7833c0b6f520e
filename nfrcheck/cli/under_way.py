"""Which runs of this user are under way: by whom, since when, and in which folder."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from nfrcheck.history.write import EVENTS
from nfrcheck.run.ledger import Record, is_guarded


class Controller(NamedTuple):
    """A living process that plays a run and writes into its folder."""

    pid: int
    folder: Path


def is_at_work(record: Record) -> bool:
    """Whether a guardian holds its ledger, or somebody who puts back. Raises LedgerError."""
    return is_guarded(record.path)


def controller_of(record: Record) -> Controller | None:
    """None for a run whose controller is gone: what it injected is being put back."""
    try:
        told = Path("/proc", str(record.pid), "status").read_text("utf-8", errors="replace")
        parent = int(told.partition("PPid:")[2].split(maxsplit=1)[0])
    except (OSError, ValueError, IndexError):
        return None
    # Whoever came into a dead controller's place as a parent writes no events.
    for file in _open_files(parent):
        if file.name == EVENTS:
            return Controller(parent, file.parent)
    return None


def _open_files(pid: int) -> Iterator[Path]:
    """Without those that are closed meanwhile."""
    with suppress(OSError):
        for path in Path("/proc", str(pid), "fd").iterdir():
            with suppress(OSError):
                yield path.readlink()


def since(record: Record) -> str:
    """When it began, by the clock of whoever asks."""
    return datetime.fromisoformat(record.opened_at).astimezone().isoformat(timespec="seconds")

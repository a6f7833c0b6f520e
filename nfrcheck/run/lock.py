"""One run at a time on a deployment: a lock that ends with the process that holds it."""

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nfrcheck.errors import Refused
from nfrcheck.run.ledger import LedgerError, make_folder, state_folder

_TRIES, _PAUSE_S = 5, 0.02
_PROCESS = re.compile(r", process (\d+), since ")


class Held(Refused):
    """Somebody else has it; the sentence says who and since when."""

    def __init__(self, deployment: str, said: str) -> None:
        super().__init__(
            f"{deployment} is held by {said or 'another run'}",
            "wait for its end: two runs on one deployment would disturb each other",
        )
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A deployment: its file is what tells it from others of the same name."""

    name: str
    path: Path

    @property
    def file(self) -> str:
        """As ledgers name it."""
        return str(self.path.resolve())

    @property
    def named(self) -> dict[str, str]:
        """What a ledger says of where its run is."""
        return {"deployment": self.name, "place": self.file}

    def lock(self, more: str = "") -> Path:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name)[:100]
        which = hashlib.sha256(os.fsencode(self.file)).hexdigest()[:16]
        return state_folder() / "locks" / f"{plain}-{which}{more}.lock"


@contextmanager
def hold(
    place: Place, who: str, *, beside: Collection[str] = (), shares: bool = False
) -> Iterator[None]:
    """For one run; raises Held at once if it is taken, Refused where no lock can be kept.

    `beside`: the runs that may have it meanwhile. `shares`: a run beside this one is let through.
    """
    with ExitStack() as stack:
        try:
            make_folder(place.lock().parent)
            _take(stack, place, who, beside)
            second = _locked(place.lock(".beside"), place.name, who)
            if shares:
                with second:
                    pass
            else:
                stack.enter_context(second)
        except (LedgerError, OSError) as error:
            raise Refused(f"no lock can be kept: {error}", "nfrcheck doctor") from error
        yield


def _take(stack: ExitStack, place: Place, who: str, beside: Collection[str]) -> None:
    try:
        stack.enter_context(_locked(place.lock(), place.name, who))
    except Held as held:
        # What is held says `run ID, process ...`.
        if not any(held.said.startswith(f"run {run},") for run in beside):
            raise


def holder(place: Place) -> str | None:
    """Who has it now, in a sentence; None if nobody. Makes no file."""
    for path in (place.lock(), place.lock(".beside")):
        if found := _holder(path, place.name):
            return found
    return None


def _holder(path: Path, name: str) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"the lock of {name} cannot be read: {error.strerror}"
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return str(Held(name, _said(descriptor)))
    finally:
        os.close(descriptor)
    return None


@contextmanager
def _locked(path: Path, name: str, who: str) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if not _taken(descriptor):
            raise Held(name, _said(descriptor))
        os.ftruncate(descriptor, 0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        os.pwrite(descriptor, f"{who}, process {os.getpid()}, since {since}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Whoever only looks holds it for an instant, and must not make a run be refused."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _said(descriptor: int) -> str:
    """What its holder wrote; one that has it for an instant may not have written it yet."""
    said = ""
    for _ in range(_TRIES):
        said = os.pread(descriptor, 400, 0).decode("utf-8", "replace").strip()
        named = _PROCESS.search(said)
        # What a dead holder left behind names the wrong run, for as long as that.
        if named and Path("/proc", named[1]).exists():
            return said
        time.sleep(_PAUSE_S)
    return said

"""One nfrcheck at a time in a test session, whichever worker begins it.

Two at once would measure, and might hurt, each other.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASK_EVERY_S = 0.05
PATIENCE_S = 3600.0


class NoTurn(Exception):
    """Another worker has been at work for too long."""


class Turn:
    """A lock in the session's shared folder. Who holds it may take it again.

    Whoever inherits its descriptor holds it as well: so a child that outlives its worker keeps the
    others waiting until it has put back what it injected.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "turn.lock"
        self._descriptor: int | None = None

    @contextmanager
    def taken(self, patience_s: float = PATIENCE_S) -> Iterator[int]:
        """The descriptor that children inherit. Raises NoTurn."""
        if self._descriptor is not None:
            yield self._descriptor
            return
        self._descriptor = descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait(descriptor, patience_s)
            yield descriptor
        finally:
            self._descriptor = None
            # Never unlocked, only closed: a child that still runs keeps it.
            os.close(descriptor)

    def _wait(self, descriptor: int, patience_s: float) -> None:
        until = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise NoTurn(f"another nfrcheck ran for {patience_s:.0f} s") from None
                time.sleep(ASK_EVERY_S)
            else:
                return

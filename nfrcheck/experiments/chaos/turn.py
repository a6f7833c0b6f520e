"""Whose turn it is: a file that an experiment holds while it runs, and that says how far it is.

The child locks it for as long as it lives; whoever puts back takes the lock after it, by asking
the child to end and then by killing it. So an experiment never starts beside its own rollbacks,
and what was rolled back is known also of a child that was killed.
"""

import errno
import fcntl
import json
import math
import os
import signal
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from nfrcheck.experiments.chaos.session import end_session, place, send, start_time

BEGIN_S = 5.0
"""Within this time a child that was asked to end has begun with its rollbacks, or it is killed."""
LATE_S = 2.0
"""What an action asked for, and did not see done, may still be done so much later."""
_BYTES = 4096  # always written whole, so that nobody reads half of it
_LOOK_S = 0.02
_CLOSED = -1


class Turn:
    """One file of one experiment. `take` before anything is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _opened.add(self)

    def take(self) -> bool:
        """False while somebody else has it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            return False
        return True

    def begin(self) -> bool:
        """For the child: it is its turn. False if the experiment was put back before it began."""
        if not self.take() or self.read().get("over"):
            return False
        own = os.getpid()
        self.write(pid=own, start_time=start_time(own), place=place())
        return True

    def read(self) -> dict[str, Any]:
        """`pid`, `start_time`, `place` of the child; `back`: it rolls back; `over`: it was ended.

        `rolled_back`: the places of those of its `rollbacks` (how many) that were done once;
        `asked`: somebody had them done before, and so asks again. `doing`: how many actions of its
        method are under way; `unsure`: when one of them ended, and was not seen to be done.
        """
        text = os.pread(self._descriptor, _BYTES, 0)
        found: dict[str, Any] = json.loads(text) if text.strip() else {}
        return found

    def write(self, **changes: Any) -> None:
        text = json.dumps(self.read() | changes).encode()
        os.pwrite(self._descriptor, text.ljust(_BYTES), 0)
        os.fsync(self._descriptor)

    def begun(self) -> None:
        """An action of the method is under way."""
        self.write(doing=self.read().get("doing", 0) + 1)

    def ended(self, *, done: bool) -> None:
        """It is not any more; unless it is known to be done, that may still come."""
        changes = {} if done else {"unsure": time.monotonic()}
        self.write(doing=max(0, self.read().get("doing", 0) - 1), **changes)

    def late_s(self) -> float:
        """How long what was asked for may still be done, after the child was ended."""
        found, now = self.read(), time.monotonic()
        if found.get("doing"):
            with suppress(OSError):
                self.write(doing=0, unsure=now)
            return LATE_S
        since_s = now - float(found.get("unsure", -math.inf))
        # After a boot the clock begins anew.
        return min(LATE_S, max(0.0, LATE_S - since_s))

    def rolled_back(self, place: int) -> None:
        done = {*self.read().get("rolled_back", ()), place}
        self.write(rolled_back=sorted(done))

    def end(self, within_s: float) -> bool:
        """Ends the child, if there is one, and takes the turn: afterwards it can never begin.

        SIGUSR1 has it roll back; what has not begun with that in time, or not ended `within_s`
        after it began, is killed. So is all that it started: a command that goes on behind its
        back would inject later. Returns whether there was any such that outlived it.
        """
        if not self.take():
            send(self.read(), signal.SIGUSR1)
            self._wait(time.monotonic() + BEGIN_S, until_back=True)
            if self.read().get("back"):
                self._wait(time.monotonic() + within_s)
            while not self.take():
                send(self.read(), signal.SIGSTOP)  # it starts nothing more
                end_session(self.read())
                time.sleep(_LOOK_S)
        # Who has let go of the turn is at its end, and says by its status how it ended.
        left = end_session(self.read(), spare_leader=True)
        with suppress(OSError):  # a full disk must keep nothing from being put back
            self.write(over=True)
        return left

    def _wait(self, until: float, *, until_back: bool = False) -> None:
        while time.monotonic() < until and not self.take():
            if until_back and self.read().get("back"):
                return
            time.sleep(_LOOK_S)

    def close(self) -> None:
        if self._descriptor != _CLOSED:
            os.close(self._descriptor)
            self._descriptor = _CLOSED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _leave_to_the_parent() -> None:
    """A lock is held by every process that has its descriptor: a forked helper must not."""
    for turn in list(_opened):
        turn.close()


_opened: "weakref.WeakSet[Turn]" = weakref.WeakSet()
os.register_at_fork(after_in_child=_leave_to_the_parent)

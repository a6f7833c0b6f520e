"""The guardian: a separate interpreter that holds the undo list and heals when its controller ends.

Run as `python -S -E -P guardian.py`: standard library only, own session, JSON lines on stdin and
stdout. It outlives its controller, its controller's process group and its own broken pipes.
"""

import json
import os
import select
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # Stand-ins for our packages: their own __init__ may import what is not installed here.
    for _name, _folder in (("nfrcheck", 1), ("nfrcheck.run", 0)):
        _package = types.ModuleType(_name)
        _package.__path__ = [str(Path(__file__).resolve().parents[_folder])]
        sys.modules[_name] = _package

# After the stand-ins, which make these importable without any of our packages' own code.
from nfrcheck.run.aloud import say, say_aloud
from nfrcheck.run.healing import Healed, Healing, alarm, refusal
from nfrcheck.run.ledger import Entry, Ledger, LedgerError

EXIT_STILL_OPEN = 6
# What the controller had under way when it died ends by then; healing comes after it.
_SETTLE_S = 0.2
# What it had commanded may reach a slow other side later still, also after it was put back.
_LATE_S = 2.0
# A fault that could not be put back is tried again, for as long as its controller stands still.
_AGAIN_S = 30.0
# Between two healings of one drill its controller has this much time for the next order.
_NEXT_ORDER_S = 30.0
TIME_OVER = "its time was over, so the guardian had put it back by itself"


def orders(left_s: Callable[[], float | None]) -> Iterator[dict[str, Any] | None]:
    """The controller's orders until it is gone: its pipe closed, or its process ended.

    The process is watched too, for somebody else may hold the pipe open. None when no order came
    within `left_s`: a controller that stands still gives none, and is not gone.
    """
    watched = [0]
    with suppress(OSError):
        watched.append(os.pidfd_open(os.getppid()))
    rest = b""
    while True:
        ready = select.select(watched, [], [], left_s())[0]
        if not ready:
            yield None
            continue
        if 0 not in ready:
            return
        try:
            chunk = os.read(0, 65_536)
        except OSError:
            return
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            try:
                order = json.loads(line)
            except ValueError:
                order = None
            yield order if isinstance(order, dict) else {"do": "nonsense"}


class Guardian:
    """The undo list of one run."""

    def __init__(self) -> None:
        self._ledger: Ledger | None = None
        self._healing: Healing | None = None
        self._run = ""
        self._entries: dict[str, Entry] = {}
        self._known: set[str] = set()
        self._unproven: set[str] = set()
        """Armed and not said to hold: they may be about to be injected."""
        self._until: dict[str, float] = {}
        """When each fault is put back without an order, on the monotonic clock."""
        self._lapsed: dict[str, Healed] = {}
        """What was put back so. It stays an entry, for a controller that wakes may inject late."""
        self._doubtful: dict[str, Entry] = {}
        """Put back and never seen: what was commanded may come late, so once more at the end."""
        self.exit_code: int | None = None

    def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        """Does one order. Raises nothing: what went wrong is an answer with `error`."""
        act = {
            "open": self._open,
            "arm": self._arm,
            "hold": self._hold,
            "heal": self._heal,
            "close": self._close,
        }
        try:
            return act[order["do"]](order)
        except KeyError as error:
            because = f"not understood: {error}"
        except LedgerError as error:
            because = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the undo list must live on
            because = f"{type(error).__name__}: {error}"
        return {"error": because, "do": order.get("do"), "id": order.get("id")}

    def _open(self, order: dict[str, Any]) -> dict[str, Any]:
        if self._ledger is not None:
            raise LedgerError("a ledger is open already")
        self._run = order["run"]
        self._ledger = Ledger.create(
            Path(order["ledger"]),
            run=self._run,
            deployment=order["deployment"],
            place=str(order.get("place") or ""),
        )
        self._healing = Healing(self._ledger, say_aloud)
        return {"ok": "open"}

    def _arm(self, order: dict[str, Any]) -> dict[str, Any]:
        if self._ledger is None:
            raise LedgerError("no ledger is open")
        entry = Entry(
            id=order["id"],
            undo=tuple(order["undo"]),
            verify=tuple(order["verify"]),
            note=order.get("note") or "",
            deadline_s=float(order.get("deadline_s") or 30.0),
        )
        reason = "this id was armed before" if entry.id in self._known else refusal(entry)
        if reason:
            raise LedgerError(f"{entry.id}: {reason}")
        self._ledger.append(
            "armed",
            id=entry.id,
            undo=entry.undo,
            verify=entry.verify,
            note=entry.note,
            deadline_s=entry.deadline_s,
        )
        self._known.add(entry.id)
        self._unproven.add(entry.id)
        self._entries[entry.id] = entry
        if order.get("hold_s") is not None:
            self._until[entry.id] = time.monotonic() + float(order["hold_s"])
        return {"ok": "arm", "id": entry.id}

    def _hold(self, order: dict[str, Any]) -> dict[str, Any]:
        """What is armed is in place as wanted, and may stay for so long from now on."""
        if self._lapsed:
            raise LedgerError(f"{', '.join(self._lapsed)}: {TIME_OVER}")
        until = time.monotonic() + float(order["hold_s"])
        self._until = dict.fromkeys(self._entries, until)
        self._unproven.clear()
        return {"ok": "hold"}

    @property
    def left_s(self) -> float | None:
        """Seconds until something is put back without an order; None: never."""
        if not self._until:
            return None
        return max(0.0, min(self._until.values()) - time.monotonic())

    def heal_overdue(self) -> None:
        """Puts everything back when the time of one fault is over: they are of one drill."""
        if self._healing is None or self.left_s != 0.0:
            return
        overdue = [entry for entry in self._entries.values() if entry.id not in self._lapsed]
        for entry in overdue:
            self._healing.write("overdue", id=entry.id)
        self._until.clear()
        # Not `verified`: it may be injected late, when nobody is left to put it back again.
        for healed in self._healing.heal(overdue, well="lapsed"):
            if healed.verified:
                self._lapsed[healed.id] = healed
            else:
                say_aloud(alarm(self._entries[healed.id], healed.because, self._run))
                self._until[healed.id] = time.monotonic() + _AGAIN_S

    def _heal(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._healing is not None, "armed before open"
        # Also what its time has put back: its controller may have injected it again since.
        entry, doubtful = self._entries[order["id"]], bool(order.get("doubtful"))
        (healed,) = self._healing.heal([entry], well="lapsed" if doubtful else "verified")
        before = self._lapsed.pop(healed.id, None)
        now = time.monotonic()
        if healed.verified:
            del self._entries[healed.id]
            self._until.pop(healed.id, None)
            self._unproven.discard(healed.id)
            if doubtful:
                self._doubtful[healed.id] = entry
        self._until = {id_: max(at, now + _NEXT_ORDER_S) for id_, at in self._until.items()}
        return {
            "healed": healed.id,
            "ok": healed.ok,
            "verified": healed.verified,
            "seconds": healed.seconds,
            "share_s": healed.share_s,
            "because": healed.because or (TIME_OVER if before else None),
            "overdue": before is not None,
        }

    def _close(self, _order: dict[str, Any]) -> dict[str, Any]:
        self.heal_all()
        return {"ok": "close", "open": [*self._doubtful, *self._entries]}

    def heal_abandoned(self) -> None:
        """Heals after the controller is gone."""
        if self._doubtful or self._entries:
            time.sleep(_SETTLE_S)
        if self._healing is not None and self._unproven:
            # At once; and once more what a command undid that the other side still had to do.
            healed = self._healing.heal(list(self._entries.values()), well="lapsed")
            if all(one.verified for one in healed):
                time.sleep(_LATE_S)
                self._entries = {e.id: e for e in self._healing.unwell(self._entries.values())}
        self.heal_all()

    def heal_all(self) -> None:
        """Heals what is open, tells what stays open, and sets the exit code."""
        left = {**self._doubtful, **self._entries}
        if self._healing is not None:
            for healed in self._healing.heal(list(left.values())):
                entry = left[healed.id]
                if healed.verified:
                    del left[healed.id]
                else:
                    say_aloud(alarm(entry, healed.because, self._run))
            if not left:
                self._healing.write("closed")
        self._doubtful, self._entries = {}, left
        self.exit_code = EXIT_STILL_OPEN if left else 0


def _deaf(_number: int, _frame: object) -> None:
    """Not SIG_IGN: that would be inherited, and no restored process could be stopped any more."""


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, _deaf)
    # Already so when started by the controller; refused for the leader of a session.
    with suppress(PermissionError):
        os.setsid()
    # A controller in the background ignores these; what is restored from here must not.
    for number in (signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_DFL)
    guardian = Guardian()
    for order in orders(lambda: guardian.left_s):
        if order is None:
            guardian.heal_overdue()
            continue
        say(1, json.dumps(guardian.answer(order)))
        if guardian.exit_code is not None:
            return guardian.exit_code
    guardian.heal_abandoned()
    assert guardian.exit_code is not None, "healing sets it"
    return guardian.exit_code


if __name__ == "__main__":
    # A reader that is gone must not turn a clean end into a traceback at exit.
    os._exit(main())

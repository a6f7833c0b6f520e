"""Puts back what a ledger holds, last to first, and proves it; for the guardian and for restore.

Standard library only: the guardian runs without any installed package.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nfrcheck.run.ledger import Entry, Ledger
from nfrcheck.run.step import Deadline, Outcome, Step
from nfrcheck.run.undo import complaint, confirm, describe, put_back

_BETWEEN_ROUNDS_S = 0.2
# What was commanded may still be under way at the other side and come after its undo: what is not
# well by then is undone again, and is given twice the time, for it may only be slow to come back.
_FIRST_PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """What came of healing one entry. `ok`: its steps were done; `verified`: it was seen well."""

    id: str
    ok: bool
    verified: bool
    seconds: float
    because: str | None = None
    overdue: bool = False
    """The guardian had put it back before anybody told it to: its time was over."""
    share_s: float = 0.0
    """Of `seconds` those, the last ones, in which all was well but for its share of answers."""


def refusal(entry: Entry) -> str | None:
    """Why an entry must not be armed, or None."""
    if not entry.undo:
        return "nothing would put it back"
    if not entry.verify:
        return "nothing would prove that it was put back"
    reasons = [complaint(step) for step in entry.undo]
    reasons += [complaint(check, check=True) for check in entry.verify]
    return next(filter(None, reasons), None)


class Healing:
    """Heals entries and writes each step of it down."""

    def __init__(self, ledger: Ledger, say: Callable[[str], None]) -> None:
        self._ledger = ledger
        self._say = say
        self._well_at: dict[str, float] = {}
        """When each was first seen well, if it was still to be seen to have its share again."""

    def heal(self, entries: Sequence[Entry], *, well: str = "verified") -> list[Healed]:
        """Undoes all entries from last to first, then checks all; again for those not well yet.

        `well`: what is written of those that were seen well. All are undone before the first is
        checked: the way to one may lead through another.
        """
        began = time.monotonic()
        deadlines = {entry.id: Deadline.after(entry.deadline_s) for entry in entries}
        results: dict[str, Healed] = {}
        self._well_at.clear()
        pending, patience_s = list(reversed(entries)), _FIRST_PATIENCE_S
        while pending:
            undone = [(entry, self._undo(entry)) for entry in pending]
            for entry, outcome in undone:
                left_s = deadlines[entry.id].left
                reasons = self._unwell(entry, outcome, patience_s if patience_s < left_s else None)
                results[entry.id] = self._written(entry, outcome.ok, reasons, well, began)
            pending = [
                entry
                for entry, outcome in undone
                if not results[entry.id].verified
                and not outcome.final
                and not deadlines[entry.id].over
            ]
            if pending:
                time.sleep(_BETWEEN_ROUNDS_S)
            patience_s *= 2
        return list(results.values())

    def unwell(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that are not well now, of what was put back; of the others it is written down."""
        left = []
        for entry in entries:
            if all(confirm(check, patience_s=0).ok for check in entry.verify):
                self.write("verified", id=entry.id)
            else:
                left.append(entry)
        return left

    def _undo(self, entry: Entry) -> Outcome:
        self.write("healing", id=entry.id)
        # A step that fails must not keep the others from being done.
        outcomes = [self._step(step, entry) for step in reversed(entry.undo)]
        bad = [outcome for outcome in outcomes if not outcome.ok]
        if bad:
            because = "; ".join(outcome.because for outcome in bad)
            return Outcome(ok=False, because=because, final=all(one.final for one in bad))
        self.write("healed", id=entry.id)
        return Outcome(ok=True)

    def _step(self, step: Step, entry: Entry) -> Outcome:
        if step.get("only_if_unverified") and all(
            confirm(check, patience_s=0).ok for check in entry.verify
        ):
            return Outcome(ok=True, because="all is well without it")
        return put_back(step)

    def _unwell(self, entry: Entry, undone: Outcome, patience_s: float | None) -> list[str]:
        if not undone.ok:
            return [undone.because]
        if any(step.get("only_if_unverified") for step in entry.undo):
            patience_s = None  # to do that again would be an outage of its own
        shares = [check for check in entry.verify if check.get("tries")]
        reasons = _bad([check for check in entry.verify if check not in shares], patience_s)
        if reasons or not shares:
            return reasons
        # A system may take its time until it sends traffic there: that is not time of the healing.
        self._well_at.setdefault(entry.id, time.monotonic())
        return _bad(shares, patience_s)

    def _written(
        self, entry: Entry, done: bool, reasons: list[str], well: str, began: float
    ) -> Healed:
        """What came of one round."""
        because = "; ".join(reasons) or None
        if reasons:
            self.write("failed", id=entry.id, because=because)
        else:
            self.write(well, id=entry.id)
        now = time.monotonic()
        return Healed(
            id=entry.id,
            ok=done,
            verified=not reasons,
            seconds=round(now - began, 3),
            because=because,
            share_s=round(now - self._well_at.get(entry.id, now), 3),
        )

    def write(self, state: str, **fields: Any) -> bool:
        """Writes a line down; a full disk is told, but keeps nothing from being healed."""
        try:
            self._ledger.append(state, **fields)
        except OSError as error:
            self._say(f"nfrcheck: cannot write the ledger {self._ledger.path}: {error}")
            return False
        return True


def _bad(checks: Iterable[Step], patience_s: float | None) -> list[str]:
    outcomes = [confirm(check, patience_s=patience_s) for check in checks]
    return [outcome.because for outcome in outcomes if not outcome.ok]


def alarm(entry: Entry, because: str | None, run: str) -> str:
    """The lines that a person needs when something may still be injected."""
    lines = [
        f"nfrcheck: NOT CONFIRMED AS PUT BACK: {entry.note or entry.id} (run {run})",
        f"  because: {because or 'it was not tried'}",
        "  by hand:",
        *(f"    {describe(step)}" for step in reversed(entry.undo)),
        "  then look:",
        *(f"    {describe(check)}" for check in entry.verify),
        "  and when all is well: nfrcheck restore",
    ]
    return "\n".join(lines)

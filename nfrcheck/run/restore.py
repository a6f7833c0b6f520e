"""Puts back from the ledger what a run that died left injected: `nfrcheck restore`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nfrcheck.run.healing import Healed, Healing, alarm
from nfrcheck.run.ledger import Ledger, Record, open_ledgers, read
from nfrcheck.run.step import name_secrets, named_secrets
from nfrcheck.run.undo import describe


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of one ledger. `closed`: all was put back and seen well."""

    run: str
    closed: bool
    healed: tuple[Healed, ...]
    alarms: tuple[str, ...] = ()


def plan_restore(records: list[Record] | None = None) -> list[str]:
    """What `restore` would run, as lines to show before asking; empty if nothing is open.

    Contacts nothing. Raises LedgerError for a ledger that is damaged or of another user.
    """
    lines: list[str] = []
    for record in open_ledgers() if records is None else records:
        lines.append(f"run {record.run} on {record.deployment}, since {record.opened_at}")
        if not record.open_entries:
            lines.append("  nothing is injected; the ledger is closed")
        for entry in reversed(record.open_entries):
            because = f" ({entry.state}: {entry.because})" if entry.because else ""
            lines.append(f"  put back: {entry.note or entry.id}{because}")
            lines += [f"    {describe(step)}" for step in reversed(entry.undo)]
            lines += [f"    then look: {describe(check)}" for check in entry.verify]
    return lines


def restore(ledger: Path, say: Callable[[str], None] = lambda _line: None) -> Restored:
    """Heals what is open, last to first, verifies it and closes the ledger if all is well.

    Raises LedgerError: another user's ledger, or a guardian that still works on it.
    """
    held = Ledger.reopen(ledger)
    try:
        record = read(ledger)
        if record.closed:
            return Restored(run=record.run, closed=True, healed=())
        name_secrets([*named_secrets(), *record.hidden])
        healing = Healing(held, say)
        healed = healing.heal(record.open_entries)
        failed = {one.id: one for one in healed if not one.verified}
        alarms = tuple(
            alarm(entry, failed[entry.id].because, record.run)
            for entry in record.open_entries
            if entry.id in failed
        )
        closed = not failed and healing.write("closed")
        return Restored(run=record.run, closed=closed, healed=tuple(healed), alarms=alarms)
    finally:
        held.release()

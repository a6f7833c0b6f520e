"""What other runs of this user have in place: reason to refuse one more, unless it was named."""

from collections.abc import Collection, Iterable
from pathlib import Path

from nfrcheck.errors import Refused
from nfrcheck.run.ledger import LedgerError, Record, is_guarded, open_ledgers, read
from nfrcheck.run.lock import Place


def refuse_open_ledgers(known: Collection[str] = (), place: Place | None = None) -> None:
    """A fault that is still open must be put back before anything else is injected (exit 8).

    `known`: the runs whose faults are meant to be in place. `place`: what is about to be touched;
    a run that is under way on another deployment is no reason against it.
    """
    reasons = against(known, place)
    if not reasons:
        return
    raise Refused(
        "; ".join(reasons),
        "nfrcheck restore puts back what was left; or wait for the end of a run that is under way",
    )


def against(known: Collection[str] = (), place: Place | None = None) -> list[str]:
    """Why nothing may be injected, a sentence for each open ledger. Raises Refused."""
    return [
        because
        for record in _opened()
        if record.run not in known and (because := _reason(record, place))
    ]


def _reason(record: Record, place: Place | None) -> str | None:
    # Nothing is armed before it says of whom it is; on the same deployment its lease is held.
    if place is not None and not record.opened_at:
        return None
    on = f"run {record.run} on {record.deployment}"
    if not _held(record):
        # It may have ended well since it was read; now nobody writes there any more.
        if _look(record.path).closed:
            return None
        left = "; ".join(entry.note or entry.id for entry in record.open_entries)
        what = left or "nothing was injected, and its ledger is open"
        return f"{on} is not confirmed as put back: {what}"
    if place is not None and record.place not in {"", place.file}:
        return None
    return f"{on} is under way: process {record.pid}, since {record.opened_at}"


def beside_notes(beside: Iterable[str]) -> tuple[str, ...]:
    """What a reader must know of the runs whose faults are in place meanwhile.

    Raises Refused for a run that no living guardian holds: nobody would put its fault back.
    """
    opened = {record.run: record for record in _opened()}
    return tuple(_note(run, opened.get(run)) for run in dict.fromkeys(beside))


def _note(run: str, record: Record | None) -> str:
    if record is None or not _held(record):
        raise Refused(
            f"no run {run} is under way, so none can be begun beside it",
            "leave --beside out; nfrcheck restore --list shows what was left behind",
        )
    faults = ", ".join(entry.note.partition(":")[0] or entry.id for entry in record.open_entries)
    if not faults:
        return f"beside run {run}, which had no fault in place when this one began"
    return f"beside run {run}, whose fault is in place: {faults}"


def _held(record: Record) -> bool:
    try:
        return is_guarded(record.path)
    except LedgerError as error:
        raise Refused(f"run {record.run}: {error}", "nfrcheck doctor") from error


def _opened() -> list[Record]:
    try:
        return open_ledgers()
    except LedgerError as error:
        raise Refused(f"no ledger can be kept: {error}", "nfrcheck doctor") from error


def _look(path: Path) -> Record:
    try:
        return read(path)
    except LedgerError as error:
        raise Refused(str(error), "nfrcheck doctor") from error

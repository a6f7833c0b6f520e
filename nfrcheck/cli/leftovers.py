"""What runs have left injected: looked for in ledgers, or at the deployment itself."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from nfrcheck.cli.files import deployments, find_deployment, valid
from nfrcheck.deployments import ToxiproxyControl
from nfrcheck.deployments.process import ProcessControl
from nfrcheck.errors import NfrcheckError, NotRestored, Refused, UsageError
from nfrcheck.experiments.faults.armed import UNDO
from nfrcheck.run.in_place import Part, parts_of, paused
from nfrcheck.run.ledger import LedgerError, Record, readable_ledgers
from nfrcheck.run.lock import Held, Place, hold
from nfrcheck.run.restore import plan_restore, restore
from nfrcheck.run.step import Step
from nfrcheck.run.undo import attempt, confirm, describe
from nfrcheck.run.undo import put_back as do_step
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.read import read_deployment

Ask = Callable[[str], bool]
NOT_RESTORED = 6
_GOOD, _BAD = "\N{CHECK MARK}", "\N{BALLOT X}"
_ANSWER_S = 5.0
_UNDO = tuple(dict.fromkeys(UNDO.values()))


def opened() -> tuple[list[Record], list[LedgerError]]:
    """The open ledgers, and why others cannot be trusted: what they hold may be injected.

    Raises NotRestored if there are only such.
    """
    try:
        ledgers, unread = readable_ledgers()
    except LedgerError as error:
        raise NotRestored(str(error)) from error
    if unread and not ledgers:
        raise NotRestored("; ".join(map(str, unread)))
    return ledgers, unread


def recipes(ledgers: list[Record], unread: Sequence[LedgerError]) -> list[str]:
    return [*(f"not read: {error}" for error in unread), *plan_restore(ledgers)]


def put_back(ledgers: list[Record], unread: Sequence[LedgerError]) -> int:
    """The newest first, as faults are undone; 6 if something could not be confirmed."""
    all_closed = not unread
    for record in reversed(ledgers):
        try:
            found = restore(record.path, say=lambda line: click.echo(line, err=True))
        except (LedgerError, OSError) as error:
            _row(False, f"run {record.run}: {error}")
            all_closed = False
            continue
        for healed in found.healed:
            because = f": {healed.because}" if healed.because else ""
            _row(healed.verified, f"{healed.id} in {healed.seconds:.1f} s{because}")
        for alarm in found.alarms:
            click.echo(alarm, err=True)
        if not found.closed and not found.alarms:
            told = "all is put back and was seen well, but its ledger cannot be written"
            _row(False, f"run {record.run}: {told}: make room on the disk, then nfrcheck restore")
        all_closed = all_closed and found.closed
    for damaged in unread:
        _row(False, str(damaged))
    if all_closed:
        click.echo("everything is put back and was seen well; the ledger is closed")
        return 0
    click.echo("NOT everything could be confirmed as put back; the ledger stays open", err=True)
    return NOT_RESTORED


def scan(named: str | None, ask: Ask) -> int:
    """Asks every part that can be asked; restores those that are not well, if wanted.

    Raises Refused while a run has the deployment: its faults are meant to be in place.
    """
    place = _deployment(named)
    parts = [part for part in parts_of(place) if _can_tell(part)]
    if not parts:
        raise UsageError(f"no part of {place.name} has a `verify` to ask", "nfrcheck restore")
    with _alone_on(place):
        unwell = []
        for part in parts:
            because = _unwell(part)
            _row(not because, f"{part.title}{f': {because}' if because else ''}")
            if because:
                unwell.append(part)
        if not unwell:
            click.echo(f"all {len(parts)} parts of {place.name} are well")
            return 0
        return _repair_if_wanted(unwell, ask)


@contextmanager
def _alone_on(place: Deployment) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            there = Place(name=place.name, path=Path(place.path))
            stack.enter_context(hold(there, "nfrcheck restore --scan"))
        except Held:
            raise
        except Refused as error:
            # Such as a full disk: that must not keep a fault in place.
            click.echo(error.message, err=True)
        yield


def _repair_if_wanted(unwell: Sequence[Part], ask: Ask) -> int:
    steps = [(part, _undo(part)) for part in unwell]
    for part, undo in steps:
        for step in undo:
            click.echo(f"  put back {part.title}: {describe(step)}")
    if not ask("Put it back?"):
        return NOT_RESTORED
    return _repair(steps)


def _repair(parts: Sequence[tuple[Part, list[Step]]]) -> int:
    # All of it first: a region is not well before its components are.
    done = [(part, [do_step(step) for step in steps]) for part, steps in parts]
    well = True
    for part, outcomes in done:
        outcomes += [confirm(check) for check in part.control.checks()]
        because = "; ".join(outcome.because for outcome in outcomes if not outcome.ok)
        # A link that could not be asked has no steps, and is not well for it.
        because = because or _unwell(part)
        _row(not because, f"{part.title}{f': {because}' if because else ' is well again'}")
        well = well and not because
    return 0 if well else NOT_RESTORED


def _deployment(named: str | None) -> Deployment:
    anywhere = Path("scenarios") / "any"
    there = deployments(anywhere)
    if named is None and len(there) > 1:
        raise UsageError("--scan needs to know which deployment", "-d NAME")
    return valid(lambda: read_deployment(find_deployment(anywhere, named)))


def _can_tell(part: Part) -> bool:
    """Whether it can be asked if all is well."""
    known = isinstance(part.control, ToxiproxyControl | ProcessControl)
    return known or bool(part.control.checks())


def _unwell(part: Part) -> str:
    outcomes = (attempt(check, _ANSWER_S) for check in part.control.checks())
    reasons = [outcome.because for outcome in outcomes if not outcome.ok]
    if isinstance(part.control, ToxiproxyControl):
        try:
            reasons += part.control.leftovers(part.name).words
        except NfrcheckError as error:
            reasons.append(error.message)
    elif isinstance(part.control, ProcessControl):
        try:
            reasons += paused(part.control)
        except NfrcheckError as error:
            # Whether it is well without this process, its `verify` knows; else nobody does.
            reasons += [] if part.control.checks() else [error.message]
    return "; ".join(reasons)


def _undo(part: Part) -> list[Step]:
    """Every undo verb that the part offers, of its acts too; all of them are safe to repeat."""
    steps: list[Step] = []
    if isinstance(part.control, ToxiproxyControl):
        try:
            steps += part.control.leftovers(part.name).steps
        except NfrcheckError as error:
            click.echo(f"  {part.title}: {error}", err=True)
    acts = [f"undo {act}" for act in getattr(part.control, "acts", ())]
    for verb in (*_UNDO, *acts):
        if part.control.offers(verb):
            try:
                steps += part.control.steps(verb, {"run": "scan"})
            except NfrcheckError as error:
                click.echo(f"  {part.title}: {verb}: {error}", err=True)
    return steps


def _row(good: bool, text: str) -> None:
    mark = click.style(_GOOD, fg="green") if good else click.style(_BAD, fg="red", bold=True)
    click.echo(f" {mark} {text}")

"""What the history of the runs says about the targets of a game day."""

from datetime import datetime
from pathlib import Path

from nfrcheck.cli.gameday_files import Chosen, Planned
from nfrcheck.errors import UsageError
from nfrcheck.gameday.freshness import Known, Row, freshness
from nfrcheck.history.past import Past, read_past


def rows_of(chosen: Chosen, ready: Planned, out: Path | None, now: datetime) -> list[Row]:
    """One row a target of the plan. Raises UsageError where the history cannot be read."""
    if ready.plan is None:
        raise UsageError(ready.refused or "there is no plan")
    folder = out or ready.files.out
    try:
        past = read_past(folder)
    except OSError as error:
        raise UsageError(f"the history in {folder} cannot be read: {error.strerror}") from error
    targets = [(target.id, target.requirement) for target in ready.plan.targets]
    known = {target: _known(past, target, ready.plan.deployment) for target, _ in targets}
    return freshness(targets, known, now.astimezone(chosen.day.zone), chosen.day.freshness)


def _known(past: Past, target: str, deployment: str) -> Known:
    last = past.last(target, deployment)
    proven = past.last_proven(target, deployment)
    return Known(
        proven=datetime.fromisoformat(proven.at) if proven else None,
        run=proven.run if proven else None,
        last=last.judged if last else "",
    )

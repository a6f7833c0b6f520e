"""What is known about starting a game day before anything is contacted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from nfrcheck.cli.gameday_files import Chosen, Planned
from nfrcheck.errors import NfrcheckError, Refused, UsageError
from nfrcheck.gameday.blackout import NotACalendar, closed
from nfrcheck.gameday.gate import Facts, Reason
from nfrcheck.gameday.length import most_seconds
from nfrcheck.gameday.schedule import NotASchedule, due_at
from nfrcheck.plan.approval import checkout_of, checkouts_of, find_approval
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.plan.steps import Plan
from nfrcheck.run.lock import Place, holder
from nfrcheck.run.others import against


def gather(
    chosen: Chosen,
    ready: Planned,
    now: datetime,
    *,
    locked: str | None,
    override: str | None = None,
) -> Facts:
    """Raises UsageError where the calendar or the schedule cannot be read any more."""
    day = chosen.day
    takes_s = most_seconds(ready.plan) if ready.plan else 0.0
    try:
        due = due_at(day, now)
        blackouts = closed(day, now, now + timedelta(seconds=max(takes_s, 60.0)))
    except (NotASchedule, NotACalendar) as error:
        raise UsageError(str(error)) from error
    approval, digest = _approval(chosen, ready)
    return Facts(
        now=now,
        due=due,
        takes_s=takes_s,
        blackouts=blackouts,
        override=override,
        locked=locked,
        approval=approval,
        digest=digest,
    )


def locked_by(place: Place) -> str | None:
    """Who is at work on the deployment, or what is still open on this machine."""
    return holder(place) or still_open(place)


def still_open(place: Place) -> str | None:
    """The open ledgers of this user that stand against it, in a sentence."""
    try:
        reasons = against(place=place)
    except Refused as refused:
        return refused.message
    return f"{'; '.join(reasons)} (nfrcheck restore)" if reasons else None


def place_of(ready: Planned) -> Place:
    """What one run at a time may touch."""
    deployment = ready.files.pair.deployment
    return Place(name=deployment.name, path=Path(deployment.path))


def _checkouts(chosen: Chosen, made: Plan) -> tuple[Path, ...]:
    """An approval in any of them would approve itself."""
    asked = checkouts_of(made.scenario_path, made.deployment_path)
    return (*asked, checkout_of(chosen.file))


def _approval(chosen: Chosen, ready: Planned) -> tuple[Reason | None, str | None]:
    """The reason, and the hash that was approved.

    The clock of an approval is the real one, whatever time the rest is asked about.
    """
    if ready.plan is None:
        return Reason(False, ready.refused or "there is no plan"), None
    if chosen.day.approval.needed == "none" and not ready.plan.needs_approval:
        return None, None
    digest = fingerprint(ready.plan)
    try:
        found = find_approval(digest, datetime.now(UTC), *_checkouts(chosen, ready.plan))
    except NfrcheckError as error:
        return Reason(False, error.message), None
    until = found.until.astimezone(chosen.day.zone)
    said = f"plan {digest[:12]} is approved by {found.who} until {until:%a %Y-%m-%d %H:%M}"
    return Reason(True, said, kept=True), digest

"""Whether a game day may start now: a pure decision, each reason a sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from nfrcheck.gameday.blackout import Closed
from nfrcheck.gameday.day import GameDay
from nfrcheck.gameday.schedule import Opening, opening
from nfrcheck.model.show import show_duration


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was looked at, and what it says about starting now."""

    good: bool
    text: str
    kept: bool = False
    """A reader of the scorecard must know it: who approved, why a blackout did not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known before anything is contacted."""

    now: datetime
    due: datetime
    takes_s: float
    """How long the plan takes at most, faults shown and put back."""
    blackouts: Sequence[Closed] = ()
    override: str | None = None
    """Why the blackout does not count this time."""
    locked: str | None = None
    """Who is at work on this deployment, or what is still open there."""
    approval: Reason | None = field(default=None)
    """None: the file asks for none."""
    digest: str | None = None
    """The hash of the plan that was approved; nothing else may be run."""


def decide(day: GameDay, facts: Facts) -> tuple[Reason, ...]:
    """Every reason in the order in which they are told; it may start if all of them are good."""
    local = facts.now.astimezone(day.zone)
    gap = opening(day, facts.due)
    reasons = [_window(day, local, facts.due, gap)]
    if reasons[0].good:
        reasons.append(_fit(local, facts.takes_s, gap))
    reasons += _blackouts(facts)
    reasons.append(
        Reason(False, facts.locked) if facts.locked else Reason(True, "nothing else is at work")
    )
    reasons.append(facts.approval or Reason(True, "no approval is needed"))
    return tuple(reasons)


def refusal(reasons: Sequence[Reason]) -> str | None:
    """The first reason that stands against it."""
    return next((reason.text for reason in reasons if not reason.good), None)


def _window(day: GameDay, now: datetime, due: datetime, gap: Opening) -> Reason:
    if gap.is_over(due):
        return Reason(False, f"the clocks go forward over its window, due {near(due, now)}")
    late_by = _between(due, now)
    late = show_span(late_by // 60 * 60)
    started = f"started {near(now, due)}"
    if _between(gap.closes, now) > 0:
        closed = f"window closed {near(gap.closes, now)}"
        return Reason(False, f"{started}, {closed} (the scheduler was {late} late)")
    most = day.window.latest_start
    if most is not None and late_by > most:
        return Reason(
            False,
            f"{started}, {late} after it was due; it may start up to {show_span(most)} late",
        )
    lateness = f", {late} after it was due" if late_by >= 60 else ""
    opens, closes = near(gap.opens, now), near(gap.closes, now)
    return Reason(True, f"window {opens} to {closes}, now {now:%H:%M}{lateness}")


def _fit(now: datetime, takes_s: float, gap: Opening) -> Reason:
    left_s = _between(now, gap.closes)
    takes, left = show_span(takes_s), show_span(left_s)
    if takes_s > left_s:
        return Reason(
            False,
            f"it takes up to {takes}, and the window closes {near(gap.closes, now)}, in {left}",
        )
    return Reason(True, f"it takes up to {takes}, the window closes in {left}")


def _blackouts(facts: Facts) -> Iterator[Reason]:
    if not facts.blackouts:
        yield Reason(True, "no blackout")
    for closed in facts.blackouts:
        text = f"blackout {in_words(closed)}"
        if facts.override:
            yield Reason(True, f"{text}, overridden: {facts.override}", kept=True)
        else:
            yield Reason(False, text)


def in_words(closed: Closed) -> str:
    """`freeze.ics: "Year-end change freeze" until Thu 2027-01-07`."""
    until = closed.until
    if (until.hour, until.minute) == (0, 0):
        # People name the last day, not the midnight after it.
        last = f"{until - timedelta(seconds=1):%a %Y-%m-%d}"
    else:
        last = f"{until:%a %Y-%m-%d %H:%M}"
    return f'{closed.source}: "{closed.reason}" until {last}'


def near(moment: datetime, other: datetime) -> str:
    """The time of day, with the date where it is not the day of the other."""
    there = moment.astimezone(other.tzinfo)
    return f"{there:%H:%M}" if there.date() == other.date() else f"{there:%a %Y-%m-%d %H:%M}"


def _between(earlier: datetime, later: datetime) -> float:
    """Seconds that really pass: Python subtracts two times of one zone as if it never jumped."""
    return (later.astimezone(UTC) - earlier.astimezone(UTC)).total_seconds()


def show_span(seconds: float) -> str:
    """Without what is zero: `45 min`, `4 h 14 min`."""
    whole = seconds == round(seconds) and seconds < 60
    text = f"{seconds:.0f} s" if whole else show_duration(seconds)
    return text.removesuffix(" 00 s").removesuffix(" 00 min").removesuffix(" 00 h")

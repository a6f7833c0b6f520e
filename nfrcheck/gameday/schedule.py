"""When a game day is due: cron expressions and windows on a wall clock that may jump."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from nfrcheck.gameday.day import DAY_MINUTES, GameDay, Window

_FIELDS = 5
# Without a time zone and so without jumps: what the words of a schedule mean by themselves.
_ANY_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001 - it has none on purpose
_JUMP = timedelta(hours=25)
"""More than a wall clock ever jumped but when a country changed its day."""


class NotASchedule(ValueError):
    """The sentence says what is wrong with the expression."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One window, as two moments."""

    opens: datetime
    closes: datetime

    def is_over(self, moment: datetime) -> bool:
        """For a due time only when the clocks go forward over the rest of the window."""
        return self.closes.astimezone(UTC) <= moment.astimezone(UTC)


def check_schedule(expression: str) -> None:
    """Raises NotASchedule for what is no cron expression of five fields, or never comes."""
    fields = len(expression.split())
    if fields != _FIELDS:
        raise NotASchedule(f"a schedule has 5 fields (minute hour day month weekday), not {fields}")
    try:
        next(CronSim(expression, _ANY_YEAR))
    except CronSimError as error:
        raise NotASchedule(f"`{expression}`: {str(error).lower()}") from error
    except StopIteration:
        raise NotASchedule(f"`{expression}` never comes") from None


def outside(expression: str, window: Window) -> str | None:
    """The first time of day at which the schedule starts it outside its window, if there is one."""
    length = (window.close - window.open) % DAY_MINUTES or DAY_MINUTES
    cron = CronSim(expression, _ANY_YEAR)
    # On each of its days a schedule is due at all of its hours and minutes.
    for hour, minute in product(sorted(cron.hours), sorted(cron.minutes)):
        if (hour * 60 + minute - window.open) % DAY_MINUTES >= length:
            return f"{hour:02d}:{minute:02d}"
    return None


def upcoming(day: GameDay, after: datetime) -> Iterator[datetime]:
    """Every time later than `after` at which the game day is due.

    Each time on the wall is one moment, as for cron's own jobs: one that the night skips is made
    up for at the end of the gap, one that comes twice is meant once, the first time.
    """
    last = after.astimezone(UTC)
    for naive in CronSim(day.schedule, _on_the_wall(day, after) - _JUMP):
        due = on_the_wall(day.zone, naive)
        if due.astimezone(UTC) > last:
            last = due.astimezone(UTC)
            yield due


def due_at(day: GameDay, now: datetime) -> datetime:
    """The latest due time that is not later than `now`. Raises NotASchedule if there is none."""
    for naive in CronSim(day.schedule, _on_the_wall(day, now) + _JUMP, reverse=True):
        due = on_the_wall(day.zone, naive)
        if due.astimezone(UTC) <= now.astimezone(UTC):
            return due
    raise NotASchedule(f"`{day.schedule}` never came")


def opening(day: GameDay, due: datetime) -> Opening:
    """The window that a due time lies in."""
    local = due.astimezone(day.zone)
    opens, closes = day.window.open, day.window.close
    begun = datetime.combine(local.date(), time())
    if closes <= opens:
        closes += DAY_MINUTES
        if local.hour * 60 + local.minute < opens:
            begun -= timedelta(days=1)
    return Opening(
        on_the_wall(day.zone, begun + timedelta(minutes=opens)),
        on_the_wall(day.zone, begun + timedelta(minutes=closes)),
    )


def on_the_wall(zone: ZoneInfo, naive: datetime) -> datetime:
    """The moment of a wall clock; a time that is skipped is the first one after the gap.

    Moments of one zone are compared and subtracted by Python as if there were no jumps, so whoever
    does that converts them to UTC first.
    """
    moment = naive.replace(tzinfo=zone)
    while moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        naive += timedelta(minutes=1)
        moment = naive.replace(tzinfo=zone)
    return moment


def _on_the_wall(day: GameDay, moment: datetime) -> datetime:
    return moment.astimezone(day.zone).replace(tzinfo=None, microsecond=0)

"""A schedule in the words of other schedulers."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from cronsim import CronSim

_OURS = re.compile(r"[L#W]", re.IGNORECASE)
_NAMES = re.compile(r"[A-Z]{3}", re.IGNORECASE)
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_ANY_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001 - a time of day, without any place
_MOST_TIMES = 24


class NotForCron(ValueError):
    """The schedule uses what only this program reads; the sentence says what."""


def plain(schedule: str) -> str:
    """The schedule, if every cron reads it. Raises NotForCron."""
    if found := _OURS.search(_NAMES.sub("", schedule)):
        raise NotForCron(f"`{found[0]}` in `{schedule}` is not understood by other schedulers")
    return schedule


def announcing(schedule: str, before_s: float) -> str | None:
    """Daily times at which a game day may be near; None if there are too many to be of use."""
    times = CronSim(schedule, _ANY_YEAR)
    listed = [next(times) - timedelta(seconds=before_s) for _ in range(_MOST_TIMES * 2)]
    minutes = {each.minute for each in listed}
    hours = {each.hour for each in listed}
    if len(minutes) > 1 or len(hours) > _MOST_TIMES // 2:
        return None
    return f"{minutes.pop()} {','.join(map(str, sorted(hours)))} * * *"


def crowded(schedule: str) -> bool:
    """Whether it begins when everybody's jobs begin; hosted schedulers are late then."""
    return bool(CronSim(schedule, _ANY_YEAR).minutes & {0, 30})


def on_calendar(schedule: str, zone: str) -> Iterator[str]:
    """For systemd, which has no `or` between days: one expression for each way to be due."""
    cron = CronSim(schedule, _ANY_YEAR)
    minute, hour, day, month, weekday = schedule.upper().split()
    date = _part(month, cron.months)
    clock = f"{_part(hour, cron.hours)}:{_part(minute, cron.minutes)}:00"
    weekdays = sorted({int(str(each)) % 7 for each in cron.weekdays})
    names = "" if weekday == "*" else ",".join(_DAYS[each] for each in weekdays) + " "
    days = _part(day, cron.days)
    if cron.day_and:
        yield f"{names}*-{date}-{days} {clock} {zone}"
        return
    yield f"*-{date}-{days} {clock} {zone}"
    yield f"{names}*-{date}-* {clock} {zone}"


def _part(written: str, meant: set[int]) -> str:
    return "*" if written == "*" else _listed(meant)


def _listed(numbers: set[int]) -> str:
    return ",".join(f"{number:02d}" for number in sorted(numbers))

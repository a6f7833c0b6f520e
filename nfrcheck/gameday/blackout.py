"""When nothing may be started: days that the file names, and calendars with their repetitions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from nfrcheck.gameday.day import Blackout, GameDay
from nfrcheck.gameday.schedule import on_the_wall

_MOMENT = timedelta(seconds=1)
_AROUND = timedelta(days=2)
"""More than two wall clocks ever differ."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a calendar file."""


class NotACalendar(ValueError):
    """The sentence says which file, and why."""


@dataclass(frozen=True, slots=True)
class Closed:
    """One blackout that lies over a time; `until` is the first moment after it."""

    reason: str
    source: str
    begins: datetime
    until: datetime


def closed(day: GameDay, start: datetime, end: datetime) -> list[Closed]:
    """Every blackout that overlaps the time from `start` to `end`. Raises NotACalendar."""
    found = [one for each in day.blackout for one in _closed(each, day.zone, start, end)]
    return sorted(found, key=lambda one: one.until, reverse=True)


def read_calendar(path: Path) -> icalendar.Calendar:
    """Raises NotACalendar for what cannot be read; a freeze must not be missed silently."""
    try:
        if path.stat().st_size > LARGEST:
            raise NotACalendar(f"{path} is larger than {LARGEST // 2**20} MiB")
        read = icalendar.Calendar.from_ical(path.read_bytes())
    except OSError as error:
        raise NotACalendar(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, IndexError) as error:
        raise NotACalendar(f"{path} is no calendar: {error}") from error
    assert isinstance(read, icalendar.Calendar)
    return read


def _closed(blackout: Blackout, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Closed]:
    for span in blackout.dates:
        begins = on_the_wall(zone, datetime.combine(span.first, time()))
        until = on_the_wall(zone, datetime.combine(span.last + timedelta(days=1), time()))
        if _overlap(begins, until, start, end):
            yield Closed(blackout.reason, "dates", begins, until)
    if blackout.ics is not None:
        yield from _events(blackout.ics, zone, start, end)


def _events(path: Path, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Closed]:
    calendar = read_calendar(path)
    # Whole days and times without a zone are looked up as if they stood in the zone of what is
    # asked for, so more is asked for, and `_overlap` decides.
    span = (start.astimezone(zone) - _AROUND, end.astimezone(zone) + _AROUND)
    try:
        events = recurring_ical_events.of(calendar, components=["VEVENT"]).between(*span)
    except (ValueError, KeyError, TypeError) as error:
        raise NotACalendar(f"{path}: an event cannot be repeated: {error}") from error
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        begins, until = _moment(event.start, zone), _moment(event.end, zone)
        if _overlap(begins, until, start, end):
            summary = " ".join(str(event.get("SUMMARY", "without a name")).split())
            yield Closed(summary, path.name, begins, until)


def _overlap(begins: datetime, until: datetime, start: datetime, end: datetime) -> bool:
    first, last = begins.astimezone(UTC), until.astimezone(UTC)
    # A calendar that gives an event no length means that it begins then.
    return first < end.astimezone(UTC) and start.astimezone(UTC) < max(first + _MOMENT, last)


def _moment(when: date, zone: ZoneInfo) -> datetime:
    """A whole day begins at midnight of the game day's zone; so does a time without one."""
    if not isinstance(when, datetime):
        return on_the_wall(zone, datetime.combine(when, time()))
    return when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone)

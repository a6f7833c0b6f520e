"""Nothing starts while a calendar or a list of days says so, however the calendar says it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.gameday.blackout import closed
from nfrcheck.gameday.gate import in_words
from tests.gameday.days import day

FREEZE = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//freeze//EN
BEGIN:VEVENT
UID:1
SUMMARY:Year-end change freeze
DTSTART;VALUE=DATE:20201218
DTEND;VALUE=DATE:20210108
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Release
DTSTART;TZID=Europe/Berlin:20260705T020000
DTEND;TZID=Europe/Berlin:20260705T040000
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Called off
STATUS:CANCELLED
DTSTART;TZID=Europe/Berlin:20260712T020000
DTEND;TZID=Europe/Berlin:20260712T040000
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:Standup
DTSTART:20260601T070000Z
DTEND:20260601T071500Z
RRULE:FREQ=WEEKLY;BYDAY=MO
EXDATE:20260608T070000Z
END:VEVENT
END:VCALENDAR
"""
KEYS = "[freeze.ics, {dates: [2026-04-03..2026-04-06, 2026-05-01], reason: holidays}]"


def reasons(folder: Path, start: str, minutes: float = 1) -> list[str]:
    (folder / "freeze.ics").write_text(FREEZE, "utf-8")
    begins = datetime.fromisoformat(start)
    found = closed(day(folder, blackout=KEYS), begins, begins + timedelta(minutes=minutes))
    return [in_words(one) for one in found]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(
            "2026-12-20T02:17+01:00",
            ['freeze.ics: "Year-end change freeze" until Thu 2027-01-07'],
            id="six-years-after-it-was-written",
        ),
        pytest.param("2026-12-17T23:58+01:00", [], id="before-its-first-midnight"),
        pytest.param("2027-01-08T00:00+01:00", [], id="after-its-last-midnight"),
        pytest.param(
            "2026-07-05T01:30+00:00",
            ['freeze.ics: "Release" until Sun 2026-07-05 04:00'],
            id="asked-in-another-zone",
        ),
        pytest.param("2026-07-12T02:17+02:00", [], id="called-off"),
        pytest.param("2026-06-08T09:05+02:00", [], id="left-out-this-time"),
        pytest.param(
            "2026-04-06T23:59+02:00",
            ['dates: "holidays" until Mon 2026-04-06'],
            id="the-last-day-counts",
        ),
        pytest.param("2026-04-07T00:00+02:00", [], id="the-day-after"),
        pytest.param(
            "2026-05-01T02:17+02:00", ['dates: "holidays" until Fri 2026-05-01'], id="one-day"
        ),
    ],
)
def test_a_blackout_lies_over_a_time(start: str, expected: list[str], tmp_path: Path) -> None:
    assert reasons(tmp_path, start) == expected


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Berlin", "Pacific/Auckland"])
@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        pytest.param(";VALUE=DATE:20261224", ";VALUE=DATE:20261225", range(24), id="a-whole-day"),
        pytest.param(":20261224T180000", ":20261224T230000", range(18, 23), id="without-a-zone"),
    ],
)
def test_a_day_or_a_time_without_a_zone_is_meant_where_the_game_day_is(
    zone: str, first: str, last: str, hours: range, tmp_path: Path
) -> None:
    (tmp_path / "freeze.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:Freeze\n"
        f"DTSTART{first}\nDTEND{last}\nEND:VEVENT\nEND:VCALENDAR\n",
        "utf-8",
    )
    one = day(tmp_path, blackout="[freeze.ics]", timezone=zone)
    midnight = datetime(2026, 12, 24, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    def frozen(hour: int) -> bool:
        begins = midnight + timedelta(hours=hour)
        return bool(closed(one, begins, begins + timedelta(minutes=10)))

    assert [hour for hour in range(-24, 48) if frozen(hour)] == [*hours]


def test_a_run_that_would_last_into_a_blackout_is_in_it(tmp_path: Path) -> None:
    assert reasons(tmp_path, "2026-07-05T01:30+02:00", minutes=20) == []
    assert len(reasons(tmp_path, "2026-07-05T01:30+02:00", minutes=40)) == 1


@pytest.mark.parametrize("text", [None, "hello", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", ""])
def test_a_calendar_that_cannot_be_read_is_not_taken_for_an_empty_one(
    text: str | None, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "freeze.ics").write_text(text, "utf-8")

    with pytest.raises(InvalidFiles) as refused:
        day(tmp_path, blackout="[freeze.ics]")

    assert [found.code for found in refused.value.diagnostics] == ["NFR105"]

"""A game day is due by a wall clock that jumps twice a year; its window moves with it."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest

from nfrcheck.gameday.day import Window
from nfrcheck.gameday.schedule import (
    NotASchedule,
    check_schedule,
    due_at,
    opening,
    outside,
    upcoming,
)
from tests.gameday.days import day

SUNDAY_230 = '"30 2 * * SUN"'
WHOLE_NIGHT = '{open: "22:00", close: "06:00"}'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_on_the_night_without_half_past_two_it_is_due_at_three(tmp_path: Path) -> None:
    sunday = day(tmp_path, schedule=SUNDAY_230)

    found = list(islice(upcoming(sunday, at("2026-03-22T12:00+01:00")), 2))

    assert [each.isoformat() for each in found] == [
        "2026-03-29T03:00:00+02:00",
        "2026-04-05T02:30:00+02:00",
    ]


def test_on_the_night_with_two_of_them_it_is_due_once_at_the_first(tmp_path: Path) -> None:
    sunday = day(tmp_path, schedule=SUNDAY_230)

    found = list(islice(upcoming(sunday, at("2026-10-24T12:00+02:00")), 2))

    assert [each.isoformat() for each in found] == [
        "2026-10-25T02:30:00+02:00",
        "2026-11-01T02:30:00+01:00",
    ]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param("2026-03-29T02:59:59+01:00", "2026-03-29T03:00+02:00", id="after-the-gap"),
        pytest.param("2026-03-29T03:00:00+02:00", "2026-03-29T03:00+02:00", id="at-its-end"),
        pytest.param("2026-03-29T01:59:59+01:00", "2026-03-22T02:30+01:00", id="before-the-gap"),
        pytest.param("2026-10-25T02:29:59+02:00", "2026-10-18T02:30+02:00", id="before-the-first"),
        pytest.param("2026-10-25T02:30:00+02:00", "2026-10-25T02:30+02:00", id="the-first"),
        pytest.param("2026-10-25T02:30:00+01:00", "2026-10-25T02:30+02:00", id="the-second"),
        pytest.param("2026-06-07T02:30:00+02:00", "2026-06-07T02:30+02:00", id="the-very-moment"),
        pytest.param("2026-06-07T02:29:59+02:00", "2026-05-31T02:30+02:00", id="a-second-early"),
    ],
)
def test_the_due_time_is_the_latest_that_is_not_later_than_now(
    now: str, due: str, tmp_path: Path
) -> None:
    found = due_at(day(tmp_path, schedule=SUNDAY_230), at(now))

    assert found.astimezone(UTC) == at(due)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("schedule", ['"30 2 * * *"', '"15 */6 * * *"', '"5 1 1,15 * MON"'])
def test_looking_back_finds_what_looking_forward_found(
    zone: str, schedule: str, tmp_path: Path
) -> None:
    one = day(tmp_path, schedule=schedule, timezone=zone, window=WHOLE_DAY)
    start = at("2026-02-25T00:00+00:00")
    dues = list(islice(upcoming(one, start), 300))

    for earlier, later in pairwise(dues):
        assert earlier.astimezone(UTC) < later.astimezone(UTC)
        assert due_at(one, earlier).astimezone(UTC) == earlier.astimezone(UTC)
        just_before = later.astimezone(UTC) - timedelta(seconds=1)
        assert due_at(one, just_before) == earlier


WHOLE_DAY = '{open: "00:00", close: "24:00"}'


@pytest.mark.parametrize(
    ("window", "due", "opens", "closes"),
    [
        pytest.param(
            '{open: "02:00", close: "05:00"}',
            "2026-06-07T02:30+02:00",
            "2026-06-07T02:00+02:00",
            "2026-06-07T05:00+02:00",
            id="a-plain-night",
        ),
        pytest.param(
            WHOLE_NIGHT,
            "2026-06-07T02:30+02:00",
            "2026-06-06T22:00+02:00",
            "2026-06-07T06:00+02:00",
            id="over-midnight",
        ),
        pytest.param(
            '{open: "02:00", close: "05:00"}',
            "2026-03-29T03:00+02:00",
            "2026-03-29T03:00+02:00",
            "2026-03-29T05:00+02:00",
            id="an-open-that-the-night-skips",
        ),
        pytest.param(
            WHOLE_DAY,
            "2026-10-25T02:30+02:00",
            "2026-10-25T00:00+02:00",
            "2026-10-26T00:00+01:00",
            id="a-day-of-25-hours",
        ),
    ],
)
def test_a_window_is_a_time_on_the_wall(
    window: str, due: str, opens: str, closes: str, tmp_path: Path
) -> None:
    found = opening(day(tmp_path, schedule=SUNDAY_230, window=window), at(due))

    assert (found.opens, found.closes) == (at(opens), at(closes))


@pytest.mark.parametrize("expression", ["17 2 * *", "0 17 2 * * SUN", "61 2 * * *", "0 0 30 2 *"])
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(NotASchedule):
        check_schedule(expression)


@pytest.mark.parametrize(
    ("schedule", "beside"),
    [
        pytest.param("*/4 0-5 * * *", "05:00", id="after-seventy-good-times"),
        pytest.param("* 0-4 * * *", None, id="each-minute-of-the-window"),
        pytest.param("* * * * *", "05:00", id="each-minute-of-a-day"),
        pytest.param("59 4,23 1 1 *", "23:59", id="once-a-year"),
    ],
)
def test_no_time_of_day_is_outside_the_window_unseen(schedule: str, beside: str | None) -> None:
    window = Window.model_validate({"open": "00:00", "close": "05:00"})

    assert outside(schedule, window) == beside

"""Whether a game day may start is decided from what is known, each reason in a sentence."""

from datetime import datetime
from pathlib import Path

import pytest

from nfrcheck.gameday.blackout import Closed
from nfrcheck.gameday.gate import Facts, Reason, decide, refusal
from nfrcheck.gameday.schedule import due_at
from tests.gameday.days import day

NOON, DAY_AFTER = "2026-11-22T12:00+01:00", "2026-11-23T12:00+01:00"
FREEZE = Closed(
    "freeze", "freeze.ics", datetime.fromisoformat(NOON), datetime.fromisoformat(DAY_AFTER)
)
LATEST = '{open: "02:00", close: "05:00", latest_start: 45 min}'
NO_LATEST = '{open: "02:00", close: "05:00"}'


def against(folder: Path, now: str, window: str = LATEST, **facts: object) -> str | None:
    one = day(folder, window=window)
    moment = datetime.fromisoformat(now)
    known = {"now": moment, "due": due_at(one, moment), "takes_s": 600.0, **facts}
    return refusal(decide(one, Facts(**known)))  # type: ignore[arg-type]  # by name, from the case


@pytest.mark.parametrize(
    ("now", "window", "sentence"),
    [
        pytest.param("2026-11-22T02:17+01:00", LATEST, None, id="on-time"),
        pytest.param("2026-11-22T03:02+01:00", LATEST, None, id="as-late-as-it-may-be"),
        pytest.param(
            "2026-11-22T03:03+01:00",
            LATEST,
            "started 03:03, 46 min after it was due; it may start up to 45 min late",
            id="a-minute-too-late",
        ),
        pytest.param("2026-11-22T04:50+01:00", NO_LATEST, None, id="late-but-it-fits"),
        pytest.param(
            "2026-11-22T04:51+01:00",
            NO_LATEST,
            "it takes up to 10 min, and the window closes 05:00, in 9 min",
            id="does-not-fit",
        ),
        pytest.param(
            "2026-11-22T06:31+01:00",
            LATEST,
            "started 06:31, window closed 05:00 (the scheduler was 4 h 14 min late)",
            id="after-the-close",
        ),
        pytest.param(
            "2026-11-25T02:17+01:00",
            LATEST,
            "started Wed 2026-11-25 02:17, window closed Sun 2026-11-22 05:00 "
            "(the scheduler was 3 d 00 h late)",
            id="inside-the-hours-of-another-day",
        ),
    ],
)
def test_time_decides(now: str, window: str, sentence: str | None, tmp_path: Path) -> None:
    said = against(tmp_path, now, window)

    assert said == (sentence and sentence.replace("3 d 00 h", "3 d"))


def test_a_blackout_stands_against_it_unless_somebody_says_why_not(tmp_path: Path) -> None:
    now = "2026-11-22T02:17+01:00"

    refused = against(tmp_path, now, blackouts=[FREEZE])
    overridden = against(tmp_path, now, blackouts=[FREEZE], override="the board asked for it")

    assert refused == 'blackout freeze.ics: "freeze" until Mon 2026-11-23 12:00'
    assert overridden is None


def test_an_override_is_not_silent(tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-11-22T02:17+01:00")
    facts = Facts(now=now, due=now, takes_s=1.0, blackouts=[FREEZE], override="because")

    said = [reason.text for reason in decide(day(tmp_path), facts)]

    assert 'blackout freeze.ics: "freeze" until Mon 2026-11-23 12:00, overridden: because' in said


def test_whoever_is_at_work_and_a_missing_approval_stand_against_it(tmp_path: Path) -> None:
    now = "2026-11-22T02:17+01:00"

    assert against(tmp_path, now, locked="it is held") == "it is held"
    assert against(tmp_path, now, approval=Reason(False, "nobody approved")) == "nobody approved"
    assert against(tmp_path, now, approval=Reason(True, "approved")) is None

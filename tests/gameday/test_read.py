"""What is wrong with a game day is said at its line, with what to write instead."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles
from nfrcheck.gameday.read import read_gamedays
from nfrcheck.scenario.diagnostics import render
from tests.gameday.days import day, written


@pytest.mark.parametrize(
    ("key", "value", "code", "words"),
    [
        pytest.param("schedule", '"17 2 * *"', "NFR101", "not 4", id="four-fields"),
        pytest.param("schedule", '"17 25 * * *"', "NFR101", "bad hour", id="no-such-hour"),
        pytest.param("schedule", '"0 2 30 2 *"', "NFR101", "bad day", id="never-comes"),
        pytest.param("timezone", "Europe/Berlim", "NFR102", "Europe/Berlin", id="no-zone"),
        pytest.param("timezone", "../etc/passwd", "NFR102", "no time zone", id="a-path"),
        pytest.param("schedule", '"17 6 * * SUN"', "NFR103", "starts it at 06:17", id="outside"),
        pytest.param("scenario", "shp.nfr.yaml", "NFR104", "shop.nfr.yaml", id="no-scenario"),
        pytest.param("blackout", "[no.ics]", "NFR105", "cannot be read", id="no-calendar"),
        pytest.param("window", '{open: "02:00"}', "NFR013", "`close`", id="no-close"),
        pytest.param(
            "window", '{open: "02:00", close: "5 pm"}', "NFR015", "time of day", id="no-time"
        ),
        pytest.param("approval", "{needed: maybe}", "NFR014", "`none`", id="a-word"),
        pytest.param("aproval", "{needed: none}", "NFR012", "`approval`", id="a-slip"),
        pytest.param("freshness", "30", "NFR015", "no unit", id="no-unit"),
        pytest.param(
            "blackout", "[{dates: [2026-12-24]}]", "NFR015", "need a `reason`", id="no-reason"
        ),
        pytest.param(
            "blackout", "[{dates: [24.12.], reason: x}]", "NFR015", "2026-12-24", id="no-date"
        ),
    ],
)
def test_it_is_said_where(key: str, value: str, code: str, words: str, tmp_path: Path) -> None:
    path = written(tmp_path, **{key: value})

    with pytest.raises(InvalidFiles) as refused:
        read_gamedays(path)

    [found] = refused.value.diagnostics
    assert found.code == code
    assert words in render([found])
    named = "window" if code == "NFR103" else key
    assert f"{named}:" in path.read_text("utf-8").splitlines()[found.line - 1]


@pytest.mark.parametrize(
    "url", ["slack://a-token/b/c", '"json://user:secret@example.invalid"', '"$NAME"', '"${}"']
)
def test_an_address_that_stands_in_the_file_is_refused_and_not_shown(
    url: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidFiles) as refused:
        day(tmp_path, notify=f"{{urls: [{url}]}}")

    [found] = refused.value.diagnostics
    assert found.code == "NFR017"
    for word in ("a-token", "secret@"):
        assert word not in render(refused.value.diagnostics)


def test_an_address_is_named_by_its_variable(tmp_path: Path) -> None:
    one = day(tmp_path, notify='{before: 24h, urls: ["${CHAT_URL}", {env: OTHER}]}')

    assert one.notify is not None
    assert [url.env for url in one.notify.urls] == ["CHAT_URL", "OTHER"]
    assert one.notify.before == 86_400


def test_a_game_day_that_says_nothing_about_it_needs_an_approval(tmp_path: Path) -> None:
    assert day(tmp_path, approval="").approval.needed == "plan"


def test_observers_are_a_list_or_say_what_they_watch(tmp_path: Path) -> None:
    listed = day(tmp_path, roles="{observers: [payments, orders]}").roles
    watching = day(tmp_path, roles="{observers: {payments: latency}}").roles

    assert listed.observers == {"payments": (), "orders": ()}
    assert watching.observers == {"payments": ("latency",)}

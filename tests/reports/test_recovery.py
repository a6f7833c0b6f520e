"""A bar shows where the recovery time went: measured parts in order, and nothing guessed."""

from dataclasses import replace
from typing import Any

import pytest

from nfrcheck.model.scorecard import DrillResult, Scorecard
from nfrcheck.reports.recovery import Recovery, recovery
from nfrcheck.reports.view import view
from tests.reports import sample_runs as runs
from tests.reports.conftest import Parsed


def card(**changes: Any) -> Scorecard:
    """Only the first run of `lose-b`, changed; nobody knows how fast the answers were."""
    whole = runs.failing()
    first = next(drill for drill in whole.drills if drill.drill == "lose-b")
    return replace(whole, drills=(replace(first, **changes),), series=())


def of(made: Scorecard) -> Recovery:
    found = recovery(made.to_json())
    assert found is not None
    return found


def test_each_run_of_a_drill_has_its_bar() -> None:
    found = of(runs.failing())

    assert [repeat.name for repeat in found.repeats] == ["lose-b/1", "lose-b/2", "lose-b/3"]
    assert {repeat.css for repeat in found.repeats} == {"fail"}
    assert found.limit == "≤ 2 s"


def test_detecting_ends_with_the_first_client_and_moving_with_the_last() -> None:
    [repeat] = of(
        card(
            windows={"fresh": (0.9, 1.1), "pooled": (4.0, 4.2)},
            began={"fresh": 0.2, "pooled": 0.3},
        )
    ).repeats

    assert repeat.said == "detect 1 s · move traffic 3.2 s"
    assert repeat.total == "4.2 s"
    assert [piece.css for piece in repeat.pieces] == ["detect", "move"]


def test_pieces_follow_each_other_on_one_scale() -> None:
    first, second = of(card()).repeats[0].pieces

    assert float(first.x) == 0
    assert float(second.x) == pytest.approx(float(first.width), abs=0.1)
    assert float(second.x) + float(second.width) <= 600


def test_the_limit_is_drawn_where_it_lies() -> None:
    [repeat] = of(card(windows={"fresh": (0.4, 0.6)}, began={"fresh": 0.0})).repeats

    assert repeat.target == "M500 0V22"
    assert repeat.pieces[0].width == "125"


def test_one_kind_of_client_cannot_split_an_outage() -> None:
    found = of(card(windows={"fresh": (0.9, 1.1)}, began={"fresh": 0.2}))

    assert found.repeats[0].said == "outage 1 s"
    assert [css for css, _, _ in found.legend] == ["whole"]


@pytest.mark.parametrize(
    ("fresh", "said"),
    [
        pytest.param((12.0, 12.2), "until put back 12.1 s", id="all-of-it"),
        pytest.param((0.9, 1.1), "detect 1 s · until put back 11.1 s", id="for-old-connections"),
    ],
)
def test_an_outage_that_only_the_healing_ended_was_not_moved_away_from(
    fresh: tuple[float, float], said: str
) -> None:
    """The sample's fault is healed 12.5 s after its command."""
    began = {"fresh": 0.5, "pooled": 0.5}

    [repeat] = of(card(windows={"fresh": fresh, "pooled": (12.0, 12.2)}, began=began)).repeats

    assert repeat.said == said


def test_settling_is_known_where_the_latency_limit_was_still_missed() -> None:
    made = card()
    [drill], [series] = made.drills, runs.failing().series
    assert drill.commanded is not None
    late = int(drill.commanded) + 8
    p99 = [0.5 if t == late else value for t, value in enumerate(series.p99)]

    [repeat] = of(replace(made, series=(replace(series, p99=p99),))).repeats

    assert repeat.pieces[-1].css == "settle"
    assert repeat.pieces[-1].text.startswith("settle 4.")
    assert repeat.total == "4.2 s"


def test_without_a_latency_limit_settling_is_not_guessed() -> None:
    made = card()
    targets = tuple(row for row in made.targets if row.check != "latency")
    [series] = runs.failing().series
    slow = replace(series, p99=[9.0] * len(series.p99))

    [repeat] = of(replace(made, targets=targets, series=(slow,))).repeats

    assert "settle" not in repeat.said


def test_an_outage_without_an_end_says_so() -> None:
    [repeat] = of(card(windows={"fresh": (9.0, float("inf"))}, began={"fresh": 0.1})).repeats

    assert repeat.open
    assert repeat.total == "> 9 s"
    assert repeat.said == "outage 9 s: no recovery was seen"


def test_a_drill_that_nobody_felt_says_what_would_have_been_seen() -> None:
    [repeat] = of(card(windows={"fresh": (0.0, 0.03)}, began={})).repeats

    assert repeat.pieces == ()
    assert repeat.said == "no request failed; an outage longer than 30.0 ms would have been seen"


@pytest.mark.parametrize("name", ["pass", "invalid", "nothing"])
def test_without_a_watched_drill_there_is_no_section(name: str, pages: dict[str, Parsed]) -> None:
    assert recovery(runs.sample(name)) is None
    assert "Where the RTO went" not in pages[name].words


def test_a_run_of_an_older_version_has_no_bars() -> None:
    run = runs.sample("fail")
    for drill in run["drills"]:
        del drill["began"]

    assert recovery(run) is None
    assert view(run).drills


def test_the_page_says_it_in_words_too(pages: dict[str, Parsed]) -> None:
    assert "detect 950 ms · move traffic 3.3 s" in pages["fail"].words
    assert "until the last kind of client was served again" in pages["fail"].words
    assert isinstance(runs.failing().drills[0], DrillResult)

"""The timeline shows the worst drill in at most 300 bins, with gaps where nothing was answered."""

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nfrcheck.model.scorecard import Scorecard
from nfrcheck.reports.bins import MOST_BINS
from nfrcheck.reports.charts import timeline_spec
from nfrcheck.reports.timeline import Timeline, timeline
from nfrcheck.reports.vega import apart, nice, svg
from nfrcheck.reports.view import view
from tests.reports import sample_runs as runs


def line_of(card: Scorecard) -> Timeline:
    line = timeline(card.to_json())
    assert line is not None
    return line


def test_the_drill_of_the_failed_target_with_the_longest_outage_is_shown() -> None:
    assert line_of(runs.failing()).title == "lose-b, run 3"


def test_a_run_without_a_drill_shows_all_of_itself() -> None:
    line = line_of(runs.passing())

    assert (line.title, line.start, line.end) == ("the whole run", 0, 310)
    assert line.marks == ()


@pytest.mark.parametrize(
    "card", [runs.nothing(), runs.inconclusive()], ids=["nothing", "no-series"]
)
def test_without_series_there_is_no_timeline(card: Scorecard) -> None:
    assert timeline(card.to_json()) is None


def test_bins_are_summed_and_the_slowest_is_kept() -> None:
    card = runs.passing()
    (series,) = card.series
    long = replace(
        series,
        sent=[1] * 3000,
        bad=[0] * 2999 + [1],
        by_region={"a": [1] * 3000},
        p99_by_region={"a": [0.1] * 1500 + [0.9] + [0.1] * 1499},
    )
    line = line_of(replace(card, series=(long,)))

    assert len(line.bins.sent) <= MOST_BINS
    assert (sum(line.bins.sent), sum(line.bins.bad)) == (3000, 1)
    assert max(v for v in line.bins.p99["a"] if v is not None) == 0.9
    assert line.together.startswith("Drawn in bins of 10 s")


def test_a_region_that_answered_nothing_has_a_gap_and_not_a_zero() -> None:
    line = line_of(runs.failing())
    dead = [p for p, good in zip(line.bins.p99["b"], line.bins.good["b"], strict=True) if not good]

    assert dead
    assert set(dead) == {None}


def test_a_second_in_which_nothing_was_sent_is_a_gap() -> None:
    card = runs.failing()
    (series,) = card.series
    sent = [0] * 430 + list(series.sent[430:])
    line = line_of(replace(card, series=(replace(series, sent=sent),)))

    good = line.bins.good["a"]
    assert good[0] is None
    assert good[-1]


def test_what_the_drill_did_is_numbered_in_order() -> None:
    marks = line_of(runs.failing()).marks

    assert [mark.t for mark in marks] == sorted(mark.t for mark in marks)
    assert "commanded" in marks[0].text
    assert any(mark.bad and "pooled" in mark.text for mark in marks)


def test_the_target_line_is_the_tightest_critical_latency_limit() -> None:
    assert line_of(runs.failing()).target_s == 0.2


def test_the_chart_says_how_much_failed() -> None:
    line = line_of(runs.failing())
    assert line.failed_text == f"{sum(line.bins.bad)} requests failed, outage up to 4.4 s"
    assert line_of(runs.passing()).failed_text == "no request failed"


@pytest.mark.parametrize("name", ["pass", "fail", "invalid", "never-answered", "hostile"])
def test_the_picture_is_safe_and_colours_come_from_the_page(name: str) -> None:
    line = view(runs.sample(name)).timeline
    assert line is not None
    drawn = svg(timeline_spec(line))

    assert drawn is not None
    names = {element.tag.rpartition("}")[2] for element in ET.fromstring(drawn).iter()}
    assert names <= {"svg", "g", "path", "line", "text", "rect", "defs", "clipPath", "tspan"}
    assert "style" not in re.sub(r">[^<]*<", "><", drawn)
    assert "var(--c1)" in drawn
    assert len(drawn) < 150_000


def test_a_time_out_beside_a_fast_target_is_drawn_on_a_log_axis() -> None:
    card = runs.passing()
    (series,) = card.series
    slow: list[float | None] = [0.15] * 309
    late = replace(series, p99_by_region={"a": [5.0, *slow], "b": [0.15, *slow]})
    spec: dict[str, Any] = timeline_spec(line_of(replace(card, series=(late,))))

    assert "log" in str(spec["vconcat"][-1])
    assert "log" not in str(timeline_spec(line_of(card))["vconcat"][-1])


def test_flags_are_moved_apart_in_order_and_stay_inside() -> None:
    placed = apart([100, 101, 102, 929], 24, 10, 920)

    assert placed == [100, 124, 148, 920]


@pytest.mark.parametrize(("value", "end"), [(0, 1), (9.5, 10), (151, 200), (0.21, 0.3)])
def test_an_axis_ends_at_a_round_number(value: float, end: float) -> None:
    assert nice(value) == pytest.approx(end)


def test_several_faults_at_once_have_a_lane_each() -> None:
    card = runs.failing()
    both = tuple(
        replace(d, fault="link-cut + region-kill", touched="link a-to-b, region b")
        for d in card.drills
    )
    line = line_of(replace(card, drills=both))

    shown = {window.name for window in line.windows if window.main}
    assert shown == {"link-cut link a-to-b", "region-kill region b"}
    shades = timeline_spec(line)["vconcat"][1]["layer"][0]["data"]["values"]
    assert len(shades) == 1


def test_the_lane_of_a_link_names_it_and_how_much() -> None:
    card = runs.failing()
    link = tuple(d for d in card.drills if d.drill == "slow-legacy")

    line = line_of(replace(card, drills=link))

    assert [window.name for window in line.windows] == ["link-latency system-to-legacy 300 ms"]

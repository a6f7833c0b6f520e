"""The first words of a run say what it found, and never more than that."""

from dataclasses import replace
from typing import Any

import pytest

from nfrcheck.model.scorecard import Scorecard
from nfrcheck.model.verdict import Outcome
from nfrcheck.reports.rows import ATTENTION
from nfrcheck.reports.view import view
from tests.reports import sample_runs as runs
from tests.reports.sample_targets import available


@pytest.mark.parametrize(
    ("name", "word", "css"),
    [
        pytest.param("pass", "Passed", "pass", id="all-targets-hold"),
        pytest.param("fail", "Failed", "fail", id="one-target-missed"),
        pytest.param("inconclusive", "Inconclusive", "inc", id="too-few-requests"),
        pytest.param("invalid", "Invalid run", "inv", id="ill-instrument"),
        pytest.param("not-restored", "Not put back", "fail", id="not-put-back-beats-all"),
        pytest.param("nothing", "Aborted", "inv", id="stopped-before-anything"),
    ],
)
def test_the_headline_is_the_verdict(name: str, word: str, css: str) -> None:
    head = view(runs.sample(name)).head

    assert (head.word, head.css) == (word, css)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"targets": ()}, id="nothing-was-judged"),
        pytest.param({"exit_code": 3}, id="exit-code-disagrees"),
        pytest.param({"restored": False}, id="something-is-not-put-back"),
        pytest.param({"exit_code": 5}, id="aborted"),
        pytest.param({"exit_code": 130}, id="interrupted"),
        pytest.param({"exit_code": 7}, id="internal-error"),
    ],
)
def test_a_pass_is_green_only_with_evidence_and_exit_code_0(changes: dict[str, Any]) -> None:
    run = replace(runs.passing(), **changes).to_json()

    assert view(run).head.css != "pass"


def test_an_outcome_of_a_later_version_is_no_pass() -> None:
    run = runs.sample("pass")
    run["targets"][0]["verdict"] = "splendid"

    assert view(run).rows[0].outcome is Outcome.INVALID


def test_the_tab_tells_runs_apart() -> None:
    title = view(runs.sample("fail")).title

    assert title == "FAILED 3/6 · region-failover · staging-eu-us · 22 Nov 2026"


def test_something_not_put_back_is_said_first_with_its_command() -> None:
    assert "nfrcheck restore" in view(runs.sample("not-restored")).head.alarm
    assert view(runs.sample("fail")).head.alarm == ""


def test_what_needs_attention_comes_first_and_failed_before_undecided() -> None:
    groups = view(runs.sample("fail")).groups

    assert [name for name, _ in groups] == [ATTENTION, "Availability", "Performance", "Waived"]
    assert [row.figures.word for row in groups[0][1]] == ["fail", "inconclusive"]


def test_an_undecided_target_says_what_is_missing() -> None:
    (row,) = view(runs.sample("inconclusive")).rows

    assert row.next_step == "To decide: 25,886 more requests or 2 min 53 s longer."


def test_a_waived_target_names_who_accepted_it_until_when() -> None:
    row = next(row for row in view(runs.sample("fail")).rows if row.id == "regional-latency")

    assert row.waiver == "Accepted by team-edge until 2027-01-31: new link in January"


def test_a_value_that_does_not_exist_is_never_zero() -> None:
    (row,) = view(runs.sample("never-answered")).rows

    assert row.figures.measured == "\N{EN DASH}"
    assert row.figures.bar is None


def test_evidence_links_only_to_files_of_this_run() -> None:
    row = next(row for row in view(runs.sample("fail")).rows if row.id == "failover")
    assert [link.href for link in row.evidence] == ["events.ndjson", "failures-shop.0.ndjson"]

    hostile = view(runs.sample("hostile"))
    assert not [link for row in hostile.rows for link in row.evidence if link.href]
    assert not [file for file in hostile.files if file.link.href]


def test_parts_are_cut_only_with_a_word_about_it() -> None:
    card = runs.passing()
    row = card.targets[0]
    part = replace(row.verdict, parts=())
    many = replace(row, verdict=replace(row.verdict, parts=(part,) * 412))
    (shown,) = view(replace(card, targets=(many,)).to_json()).rows

    assert len(shown.parts) == 100
    assert shown.parts_cut.startswith("Showing 100 of 412")


def test_a_target_judged_by_its_runs_counts_runs() -> None:
    row = next(row for row in view(runs.sample("fail")).rows if row.id == "failover")

    assert row.figures.samples == "3 runs"


def test_tiles_are_the_figures_that_this_run_has() -> None:
    labels = [tile.label for tile in view(runs.sample("fail")).tiles]
    assert labels == [
        "Region loss, error window",
        "Region loss, writes lost",
        "Availability, steady",
        "API latency p99",
        "Latency in each region",
        "Error budget used",
    ]
    assert view(runs.sample("never-answered")).tiles == ()


@pytest.mark.parametrize(
    ("failures", "number", "css"),
    [
        pytest.param(0, "0", "plain", id="none-used"),
        pytest.param(1, "11", "plain", id="one-of-9.5"),
        pytest.param(19, "200", "fail", id="twice-what-is-allowed"),
    ],
)
def test_the_error_budget_is_what_these_requests_allow(
    failures: int, number: str, css: str
) -> None:
    card = runs.passing()
    rows = (replace(card.targets[0], verdict=available(failures=failures)),)
    tile = view(replace(card, targets=rows).to_json()).tiles[-1]

    assert (tile.number, tile.css) == (number, css)


@pytest.mark.parametrize(
    ("card", "question"),
    [
        pytest.param(runs.invalid(), "Every fault was proven", id="fault-not-seen"),
        pytest.param(runs.invalid(), "Instrument load-shop.0", id="ill-instrument"),
        pytest.param(runs.not_restored(), "Everything was put back", id="not-put-back"),
        pytest.param(runs.not_restored(), "The run ended as planned", id="aborted"),
        pytest.param(
            runs.never_answered(), "Every measurement happened as planned", id="invalid-target"
        ),
    ],
)
def test_what_makes_a_run_doubtful_is_marked_bad(card: Scorecard, question: str) -> None:
    points = {point.question: point.css for point in view(card.to_json()).trust}

    assert points[question] == "fail"


def test_a_healthy_run_has_no_bad_mark() -> None:
    assert {point.css for point in view(runs.sample("pass")).trust} == {"pass", "not"}


def test_nothing_of_the_architecture_is_left_out() -> None:
    page = view(runs.sample("fail"))
    claims = [claim for topic in page.architecture for claim in topic.claims]

    assert len(claims) == 13
    assert page.architecture_summary == "2 proven, 1 broken, 1 unproven, 9 not examined"
    assert claims[0].by[0].href == "#t-availability"

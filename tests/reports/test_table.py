"""The end of a run in the terminal fits its width and says the same with and without colour."""

import re

import pytest

from nfrcheck.reports import terminal
from tests.reports.sample_runs import RUNS, sample

ANSI = re.compile(r"\x1b\[[\d;]*m")


def lines(name: str, width: int, *, colour: bool = False) -> list[str]:
    return terminal(sample(name), width, colour).splitlines()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", RUNS)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    assert max(len(line) for line in lines(name, width)) <= width


@pytest.mark.parametrize("name", RUNS)
def test_colour_changes_nothing_but_colour(name: str) -> None:
    painted = [ANSI.sub("", line).rstrip() for line in lines(name, 100, colour=True)]

    assert painted == lines(name, 100)


def test_strings_of_the_system_cannot_move_the_cursor() -> None:
    assert "\x1b" not in terminal(sample("hostile"), 100, colour=False)


def test_failed_and_undecided_rows_come_first_with_reason_and_next_step() -> None:
    text = " ".join(" ".join(lines("fail", 80)).split())

    assert text.index("✗ failover") < text.index("? slow-legacy") < text.index("✓ availability")
    assert "All 3 runs missed it." in text
    assert "To decide: 4,200 more requests or 28 s longer." in text


def test_the_last_lines_say_the_verdict_and_what_is_put_back() -> None:
    text = " ".join(" ".join(lines("fail", 120)).split())

    assert "FAILED 1 failed · 1 inconclusive · 1 waived · 3 passed" in text
    assert "everything put back and verified" in text


def test_something_not_put_back_is_the_first_line() -> None:
    assert "could not be confirmed as put back" in lines("not-restored", 120)[0]


def test_a_long_list_of_passes_is_folded_until_asked_for() -> None:
    run = sample("pass")
    run["targets"] = [{**run["targets"][0], "id": f"target-{n}"} for n in range(12)]

    assert "+ 7 more passed (--all shows them)" in terminal(run, 100, colour=False)
    assert "target-11" in terminal(run, 100, colour=False, every=True)


def test_wide_characters_count_twice() -> None:
    run = sample("pass")
    run["sentence"] = "漢字" * 80

    wide = [line for line in terminal(run, 80, colour=False).splitlines() if "漢" in line]
    assert wide
    assert max(len(line) * 2 for line in wide) <= 82


def one_pass(limit: float, odds: float, interval: list[float]) -> str:
    """The table of a pass at the edge of what its evidence can say."""
    run = sample("pass")
    [target] = [one for one in run["targets"] if one["id"] == "availability"]
    target |= {"limit": {"text": f"at least {limit:.2%}", "value": limit, "lower": True}}
    target |= {"measured": 1.0, "interval": interval, "odds": odds, "samples": 35_100}
    run["targets"] = [target]
    return terminal(run, 100, colour=False)


def test_a_pass_whose_interval_reaches_over_the_limit_says_why_that_is_no_contradiction() -> None:
    # 99.99 % after 35,100 clean requests: the lower end of the two-sided interval is 99.9895 %.
    edge = " ".join(one_pass(0.9999, 20.4, [1 - 3.689 / 35_100, 1.0]).split())
    clear = " ".join(one_pass(0.999, 1e7, [1 - 3.689 / 35_100, 1.0]).split())

    assert "99.9894 \N{EN DASH} 100 %" in edge
    assert "passed by the odds, 20:1 for the target; the interval leaves 2.5 %" in edge
    assert "passed by the odds" not in clear


def test_an_interval_from_0_to_100_percent_is_none() -> None:
    run = sample("inconclusive")
    run["targets"][0] |= {"verdict": "invalid", "interval": [0.0, 1.0], "measured": None}

    assert "0 \N{EN DASH} 100 %" not in terminal(run, 100, colour=False)


@pytest.mark.parametrize("width", [80, 120])
def test_the_place_stands_apart_from_the_sentence(width: int) -> None:
    text = "\n".join(lines("fail", width))

    assert re.search(r"(^ {5}|   )region-failover\.nfr\.yaml:44$", text, re.MULTILINE)


def test_a_sentence_ends_before_the_next_step() -> None:
    run = sample("inconclusive")
    run["targets"][0]["because"] = "too few to say more"

    shown = " ".join(terminal(run, 100, colour=False).split())
    assert "too few to say more. To decide: 25,886 more requests" in shown


def test_what_room_is_left_stands_between_the_columns() -> None:
    narrow, wide = (lines("fail", width)[0] for width in (80, 140))

    assert len(wide) > len(narrow)
    assert wide.split() == narrow.split()

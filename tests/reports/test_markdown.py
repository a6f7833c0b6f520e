"""The summary fits where CI systems show it, and nothing in it acts on its reader."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from nfrcheck.reports.markdown import MOST_BYTES, plain, render, write
from tests.reports import sample_runs as runs


def test_the_first_line_is_the_verdict(tmp_path: Path) -> None:
    text = write(runs.sample("fail"), tmp_path).read_text(encoding="utf-8")

    assert text.splitlines()[0].endswith("Failed: region-failover")
    assert "4.40 s" in text


def test_five_hundred_failed_targets_fit_and_the_cut_is_said() -> None:
    text = render(runs.sample("many"))

    assert len(text.encode()) <= MOST_BYTES
    assert re.search(r"Showing \d+ of 500 targets", text)


def test_the_longest_strings_fit_too() -> None:
    long = "<&|`*" * 400
    card = runs.many(300)
    rows = tuple(
        replace(row, id=f"{n}{long}", title=long, verdict=replace(row.verdict, because=long))
        for n, row in enumerate(card.targets)
    )
    drills = tuple(replace(d, drill=long) for d in runs.failing().drills) * 50
    card = replace(card, targets=rows, drills=drills, scenario=long, deployment=long, build=long)
    card = replace(card, sentence=long, command=long, ended=long)

    assert len(render(card.to_json()).encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<script>alert(1)</script>", id="script"),
        pytest.param("[here](javascript:alert(1))", id="link"),
        pytest.param("![x](https://elsewhere.example/x.png)", id="picture"),
        pytest.param("a | b\n| c", id="table"),
        pytest.param("`code` *bold* _lean_ ~~gone~~ $x$", id="emphasis"),
        pytest.param("https://elsewhere.example www.elsewhere.example", id="bare-address"),
        pytest.param("&lt;b&gt;", id="entity"),
    ],
)
def test_no_character_means_anything_to_markdown(text: str) -> None:
    shown = re.sub(r"&#\d+;", "", plain(text))

    assert not set("<>|`*_~$[]&\n") & set(shown)
    assert "://" not in shown
    assert "www." not in shown


def test_nobody_is_called_and_no_issue_is_linked() -> None:
    assert not re.search(r"[@#]\w", re.sub(r"&#\d+;", "", plain("@all see #12")))


@pytest.mark.parametrize("text", ["# big", "- point", "1. first", "--- rule", "=== title"])
def test_no_text_begins_a_block(text: str) -> None:
    assert plain(text).startswith("\u200b")


def test_a_run_without_targets_says_so() -> None:
    assert "No target was judged." in render(runs.sample("nothing"))


def test_something_not_put_back_is_said_before_the_numbers() -> None:
    assert "nfrcheck restore" in render(runs.sample("not-restored")).split("| |")[0]

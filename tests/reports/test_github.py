"""What failed is shown at its line of the scenario, in at most ten annotations."""

from pathlib import Path
from typing import Any

import pytest

from nfrcheck.reports.github import annotations
from nfrcheck.reports.workflow import command, harmless
from tests.reports.sample_runs import RUNS, sample

ROOT = Path("/checkout")


def told(name: str | dict[str, Any], root: Path = Path()) -> list[str]:
    return annotations(sample(name) if isinstance(name, str) else name, root)


def level(line: str) -> str:
    return line.removeprefix("::").partition("::")[0].partition(" ")[0]


def test_a_missed_target_is_an_error_at_its_line() -> None:
    line = told("fail")[0]

    assert line.startswith("::error file=region-failover.nfr.yaml,line=44,title=failover%3A fail::")
    assert "Measured 4.40 s, required ≤ 2 s." in line


def test_what_is_undecided_is_a_warning() -> None:
    assert [level(line) for line in told("inconclusive")] == ["warning"]
    assert {level(line) for line in told("invalid")} == {"warning"}
    assert "25,886 more requests" in told("inconclusive")[0]


def test_what_does_not_gate_is_one_level_lower() -> None:
    run = sample("fail")
    for target in run["targets"]:
        target["class"] = "advisory"

    assert [level(line) for line in told(run)] == ["warning", "notice"]


def test_a_pass_says_nothing() -> None:
    assert told("pass") == []


def test_what_is_not_put_back_comes_first() -> None:
    first = told("not-restored")[0]

    assert level(first) == "error"
    assert "nfrcheck restore" in first


def test_a_run_that_ended_before_any_target_is_an_error() -> None:
    [only] = told("nothing")

    assert level(only) == "error"
    assert "stopped before anything was judged" in only


def test_of_five_hundred_ten_are_shown_and_the_last_counts_the_rest() -> None:
    lines = told("many")

    assert len(lines) == 10
    assert lines[-1].startswith("::error title=")
    assert "and 491 more targets" in lines[-1]


@pytest.mark.parametrize("name", RUNS)
def test_each_is_one_line_and_one_command(name: str) -> None:
    for line in told(name):
        assert not {"\n", "\r"} & set(line)
        properties, _, text = line.removeprefix("::").partition("::")
        assert text
        assert "::" not in properties
        assert properties.count(",") == properties.count("=") - 1


@pytest.mark.parametrize(
    ("source", "place"),
    [
        pytest.param("/checkout/a/b.nfr.yaml:7", "file=a/b.nfr.yaml,line=7,", id="absolute"),
        pytest.param("/elsewhere/b.nfr.yaml:7", "", id="outside"),
        pytest.param("", "", id="unknown"),
        pytest.param("/checkout/a, b:c.yaml:7", "file=a%2C b%3Ac.yaml,line=7,", id="odd-name"),
    ],
)
def test_the_place_is_named_as_the_checkout_knows_it(source: str, place: str) -> None:
    run = sample("inconclusive")
    run["targets"][0]["source"] = source

    assert told(run, ROOT)[0].startswith(f"::warning {place}title=")


def test_the_parts_of_a_command_are_escaped() -> None:
    line = command("error", "50 % of\r\na:b, c", title="x:y,z\n%")

    assert line == "::error title=x%3Ay%2Cz%0A%25::50 %25 of%0D%0Aa:b, c"


@pytest.mark.parametrize("planted", ["::stop-commands::x", "  ::error::x", "a ##[add-mask]x"])
def test_a_log_cannot_be_made_to_hold_commands(planted: str) -> None:
    shown = harmless(f"first\n{planted}\nlast")

    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
    assert "##[" not in shown
    assert shown.replace("\u200b", "") == f"first\n{planted}\nlast"

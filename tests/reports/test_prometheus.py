"""A strict reader of the text format takes `metrics.prom`; what does not exist has no line."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.reports.prometheus import render, write
from tests.reports.sample_runs import RUNS, sample

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)')
SAMPLE = re.compile(rf"({NAME})\{{(.*)\}} (\S+)")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]Inf|NaN")
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Family:
    help: str
    kind: str
    samples: dict[Labels, float]


def parse(text: str) -> dict[str, Family]:
    """Raises AssertionError for whatever the format does not allow."""
    assert text.endswith("\n"), "the last line must end"
    found: dict[str, Family] = {}
    lines = text.removesuffix("\n").split("\n")
    assert lines == [""] or "" not in lines
    current = ""
    for line in lines:
        if line.startswith("# HELP "):
            current, _, words = line.removeprefix("# HELP ").partition(" ")
            assert re.fullmatch(NAME, current)
            assert current not in found, "the lines of a family stand together"
            assert words
            found[current] = Family(words, "", {})
        elif line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split(" ")
            assert name == current
            assert kind in {"gauge", "counter", "untyped"}
            assert not found[name].samples, "TYPE stands before the first sample"
            found[name] = Family(found[name].help, kind, {})
        else:
            _sample(line, current, found)
    assert all(family.kind and family.samples for family in found.values())
    return found


def _sample(line: str, current: str, found: dict[str, Family]) -> None:
    match = SAMPLE.fullmatch(line)
    assert match, line
    name, labels, value = match.groups()
    assert name == current
    assert NUMBER.fullmatch(value), value
    known = frozenset(_labels(labels))
    assert known not in found[name].samples, "the same series twice"
    found[name].samples[known] = float(value)


def _labels(text: str) -> Iterator[tuple[str, str]]:
    seen = set()
    while text:
        match = LABEL.match(text)
        assert match, text
        assert match[1] not in seen
        seen.add(match[1])
        yield match[1], re.sub(r'\\[\\"n]', lambda one: ESCAPED[one[0]], match[2])
        text = text[match.end() :]


def of(name: str, run: dict[str, Any]) -> dict[str, float]:
    """Per target."""
    family = parse(render(run)).get(f"nfrcheck_target_{name}")
    return (
        {dict(labels)["target"]: value for labels, value in family.samples.items()}
        if family
        else {}
    )


@pytest.mark.parametrize("name", RUNS)
def test_a_strict_reader_takes_every_run(name: str, tmp_path: Path) -> None:
    run = sample(name)

    found = parse(write(run, tmp_path).read_text("utf-8"))

    [(labels, code)] = found["nfrcheck_run_exit_code"].samples.items()
    assert {key for key, _ in labels} == {"scenario", "deployment"}
    assert code == run["exit_code"]
    assert all(math.isfinite(v) for family in found.values() for v in family.samples.values())


def test_only_a_pass_is_met() -> None:
    run = sample("fail")
    family = parse(render(run))["nfrcheck_target_met"]

    said = {
        dict(labels)["target"]: (dict(labels)["verdict"], value)
        for labels, value in family.samples.items()
    }
    assert said == {
        target["id"]: (target["verdict"], 1.0 if target["verdict"] == "pass" else 0.0)
        for target in run["targets"]
    }
    assert {value for _, value in said.values()} == {0.0, 1.0}


def test_the_numbers_are_those_of_the_run_with_their_unit() -> None:
    run = sample("fail")
    [target] = [one for one in run["targets"] if one["id"] == "availability"]

    assert of("value", run)["availability"] == target["measured"]
    assert (of("low", run)["availability"], of("high", run)["availability"]) == tuple(
        target["interval"]
    )
    assert of("limit", run)["availability"] == target["limit"]["value"]
    assert of("samples", run)["availability"] == target["samples"]
    units = {
        dict(labels)["target"]: dict(labels)["unit"]
        for labels in parse(render(run))["nfrcheck_target_value"].samples
    }
    assert (units["availability"], units["failover"]) == ("ratio", "seconds")


@pytest.mark.parametrize(
    ("promised", "unit"),
    [
        ("at least 30 %", "ratio"),
        ("40 % .. 60 %", "ratio"),
        ("p99 < 200 ms, p50 < 20 ms", "seconds"),
        ("<= 2 s", "seconds"),
        ("<= 0", ""),
        ("at least 100/s", ""),
    ],
)
def test_a_limit_has_its_unit_where_nothing_was_measured(promised: str, unit: str) -> None:
    run = sample("never-answered")
    target = run["targets"][0]
    target.update(unit="", measured=None, limit={"text": promised, "value": 1.0, "high": None})

    [labels] = [
        dict(labels)
        for labels in parse(render(run))["nfrcheck_target_limit"].samples
        if dict(labels)["target"] == target["id"]
    ]

    assert labels["unit"] == unit


@pytest.mark.parametrize("name", ["value", "low", "high"])
def test_what_does_not_exist_is_not_zero(name: str) -> None:
    assert of(name, sample("never-answered")) == {}


def test_an_interval_that_says_nothing_is_no_number() -> None:
    run = sample("inconclusive")
    run["targets"][0]["interval"] = [0.0, 1.0]

    assert (of("low", run), of("high", run)) == ({}, {})


def test_an_open_end_is_left_out() -> None:
    run = sample("fail")
    run["targets"][0]["interval"] = [None, 0.5]
    name = run["targets"][0]["id"]

    assert name not in of("low", run)
    assert of("high", run)[name] == 0.5


def test_the_time_is_that_of_the_end() -> None:
    run = sample("pass")
    [stamp] = parse(render(run))["nfrcheck_run_timestamp_seconds"].samples.values()

    assert stamp == 1795312814 + 310


def test_labels_hold_whatever_a_name_holds() -> None:
    run = sample("pass")
    run["deployment"] = name = 'a "quoted" \\ back\\n and\na line'

    [labels] = parse(render(run))["nfrcheck_run_seconds"].samples
    assert dict(labels)["deployment"] == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a{} 1\n", id="no-family"),
        pytest.param('# HELP a x\n# TYPE a gauge\na{b="c} 1\n', id="open-quote"),
        pytest.param('# HELP a x\n# TYPE a gauge\na{b="1"} 1\na{b="1"} 2\n', id="twice"),
        pytest.param('# HELP a x\n# TYPE a gauge\na{b="1"} none\n', id="no-number"),
        pytest.param('# HELP a x\n# TYPE a gauge\na{b="1"} 1', id="no-end"),
    ],
)
def test_the_reader_is_strict(text: str) -> None:
    with pytest.raises(AssertionError):
        parse(text)

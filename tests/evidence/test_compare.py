"""A run is worse only if its history of runs, not of requests, makes that more than noise."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.evidence.compare import compare, detectable_change, upper_limit

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden_vectors.json").read_text())
HISTORY = [100.0, 103.0, 98.0, 101.0, 99.0]


@pytest.mark.parametrize("row", GOLDEN["compare_history"], ids=lambda row: str(row["history"][:2]))
def test_the_limit_is_the_reference_one(row: dict[str, Any]) -> None:
    assert upper_limit(row["history"]) == pytest.approx(row["upper99"], rel=6e-9)
    assert compare(row["history"], row["new"]).worse is row["alarm"]


def test_without_five_runs_the_noise_is_unknown() -> None:
    found = compare(HISTORY[:4], 1_000.0)

    assert found.worse is None
    assert found.because == "no comparison: noise unknown (4 of 5 runs)"


def test_a_change_below_the_least_effect_is_no_alarm_however_quiet_the_runs() -> None:
    assert compare([50.0] * 8, 52.4).worse is False
    assert compare([50.0] * 8, 52.6).worse is True
    assert compare([50.0] * 8, 52.4, least_effect=0.02).worse is True


def test_where_higher_is_better_a_fall_is_worse() -> None:
    assert compare(HISTORY, 80.0, better="higher").worse is True
    assert compare(HISTORY, 120.0, better="higher").worse is False


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_the_limit_divides_alarms_from_noise(better: Any) -> None:
    limit = compare(HISTORY, 100.0, better=better).limit
    assert limit is not None
    up = 1.001 if better == "lower" else 0.999

    assert compare(HISTORY, limit * up, better=better).worse is True
    assert compare(HISTORY, limit / up, better=better).worse is False


def test_only_the_last_twenty_runs_count() -> None:
    assert compare([10.0] * 30 + [100.0] * 20, 100.0).typical == pytest.approx(100.0)


@pytest.mark.parametrize(("history", "new"), [([0.0] * 5, 1.0), (HISTORY, 0.0)])
def test_a_measure_of_zero_has_no_ratio(history: list[float], new: float) -> None:
    assert compare(history, new).worse is None


def test_the_reason_gives_change_and_noise() -> None:
    assert compare(HISTORY, 112.0).because == (
        "12 % worse than the last 5 runs; from 8.2 % worse on it is more than their noise"
    )


@pytest.mark.parametrize(
    ("spread", "percents"),
    [(0.03, (17, 13, 11)), (0.05, (29, 23, 19)), (0.10, (67, 51, 42))],
    ids=["3-percent", "5-percent", "10-percent"],
)
def test_what_could_have_been_seen_is_that_of_the_table(
    spread: float, percents: tuple[int, ...]
) -> None:
    found = tuple(round(100 * detectable_change(spread, runs)) for runs in (5, 8, 20))

    assert found == percents


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.10])
def test_unchanged_systems_rarely_raise_an_alarm(spread: float) -> None:
    rnd = random.Random(11)
    alarms = 0
    for _ in range(1_000):
        *history, new = (100 * rnd.lognormvariate(0, spread) for _ in range(9))
        alarms += compare(history, new).worse is True

    assert alarms <= 25

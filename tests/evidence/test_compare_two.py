"""Two runs have "changed" no more often than is stated, and without a known noise never."""

import random

import numpy as np
import pytest

from nfrcheck.evidence.clustering import design_effect
from nfrcheck.evidence.compare import Bad, compare, compare_rates, compare_two

PAIRS = 2_000
STATED = 0.01
# Three standard errors of a share of 1 % in 2,000 pairs.
SLACK = 3 * (STATED * (1 - STATED) / PAIRS) ** 0.5


def runs(draw: random.Random, number: int, spread: float, typical: float = 0.16) -> list[float]:
    return [typical * draw.lognormvariate(0.0, spread) for _ in range(number)]


def test_two_runs_without_a_history_do_not_know_their_noise() -> None:
    found = compare_two(0.1, 10.0, [0.1] * 4)

    assert found.word == "unknown"
    assert found.because == "noise unknown (4 of 5 runs)"


@pytest.mark.parametrize("spread", [0.03, 0.10])
@pytest.mark.sampled
@pytest.mark.parametrize("number", [5, 8, 20])
def test_unchanged_times_have_rarely_changed(spread: float, number: int) -> None:
    draw, changed = random.Random(number), 0
    for _ in range(PAIRS):
        history = runs(draw, number, spread)
        old, new = runs(draw, 2, spread)
        changed += compare_two(old, new, history).word in {"worse", "better"}

    assert changed / PAIRS <= STATED + SLACK


def test_a_doubled_time_has_changed_and_says_to_which_side() -> None:
    history = runs(random.Random(1), 8, 0.03)

    assert compare_two(0.16, 0.32, history).word == "worse"
    assert compare_two(0.32, 0.16, history).word == "better"
    assert compare_two(0.16, 0.161, history).word == "same"


def test_a_run_is_better_as_it_is_worse() -> None:
    history = runs(random.Random(2), 8, 0.03)

    assert compare(history, 0.08).word == "better"
    assert compare(history, 0.16).word == "same"
    assert compare(history, 0.32).word == "worse"
    assert compare(history[:2], 0.32).word == "unknown"


def test_two_clean_runs_have_never_changed() -> None:
    assert compare_rates(Bad(k=0, n=10_000), Bad(k=0, n=10_000)).word == "unknown"
    assert compare_rates(Bad(k=0, n=10_000), Bad(k=9, n=10_000)).because == (
        "no comparison: 0 bad before and 9 now are too few (10 together)"
    )


@pytest.mark.sampled
@pytest.mark.parametrize("expected", [1.0, 10.0, 100.0], ids=["few-bad", "some-bad", "many-bad"])
def test_unchanged_rates_have_rarely_changed(expected: float) -> None:
    draw, changed = np.random.default_rng(8), 0
    for old, new in draw.poisson(expected, (PAIRS, 2)).tolist():
        found = compare_rates(Bad(k=old, n=100_000), Bad(k=new, n=100_000))
        changed += found.word in {"worse", "better"}

    assert changed / PAIRS <= STATED + SLACK


def bunched(draw: np.random.Generator) -> Bad:
    """Ten failures at a time, at any moment of five minutes of 100/s."""
    ks = [0] * 300
    for second in draw.integers(0, 300, draw.poisson(30)):
        ks[second] += 10
    return Bad(k=sum(ks), n=30_000, deff=design_effect([100] * 300, ks))


@pytest.mark.slow
def test_failures_that_come_in_bunches_do_not_look_like_a_change() -> None:
    draw = np.random.default_rng(9)
    found = [compare_rates(bunched(draw), bunched(draw)).word for _ in range(PAIRS)]

    assert sum(word in {"worse", "better"} for word in found) / PAIRS <= 2 * STATED


def test_ten_times_as_many_failures_have_changed() -> None:
    few, many = Bad(k=10, n=100_000), Bad(k=100, n=100_000)

    assert compare_rates(few, many).word == "worse"
    assert compare_rates(many, few).word == "better"
    assert compare_rates(few, many).because == "between 4.4 and 28 times as many bad ones"
    assert "any number of times" in compare_rates(Bad(k=0, n=100_000), many).because

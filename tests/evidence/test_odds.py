"""The odds of the betting test: reference values, the staircase, and what may never happen."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.odds import (
    BETS,
    Side,
    live_ranks,
    log_evidence,
    mu_fail,
    mu_pass,
    odds_fail,
)

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden_vectors.json").read_text())
LIVE_ODDS = (20.0, 40.0, 100.0, 800.0)
counts = st.integers(0, 200).map(float) | st.floats(0.01, 200)


def name(row: dict[str, Any]) -> str:
    return "-".join(str(value) for value in row.values())


def test_the_bets_are_the_ones_that_were_calibrated() -> None:
    assert {side: [list(bet) for bet in bets] for side, bets in BETS.items()} == GOLDEN["grids"]


@pytest.mark.parametrize("row", GOLDEN["log_evidence"], ids=name)
def test_log_evidence_has_the_reference_value(row: dict[str, Any]) -> None:
    found = log_evidence(row["side"], row["k"], row["mu"])

    assert found == pytest.approx(row["log_evidence"], rel=6e-9, abs=1e-12)


@pytest.mark.parametrize("row", GOLDEN["staircase"], ids=name)
def test_the_staircase_has_the_reference_steps(row: dict[str, Any]) -> None:
    assert mu_pass(row["k"], row["odds"]) == pytest.approx(row["mu_pass"], rel=6e-9)
    assert mu_fail(row["k"], row["odds"]) == pytest.approx(row["mu_fail"], rel=6e-9)


@pytest.mark.parametrize("side", ["pass", "fail"])
def test_without_anything_seen_the_odds_are_even(side: Side) -> None:
    assert log_evidence(side, 0, 0.0) == pytest.approx(0.0, abs=1e-12)


def test_one_failure_alone_never_fails() -> None:
    assert mu_fail(0, 20) == mu_fail(1, 20) == 0.0


def test_odds_that_are_reached_already_need_nothing_more() -> None:
    assert mu_pass(0, 0.5) == 0.0


@pytest.mark.parametrize(("judged", "odds"), [(1, 100), (5, 100), (6, 120), (40, 800)])
def test_more_targets_need_higher_odds_to_fail(judged: int, odds: float) -> None:
    assert odds_fail(judged) == odds


@pytest.mark.parametrize(
    ("n", "ranks"), [(1_000, (979, 998)), (10_000, (9_863, 9_933)), (100_000, (98_853, 99_134))]
)
def test_live_ranks_of_p99_are_those_of_the_table(n: int, ranks: tuple[int, int]) -> None:
    assert live_ranks(n, 0.99) == ranks


def test_few_values_leave_the_ends_of_a_percentile_open() -> None:
    assert live_ranks(426, 0.99).upper == 427
    assert live_ranks(427, 0.99).upper == 427
    assert live_ranks(0, 0.99) == (0, 1)


@given(k=counts, odds=st.sampled_from(LIVE_ODDS))
def test_mu_pass_inverts_the_evidence(k: float, odds: float) -> None:
    assert log_evidence("pass", k, mu_pass(k, odds)) == pytest.approx(math.log(odds), abs=1e-9)


@given(k=st.floats(3, 200), odds=st.sampled_from(LIVE_ODDS))
def test_mu_fail_inverts_the_evidence(k: float, odds: float) -> None:
    assert log_evidence("fail", k, mu_fail(k, odds)) == pytest.approx(math.log(odds), abs=1e-9)


@given(k=counts, mu=st.floats(0, 500), more=st.floats(0.001, 50))
def test_more_good_requests_speak_for_the_target(k: float, mu: float, more: float) -> None:
    assert log_evidence("pass", k, mu + more) > log_evidence("pass", k, mu)
    assert log_evidence("fail", k, mu + more) < log_evidence("fail", k, mu)


@given(k=counts, mu=st.floats(0, 500), more=st.floats(0.01, 50))
def test_more_failures_speak_against_the_target(k: float, mu: float, more: float) -> None:
    assert log_evidence("pass", k + more, mu) < log_evidence("pass", k, mu)
    assert log_evidence("fail", k + more, mu) > log_evidence("fail", k, mu)


@given(k=counts, mu=st.floats(0, 500))
def test_the_odds_never_speak_for_both(k: float, mu: float) -> None:
    passes = log_evidence("pass", k, mu) >= math.log(20)
    fails = log_evidence("fail", k, mu) >= math.log(100)

    assert not (passes and fails)


def test_at_the_limit_at_most_one_run_in_twenty_ever_passes() -> None:
    # Judged after every failure and at every moment between: what counts is the gap before each.
    rnd, passed = random.Random(20), 0
    steps = [mu_pass(k) for k in range(200)]
    for _ in range(2_000):
        mu = 0.0
        for k in range(100):
            mu += rnd.expovariate(1.0)
            if mu >= steps[k]:
                passed += 1
                break

    assert 0.03 <= passed / 2_000 <= 0.065

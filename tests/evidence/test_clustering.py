"""Failures that come in bunches count less; without any, or with few blocks, nothing is known."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.clustering import design_effect

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden_vectors.json").read_text())
EXPECTED = {row["case"]: row["deff"] for row in GOLDEN["design_effect"]}
CASES = {
    "no failures": ([100] * 32, [0] * 32),
    "even": ([100] * 32, [1] * 32),
    "one burst of 40 in block 7": ([100] * 32, [40 if i == 7 else 0 for i in range(32)]),
    "two phases": ([100] * 64, [10 if i in {3, 4, 5, 20, 21} else 0 for i in range(64)]),
    "varying load": ([100 + 50 * (i % 3) for i in range(40)], [2 + i % 3 for i in range(40)]),
    "too few blocks": ([100] * 15, [40 if i == 7 else 0 for i in range(15)]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_design_effect_has_the_reference_value(case: str) -> None:
    assert design_effect(*CASES[case]) == pytest.approx(EXPECTED[case], rel=6e-9)


def test_every_reference_case_is_tried() -> None:
    assert set(EXPECTED) == set(CASES)


def test_a_phase_that_spans_blocks_is_seen_in_longer_ones() -> None:
    failed = [100 if i in {150, 151} else 0 for i in range(300)]

    assert design_effect([100] * 300, failed) == pytest.approx(201.398601, rel=1e-8)


def test_seconds_without_traffic_are_no_blocks() -> None:
    assert design_effect([100] * 15 + [0] * 15, [40] + [0] * 29) == 1.0


def test_when_everything_failed_nothing_can_be_estimated() -> None:
    assert design_effect([100] * 32, [100] * 32) == 1.0


def test_independent_failures_have_a_design_effect_near_one() -> None:
    rnd = random.Random(4)
    failed = [sum(rnd.random() < 0.05 for _ in range(100)) for _ in range(256)]

    assert design_effect([100] * 256, failed) < 1.8


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=80))
def test_the_design_effect_is_at_least_one(blocks: list[tuple[int, int]]) -> None:
    requests, failed = [n for n, _ in blocks], [min(n, k) for n, k in blocks]

    assert design_effect(requests, failed) >= 1.0


@given(st.integers(2, 9), st.integers(0, 31))
def test_larger_bunches_have_a_larger_design_effect(factor: int, where: int) -> None:
    small = [4 if i == where else 0 for i in range(32)]

    assert design_effect([100] * 32, [factor * k for k in small]) > design_effect([100] * 32, small)

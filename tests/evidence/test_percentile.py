"""A percentile has an interval without any assumption on the distribution, or is not measurable."""

import math
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.percentile import fixed_interval, live_interval, name_of, point_estimate

COUNTING = [float(i) for i in range(1, 1_001)]


def test_the_interval_of_a_finished_run_has_the_fixed_ranks() -> None:
    found = fixed_interval(COUNTING, 0.99)

    assert (found.name, found.n, found.point) == ("p99", 1_000, 990.0)
    assert (found.lower, found.upper) == (983.0, 997.0)
    assert (found.measurable, found.because) == (True, None)


def test_the_live_interval_is_wider() -> None:
    found = live_interval(COUNTING, 0.99)

    assert (found.lower, found.upper) == (979.0, 998.0)


def test_slow_requests_that_cluster_widen_the_live_interval() -> None:
    alone, bunched = (live_interval(COUNTING, 0.95, deff=d) for d in (1.0, 4.0))

    assert alone.lower is not None
    assert bunched.lower is not None
    assert bunched.lower < alone.lower
    assert bunched.upper is not None
    assert alone.upper is not None
    assert bunched.upper > alone.upper


@pytest.mark.parametrize(
    ("n", "q", "because"),
    [
        pytest.param(100, "0.99", "p99 not measurable with 100 requests (needs 368)", id="p99"),
        pytest.param(0, "0.5", "p50 not measurable with 0 requests (needs 6)", id="nothing"),
        pytest.param(
            3_000, "0.999", "p99.9 not measurable with 3,000 requests (needs 3,688)", id="p99.9"
        ),
    ],
)
def test_with_too_few_requests_it_says_how_many_it_needs(n: int, q: str, because: str) -> None:
    found = fixed_interval([1.0] * n, Decimal(q))

    assert (found.measurable, found.upper, found.because) == (False, None, because)


@pytest.mark.parametrize("deff", [1.0, 3.0])
def test_a_live_interval_is_measurable_from_the_number_on_that_it_names(deff: float) -> None:
    because = live_interval([1.0] * 10, 0.99, deff).because
    assert because is not None
    needed = int(because.split("needs ")[1].strip(")").replace(",", ""))

    assert not live_interval([1.0] * (needed - 1), 0.99, deff).measurable
    assert live_interval([1.0] * needed, 0.99, deff).measurable


def test_requests_without_an_answer_are_infinitely_slow() -> None:
    found = fixed_interval([0.1] * 900 + [math.inf] * 100, 0.95)

    assert found.point == found.upper == math.inf
    assert found.measurable


@pytest.mark.parametrize(("q", "name"), [("0.5", "p50"), ("0.999", "p99.9"), ("0.9999", "p99.99")])
def test_a_percentile_has_the_name_that_people_use(q: str, name: str) -> None:
    assert name_of(Decimal(q)) == name_of(float(q)) == name


def test_the_point_estimate_has_no_float_trap() -> None:
    assert point_estimate(COUNTING[:100], 0.07) == 7.0
    assert point_estimate(COUNTING[:1], 0.01) == 1.0
    assert point_estimate([], 0.5) is None


@given(st.lists(st.floats(0, 10) | st.just(math.inf), min_size=1), st.sampled_from([0.5, 0.9]))
def test_the_interval_holds_the_point_estimate(values: list[float], q: float) -> None:
    for found in (fixed_interval(sorted(values), q), live_interval(sorted(values), q)):
        assert found.point is not None
        assert found.lower is None or found.lower <= found.point
        assert found.upper is None or found.point <= found.upper


def test_at_all_looks_together_the_live_interval_misses_in_few_runs() -> None:
    rnd, missed, true_p90 = random.Random(3), 0, -math.log(0.1)
    for _ in range(200):
        values = [rnd.expovariate(1.0) for _ in range(1_000)]
        looks = (live_interval(sorted(values[:n]), 0.9) for n in range(50, 1_001, 50))
        missed += any(
            (f.lower is not None and f.lower > true_p90)
            or (f.upper is not None and f.upper < true_p90)
            for f in looks
        )

    assert missed <= 10

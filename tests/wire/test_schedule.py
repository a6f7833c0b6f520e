"""A due time depends on nothing but its number, and no error adds up."""

import itertools
import math

import numpy as np
import pytest

from nfrcheck.wire.alarm import NEVER
from nfrcheck.wire.schedule import BLOCK, Rate, Schedule

SECOND = 1_000_000_000
T0 = 123_456_789_012_345


def seconds(schedule: Schedule, count: int) -> list[float]:
    return [(schedule.due(k) - T0) / SECOND for k in range(count)]


def test_constant_arrivals_are_exact_after_a_week() -> None:
    schedule = Schedule(T0, 3)

    assert schedule.due(0) == T0
    assert schedule.due(1) == T0 + 333_333_333
    assert schedule.due(3 * 7 * 86_400) == T0 + 7 * 86_400 * SECOND


@pytest.mark.parametrize(
    ("rate", "late"),
    [
        (0.1, 10_000_000_000_000),
        (2.5, 400_000_000_000),
        (150.0, 6_666_666_666),
        (99.9, 10_010_010_010),
    ],
)
def test_a_rate_may_be_any_number(rate: float, late: int) -> None:
    assert Schedule(T0, rate).due(1_000) == T0 + late


@pytest.mark.parametrize("children", [1, 2, 3])
def test_children_share_constant_arrivals_without_gap_or_overlap(children: int) -> None:
    parts = [Schedule(T0, 100, share=(child, children)) for child in range(children)]

    dues = sorted(part.due(k) for part in parts for k in range(600 // children))
    numbers = sorted(part.number(k) for part in parts for k in range(600 // children))

    assert dues == [Schedule(T0, 100).due(k) for k in range(600)]
    assert numbers == list(range(600))


def test_the_order_of_asking_changes_nothing() -> None:
    for poisson in (False, True):
        forwards = Schedule(T0, [(0, 50, 500), (30, 500)], poisson=poisson, seed=3)
        backwards = Schedule(T0, [(0, 50, 500), (30, 500)], poisson=poisson, seed=3)
        numbers = [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK + 7]

        expected = {k: forwards.due(k) for k in numbers}

        assert {k: backwards.due(k) for k in reversed(numbers)} == expected


def test_a_seed_fixes_the_poisson_arrivals_of_each_child() -> None:
    def dues(seed: int, child: int) -> list[int]:
        schedule = Schedule(T0, 100, poisson=True, seed=seed, share=(child, 2))
        return [schedule.due(k) for k in range(100)]

    assert dues(7, 0) == dues(7, 0)
    assert dues(7, 0) != dues(8, 0)
    assert dues(7, 0) != dues(7, 1)


def test_the_poisson_arrivals_of_a_seed_stay_the_same_for_ever() -> None:
    schedule = Schedule(0, 1_000, poisson=True, seed=7)

    assert [schedule.due(k) for k in (0, 1, BLOCK)] == PINNED


PINNED = [981_083, 3_256_188, 4_083_522_530]


@pytest.mark.parametrize("children", [1, 4])
def test_poisson_arrivals_have_their_rate_and_their_irregularity(children: int) -> None:
    parts = [
        Schedule(T0, 1_000, poisson=True, seed=1, share=(child, children))
        for child in range(children)
    ]
    count = 60_000

    shares = [[part.due(k) - T0 for k in range(count // children)] for part in parts]
    end = min(share[-1] for share in shares)  # after it one of them is missing
    dues = np.sort([due for share in shares for due in share if due <= end])
    gaps = np.diff(dues) / SECOND

    # Mean and deviation of an exponential are equal; four standard errors on each side.
    assert abs(gaps.mean() * 1_000 - 1) < 4 / math.sqrt(count)
    assert abs(gaps.std() * 1_000 - 1) < 8 / math.sqrt(count)
    assert abs(np.corrcoef(gaps[:-1], gaps[1:])[0, 1]) < 4 / math.sqrt(count)


def test_steps_change_the_rate_at_their_time() -> None:
    found = seconds(Schedule(T0, [(0, 10), (2, 100), (3, 0), (5, 10)]), 125)

    assert found[:20] == pytest.approx([k / 10 for k in range(20)], abs=1e-8)
    assert found[20:120] == pytest.approx([2 + k / 100 for k in range(100)], abs=1e-8)
    assert found[120:] == pytest.approx([5 + k / 10 for k in range(5)], abs=1e-8)


@pytest.mark.parametrize(("start", "end"), [(0, 100), (100, 0), (50, 150), (100, 100)])
def test_a_ramp_is_the_inverse_of_its_integral(start: int, end: int) -> None:
    found = seconds(Schedule(T0, [(0, start, end), (10, end)]), (start + end) * 5)

    # k requests are due when the area under the rate is k.
    areas = [start * t + (end - start) / 20 * t * t for t in found]
    assert areas == pytest.approx(range(len(found)), abs=1e-5)
    assert found[-1] < 10


def test_a_rate_that_ends_at_nothing_has_no_more_due_times() -> None:
    schedule = Schedule(T0, [(0, 10), (1, 0)])

    assert schedule.due(9) == T0 + 900_000_000
    assert schedule.due(10) == NEVER
    assert schedule.due(11) == NEVER


def test_due_times_never_go_back() -> None:
    for poisson in (False, True):
        schedule = Schedule(T0, [(0, 0, 900), (5, 900, 10), (9, 40)], poisson=poisson)
        dues = [schedule.due(k) for k in range(2 * BLOCK + 10)]

        assert all(before <= after for before, after in itertools.pairwise(dues))


def test_a_schedule_knows_its_share_of_the_rate_at_a_time() -> None:
    schedule = Schedule(T0, [(1, 10, 20), (2, 20)], share=(1, 2))

    rates = [schedule.rate_at(T0 + at * SECOND // 2) for at in (1, 2, 3, 4, 9)]

    assert rates == [0, 5, 7.5, 10, 10]


@pytest.mark.parametrize(
    "rate",
    [
        pytest.param([], id="no-piece"),
        pytest.param([(1, 10), (1, 20)], id="two-at-one-time"),
        pytest.param([(2, 10), (1, 20)], id="backwards"),
        pytest.param([(-1, 10)], id="before-the-start"),
        pytest.param([(0, 10, 20)], id="a-ramp-without-an-end"),
        pytest.param(-1.0, id="negative"),
        pytest.param(math.inf, id="infinite"),
        pytest.param(math.nan, id="no-number"),
    ],
)
def test_what_is_no_rate_is_refused(rate: Rate) -> None:
    with pytest.raises(ValueError, match=r"rate|ramp"):
        Schedule(T0, rate)


def test_no_rate_at_all_is_never_due() -> None:
    assert Schedule(T0, 0).due(0) == NEVER

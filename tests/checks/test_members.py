"""Intervals of when a member was left and was back hold the truth, also where turns are drawn."""

import math

import numpy as np
import pytest

from nfrcheck.checks.members import (
    Turns,
    back,
    least_gap,
    left,
    longest_gap,
    stretch_of,
    turns_needed,
)

TRIES = 300


def drawn(seed: int, share: float, start: float, end: float, *, rate: float = 100.0) -> Turns:
    """20 s of requests at random times; the member gets its share of those in `[start, end)`."""
    random = np.random.default_rng(seed)
    sent = np.sort(random.random(int(20 * rate)) * 20.0)
    own = (random.random(len(sent)) < share) & (sent >= start) & (sent < end)
    return Turns(sent, sent + 0.001 + 0.004 * random.random(len(sent)), own)


@pytest.mark.parametrize("share", [0.1, 0.33, 0.5, 0.9])
def test_when_a_member_was_left_lies_in_the_interval_nearly_always(share: float) -> None:
    found = [left(drawn(seed, share, 0.0, 3.0), share, 0.0, 0.0).after_s for seed in range(TRIES)]

    assert all(low <= 3.0 for low, _ in found)
    assert sum(high >= 3.0 for _, high in found) >= 0.93 * TRIES
    # As wide as it takes to see that nobody asks it any more, and a little.
    assert np.median([high - low for low, high in found]) < 2.5 * turns_needed(share) / 100


@pytest.mark.parametrize("share", [0.33, 0.5, 0.9])
def test_when_a_member_was_back_lies_in_the_interval_nearly_always(share: float) -> None:
    found = [back(drawn(s, share, 3.0, 20.0), share, 0.5, 1.0, 1.0).after_s for s in range(TRIES)]

    assert sum(low <= 2.0 for low, _ in found) >= 0.93 * TRIES
    assert all(high >= 2.0 for _, high in found)
    assert np.median([high - low for low, high in found]) < 0.25


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_chance_alone_makes_no_gap_and_four_seconds_away_make_one(share: float) -> None:
    steady = [longest_gap(drawn(seed, share, 0.0, 20.0), share) for seed in range(TRIES)]
    away = drawn(1, share, 0.0, 20.0)
    own = away.own & ~((away.sent >= 5.0) & (away.sent < 9.0))

    gap = longest_gap(Turns(away.sent, away.done, own), share)

    assert not any(steady)
    assert gap is not None
    assert gap.count >= least_gap(share)
    assert 4.5 < gap.start < 5.1
    assert 8.9 < gap.end < 9.5


def test_half_of_a_share_is_no_gap() -> None:
    assert longest_gap(drawn(1, 0.25, 0.0, 20.0), 0.5) is None


def test_a_member_that_is_asked_to_the_end_has_no_upper_end() -> None:
    found = left(drawn(1, 0.5, 0.0, 20.0), 0.5, 0.0, 0.0)

    assert found.index is None
    assert found.after_s.upper == math.inf
    assert found.after_s.lower > 19.5


def test_without_any_turn_of_its_own_it_was_left_within_the_next_few() -> None:
    found = left(drawn(1, 0.5, 0.0, 0.0), 0.5, 0.0, 0.0)

    assert found.last_s is None
    assert found.after_s.lower == 0.0
    assert 0.0 < found.after_s.upper < 0.3


def test_a_share_that_is_not_known_is_that_of_the_failures() -> None:
    known = left(drawn(1, 0.5, 0.0, 3.0), 0.5, 0.0, 0.0)

    unknown = left(drawn(1, 0.5, 0.0, 3.0), None, 0.0, 0.0)

    assert unknown.after_s.lower == known.after_s.lower
    assert unknown.after_s.upper == pytest.approx(known.after_s.upper, abs=0.02)


def test_the_smaller_a_share_the_more_turns_are_needed() -> None:
    assert [turns_needed(share) for share in (1.0, 0.9, 0.5, 0.1)] == [1, 2, 5, 29]
    assert [stretch_of(share, 0.5) for share in (0.9, 0.5, 0.1)] == [40, 40, 144]
    assert stretch_of(0.5, 0.8) == 100

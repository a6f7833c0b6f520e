"""A drill passes only if every repeat does, fails with one, and says how much that supports."""

import math

import pytest

from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.repeats import judge_windows, repeats_needed, share_supported

OPEN = Interval(1.0, math.inf)


@pytest.mark.parametrize(
    ("windows", "word", "deciding"),
    [
        pytest.param([(1.0, 1.2), (1.1, 1.4), (0.9, 1.1)], "pass", 1, id="all-below"),
        pytest.param([(1.0, 1.2), (1.9, 2.1)], "inconclusive", 1, id="one-straddles"),
        pytest.param([(1.0, 1.2), (1.8, 2.0)], "inconclusive", 1, id="one-touches"),
        pytest.param([(1.0, 1.2), (2.1, 2.3), (1.9, 2.1)], "fail", 1, id="one-above"),
        pytest.param([(2.1, math.inf)], "fail", 0, id="out-for-too-long-already"),
        pytest.param([(1.0, 1.2), (0.1, math.inf)], "inconclusive", 1, id="no-recovery-seen"),
    ],
)
def test_every_repeat_must_be_below_the_limit(
    windows: list[tuple[float, float]], word: str, deciding: int
) -> None:
    found = judge_windows([Interval(*window) for window in windows], 2.0)

    assert (found.word, found.deciding) == (word, deciding)
    assert found.interval == windows[deciding]


@pytest.mark.parametrize(
    ("windows", "because"),
    [
        pytest.param(
            [Interval(1.0, 1.2)] * 3,
            "each of 3 below 2 s (longest: run 1 lasted 1 s to 1.2 s); supports at least 37 % of "
            "such failures",
            id="pass",
        ),
        pytest.param([Interval(2.5, 2.7)], "run 1 lasted 2.5 s to 2.7 s; the limit is 2 s", id="f"),
        pytest.param(
            [Interval(1.9, 2.1)],
            "run 1 lasted 1.9 s to 2.1 s: the limit of 2 s lies between; probe at least every "
            "0.1 s",
            id="resolution",
        ),
        pytest.param(
            [OPEN],
            "run 1 lasted at least 1 s: no recovery was confirmed, and what was seen is shorter "
            "than 2 s; let it settle for longer",
            id="unconfirmed",
        ),
        pytest.param([], "no probe saw a drill: nothing is known", id="no-drill"),
        pytest.param([None], "no probe saw a drill: nothing is known", id="no-probe"),
        pytest.param([Interval(1.0, 1.2), None], "no probe saw run 2", id="one-run-unseen"),
    ],
)
def test_the_reason_says_what_decided(windows: list[Interval | None], because: str) -> None:
    assert judge_windows(windows, 2.0).because == because


def test_an_unseen_repeat_does_not_hide_a_broken_one() -> None:
    assert judge_windows([None, Interval(3.0, 3.2)], 2.0).word == "fail"


@pytest.mark.parametrize(
    ("n", "share"),
    [(1, 0.05), (3, 0.37), (5, 0.55), (8, 0.69), (14, 0.81), (22, 0.87), (29, 0.90), (59, 0.95)],
)
def test_repeats_support_the_share_of_the_table(n: int, share: float) -> None:
    assert share_supported(n) == pytest.approx(share, abs=0.005)
    assert repeats_needed(share_supported(n)) == n


def test_no_repeat_supports_nothing() -> None:
    assert share_supported(0) == 0.0
    assert judge_windows([Interval(1.9, 2.1)], 2.0).supported == 0.0

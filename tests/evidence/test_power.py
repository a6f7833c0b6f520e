"""A plan says before the run what can be decided, and a defect how likely it is caught."""

import random
from decimal import Decimal

import pytest

from nfrcheck.evidence.power import chances, decidability, detection_probability, need
from nfrcheck.evidence.ratio import Rules, judge_share

FOUR_NINES = Rules(p0=Decimal("0.0001"), burst_s=0.010)


@pytest.mark.parametrize(
    ("p0", "needed"),
    [
        ("0.01", (351, 702, 900, 1_090, 1_446, 2_246)),
        ("0.001", (3_510, 7_015, 8_991, 10_891, 14_454, 22_459)),
        ("0.0005", (7_020, 14_030, 17_982, 21_782, 28_908, 44_918)),
        ("0.0001", (35_100, 70_150, 89_910, 108_906, 144_538, 224_587)),
        ("0.00001", (350_997, 701_493, 899_094, 1_089_060, 1_445_374, 2_245_863)),
    ],
)
def test_the_needed_requests_are_those_of_the_table(p0: str, needed: tuple[int, ...]) -> None:
    rules = Rules(p0=Decimal(p0), burst_s=1e-9)

    assert tuple(need(rules, 100, k).requests for k in (0, 1, 2, 3, 5, 10)) == needed


def test_one_failure_needs_635_seconds_at_150_a_second() -> None:
    found = need(FOUR_NINES, 150, 1)

    assert 634 < found.seconds <= 635


@pytest.mark.parametrize(
    ("rate", "seconds", "clean", "with_one", "because"),
    [
        pytest.param(
            100, 60, False, False,
            "cannot pass: needs 35,100 clean requests and 300 s, planned are 6,000 in 60 s; it may "
            "still fail",
            id="too-little",
        ),
        pytest.param(
            150, 300, True, False,
            "passes only without any failure (one takes 95,115 requests and 10.6 min); planned are "
            "45,000 in 300 s",
            id="no-failure-to-spare",
        ),
        pytest.param(
            150, 720, True, True,
            "can pass; with one failure it takes 95,115 requests and 10.6 min; planned are 108,000 "
            "in 12 min",
            id="one-failure-to-spare",
        ),
        pytest.param(0, 720, False, False, "cannot pass", id="no-load"),
    ],
)  # fmt: skip
def test_a_plan_says_whether_it_can_pass(
    rate: float, seconds: float, *, clean: bool, with_one: bool, because: str
) -> None:
    found = decidability(FOUR_NINES, rate, seconds)

    assert (found.can_pass, found.can_pass_with_one) == (clean, with_one)
    assert because in found.because


@pytest.mark.parametrize(("rate", "seconds"), [(117, 300), (150, 300), (500, 300), (100, 351)])
def test_a_plan_that_can_pass_does_when_nothing_fails(rate: int, seconds: int) -> None:
    assert decidability(FOUR_NINES, rate, seconds).can_pass
    assert judge_share([(rate, 0)] * seconds, FOUR_NINES).word == "pass"


@pytest.mark.parametrize(("rate", "seconds"), [(116, 300), (500, 299), (100, 350)])
def test_a_plan_that_cannot_pass_does_not(rate: int, seconds: int) -> None:
    assert not decidability(FOUR_NINES, rate, seconds).can_pass
    assert judge_share([(rate, 0)] * seconds, FOUR_NINES).word == "inconclusive"


def test_a_worse_defect_is_caught_more_often() -> None:
    rates = (0.01, 0.015, 0.02, 0.04)

    found = [detection_probability(Rules(p0=0.01), rate, 6_000, 60) for rate in rates]

    assert found == sorted(found)
    assert found[0] < 0.01
    assert found[-1] > 0.999


def test_higher_odds_catch_less() -> None:
    low, high = (
        detection_probability(Rules(p0=0.01, odds_fail=odds), 0.02, 3_000, 30)
        for odds in (100, 800)
    )

    assert high < low


def test_a_clean_system_passes_for_sure() -> None:
    found = chances(FOUR_NINES, 0.0, 45_000, 300)

    assert (found.passes, found.fails, found.stays_open) == (1.0, 0.0, 0.0)


def test_a_run_below_the_floors_never_passes() -> None:
    too_short = chances(FOUR_NINES, 0.0, 450_000, 299)
    too_few = chances(Rules(p0=0.05, burst_s=0.001, min_samples=2_000), 0.0, 1_999, 60)

    assert too_short.passes == too_few.passes == 0.0


def test_fewer_than_the_least_bad_ones_never_fail() -> None:
    one, three = (
        detection_probability(Rules(p0=1e-6, burst_s=1e-6, min_bad=least), 0.001, 1_000, 60)
        for least in (2, 3)
    )

    assert one == pytest.approx(0.264, abs=0.001)
    assert three == pytest.approx(0.080, abs=0.001)


def test_at_the_limit_the_chance_of_a_false_pass_is_below_one_in_twenty() -> None:
    found = chances(Rules(p0=0.001, burst_s=0.0001), 0.001, 200_000, 1_000)

    assert 0.03 < found.passes < 0.05
    assert found.fails < 0.01


@pytest.mark.parametrize("true_rate", [0.002, 0.02, 0.03])
def test_simulated_runs_end_as_the_chances_say(true_rate: float) -> None:
    rules, rnd, ends = Rules(p0=0.01, burst_s=0.01), random.Random(6), {"pass": 0, "fail": 0}
    for _ in range(300):
        blocks: list[tuple[int, int]] = []
        for _ in range(30):
            blocks.append((50, sum(rnd.random() < true_rate for _ in range(50))))
            word = judge_share(blocks, rules).word
            if word != "inconclusive":
                ends[word] += 1
                break

    found = chances(rules, true_rate, 1_500, 30)

    # Measured clustering is a maximum over scales, so that real runs are a little more careful.
    assert ends["fail"] / 300 == pytest.approx(found.fails, abs=0.12)
    assert ends["pass"] / 300 == pytest.approx(found.passes, abs=0.12)

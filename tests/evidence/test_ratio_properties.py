"""Whatever the blocks: evidence is monotone, never speaks for both sides, and is quick."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.ratio import Rules, judge_share

pytestmark = pytest.mark.slow

Block = tuple[int, int]

shares = st.sampled_from([1e-4, 1e-3, 0.01, 0.05])
blocks_of_100 = st.lists(
    st.tuples(st.just(100), st.sampled_from([0] * 20 + [1, 2, 5, 100])), min_size=1, max_size=200
)


def spread(*runs: Block) -> list[Block]:
    """Blocks from (seconds, requests a second): all clean."""
    return [(rate, 0) for seconds, rate in runs for _ in range(seconds)]


@given(blocks=blocks_of_100, p0=shares, clean=st.integers(1, 400))
def test_clean_seconds_never_turn_a_pass_back(blocks: list[Block], p0: float, clean: int) -> None:
    rules = Rules(p0=p0, burst_s=0.001)
    before, after = (judge_share(b, rules) for b in (blocks, blocks + [(100, 0)] * clean))

    if not before.k:
        assert after.log_odds_pass > before.log_odds_pass
        assert after.supported >= before.supported


@given(blocks=blocks_of_100, p0=shares)
def test_a_verdict_never_says_both(blocks: list[Block], p0: float) -> None:
    found = judge_share(blocks, Rules(p0=p0, burst_s=0.001))

    assert not (found.odds_pass >= 20 and found.odds_fail >= 100)
    assert 0 <= found.ci95.lower <= found.k / found.n <= found.ci95.upper <= 1


@given(blocks=blocks_of_100, p0=shares, seed=st.integers(0, 1_000))
def test_the_order_of_seconds_changes_the_clustering_alone(
    blocks: list[Block], p0: float, seed: int
) -> None:
    mixed = random.Random(seed).sample(blocks, len(blocks))
    before, after = (judge_share(b, Rules(p0=p0, burst_s=0.001)) for b in (blocks, mixed))

    assert (before.n, before.k, before.expected) == (after.n, after.k, after.expected)
    assert before.phase_covered_s == after.phase_covered_s
    if before.deff == after.deff:
        assert before == after


@given(times=st.integers(36, 80), p0=st.sampled_from([1e-4, 1e-3]))
def test_twice_the_load_in_twice_the_time_never_turns_a_clean_verdict(
    times: int, p0: float
) -> None:
    rate = round(0.1 / p0)
    once = judge_share(spread((times, rate)), Rules(p0=p0, burst_s=0.001))
    twice = judge_share(spread((2 * times, rate)), Rules(p0=p0, burst_s=0.002))

    assert once.word == twice.word == "pass"


def test_independent_runs_at_the_limit_pass_at_most_one_time_in_twenty() -> None:
    rnd, passed = random.Random(95), 0
    rules = Rules(p0=0.05, burst_s=0.001)
    for _ in range(2_000):
        blocks: list[Block] = []
        while len(blocks) < 100:
            blocks.append((20, sum(rnd.random() < 0.05 for _ in range(20))))
            if len(blocks) % 5 == 0 and judge_share(blocks, rules).word == "pass":
                passed += 1
                break

    assert 0.005 <= passed / 2_000 <= 0.065


@pytest.mark.parametrize(("seconds", "within_ms"), [(600, 10), (3_600, 60)])
def test_a_verdict_is_fast_enough_for_every_second(seconds: int, within_ms: float) -> None:
    rnd = random.Random(7)
    blocks = [(150, rnd.choice((0, 0, 1, 2, 9))) for _ in range(seconds)]
    spent = []
    for _ in range(5):
        start = time.process_time()
        judge_share(blocks, Rules(p0=0.01))
        spent.append(time.process_time() - start)

    assert 1_000 * min(spent) <= within_ms

"""The bounds of a yearly budget keep their promise: simulated systems whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest

from nfrcheck.evidence.budget import (
    SECONDS_A_YEAR,
    Incident,
    Steady,
    compose,
    mean_outage_lower,
    mean_outage_upper,
)

TRIES = 400
Draw = Callable[[np.random.Generator, int], list[float]]


def exponential(random: np.random.Generator, n: int) -> list[float]:
    return list(random.exponential(10.0, n))


def lognormal(cv: float) -> Draw:
    spread = float(np.sqrt(np.log1p(cv**2)))

    def draw(random: np.random.Generator, n: int) -> list[float]:
        return list(random.lognormal(np.log(10.0) - spread**2 / 2, spread, n))

    return draw


@pytest.mark.parametrize("n", [1, 3, 5])
@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(exponential, id="exponential"),
        pytest.param(lognormal(0.2), id="cv-0.2"),
        pytest.param(lognormal(0.5), id="cv-0.5"),
        pytest.param(lognormal(1.0), id="cv-1"),
    ],
)
def test_the_mean_outage_lies_within_its_bounds(draw: Draw, n: int) -> None:
    random = np.random.default_rng(20_260_101 + n)
    samples = [draw(random, n) for _ in range(TRIES)]

    above = np.mean([mean_outage_upper(sample) >= 10.0 for sample in samples])
    below = np.mean([mean_outage_lower(sample) <= 10.0 for sample in samples])

    # 95 % are promised; three standard errors of 400 tries are 3.3 %.
    assert above >= 0.95 - 0.033
    assert below >= 0.95 - 0.033


@pytest.mark.parametrize("seed", [1, 2])
def test_the_composed_bound_holds_for_exponential_outages(seed: int) -> None:
    random = np.random.default_rng(seed)
    share, per_year, mean_s, n = 5e-5, 20.0, 30.0, 100_000
    truth = share * SECONDS_A_YEAR + per_year * mean_s
    held, refuted = 0, 0
    for _ in range(TRIES):
        bad = int(random.binomial(n, share))
        outages = [(x, x) for x in random.exponential(mean_s, 5)]
        found = compose(
            truth / SECONDS_A_YEAR,
            Steady(k=bad, n=n, k_sure=bad),
            [Incident(name="lose-b", per_year=per_year, outages_s=outages)],
        )
        held += found.seconds.upper >= truth
        refuted += found.word == "fail"

    assert held / TRIES >= 0.95 - 0.033
    assert refuted / TRIES <= 0.01 + 0.015

"""Evidence odds: a betting test that may be looked at after every request.

E = sum w * r^k * exp(mu * (1 - r)), with k failures seen and mu expected at the limit. Each term is
a non-negative supermartingale started at 1, so P(E ever >= 20) <= 1/20 while the limit is broken
(Ville's inequality), for any stopping rule, varying load and fractional k. The odds depend on
(k, mu) alone: one staircase serves every target.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from nfrcheck.evidence.binomial import Ranks
from nfrcheck.evidence.special import complement

Side = Literal["pass", "fail"]

# (rate as a multiple of the limit, share of the stake). Chosen so that the exact false-pass rate
# at the limit is 4.93 % of the allowed 5 %.
BETS: dict[Side, tuple[tuple[float, float], ...]] = {
    "pass": ((0.0, 0.40), (0.15, 0.20), (0.35, 0.20), (0.6, 0.15), (0.8, 0.05)),
    "fail": (
        (1.25, 0.10),
        (1.6, 0.15),
        (2.2, 0.20),
        (3.5, 0.20),
        (7.0, 0.15),
        (20.0, 0.10),
        (100.0, 0.10),
    ),
}
_NEVER = -math.inf
# (ln w, ln r, 1 - r) of each bet
_TERMS = {
    side: tuple((math.log(w), math.log(r) if r else _NEVER, 1 - r) for r, w in bets)
    for side, bets in BETS.items()
}


def odds_fail(judged: int) -> float:
    """The odds that FAIL one of `judged` targets and strata: 5 % false alarms for all of them."""
    return max(100.0, 20.0 * judged)


def log_evidence(side: Side, k: float, mu: float) -> float:
    """The logarithm of the odds for or against the limit: k failures, mu expected at it."""
    terms = _log_terms(side, k, mu)
    top = max(terms)
    return top + math.log(math.fsum(math.exp(term - top) for term in terms))


def _log_terms(side: Side, k: float, mu: float) -> list[float]:
    if k == 0:
        return [log_w + mu * left for log_w, _, left in _TERMS[side]]
    # A bet on "never" is lost for good with the first failure.
    return [log_w + k * log_r + mu * left for log_w, log_r, left in _TERMS[side]]


def mu_pass(k: float, odds: float = 20.0) -> float:
    """The smallest mu at which k failures pass."""
    goal = math.log(odds)
    return _solve("pass", k, goal) if log_evidence("pass", k, 0.0) < goal else 0.0


def mu_for(side: Side, k: float, log_odds: float) -> float:
    """`mu_pass` or `mu_fail` for odds that may be too large for a float."""
    return _solve(side, k, log_odds)


def mu_fail(k: float, odds: float = 100.0) -> float:
    """The largest mu at which k failures fail; 0 where so few never do."""
    goal = math.log(odds)
    return _solve("fail", k, goal) if log_evidence("fail", k, 0.0) > goal else 0.0


@lru_cache(maxsize=4096)
def _solve(side: Side, k: float, goal: float) -> float:
    """The mu at which ln E is `goal`.

    ln E is convex in mu, so that Newton's method from where a single bet alone reaches the goal
    never crosses the root: the answer lies on the proven side.
    """
    alone = [
        (goal - log_w - k * log_r if k else goal - log_w) / left
        for log_w, log_r, left in _TERMS[side]
        if k == 0 or log_r > _NEVER
    ]
    mu = min(alone) if side == "pass" else max(0.0, *alone)
    for _ in range(100):
        terms = _log_terms(side, k, mu)
        top = max(terms)
        weights = [math.exp(term - top) for term in terms]
        total = math.fsum(weights)
        slope = math.fsum(w * t[2] for w, t in zip(weights, _TERMS[side], strict=True)) / total
        step = (top + math.log(total) - goal) / slope
        mu -= step
        if abs(step) <= 1e-14 * mu:
            break
    return mu


def live_ranks(n: int, q: Decimal | float, odds: float = 40.0, deff: float = 1.0) -> Ranks:
    """Ranks between which the q-quantile lies at every look (40:1 on each side are 95 %).

    `deff` is the design effect of the slow requests; 0 or n + 1: this end cannot be measured.
    """
    mu, goal = n * complement(q) / deff, math.log(odds)
    fails_from = _first_count(n, lambda k: log_evidence("fail", k / deff, mu) >= goal)
    stops_passing = _first_count(n, lambda k: log_evidence("pass", k / deff, mu) < goal)
    return Ranks(n - fails_from + 1, n - stops_passing + 1)


def _first_count(n: int, holds: Callable[[int], bool]) -> int:
    """The smallest count in 0..n for which a monotone condition holds; n + 1 if none."""
    low, high = -1, n + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high

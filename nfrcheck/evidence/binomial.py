"""Intervals of a share after a fixed number of tries; only Clopper-Pearson may decide.

With "upper end <= limit" as the rule, Jeffreys passes 14.7 % and Wilson 6.7 % of the systems that
sit at the limit, where 5 % are promised; those two are for display.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from statistics import NormalDist
from typing import NamedTuple

from nfrcheck.evidence.special import beta_cdf, beta_quantile, complement


class Interval(NamedTuple):
    """Both ends of what the evidence leaves open, in the unit of what was measured."""

    lower: float
    upper: float


class Ranks(NamedTuple):
    """1-based ranks in the sorted values; 0 and n + 1 mean that this end cannot be measured."""

    lower: int
    upper: int


def clopper_pearson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """The exact two-sided interval of the share after k of n."""
    doubt = complement(confidence) / 2
    return Interval(lower_end(k, n, 1 - doubt), upper_end(k, n, 1 - doubt))


def lower_end(k: int, n: int, confidence: float = 0.95) -> float:
    """The exact one-sided lower end of the share after k of n."""
    _refuse_nonsense(k, n)
    return beta_quantile(complement(confidence), k, n - k + 1) if k else 0.0


def upper_end(k: int, n: int, confidence: float = 0.95) -> float:
    """The exact one-sided upper end of the share after k of n; 1 without any try."""
    _refuse_nonsense(k, n)
    if k == n:
        return 1.0
    if k == 0:
        # The general formula agrees; this one keeps all digits of a tiny bound.
        return -math.expm1(math.log(complement(confidence)) / n)
    return beta_quantile(confidence, k + 1, n - k)


def jeffreys(k: int, n: int, confidence: float = 0.95) -> Interval:
    """For display only: a Bayesian interval that is shorter than the exact one."""
    _refuse_nonsense(k, n)
    doubt = complement(confidence) / 2
    lower = beta_quantile(doubt, k + 0.5, n - k + 0.5) if k else 0.0
    upper = beta_quantile(1 - doubt, k + 0.5, n - k + 0.5) if k < n else 1.0
    return Interval(lower, upper)


def wilson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """For display only: the score interval."""
    _refuse_nonsense(k, n)
    if n == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf(1 - complement(confidence) / 2)
    share, weight = k / n, 1 + z * z / n
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    # At the ends the formula gives 0 or 1 exactly; rounding would leave 1e-20 there.
    lower = (middle - reach) / weight if k else 0.0
    return Interval(lower, (middle + reach) / weight if k < n else 1.0)


def binomial_cdf(k: int, n: int, share: float) -> float:
    """P(at most k of n) where each happens with probability `share`."""
    if k < 0:
        return 0.0
    return 1.0 if k >= n else 1.0 - beta_cdf(share, k + 1, n - k)


def _binomial_tail(k: int, n: int, share: float) -> float:
    """P(more than k of n); not by subtraction, so that small ones keep their digits."""
    if k < 0:
        return 1.0
    return 0.0 if k >= n else beta_cdf(share, k + 1, n - k)


def requests_needed(p0: Decimal | float, failures: int = 0, confidence: float = 0.95) -> int:
    """The smallest fixed n at which `failures` still prove a share <= p0 (one-sided, exact)."""
    share, enough = float(p0), float(confidence)
    if not 0 < share < 1:
        raise ValueError(f"p0={p0}: a limit lies between 0 and 1")
    low, high = failures, max(failures + 1, math.ceil(3 / share))
    while _binomial_tail(failures, high, share) < enough:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _binomial_tail(failures, middle, share) < enough:
            low = middle
        else:
            high = middle
    return high


def quantile_ranks(n: int, q: Decimal | float, confidence: float = 0.95) -> Ranks:
    """Ranks between which the q-quantile lies, whatever the distribution; for one look only."""
    share, doubt = float(q), complement(confidence) / 2
    lower = _first(lambda r: binomial_cdf(r - 1, n, share) > doubt, n + 1) - 1
    upper = _first(lambda r: _binomial_tail(r - 1, n, share) <= doubt, n + 1)
    return Ranks(lower, upper)


def _first(holds: Callable[[int], bool], last: int) -> int:
    """The smallest rank in 1..last for which a monotone condition holds."""
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _refuse_nonsense(k: int, n: int) -> None:
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} cannot be")

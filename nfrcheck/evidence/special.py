"""The special functions that the intervals need, to nine digits, without scipy."""

import math
from decimal import Decimal

_TINY = 1e-300
_FRACTION_TERMS = 20_000


def complement(share: Decimal | float) -> float:
    """1 - share, without the float trap: 1 - 0.99999 is 1.00000000000100e-05 and moves n by one."""
    return float(1 - Decimal(str(share)))


def odds_of(confidence: Decimal | float) -> float:
    """The odds that stand for a confidence: 95 % are 20:1."""
    return float(1 / (1 - Decimal(str(confidence))))


def log_beta(a: float, b: float) -> float:
    """The logarithm of B(a, b); the difference of two large log-gammas is never taken."""
    a, b = min(a, b), max(a, b)
    return math.lgamma(a) - _log_gamma_step(a, b)


def _log_gamma_step(a: float, b: float) -> float:
    """The step ln gamma(a + b) - ln gamma(b), by Stirling's series where both are large."""
    if b < 30:
        return math.lgamma(a + b) - math.lgamma(b)
    total = a + b
    grown = (b - 0.5) * math.log1p(a / b) + a * (math.log(total) - 1)
    return grown + _stirling_rest(total) - _stirling_rest(b)


def _stirling_rest(x: float) -> float:
    y = 1 / (x * x)
    return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta(a, b))
    # The continued fraction converges fast only below the mean; above it, the mirror image does.
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1.0 - front * _beta_fraction(1 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Lentz's method on the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _FRACTION_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            return value
    raise ArithmeticError(f"no convergence of the incomplete beta function at {x=}, {a=}, {b=}")


def _away_from_zero(x: float) -> float:
    return x if abs(x) > _TINY else _TINY


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x with I_x(a, b) = p: Newton's method on ln x, kept inside a bracket."""
    if p <= 0:
        return 0.0
    if p >= 1:
        return 1.0
    low, high, y = -745.0, 0.0, math.log(a / (a + b))
    for _ in range(200):
        x = math.exp(y)
        miss = beta_cdf(x, a, b) - p
        low, high = (low, y) if miss > 0 else (y, high)
        rest = math.log(-math.expm1(y)) if y < 0 else -math.inf
        slope = math.exp(a * y + (b - 1) * rest - log_beta(a, b)) if rest > -math.inf else 0.0
        step = miss / slope if slope > 0 else math.inf
        y, before = (y - step if low < y - step < high else (low + high) / 2), y
        if abs(y - before) < 1e-15 * max(1.0, abs(y)):
            break
    return math.exp(y)


def student_quantile(p: float, freedom: int) -> float:
    """The quantile of Student's t for p >= 0.5."""
    if p <= 0.5:
        if p == 0.5:
            return 0.0
        raise ValueError(f"p={p}: only the upper half is used here")
    x = beta_quantile(2 * complement(p), freedom / 2, 0.5)
    return math.sqrt(freedom * (1 / x - 1))


def poisson_cdf(k: int, mean: float) -> float:
    """P(at most k events) where `mean` are expected."""
    if k < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    log_mean = math.log(mean)
    terms = (math.exp(i * log_mean - mean - math.lgamma(i + 1)) for i in range(k + 1))
    return min(1.0, math.fsum(terms))


def poisson_mean(k: int, p: float) -> float:
    """The mean at which P(at most k events) = p; 2 x this is a chi-square quantile (2k + 2)."""
    low, high = 0.0, k + 1.0
    while poisson_cdf(k, high) > p:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if poisson_cdf(k, middle) > p else (low, middle)
    return (low + high) / 2

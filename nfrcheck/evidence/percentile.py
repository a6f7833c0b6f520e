"""Where a percentile lies, whatever the distribution of the latencies.

Values are sorted; what failed, timed out or could not be sent is +inf, in the same denominator.
Targets are decided by the share of slow requests (`ratio`); these intervals are what is shown.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from nfrcheck.evidence import wording
from nfrcheck.evidence.binomial import Ranks, quantile_ranks, requests_needed
from nfrcheck.evidence.odds import live_ranks, mu_pass
from nfrcheck.evidence.special import complement

# The odds on each side of a live interval that together are 95 %.
_ODDS_PER_SIDE = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentileInterval:
    """A percentile and its interval, in the unit of the values.

    None: with so few requests this end cannot be known (`because` says so). +inf is known: so large
    a share was never answered.
    """

    name: str
    n: int
    point: float | None
    lower: float | None
    upper: float | None
    ranks: Ranks
    because: str | None

    @property
    def measurable(self) -> bool:
        return self.upper is not None


def fixed_interval(
    values: Sequence[float], q: Decimal | float, confidence: float = 0.95
) -> PercentileInterval:
    """The shortest honest interval of a finished run; it does not survive a second look."""
    ranks = quantile_ranks(len(values), q, confidence)
    doubt = Decimal(str(complement(confidence))) / 2
    needed = requests_needed(complement(q), 0, float(1 - doubt))
    return _interval(values, q, ranks, needed)


def live_interval(
    values: Sequence[float], q: Decimal | float, deff: float = 1.0
) -> PercentileInterval:
    """The interval that holds with 95 % at every look; `deff`: how much slow requests cluster."""
    ranks = live_ranks(len(values), q, _ODDS_PER_SIDE, deff)
    needed = math.ceil(mu_pass(0, _ODDS_PER_SIDE) * deff / complement(q))
    return _interval(values, q, ranks, needed)


def point_estimate(values: Sequence[float], q: Decimal | float) -> float | None:
    """The smallest value that at least a share q of all values does not exceed."""
    if len(values) == 0:
        return None
    rank = math.ceil(Decimal(str(q)) * len(values))
    return float(values[max(1, rank) - 1])


def name_of(q: Decimal | float) -> str:
    """The name that people use: p99, p99.9."""
    return f"p{(Decimal(str(q)) * 100).normalize():f}"


def _interval(
    values: Sequence[float], q: Decimal | float, ranks: Ranks, needed: int
) -> PercentileInterval:
    n, because = len(values), None
    if ranks.upper > n:
        because = (
            f"{name_of(q)} not measurable with {wording.count(n)} requests "
            f"(needs {wording.count(needed)})"
        )
    return PercentileInterval(
        name=name_of(q),
        n=n,
        point=point_estimate(values, q),
        lower=float(values[ranks.lower - 1]) if ranks.lower >= 1 else None,
        upper=float(values[ranks.upper - 1]) if ranks.upper <= n else None,
        ranks=ranks,
        because=because,
    )

"""What an undecided yearly budget still needs: more requests, more drills, or both."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from nfrcheck.evidence.budget import (
    SECONDS_A_YEAR,
    Incident,
    Steady,
    Yearly,
    compose,
    mean_outage_upper,
    split,
)

MOST = 10**12
MOST_DRILLS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """So many more requests without a failure, and so many more drills `of` one incident.

    Outages are taken to be as long as those before. Both None: what was seen so far is too much.
    """

    requests: int | None = None
    drills: int | None = None
    of: str = ""


def shortfall(
    p0: Decimal | float, steady: Steady, incidents: Sequence[Incident], confidence: float = 0.95
) -> Shortfall:
    """Requests if they are enough, or drills of the dearest incident, else both together."""
    gap = _Gap(compose(p0, steady, incidents, confidence), steady, incidents, confidence)
    requests = gap.requests(gap.left_by(gap.costs[0]))
    dearest = max(range(len(incidents)), key=lambda i: gap.costs[i + 1], default=None)
    if dearest is None:
        return Shortfall(requests=requests)
    incident = incidents[dearest]
    if requests is not None:
        return Shortfall(requests=requests)
    drills = gap.drills(incident, gap.left_by(gap.costs[dearest + 1]))
    if drills is not None:
        return Shortfall(drills=drills, of=incident.name)
    # Each of the two gets half of what would be left if both were known exactly.
    seen = gap.found.terms[0].expected_s, gap.expected(incident)
    others = math.fsum(gap.costs) - gap.costs[0] - gap.costs[dearest + 1]
    spare = gap.found.budget_s - others - sum(seen)
    requests = gap.requests(seen[0] + spare / 2)
    drills = gap.drills(incident, seen[1] + spare / 2)
    if requests is None or drills is None:
        return Shortfall()
    return Shortfall(requests=requests, drills=drills, of=incident.name)


@dataclass(frozen=True, slots=True)
class _Gap:
    found: Yearly
    steady: Steady
    incidents: Sequence[Incident]
    confidence: float

    @property
    def costs(self) -> list[float]:
        """The upper bound of each term in seconds a year; the steady state comes first."""
        return [term.seconds.upper for term in self.found.terms]

    @property
    def sure(self) -> float:
        return split(self.confidence, len(self.incidents) + 1)

    def left_by(self, cost: float) -> float:
        """What all other terms leave of the budget; nothing where one of them is unknown."""
        rest = self.costs
        rest.remove(cost)
        return self.found.budget_s - math.fsum(rest)

    def requests(self, seconds: float) -> int | None:
        """How many more good requests bring the steady state below so many seconds a year."""
        old = self.steady

        def enough(more: int) -> bool:
            bigger = Steady(k=old.k, n=old.n + more, k_sure=old.k_sure, deff_pass=old.deff_pass)
            return bigger.upper(self.sure) * SECONDS_A_YEAR <= seconds

        return least(enough, MOST)

    def drills(self, incident: Incident, seconds: float) -> int | None:
        """How many more drills with outages as before bring it below so many seconds a year."""
        there = len(incident.outages_s)
        if not there:
            return 1 if seconds > 0 else None
        mean = math.fsum(upper for _, upper in incident.outages_s) / there
        weight = incident.per_year * incident.share_hit

        def enough(more: int) -> bool:
            return weight * mean_outage_upper([mean] * (there + more), self.sure) <= seconds

        return least(enough, MOST_DRILLS) if math.isfinite(mean) else None

    def expected(self, incident: Incident) -> float:
        there = len(incident.outages_s)
        mean = math.fsum(upper for _, upper in incident.outages_s) / there if there else 0.0
        return incident.per_year * incident.share_hit * mean


def least(enough: Callable[[int], bool], most: int) -> int | None:
    """The smallest number that is enough; None if `most` is not."""
    low, high = 0, 1
    if enough(0):
        return 0
    while not enough(high):
        low, high = high, 2 * high
        if high > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high

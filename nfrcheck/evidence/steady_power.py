"""What the steady state of a yearly budget takes, as long as no outage has cost anything.

How long outages last, only drills can tell: a plan that fails here can never pass, whatever they
show, and one that passes leaves a part of the budget for them.
"""

import math

from nfrcheck.evidence import wording
from nfrcheck.evidence.budget import SECONDS_A_YEAR, Steady, split
from nfrcheck.evidence.power import Decidability, Need
from nfrcheck.evidence.rules import Rules
from nfrcheck.evidence.shortfall import MOST, least


def steady_decidability(
    rules: Rules, rate: float, planned_seconds: float, *, incidents: int
) -> Decidability:
    """Compare the planned requests with those that leave something of the budget."""
    clean, one = (_need(rules, rate, failures, incidents) for failures in (0, 1))
    planned = math.floor(rate * planned_seconds + 1e-6)
    counts = [wording.count(number) for number in (clean.requests, planned)]
    return Decidability(
        clean=clean,
        one_failure=one,
        planned_requests=planned,
        planned_seconds=planned_seconds,
        can_pass=planned >= clean.requests,
        can_pass_with_one=planned >= one.requests,
        because="the steady state needs {} clean requests, planned are {}".format(*counts),
    )


def left_for_outages_s(rules: Rules, requests: int, *, incidents: int) -> float:
    """Seconds a year that so many clean requests leave; less than 0 where they are too few."""
    sure = split(float(rules.confidence), incidents + 1)
    return (rules.p0_pass - Steady(k=0, n=requests, k_sure=0).upper(sure)) * SECONDS_A_YEAR


def _need(rules: Rules, rate: float, failures: int, incidents: int) -> Need:
    sure = split(float(rules.confidence), incidents + 1)

    def enough(n: int) -> bool:
        return Steady(k=failures, n=n, k_sure=0).upper(sure) <= rules.p0_pass

    found = least(enough, MOST)
    requests = max(MOST if found is None else found, rules.min_samples)
    seconds = requests / rate if rate > 0 else math.inf
    return Need(failures=failures, requests=requests, seconds=seconds)

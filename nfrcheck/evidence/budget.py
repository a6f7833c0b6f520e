"""Yearly availability, composed: a load run alone can never prove a year.

Steady-state share of bad + declared failures a year x share of traffic hit x measured outage.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from nfrcheck.evidence import wording
from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.rules import Word
from nfrcheck.evidence.special import beta_quantile, complement, poisson_cdf, poisson_mean

SECONDS_A_YEAR = 31_557_600.0
STEADY = "steady state"
MANY_INCIDENTS = 300.0
"""From so many a year on their sum is as good as normal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """What the steady state showed: `k` of `n` requests may be bad, `k_sure` of them surely are.

    deff_*: how many requests of a cluster say as much as one alone, for a PASS and for a FAIL.
    """

    k: int
    n: int
    k_sure: int
    deff_pass: float = 1.0
    deff_fail: float = 1.0

    def upper(self, confidence: float) -> float:
        """The largest share of bad that the worst case leaves open; infinite without requests."""
        k, n = self.k / self.deff_pass, self.n / self.deff_pass
        if not self.n:
            return math.inf
        if not self.k:
            # The general formula agrees; this one keeps all digits of a tiny bound.
            return -math.expm1(math.log(complement(confidence)) / n)
        return beta_quantile(confidence, k + 1, n - k) if self.k < self.n else 1.0

    def lower(self, confidence: float) -> float:
        """The smallest share of bad that the best case leaves open."""
        k, n = self.k_sure / self.deff_fail, self.n / self.deff_fail
        return beta_quantile(complement(confidence), k, n - k + 1) if self.k_sure else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A kind of failure: how often it is declared to happen, and what drills measured.

    per_year is an assumption, printed as such; outages_s are the windows of the drills: their
    upper ends decide PASS, their lower ends FAIL. share_hit: how much of the traffic one hits.
    """

    name: str
    per_year: float
    outages_s: Sequence[tuple[float, float]]
    share_hit: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What one part costs a year, in seconds.

    per_incident_s is the upper bound of one incident, None where it is not known; holds_up_to: how
    many a year still pass.
    """

    name: str
    seconds: Interval
    expected_s: float = math.inf
    """As it was seen, between the bounds."""
    mean_outage_s: Interval | None = None
    per_incident_s: float | None = None
    holds_up_to: float | None = None
    varied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """The composed verdict; `seconds` are lost in a year, at least and at most."""

    word: Word
    because: str
    budget_s: float
    seconds: Interval
    terms: tuple[Term, ...]


def mean_outage_upper(outages_s: Sequence[float], confidence: float = 0.95) -> float:
    """The upper bound of the mean outage: 2 x sum / chi-square; valid while CV <= 1.

    A t interval covers 49 % instead of 95 % where few drills meet a rare long outage.
    """
    if not outages_s:
        return math.inf
    return math.fsum(outages_s) / poisson_mean(len(outages_s) - 1, confidence)


def mean_outage_lower(outages_s: Sequence[float], confidence: float = 0.95) -> float:
    """The lower bound of the mean outage, by the same rule; 0 without drills."""
    if not outages_s:
        return 0.0
    return math.fsum(outages_s) / poisson_mean(len(outages_s) - 1, complement(confidence))


def varied(outages_s: Sequence[float]) -> bool:
    """Whether outages vary more than exponential ones: then the bound promises too much."""
    if len(outages_s) < 2 or not all(map(math.isfinite, outages_s)):
        return False
    return statistics.stdev(outages_s) > statistics.fmean(outages_s)


def compose(
    p0: Decimal | float,
    steady: Steady,
    incidents: Sequence[Incident],
    confidence: float = 0.95,
    *,
    odds_fail: float = 100.0,
    margin: float = 1.0,
) -> Yearly:
    """Judge a yearly share of bad, at most `p0`; a PASS is judged against `margin` x p0.

    The doubt is split over all terms, so that the sum of their bounds is a bound again.
    """
    parts, budget = len(incidents) + 1, float(p0) * SECONDS_A_YEAR
    sure, sure_fail = split(confidence, parts), 1 - 1 / (odds_fail * parts)
    terms = [_steady_term(steady, sure, sure_fail)]
    terms += [_incident_term(incident, sure, sure_fail) for incident in incidents]
    total = Interval(
        math.fsum(term.seconds.lower for term in terms),
        math.fsum(term.seconds.upper for term in terms),
    )
    allowed = margin * budget
    terms = [replace(term, holds_up_to=_holds_up_to(term, total.upper, allowed)) for term in terms]
    word = _word(total, budget, margin)
    return Yearly(
        word=word,
        because=_because(word, total, budget, terms),
        budget_s=budget,
        seconds=total,
        terms=tuple(terms),
    )


def split(confidence: float, parts: int) -> float:
    """The confidence of each of several bounds whose sum is to have `confidence`."""
    return 1 - complement(confidence) / parts


def _steady_term(steady: Steady, sure: float, sure_fail: float) -> Term:
    return Term(
        name=STEADY,
        seconds=Interval(
            steady.lower(sure_fail) * SECONDS_A_YEAR, steady.upper(sure) * SECONDS_A_YEAR
        ),
        expected_s=steady.k / steady.n * SECONDS_A_YEAR if steady.n else math.inf,
    )


def _incident_term(incident: Incident, sure: float, sure_fail: float) -> Term:
    weight = incident.per_year * incident.share_hit
    lowers, uppers = ([window[end] for window in incident.outages_s] for end in (0, 1))
    mean = Interval(mean_outage_lower(lowers, sure_fail), mean_outage_upper(uppers, sure))
    per_incident = incident.share_hit * mean.upper
    middle = math.fsum(lowers + uppers) / (2 * len(uppers)) if uppers else math.inf
    return Term(
        name=incident.name,
        seconds=Interval(weight * mean.lower, weight * mean.upper if weight else 0.0),
        expected_s=weight * middle if weight else 0.0,
        mean_outage_s=mean,
        per_incident_s=per_incident if math.isfinite(per_incident) else None,
        varied=varied(uppers),
    )


def _holds_up_to(term: Term, total: float, budget: float) -> float | None:
    if not term.per_incident_s or not math.isfinite(total):
        return None
    return max(0.0, budget - (total - term.seconds.upper)) / term.per_incident_s


def _word(total: Interval, budget: float, margin: float) -> Word:
    if total.lower > budget:
        return "fail"
    return "pass" if total.upper <= margin * budget else "inconclusive"


def _because(word: Word, total: Interval, budget: float, terms: Sequence[Term]) -> str:
    unknown = [term.name for term in terms if not math.isfinite(term.seconds.upper)]
    allowed = f"{wording.count(budget)} s a year"
    if word == "fail":
        text = f"at least {wording.count(total.lower)} s a year are lost, "
        text += f"{wording.count(budget)} s are allowed: {_costs(terms, 0, budget)}"
    elif unknown:
        return f"not measured: {', '.join(unknown)}; {allowed} are allowed"
    else:
        text = f"at most {wording.count(total.upper)} s of the {allowed} are lost: "
        if word == "inconclusive":
            text = f"up to {wording.count(total.upper)} s a year may be lost, "
            text += f"{wording.count(budget)} s are allowed: "
        text += _costs(terms, 1, budget)
    loose = [term.name for term in terms if term.varied]
    return f"{text}; outages vary too much for this bound: {', '.join(loose)}" if loose else text


def _costs(terms: Sequence[Term], end: int, budget: float) -> str:
    """The dearest one first: "lose-b costs at most 61 % of the budget, steady state 12 %"."""
    ordered = sorted(terms, key=lambda term: -term.seconds[end])
    costs = [
        wording.significant(100 * term.seconds[end] / budget, 2) if budget else "all"
        for term in ordered
    ]
    said = ("costs at least", "costs at most")[end]
    first = f"{ordered[0].name} {said} {costs[0]} % of the budget"
    rest = (f"{term.name} {cost} %" for term, cost in zip(ordered[1:], costs[1:], strict=True))
    return ", ".join((first, *rest))


def chance_of_a_good_year(per_year: float, mean_outage_s: float, budget_s: float) -> float:
    """P(a year stays within the budget), for Poisson incidents with exponential outages.

    A mean below the budget is no promise: 2 x 20 min against 52.6 min keeps it in 70 % of years.
    """
    if budget_s <= 0 or not math.isfinite(mean_outage_s):
        return 0.0
    if per_year <= 0 or mean_outage_s <= 0:
        return 1.0
    if per_year > MANY_INCIDENTS:
        expected = per_year * mean_outage_s
        return statistics.NormalDist(expected, mean_outage_s * math.sqrt(2 * per_year)).cdf(
            budget_s
        )
    ratio, chance = budget_s / mean_outage_s, math.exp(-per_year)
    weight = chance
    for incidents in range(1, math.ceil(per_year + 12 * math.sqrt(per_year) + 20)):
        weight *= per_year / incidents
        chance += weight * (1 - poisson_cdf(incidents - 1, ratio))
    return min(1.0, chance)

"""What a planned run can decide: what a target needs, and how likely a defect is caught."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from nfrcheck.evidence import wording
from nfrcheck.evidence.odds import log_evidence
from nfrcheck.evidence.rules import Rules
from nfrcheck.evidence.weigh import Tally

# Judging 200 times instead of every second loses next to nothing and keeps an hour fast.
_LOOKS = 200
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a PASS takes with so many isolated failures; seconds hold for the planned rate."""

    failures: int
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decidability:
    """Whether a planned run can pass: clean, and with one failure to spare."""

    clean: Need
    one_failure: Need
    planned_requests: int
    planned_seconds: float
    can_pass: bool
    can_pass_with_one: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """How a planned run ends, if bad requests are independent."""

    passes: float
    fails: float

    @property
    def stays_open(self) -> float:
        return max(0.0, 1.0 - self.passes - self.fails)


def need(rules: Rules, rate: float, failures: int = 0) -> Need:
    """Requests and seconds for a PASS at `rate` requests a second."""
    d = max(1.0, rules.burst_s * rate) if failures else 1.0
    goal = math.log(rules.odds_pass)
    requests = _first(lambda n: log_evidence("pass", failures / d, n * rules.p0_pass / d) >= goal)
    requests = max(requests, rules.min_samples)
    return Need(
        failures=failures,
        requests=requests,
        seconds=max(requests / rate, rules.floor_s) if rate > 0 else math.inf,
    )


def runs_needed(rules: Rules, rate: float, planned_seconds: float) -> float:
    """How many clean runs of one build pass together, where their evidence is carried over."""
    n = math.floor(rate * planned_seconds + 1e-6)
    if not n:
        return math.inf
    one = log_evidence("pass", 0, n * rules.p0_pass)
    by_odds = math.log(rules.odds_pass) / one
    least = max(by_odds, rules.floor_s / planned_seconds, rules.min_samples / n)
    return float(math.ceil(least - 1e-9))


def decidability(rules: Rules, rate: float, planned_seconds: float) -> Decidability:
    """Compare a plan with what its target needs; an undecidable one may still FAIL."""
    clean, one = need(rules, rate), need(rules, rate, 1)
    planned = math.floor(rate * planned_seconds + 1e-6)
    can_pass, with_one = (_fits(n, planned, planned_seconds) for n in (clean, one))
    return Decidability(
        clean=clean,
        one_failure=one,
        planned_requests=planned,
        planned_seconds=planned_seconds,
        can_pass=can_pass,
        can_pass_with_one=with_one,
        because=_because(rules, clean, one, planned, planned_seconds),
    )


def _fits(needed: Need, planned: int, planned_seconds: float) -> bool:
    return planned >= needed.requests and planned_seconds >= needed.seconds - 1e-6


def _because(rules: Rules, clean: Need, one: Need, planned: int, seconds: float) -> str:
    floor = wording.duration(max(rules.floor_s, 1.0))
    plan = f"planned are {wording.count(planned)} in {wording.duration(seconds)}"
    if not _fits(clean, planned, seconds):
        return (
            f"cannot pass: needs {wording.count(clean.requests)} clean requests and {floor}, "
            f"{plan}; it may still fail"
        )
    with_one = f"{wording.count(one.requests)} requests and {wording.duration(one.seconds)}"
    if not _fits(one, planned, seconds):
        return f"passes only without any failure (one takes {with_one}); {plan}"
    return f"can pass; with one failure it takes {with_one}; {plan}"


def chances(rules: Rules, true_rate: float, n: int, seconds: int) -> Chances:
    """The exact distribution of the count, step by step, each end taken out at its look.

    It holds for independent requests at an even rate; failures in bursts are caught less often.
    """
    looks = max(1, min(seconds, _LOOKS))
    alive, passes, fails = {0: 1.0}, 0.0, 0.0
    step = _poisson_weights(n * true_rate / looks)
    for look in range(1, looks + 1):
        seen, time = n * look // looks, seconds * look // looks
        alive = _spread(alive, step)
        failing, passing = _fails_from(rules, seen, time), _passing(rules, seen, time, alive)
        fails += math.fsum(p for k, p in alive.items() if k >= failing)
        passes += math.fsum(p for k, p in alive.items() if k in passing and k < failing)
        alive = {k: p for k, p in alive.items() if k < failing and k not in passing}
        if not alive:
            break
    return Chances(passes=passes, fails=fails)


def detection_probability(rules: Rules, true_rate: float, n: int, seconds: int) -> float:
    """P(FAIL) of a run with n requests, if a share `true_rate` of them is bad."""
    return chances(rules, true_rate, n, seconds).fails


def _fails_from(rules: Rules, n: int, seconds: int) -> int:
    """The smallest count that fails after so many requests."""
    d = Tally(n=n, seconds=seconds).deff_fail(rules.burst_s)
    mu, goal = n * float(rules.p0) / d, math.log(rules.odds_fail)
    return max(rules.min_bad, _first(lambda k: log_evidence("fail", k / d, mu) >= goal))


def _passing(rules: Rules, n: int, seconds: int, alive: dict[int, float]) -> set[int]:
    """The counts that pass; independent failures fall into as many seconds as there are."""
    passing: set[int] = set()
    if seconds < rules.floor_s or n < rules.min_samples:
        return passing
    goal, mu = math.log(rules.odds_pass), n * rules.p0_pass
    for k in sorted(alive):
        if log_evidence("pass", k, mu) < goal:
            break
        d = Tally(n=n, seconds=seconds, bad_seconds=k).deff_pass(rules.burst_s)
        if log_evidence("pass", k / d, mu / d) >= goal:
            passing.add(k)
    return passing


def _poisson_weights(mean: float) -> dict[int, float]:
    if mean <= 0:
        return {0: 1.0}
    reach = 8 * math.sqrt(mean) + 12
    counts = range(max(0, math.floor(mean - reach)), math.ceil(mean + reach) + 1)
    log_mean = math.log(mean)
    weights = {k: math.exp(k * log_mean - mean - math.lgamma(k + 1)) for k in counts}
    return {k: weight for k, weight in weights.items() if weight > _NEGLIGIBLE}


def _spread(alive: dict[int, float], step: dict[int, float]) -> dict[int, float]:
    spread: dict[int, float] = {}
    for k, probability in alive.items():
        for more, weight in step.items():
            spread[k + more] = spread.get(k + more, 0.0) + probability * weight
    return {k: probability for k, probability in spread.items() if probability > _NEGLIGIBLE}


def _first(holds: Callable[[int], bool]) -> int:
    """The smallest number from 0 on for which a monotone condition holds."""
    low, high = -1, 1
    while not holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high

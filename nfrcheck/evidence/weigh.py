"""Weighs one-second blocks against the rules of a share: numbers only, no words."""

import math
from dataclasses import dataclass
from operator import gt
from typing import Literal

from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.clustering import LEAST_BLOCKS, design_effect
from nfrcheck.evidence.odds import log_evidence, mu_fail, mu_for, mu_pass
from nfrcheck.evidence.rules import Blocks, Carried, Rules, Word

# 40:1 on each side: an interval that holds with 95 % at every look.
_INTERVAL_ODDS = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the blocks of one run add up to; `seconds` are those with traffic."""

    n: int = 0
    k: int = 0
    seconds: int = 0
    bad_seconds: int = 0
    deff: float = 1.0

    @property
    def rate(self) -> float:
        return self.n / self.seconds if self.seconds else 0.0

    def deff_pass(self, burst_s: float) -> float:
        """Until 16 bad seconds show how failures cluster, each may be part of a whole burst."""
        unknown = 0 < self.bad_seconds < LEAST_BLOCKS
        return max(self.deff, burst_s * self.rate) if unknown else self.deff

    def deff_fail(self, burst_s: float) -> float:
        """In the time of the first 16 bursts, a single burst must not look like a rate."""
        young = self.seconds < LEAST_BLOCKS * burst_s
        return max(self.deff, burst_s * self.rate) if young else self.deff

    def supports(self, phase_s: float, odds: float) -> float:
        """The tightest share of good that would pass if error phases last `phase_s`; 0 if none."""
        if not self.n:
            return 0.0
        deff = self.deff_pass(phase_s)
        by_count = mu_pass(self.k / deff, odds) * deff / self.n
        by_time = math.log(odds) * phase_s / self.seconds
        return max(0.0, 1.0 - max(by_count, by_time))


def tally(blocks: Blocks) -> Tally:
    """Add the blocks up; O(seconds)."""
    if not blocks:
        return Tally()
    ns, ks = (list(column) for column in zip(*blocks, strict=True))
    if min(ks) < 0 or any(map(gt, ks, ns)):
        raise ValueError("a block has more bad ones than requests, or less than none")
    return Tally(
        n=sum(ns),
        k=sum(ks),
        seconds=len(ns) - ns.count(0),
        bad_seconds=len(ks) - ks.count(0),
        deff=design_effect(ns, ks),
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """The evidence for PASS (from the worst case) and for FAIL (from the best case)."""

    rules: Rules
    worst: Tally
    best: Tally
    carried: Carried

    @property
    def deff_pass(self) -> float:
        return self.worst.deff_pass(self.rules.burst_s)

    @property
    def deff_fail(self) -> float:
        return self.best.deff_fail(self.rules.burst_s)

    @property
    def log_odds_pass(self) -> float:
        return self._log_odds_pass(self.worst.n) + self.carried.log_odds_pass

    def _log_odds_pass(self, n: int) -> float:
        d = self.deff_pass
        return log_evidence("pass", self.worst.k / d, n * self.rules.p0_pass / d)

    @property
    def log_odds_fail(self) -> float:
        d, mu = self.deff_fail, self.best.n * float(self.rules.p0)
        return log_evidence("fail", self.best.k / d, mu / d) + self.carried.log_odds_fail

    @property
    def whole(self) -> Tally:
        """The earlier runs and this one as if they were one."""
        worst, before = self.worst, self.carried
        return Tally(
            n=worst.n + before.n,
            k=worst.k + before.k,
            seconds=worst.seconds + before.seconds,
            bad_seconds=worst.bad_seconds + before.bad_seconds,
            deff=max(worst.deff, before.deff),
        )

    def supports(self, phase_s: float) -> float:
        """The share of good that all of it supports against error phases of this length."""
        share = self.whole.supports(phase_s, self.rules.odds_pass)
        # Run by run the odds may be higher than those of all runs taken for one.
        passed = self.carried.runs > 0 and phase_s <= self.rules.burst_s and self.word == "pass"
        return max(share, 1 - self.rules.p0_pass) if passed else share

    @property
    def exposed_s(self) -> int:
        return self.worst.seconds + self.carried.seconds

    @property
    def samples(self) -> int:
        return self.worst.n + self.carried.n

    @property
    def enough_bad(self) -> bool:
        # Earlier ones count only where the earlier runs are part of what speaks for a FAIL.
        before = self.carried.k if self.carried.log_odds_fail > 0 else 0
        return self.best.k + before >= self.rules.min_bad

    @property
    def odds_say_fail(self) -> bool:
        return self.best.n > 0 and self.log_odds_fail >= math.log(self.rules.odds_fail)

    @property
    def contradicted(self) -> bool:
        """The newest runs are against the target: many good ones before them must not hide it."""
        return self.log_odds_fail >= math.log(self.rules.odds_pass)

    @property
    def word(self) -> Word:
        # FAIL is asked first: a run that proves both (it cannot, at sane odds) must not be green.
        if self.odds_say_fail and self.enough_bad:
            return "fail"
        if self.worst.n and not self.contradicted and not self.needed_requests:
            return "pass" if self.exposed_s >= self.rules.floor_s else "inconclusive"
        return "inconclusive"

    @property
    def needed_requests(self) -> int:
        """How many more requests, all good, the odds need for a PASS."""
        rules, d = self.rules, self.deff_pass
        goal = math.log(rules.odds_pass) - self.carried.log_odds_pass
        short = max(0, rules.min_samples - self.samples)
        if self._log_odds_pass(self.worst.n) >= goal:
            return short
        mu = mu_for("pass", self.worst.k / d, goal)
        n = max(self.worst.n, math.ceil(mu * d / rules.p0_pass))
        # The rounding of mu may be one request short of the rule as it is applied above.
        while self._log_odds_pass(n) < goal:
            n += 1
        return max(short, n - self.worst.n)

    @property
    def needed_seconds(self) -> float:
        """How many more seconds of traffic at the rate seen, for the odds and for the floor."""
        more = self.needed_requests / self.worst.rate if self.worst.n else 0.0
        return max(0.0, more, self.rules.floor_s - self.exposed_s)

    @property
    def ci95(self) -> Interval:
        """The interval of the share of bad that holds at every look."""
        if not self.worst.n or not self.best.n:
            return Interval(0.0, 1.0)
        d, e = self.deff_fail, self.deff_pass
        lower = mu_fail(self.best.k / d, _INTERVAL_ODDS) * d / self.best.n
        upper = mu_pass(self.worst.k / e, _INTERVAL_ODDS) * e / self.worst.n
        return Interval(lower, min(1.0, upper))

    @property
    def phase_covered_s(self) -> float:
        return self.exposed_s * self.rules.p0_pass / math.log(self.rules.odds_pass)

    @property
    def leaning(self) -> Literal["pass", "fail"] | None:
        if not self.worst.n:
            return None
        return "pass" if self.worst.k <= self.worst.n * float(self.rules.p0) else "fail"

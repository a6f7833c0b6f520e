"""Is a year good to this share (AV03)? Composed of the steady state and of declared incidents.

A load run can never prove a year by itself: what a year loses is the steady share of bad requests
and, for each declared incident, how often it happens times the outage that drills measured.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated

from pydantic import Field, Tag

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.drilled import Drilled, drilled
from nfrcheck.checks.drills import missing_runs
from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.share import weighed
from nfrcheck.checks.sight import Sight, invalid, look, verdict
from nfrcheck.checks.yearly_budget import Budget
from nfrcheck.evidence.budget import SECONDS_A_YEAR, STEADY, Incident, Steady, Yearly, compose
from nfrcheck.evidence.shortfall import Shortfall, shortfall
from nfrcheck.fields import BY_NAME, Model, Name, Rate, Share, one_or_by_name
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.units import show_duration, show_share
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

DIGITS = 6


class YearlyAvailability(Model):
    """At least this share of a year; `incidents` are an assumption: drill name to how often."""

    at_least: Share
    incidents: Mapping[Name, Rate] = Field(min_length=1)
    steady: Name | None = None
    """The availability target whose requests show the steady state."""
    weights: (
        Annotated[
            Annotated[Share, Tag("weights")] | Annotated[Mapping[Name, Share], Tag(BY_NAME)],
            one_or_by_name("weights"),
        ]
        | None
    ) = None
    """How much of the traffic an outage hits; not said: all for a PASS, what failed for a FAIL."""

    def judge(self, history: History, question: Question) -> Verdict:
        if self.at_least >= 1:
            return verdict(Outcome.INCONCLUSIVE, "no measurement can confirm 100 % of a year")
        sight = look(history, question)
        if isinstance(sight, Verdict):
            return sight
        felt = [
            drilled(history, question, name, weighted=self.weight(name) is not None)
            for name in self.incidents
        ]
        if spoilt := [one for one in felt if isinstance(one, Verdict)]:
            return combine(spoilt)
        if reason := sight.health.invalid or sight.doubt:
            return invalid(f"{STEADY}: {reason}")
        if reason := client_errors(sight, question.client_errors):
            return invalid(f"{STEADY}: {reason}")
        drills = [one for one in felt if isinstance(one, Drilled)]
        return _Judged(check=self, sight=sight, question=question, drills=drills).verdict()

    def weight(self, drill: str) -> Decimal | None:
        """The share of traffic that was declared to be hit."""
        return self.weights.get(drill) if isinstance(self.weights, Mapping) else self.weights

    def per_year(self, drill: str) -> float:
        # A rate is a float per second; 2/year must not come back as 2.0000000000000004.
        return round(self.incidents[drill] * SECONDS_A_YEAR, DIGITS)

    @property
    def bound(self) -> Bound:
        text = f"at least {show_share(self.at_least)}"
        return Bound(text=text, value=float(self.at_least), lower=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """The verdict of one target, whose instruments were well and whose drills were proven."""

    check: YearlyAvailability
    sight: Sight
    question: Question
    drills: Sequence[Drilled]

    def verdict(self) -> Verdict:
        steady = self._steady(left_out=True)
        found = self._composed(steady)
        said = self._said(found, steady)
        if reason := self._why_not(found, steady):
            return replace(said, outcome=Outcome.INVALID, because=reason)
        if found.word == "fail":
            return said
        short = [
            missing
            for drill in self.drills
            for missing in missing_runs(self.question, drill.name, len(drill.windows))
        ]
        if missing := max(0, self.question.rules.min_samples - steady.n):
            because = f"{missing:,} more requests are needed: min_samples; {said.because}"
            needed = Needed(requests=missing)
            return replace(said, outcome=Outcome.INCONCLUSIVE, because=because, needed=needed)
        if short and (found.word == "pass" or all(drill.windows for drill in self.drills)):
            return replace(
                said,
                outcome=Outcome.INCONCLUSIVE,
                because=f"{short[0].because}; {said.because}",
                needed=short[0].needed,
            )
        return said

    def _steady(self, *, left_out: bool) -> Steady:
        sight, rule = self.sight, Availability(at_least=self.check.at_least)
        (limit,) = rule.share_limits(sight)
        found = weighed(sight, self.question, limit, left_out=left_out)
        return Steady(
            k=found.k,
            n=found.n,
            k_sure=min(found.k_sure, found.k),
            deff_pass=found.deff_pass,
            deff_fail=found.deff_fail,
        )

    def _incidents(self, *, doubted: bool = False) -> list[Incident]:
        return [
            Incident(
                name=drill.name,
                per_year=self.check.per_year(drill.name),
                outages_s=drill.doubted if doubted else drill.windows,
                share_hit=float(w) if (w := self.check.weight(drill.name)) is not None else 1.0,
            )
            for drill in self.drills
        ]

    def _composed(self, steady: Steady, *, doubted: bool = False) -> Yearly:
        rules = self.question.rules
        return compose(
            1 - self.check.at_least,
            steady,
            self._incidents(doubted=doubted),
            rules.confidence,
            odds_fail=rules.odds_fail,
            margin=rules.margin,
        )

    def _why_not(self, found: Yearly, steady: Steady) -> str | None:
        """A verdict must not depend on the tester's own stalls and doubts."""
        health = self.sight.health
        decided, removed = found.word != "inconclusive", not self.sight.grid.well.all()
        if decided and removed and self._composed(self._steady(left_out=False)).word != found.word:
            unwell = f"{show_duration(health.bad_s)} in which the tester was unwell"
            return f"{STEADY}: {unwell} ({health.told}) would change the verdict"
        told = next((drill.told for drill in self.drills if drill.told), "")
        if found.word != "fail" and told and self._composed(steady, doubted=True).word == "fail":
            return (
                f"it failed only while the tester or its machine was unwell ({told}): "
                "their stalls cannot be told from the target's"
            )
        tester = int(self.sight.sorted.tester.sum())
        doubtful = replace(steady, k_sure=steady.k, deff_fail=steady.deff_pass)
        if found.word != "fail" and tester and self._composed(doubtful).word == "fail":
            return (
                f"{STEADY}: {tester:,} requests that the tester did not send, cut off or sent late "
                "would decide it"
            )
        return None

    def _said(self, found: Yearly, steady: Steady) -> Verdict:
        budget = Budget(
            found=found,
            drills=self.drills,
            per_year={name: self.check.per_year(name) for name in self.check.incidents},
            requests=steady.n,
        )
        lacking = self._lacking(found, steady)
        low, high = (max(0.0, 1 - found.seconds[end] / SECONDS_A_YEAR) for end in (1, 0))
        expected = math.fsum(term.expected_s for term in found.terms)
        return Verdict(
            outcome=Outcome(found.word),
            because="; ".join([found.because, *budget.more(lacking)]) + self.sight.health.left_out,
            name="a year",
            where=budget.where,
            limit=self.check.bound,
            measured=max(0.0, 1 - expected / SECONDS_A_YEAR) if math.isfinite(expected) else None,
            interval=(low, high),
            unit="share",
            samples=steady.n,
            failures=steady.k,
            needed=_needed(lacking),
            supports=budget.supports,
            figures=budget.figures,
            parts=budget.parts,
        )

    def _lacking(self, found: Yearly, steady: Steady) -> Shortfall | None:
        if found.word != "inconclusive":
            return None
        rules = self.question.rules
        p0 = float(1 - self.check.at_least) * rules.margin
        return shortfall(p0, steady, self._incidents(), rules.confidence)


def _needed(lacking: Shortfall | None) -> Needed | None:
    if lacking is None or (lacking.requests is None and lacking.drills is None):
        return None
    return Needed(requests=lacking.requests, drills=lacking.drills)

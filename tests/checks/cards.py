"""Scorecards of checks that say what they are told to."""

from dataclasses import dataclass, replace
from typing import Any

from nfrcheck.judge import Facts, judge
from nfrcheck.kinds import Target
from nfrcheck.model.history import History
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.model.scorecard import Scorecard
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import history, question, stream

FACTS = Facts(scenario="shop", deployment="box", started_at="2026-03-01T12:00:00+00:00", seed=7)
RULES = EvidenceRules(planned_seconds=60.0)


@dataclass(frozen=True)
class Says:
    """A check that says what it is told to."""

    verdict: Verdict

    def judge(self, _history: History, _question: Question) -> Verdict:
        return self.verdict


@dataclass(frozen=True)
class Crashes:
    def judge(self, _history: History, _question: Question) -> Verdict:
        return Verdict(outcome=Outcome.PASS, because=str(1 // len(())), samples=1)


def said(outcome: Outcome, **more: Any) -> Verdict:
    return Verdict(outcome=outcome, because=f"it is {outcome}", samples=1, **more)


def target(outcome: Outcome | Verdict = Outcome.PASS, name: str = "x", **more: Any) -> Target:
    verdict = outcome if isinstance(outcome, Verdict) else said(outcome)
    given: dict[str, Any] = {"check": "availability", "judge": Says(verdict)}
    return Target(id=name, question=question(), **(given | more))


def card(*targets: Target, seen: History | None = None, **facts: Any) -> Scorecard:
    return judge(targets, seen or history(stream()), replace(FACTS, **facts))

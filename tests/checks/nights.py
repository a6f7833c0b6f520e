"""Runs one after another, each with the evidence of those before it, as the history carries it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nfrcheck.checks.evidence import evidence_of
from nfrcheck.history.lines import Begun, Key, Line
from nfrcheck.history.past import Past
from nfrcheck.judge import verdict_of
from nfrcheck.kinds import Target
from nfrcheck.model.history import History, Span, Stream
from nfrcheck.model.question import EvidenceRules, Piece
from nfrcheck.model.verdict import Verdict
from tests.checks.histories import history, question, stream

SECONDS = 85


def nightly(judge: Any, *, carry_over: bool = True, **more: Any) -> Target:
    rules = EvidenceRules(planned_seconds=SECONDS, strata=1)
    asked = question(rules=rules, carry_over=carry_over, **more)
    return Target(id="up", check="availability", judge=judge, question=asked)


def night(made: Stream | None = None, seconds: float = SECONDS) -> History:
    """10,000 clean requests in 85 s, unless another stream is given."""
    clean = stream(rate=10_000 / SECONDS, seconds=SECONDS)
    return history(made or clean, spans=(Span(name="steady", start=0.0, end=float(seconds)),))


@dataclass
class Nights:
    """What was judged so far; `run` adds one more run of a build."""

    target: Target
    begun: list[Begun] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def run(self, seen: History, build: str | None = "b1") -> Verdict:
        run, key = f"{len(self.begun) + 1:03}", f"key of {build}"
        past = Past(tuple(self.begun), tuple(self.lines))
        earlier = past.earlier("up", key, build, folder=Path("reports/runs"))
        target = replace(self.target, question=replace(self.target.question, earlier=earlier))
        said = verdict_of(target, seen)
        common: dict[str, Any] = {"run": run, "at": "2026-05-01T02:17:00+00:00"}
        common |= {"scenario": "shop", "deployment": "staging"}
        keys = {"up": Key(key=key, alike="a")}
        self.begun.append(Begun(**common, build=build, targets=keys))
        self.lines.append(
            Line(
                **common,
                build=build,
                target="up",
                check="availability",
                verdict=said.outcome.value,
                judged=said.outcome.value,
                key=key,
                evidence=evidence_of(target, seen),
            )
        )
        return said

    @property
    def pieces(self) -> Sequence[Piece]:
        return self.lines[-1].evidence or ()

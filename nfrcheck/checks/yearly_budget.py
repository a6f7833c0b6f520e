"""How the yearly budget is told: what each part costs, what is assumed, what is still lacking."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nfrcheck.checks.drilled import Drilled
from nfrcheck.evidence import wording
from nfrcheck.evidence.budget import STEADY, Term, Yearly, chance_of_a_good_year
from nfrcheck.evidence.shortfall import Shortfall
from nfrcheck.model.verdict import Bound, Outcome, Verdict

DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A composed budget with the drills that it was measured by; `requests` are the steady ones."""

    found: Yearly
    drills: Sequence[Drilled]
    per_year: Mapping[str, float]
    requests: int

    def more(self, lacking: Shortfall | None) -> Iterator[str]:
        """Why a drill's outage is not known, and what an undecided budget needs."""
        for drill in self.drills:
            if drill.unended:
                yield drill.unended
        if lacking is None:
            return
        wanted = []
        if lacking.requests:
            wanted.append(f"{lacking.requests:,} more requests without a failure")
        if lacking.drills:
            times = "drill" if lacking.drills == 1 else "drills"
            wanted.append(
                f"{lacking.drills:,} more {times} of {lacking.of} with outages like these"
            )
        if wanted:
            yield f"{' and '.join(wanted)} would pass it"
        elif all(math.isfinite(term.seconds.upper) for term in self.found.terms):
            yield "what was seen leaves no room for doubt: more of the same would not pass it"

    @property
    def supports(self) -> str:
        """The assumption, how far it may be wrong, and what a single year can expect."""
        declared = ", ".join(
            f"{wording.significant(times)} {name} a year" for name, times in self.per_year.items()
        )
        words = [f"assumes {declared}, as declared, and no other incident"]
        words += [
            f"holds up to {wording.count(math.floor(term.holds_up_to))} {term.name} a year"
            for term in self.found.terms
            if term.holds_up_to is not None
        ]
        if (chance := self._chance) is not None:
            percent = "over 99" if chance > 0.99 else f"{math.floor(100 * chance)}"
            words.append(f"{percent} % of single years stay in the budget")
        return "; ".join(words)

    @property
    def _chance(self) -> float | None:
        """With the outages and the steady share as they were seen."""
        steady, *rest = (term.expected_s for term in self.found.terms)
        times = math.fsum(self.per_year.values())
        if not math.isfinite(steady + math.fsum(rest)):
            return None
        mean = math.fsum(rest) / times if times else 0.0
        left = self.found.budget_s - steady
        return round(chance_of_a_good_year(times, mean, left), DIGITS)

    @property
    def where(self) -> dict[str, str]:
        """The place of the term that costs most."""
        end = 0 if self.found.word == "fail" else 1
        return self._place(max(self.found.terms, key=lambda term: term.seconds[end]))

    def _place(self, term: Term) -> dict[str, str]:
        drill = self._drill(term)
        return {"drill": drill.name, **drill.where} if drill else {"stretch": STEADY}

    def _drill(self, term: Term) -> Drilled | None:
        return next((drill for drill in self.drills if drill.name == term.name), None)

    @property
    def figures(self) -> dict[str, Any]:
        return {
            "budget_s": round(self.found.budget_s, DIGITS),
            "lost_s": self.found.seconds,
            "chance_of_a_good_year": self._chance,
            "terms": [self._figures(term) for term in self.found.terms],
        }

    def _figures(self, term: Term) -> dict[str, Any]:
        drill = self._drill(term)
        figures = {
            "name": term.name,
            "seconds": term.seconds,
            "of_budget": term.seconds.upper / self.found.budget_s,
        }
        if drill is None:
            return figures
        return figures | {
            "per_year": self.per_year[drill.name],
            "drills": len(drill.windows),
            "seen_by": drill.seen_by,
            "mean_outage_s": term.mean_outage_s,
            "holds_up_to": term.holds_up_to,
            "varied": term.varied,
        }

    @property
    def parts(self) -> tuple[Verdict, ...]:
        return tuple(map(self._part, self.found.terms))

    def _part(self, term: Term) -> Verdict:
        """What one term alone costs; PASS: it alone leaves the budget whole."""
        budget, drill = self.found.budget_s, self._drill(term)
        samples = len(drill.windows) if drill else self.requests
        outcome = Outcome.INCONCLUSIVE
        if term.seconds.lower > budget:
            outcome = Outcome.FAIL
        elif term.seconds.upper <= budget and samples:
            outcome = Outcome.PASS
        return Verdict(
            outcome=outcome,
            because=_told(term, drill),
            name=term.name,
            where=self._place(term),
            limit=Bound(text=f"<= {wording.count(budget)} s a year", value=budget),
            measured=term.expected_s if math.isfinite(term.expected_s) else None,
            interval=term.seconds,
            unit="s",
            samples=samples,
        )


def _told(term: Term, drill: Drilled | None) -> str:
    cost = f"{term.name}: {_range([f'{wording.count(end)} s' for end in term.seconds], term)}"
    if drill is None or term.mean_outage_s is None:
        return f"{cost} a year"
    if not drill.windows:
        return f"{term.name}: no drill measured it"
    mean = _range([wording.duration(end) for end in term.mean_outage_s], term)
    return (
        f"{cost} a year; the mean outage of {len(drill.windows)} drills is {mean}, "
        f"as {drill.seen_by} saw it"
    )


def _range(ends: Sequence[str], term: Term) -> str:
    low, high = ends
    return f"{low} to {high}" if math.isfinite(term.seconds.upper) else f"at least {low}"

"""What the drills took from the error budgets that the availability targets leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.reports import words
from nfrcheck.reports.bars import filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One availability target: how many failures the whole run may have, and where they went."""

    target: str
    anchor: str
    stream: str
    allowed: str
    spent: str
    share: str
    css: str
    bar: str
    """Width of the bar, of 120; more than all of it is all of it."""
    dearest: str
    rest: str


def spendings(run: Mapping[str, Any], anchors: Mapping[str, str]) -> tuple[Spending, ...]:
    """None where there was no drill, or where the run was written without budgets."""
    if not run.get("drills"):
        return ()
    return tuple(_spending(entry, anchors) for entry in run.get("budgets") or ())


def _spending(entry: Mapping[str, Any], anchors: Mapping[str, str]) -> Spending:
    allowed, drills = entry["allowed"], entry["by_drill"]
    spent = sum(drills.values())
    share = spent / allowed if allowed else float(bool(spent))
    name = max(drills, key=lambda drill: drills[drill], default="")
    return Spending(
        target=entry["target"],
        anchor=anchors.get(entry["target"], ""),
        stream=entry["stream"],
        allowed=f"{allowed:,.{0 if allowed >= 10 or not allowed else 1}f}",
        spent=words.count(spent),
        share=f"{100 * share:,.0f} %" if allowed or not spent else "more than all",
        css="fail" if share > 1 else "plain",
        bar=filled(share),
        dearest=f"{name}: {words.count(drills[name])}" if spent else words.NOTHING,
        rest=words.count(max(0, entry["failed"] - spent)),
    )

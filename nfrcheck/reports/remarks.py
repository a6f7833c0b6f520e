"""Why a pass and its interval do not contradict each other."""

from collections.abc import Mapping
from typing import Any

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import changes


def interval_of(verdict: Mapping[str, Any]) -> list[float | None] | None:
    """None where it says nothing: from 0 to 100 % is every share that there is."""
    interval: list[float | None] | None = verdict.get("interval")
    if interval is None or (verdict.get("unit") == "share" and tuple(interval) == (0.0, 1.0)):
        return None
    return interval


def odds_text(odds: float) -> str:
    return "above 1,000,000:1" if odds >= 1e6 else f"{odds:,.{0 if odds >= 10 else 1}f}:1"


def remark(outcome: Outcome, target: Mapping[str, Any]) -> str:
    """A pass is decided by odds; an interval has two sides and may reach over the limit."""
    limit, interval = target.get("limit"), interval_of(target)
    if outcome is Outcome.PASS and (before := changes.earlier(target)):
        return f"passed {before}; the interval is that of this run alone"
    if outcome is not Outcome.PASS or not limit or not interval:
        return ""
    low, high = interval
    value, top = limit["value"], limit.get("high")
    if limit.get("lower"):
        over = low is None or low < value or (top is not None and (high is None or high > top))
    else:
        over = high is None or high > value
    odds = target.get("odds")
    if not over or odds is None:
        return ""
    return (
        f"passed by the odds, {odds_text(odds)} for the target; the interval leaves 2.5 % on "
        "either side and so reaches a little over the limit"
    )

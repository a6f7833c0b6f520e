"""A number with its interval: it compares only where the whole interval lies on one side."""

import math
from collections.abc import Mapping
from typing import Any

from nfrcheck.model.units import parse_duration, parse_share, show_duration, show_share

CONFIDENCE = "95 %"


class Measured:
    """One measured quantity in `unit`: "s", or "share" (0..1).

    `result.p99 < "400 ms"` holds if the upper end of its interval is below; `>` if the lower end is
    above; where the limit lies inside the interval both are false: nothing is decided.
    """

    def __init__(self, name: str, part: Mapping[str, Any], place: str) -> None:
        low, high = part["interval"] or (None, None)
        self.name = name
        self.unit: str = part["unit"]
        self.value: float = math.inf if part["measured"] is None else part["measured"]
        self.low: float = -math.inf if low is None else low
        self.high: float = math.inf if high is None else high
        self.samples: int = part["samples"]
        self.failures: int | None = part["failures"]
        self._place = place

    def __lt__(self, limit: str | float) -> bool:
        return self.high < self._number(limit)

    def __le__(self, limit: str | float) -> bool:
        return self.high <= self._number(limit)

    def __gt__(self, limit: str | float) -> bool:
        return self.low > self._number(limit)

    def __ge__(self, limit: str | float) -> bool:
        return self.low >= self._number(limit)

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return f"{self.name} {self._shown(self.value)} ({self.interval}, n {self.samples:,})"

    @property
    def interval(self) -> str:
        low = "\N{EN DASH}" if math.isinf(self.low) else self._shown(self.low)
        high = "never" if math.isinf(self.high) else self._shown(self.high)
        return f"{low} .. {high}"

    def explain(self, op: str, limit: str | float) -> list[str]:
        """What an assertion that does not hold says."""
        bad = "failed" if self.unit == "share" else "failed or slower"
        failed = "" if self.failures is None else f", {self.failures:,} {bad}"
        bound = self._number(limit)
        inside = self.low <= bound <= self.high
        verdict = (
            "not decided: the limit lies inside the interval; a higher rate or a longer run "
            "narrows it"
            if inside
            else "missed: the whole interval lies on the other side of the limit"
        )
        return [
            f"{self.name} {op} {self._shown(bound)}",
            f"measured  {self._shown(self.value)}",
            f"interval  {self.interval} ({CONFIDENCE})",
            f"n         {self.samples:,}{failed}",
            verdict,
            f"scorecard {self._place}",
        ]

    def _number(self, limit: str | float) -> float:
        """Text carries its unit; a bare number is in seconds, or a share of 1."""
        if not isinstance(limit, str):
            return float(limit)
        return parse_duration(limit) if self.unit == "s" else float(parse_share(limit))

    def _shown(self, value: float) -> str:
        return show_duration(value) if self.unit == "s" else show_share(value)


def explain(left: object, op: str, right: object) -> list[str] | None:
    """For pytest's assertion text; None where there is nothing to say."""
    if not isinstance(left, Measured) or not isinstance(right, str | int | float):
        return None
    return left.explain(op, right)

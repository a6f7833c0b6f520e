"""When the share of bad ones counts as decided, and how its sentences name things."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from nfrcheck.evidence.special import odds_of

Word = Literal["pass", "fail", "inconclusive"]
Blocks = Sequence[tuple[int, int]]

# mu at which one failure still passes at 20:1: what a plan must leave room for.
_ONE_FAILURE_SPARE = 7.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences read "3 of 900 `things` `bad` ... at the `limit` limit".

    `limit` is None for the share itself ("99.99 %"); a latency target says "p99".
    """

    things: str = "requests"
    bad: str = "failed"
    limit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When a share is decided.

    p0: largest share of bad that is allowed, a Decimal where it was declared as text. burst_s: the
    longest error phase that the run must have been able to see. margin: PASS is judged against
    margin x p0. min_bad: fewer never FAIL. min_samples: fewer never PASS.
    """

    p0: Decimal | float
    burst_s: float = 1.0
    confidence: Decimal | float = 0.95
    margin: float = 1.0
    min_bad: int = 3
    min_samples: int = 0
    odds_fail: float = 100.0
    words: Words = Words()

    def __post_init__(self) -> None:
        if not 0 < self.p0 < 1:
            raise ValueError(f"p0={self.p0}: with nothing bad allowed it is a guarantee, no rate")
        if self.burst_s <= 0 or self.margin < 1 or not 0 < self.confidence < 1:
            raise ValueError(f"not a rule: {self}")

    @property
    def odds_pass(self) -> float:
        return odds_of(self.confidence)

    @property
    def p0_pass(self) -> float:
        return float(self.p0) * self.margin

    @property
    def floor_s(self) -> float:
        """The exposure floor: seconds of traffic without which no run passes."""
        return math.log(self.odds_pass) * self.burst_s / self.p0_pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Evidence of earlier runs of the same target, burst and build: log odds add up.

    `since` is the day of the first one. `refused` says why there is none although it was asked for.
    """

    n: int = 0
    k: int = 0
    seconds: int = 0
    bad_seconds: int = 0
    deff: float = 1.0
    log_odds_pass: float = 0.0
    log_odds_fail: float = 0.0
    runs: int = 0
    since: str = ""
    build: str = ""
    refused: str = ""


def default_burst(planned_seconds: float, p0: Decimal | float, profile_floor_s: float) -> float:
    """The longest phase that the planned time can exclude with one failure to spare, in seconds.

    At most 1 s, at least the floor of the profile (10 ms, 100 ms, 1 s). Fixed by the plan, before
    any data.
    """
    return max(profile_floor_s, min(1.0, planned_seconds * float(p0) / _ONE_FAILURE_SPARE))

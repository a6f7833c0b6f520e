"""What is said of one target, and everything a reader needs to doubt it."""

import enum
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Outcome(enum.StrEnum):
    """The words of a verdict; `worry` orders them, so that the worst is the sum."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WAIVED = "waived"
    NOT_RUN = "not-run"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"
    FAIL = "fail"

    @property
    def worry(self) -> int:
        return _WORRY[self]


_WORRY = {
    Outcome.PASS: 0,
    Outcome.WAIVED: 0,
    Outcome.NOT_RUN: 1,
    Outcome.INCONCLUSIVE: 1,
    Outcome.INVALID: 2,
    Outcome.FAIL: 3,
}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that should worry most; nothing at all was not run, and never a pass."""
    return max(outcomes, key=lambda outcome: outcome.worry, default=Outcome.NOT_RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A limit as written and as a number: share 0..1, seconds, or a count."""

    text: str
    value: float
    high: float | None = None
    lower: bool = False
    """True when more is better (`at least 99.9 %`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What an undecided target still lacks."""

    requests: int | None = None
    seconds: float | None = None
    drills: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judged target, or one part of it (a limit, a stratum, a repeat).

    `measured` and `interval` are in `unit`: "share" (0..1), "s", or a counted noun. An interval's
    end that does not exist is infinite here and null in JSON.
    """

    outcome: Outcome
    because: str
    name: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    limit: Bound | None = None
    measured: float | None = None
    interval: tuple[float, float] | None = None
    unit: str = ""
    samples: int = 0
    failures: int | None = None
    needed: Needed | None = None
    odds: float | None = None
    supports: str = ""
    """What a pass does claim, in words: bursts, drills, shares."""
    evidence: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple["Verdict", ...] = ()

    def __post_init__(self) -> None:
        assert self.because, "a verdict must say why"
        assert self.outcome is not Outcome.PASS or self.samples > 0, "nothing seen, nothing passed"


def finite(number: float | None) -> float | None:
    """For JSON, in which an infinite number does not exist."""
    return number if number is not None and math.isfinite(number) else None


def combine(parts: Iterable[Verdict], *, passed: str | None = None) -> Verdict:
    """The worst part speaks for all; `passed` replaces its sentence when all passed."""
    parts = tuple(parts)
    deciding = max(parts, key=lambda part: part.outcome.worry)
    because = deciding.because
    if deciding.outcome is Outcome.PASS and passed:
        because = passed
    return Verdict(
        outcome=deciding.outcome,
        because=because,
        name=deciding.name,
        where=deciding.where,
        limit=deciding.limit,
        measured=deciding.measured,
        interval=deciding.interval,
        unit=deciding.unit,
        samples=deciding.samples,
        failures=deciding.failures,
        needed=deciding.needed,
        odds=deciding.odds,
        supports=deciding.supports,
        evidence=deciding.evidence,
        figures=deciding.figures,
        parts=parts,
    )

"""Which target was proven when: a proof is of its day, and grows old."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from nfrcheck.history.past import Past
from nfrcheck.model.comparison import Proven

NOTHING = "\N{EN DASH}"
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target on one deployment; ages in seconds."""

    target: str
    requirement: str
    deployment: str
    verdict: str
    """Of its last run."""
    at: str
    """When that run began."""
    proven: Proven | None
    age_s: float | None
    stale: bool
    """Not proven within the wanted time, or never."""
    waived: Mapping[str, str] | None
    days_left: int | None
    """Of the waiver; below 0 where it is over."""

    @property
    def cells(self) -> tuple[str, ...]:
        name = f"{self.target} ({self.requirement})" if self.requirement else self.target
        proven = NOTHING
        if self.proven:
            build = f" (build {self.proven.build})" if self.proven.build else ""
            proven = f"{self.proven.at[:10]}{build}"
        age = age_text(self.age_s) + (" stale" if self.stale and self.proven else "")
        return (
            *(name, self.deployment, self.verdict, proven),
            "never" if self.proven is None else age,
            waiver_text(self.waived, self.days_left),
        )

    def to_json(self) -> dict[str, Any]:
        proven = self.proven
        return {
            "target": self.target,
            "requirement": self.requirement or None,
            "deployment": self.deployment,
            "verdict": self.verdict,
            "at": self.at,
            "proven": {"run": proven.run, "at": proven.at, "build": proven.build}
            if proven
            else None,
            "age_s": self.age_s,
            "stale": self.stale,
            "waived": dict(self.waived) if self.waived else None,
            "days_left": self.days_left,
        }


def rows_of(past: Past, now: datetime, freshness_s: float | None = None) -> list[Row]:
    """One row per target and deployment; what is stale first, then by how old the proof is."""
    names = dict.fromkeys((line.deployment, line.target) for line in past.lines)
    rows = [_row(past, target, deployment, now, freshness_s) for deployment, target in names]
    return sorted(rows, key=lambda row: (not row.stale, -(row.age_s or 0.0)))


def _row(past: Past, target: str, deployment: str, now: datetime, freshness_s: float | None) -> Row:
    newest = [line for line in past.of(target, deployment) if line.target == target][-1]
    proven = past.last_proven(target, deployment)
    age = age_s(proven.at, now) if proven else None
    return Row(
        target=target,
        requirement=newest.requirement,
        deployment=deployment,
        verdict=newest.verdict,
        at=newest.at,
        proven=proven,
        age_s=age,
        stale=age is None or (freshness_s is not None and age > freshness_s),
        waived=newest.waived,
        days_left=days_left(newest.waived, now.date()),
    )


def age_s(at: str, now: datetime) -> float:
    """Seconds since a moment of the history; it may not lie in the future."""
    when = datetime.fromisoformat(at)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return max(0.0, (now - when).total_seconds())


def age_text(age: float | None) -> str:
    """Such as `3 d` or `5 h`."""
    if age is None:
        return NOTHING
    for seconds, unit in ((DAY_S, "d"), (3600, "h"), (60, "min")):
        if age >= seconds:
            return f"{int(age // seconds)} {unit}"
    return "now"


def days_left(waived: Mapping[str, str] | None, today: date) -> int | None:
    """How many days a waiver still holds, the last one included."""
    return (date.fromisoformat(waived["until"]) - today).days + 1 if waived else None


def waiver_text(waived: Mapping[str, str] | None, left: int | None) -> str:
    if not waived or left is None:
        return ""
    days = "1 day left" if left == 1 else f"{left} days left"
    return f"{waived['owner']} until {waived['until']} ({days if left > 0 else 'over'})"


def stale_names(rows: Iterable[Row]) -> list[str]:
    return [row.target for row in rows if row.stale]

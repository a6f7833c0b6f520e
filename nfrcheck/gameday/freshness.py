"""Which target was proven when, and whether that is too long ago."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from nfrcheck.model.show import show_duration

NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target; `proven` is when the run began in which it passed last, `age_s` since then."""

    target: str
    requirement: str
    proven: datetime | None
    run: str | None
    age_s: float | None
    last: str
    """The verdict of the newest run that judged it; empty: none did."""
    stale: bool

    def to_json(self) -> dict[str, object]:
        return {
            "target": self.target,
            "requirement": self.requirement or None,
            "last_proven": self.proven.isoformat() if self.proven else None,
            "run": self.run,
            "age_s": None if self.age_s is None else round(self.age_s),
            "last_verdict": self.last or None,
            "stale": self.stale,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the history knows of a target: when and by which run it passed last."""

    proven: datetime | None = None
    run: str | None = None
    last: str = ""


def freshness(
    targets: Iterable[tuple[str, str]],
    known: Mapping[str, Known],
    now: datetime,
    limit_s: float | None,
) -> list[Row]:
    """One row a target (id and requirement); what never was proven is stale under any limit."""
    rows = []
    for target, requirement in targets:
        found = known.get(target, Known())
        age_s = (now - found.proven).total_seconds() if found.proven else None
        stale = limit_s is not None and (age_s is None or age_s > limit_s)
        rows.append(
            Row(
                target=target,
                requirement=requirement,
                proven=found.proven,
                run=found.run,
                age_s=age_s,
                last=found.last,
                stale=stale,
            )
        )
    return rows


COLUMNS = ("TARGET", "REQUIREMENT", "LAST PROVEN", "AGE", "LAST VERDICT", "RUN")


def cells(row: Row) -> tuple[str, ...]:
    """As text, in the order of `COLUMNS`."""
    proven = f"{row.proven:%Y-%m-%d %H:%M}" if row.proven else NEVER
    age = show_duration(row.age_s) if row.age_s is not None else "\N{EN DASH}"
    return (row.target, row.requirement, proven, age, row.last, row.run or "")

"""Which target was proven when: by this run, by an earlier one, or never."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nfrcheck.reports import words
from nfrcheck.reports.clean import one_line
from nfrcheck.reports.rows import Row

NEVER, NOW, STALE = "never", "by this run", "stale"
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One target; `css` is that of a verdict, so that it gets its colour and sign."""

    target: str
    anchor: str
    requirement: str
    css: str
    when: str
    age: str
    build: str
    waiver: str


def proofs(run: Mapping[str, Any], rows: Iterable[Row]) -> tuple[Proof, ...]:
    """Nothing where no history was kept: then nobody knows what was proven before."""
    targets = {target["id"]: target for target in run["targets"]}
    if not any(target.get("proven") or target.get("compared") for target in targets.values()):
        return ()
    return tuple(_proof(run, targets[row.id], row) for row in rows)


def _proof(run: Mapping[str, Any], target: Mapping[str, Any], row: Row) -> Proof:
    proven = target.get("proven")
    when = words.moment(proven["at"]) if proven else None
    started = words.moment(run["started_at"])
    css, shown, age = "not", NEVER, words.NOTHING
    if proven and proven["at"] == run["started_at"]:
        css, shown, age = "pass", NOW, ""
    elif when and started:
        seconds, most = (started - when).total_seconds(), run.get("freshness_s")
        stale = most is not None and seconds > most
        css, shown = "inc" if stale else "pass", words.day(when)
        age = f"{_age(seconds)}{f', {STALE}' if stale else ''}"
    return Proof(
        target=row.title,
        anchor=row.anchor,
        requirement=row.requirement.text if row.requirement else "",
        css=css,
        when=shown,
        age=age,
        build=one_line(proven.get("build") or "") if proven else "",
        waiver=_waiver(target.get("waived"), started),
    )


def _age(seconds: float) -> str:
    days = int(seconds // _DAY_S)
    return words.count(days, "day") if days > 0 else words.duration(seconds)


def _waiver(waived: Mapping[str, Any] | None, started: datetime | None) -> str:
    """Who accepted it, and for how many days it still is."""
    until = words.moment(str(waived.get("until") or "")) if waived else None
    if not waived or not until or not started:
        return ""
    left = (until.date() - started.date()).days + 1
    rest = f"{words.count(left, 'day')} left" if left > 0 else "over"
    return f"{one_line(waived.get('owner') or 'nobody')} until {words.day(until)}, {rest}"

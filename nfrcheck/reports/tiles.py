"""Six figures at most, each with its target: the requirements that a reader looks for first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import words
from nfrcheck.reports.bars import filled
from nfrcheck.reports.rows import RANK, Row

MOST = 6
_FIRST = (
    "failover",
    "recovery-point",
    "availability",
    "latency",
    "event-propagation",
    "regional-latency",
    "event-delivery",
    "failback",
)


_BELIEVED = {Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    label: str
    number: str
    unit: str
    css: str
    word: str
    target: str
    budget: str
    """Width of the budget bar; empty for a tile without one."""


def tiles(run: Mapping[str, Any], rows: tuple[Row, ...]) -> tuple[Tile, ...]:
    """One per kind of check that has a number; the worst critical target speaks for its kind."""
    targets = {target["id"]: target for target in run["targets"]}
    shown = [row for row in rows if row.figures.measured != words.NOTHING]
    shown.sort(key=lambda row: (_place(row.check), row.advisory, RANK[row.outcome]))
    kinds: dict[str, Row] = {}
    for row in shown:
        kinds.setdefault(row.check, row)
    made = [_tile(row, targets[row.id]) for row in kinds.values()]
    spent = kinds.get("availability")
    budget = _budget(targets[spent.id]) if spent and spent.outcome in _BELIEVED else None
    return (*made[: MOST - 1], budget) if budget else tuple(made[:MOST])


def _place(check: str) -> int:
    return _FIRST.index(check) if check in _FIRST else len(_FIRST)


def _tile(row: Row, target: Mapping[str, Any]) -> Tile:
    number, _, unit = row.figures.measured.partition(" ")
    return Tile(
        label=_label(row.title, target.get("label") or ""),
        number=_short(number),
        unit=unit,
        css=row.figures.css,
        word=row.figures.word,
        target=f"target {row.figures.limit}",
        budget="",
    )


def _label(title: str, label: str) -> str:
    """The title, and which of its numbers this is ("p99") where the title does not say so."""
    said = title.lower()
    extra = "" if "/" in label or len(label) > 12 or label.lower() in said else f" {label}"
    return title[:1].upper() + title[1:] + extra


def _short(number: str) -> str:
    """The row has the digits that match its interval; a tile does not need their zeros."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _budget(target: Mapping[str, Any]) -> Tile | None:
    """How much of the errors that the target allows for these requests were made."""
    limit, failures = target.get("limit"), target.get("failures")
    if not limit or failures is None or not limit.get("lower") or not target.get("samples"):
        return None
    allowed = (1 - limit["value"]) * target["samples"]
    if allowed <= 0:
        return None
    used = failures / allowed
    outcome = Outcome.FAIL if used > 1 else None
    return Tile(
        label="Error budget used",
        number=f"{100 * used:,.0f}",
        unit="%",
        css="fail" if outcome else "plain",
        word="",
        target=f"{words.count(failures)} of {allowed:,.{0 if allowed >= 10 else 1}f} errors",
        budget=filled(used),
    )

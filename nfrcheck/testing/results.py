"""What a run found, as a test asks for it; read from `run.json` and shown as the scorecard does."""

import importlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

GOOD = ("pass", "waived")
UNDECIDED = ("inconclusive", "not-run")
ORDERLY = (0, 1, 3, 4)
"""Exit codes of a run that came to its end: each target speaks for itself."""
NO_VERDICT = (2, 7, 8)
"""Wrong files, a bug, a refusal: what nfrcheck said about it is all there is."""


class Interval(NamedTuple):
    """95 %; an end that does not exist is infinite."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One judged target. `measured` and `interval` are seconds, shares (0..1) or counts."""

    id: str
    verdict: str
    critical: bool
    because: str
    measured: float | None
    interval: Interval
    samples: int
    failures: int | None
    limit: float | None
    lower: bool
    unit: str
    source: str
    """file:line."""
    words: Mapping[str, str]
    """`required`, `measured`, `interval`, `n`, `next`: as the scorecard writes them."""

    def __repr__(self) -> str:
        w = self.words
        return (
            f"<{self.id}: {self.verdict}, required {w['required']}, measured {w['measured']}, "
            f"interval {w['interval']}, n {w['n']}>"
        )

    @property
    def met(self) -> bool:
        """Proven, or accepted by somebody until a day that has not come."""
        return self.verdict in GOOD

    @property
    def leans_to_pass(self) -> bool:
        """Undecided, but what was measured meets the limit."""
        if self.measured is None or self.limit is None or not self.samples:
            return False
        return self.measured >= self.limit if self.lower else self.measured <= self.limit


class Run:
    """One finished run; raises nothing. `said` is why there is no verdict, if there is none."""

    def __init__(self, scenario: Path, kept: Mapping[str, Any]) -> None:
        self.scenario = scenario
        self.exit_code: int = kept["exit_code"]
        self.folder = Path(kept["folder"]) if kept["folder"] else None
        self.said: str = kept["said"]
        document = _document(self.folder)
        self.sentence: str = document.get("sentence", "")
        self.restored: bool | None = document.get("restored")
        self.targets = _targets(document)

    @property
    def scorecard(self) -> Path | None:
        """The page, or the folder where it could not be drawn: that needs nfrcheck[report]."""
        page = self.folder / "scorecard.html" if self.folder else None
        return page if page and page.exists() else self.folder

    @property
    def broken(self) -> str | None:
        """Why no target of this run may be called met, or None."""
        if self.exit_code in ORDERLY and self.targets:
            return None
        if self.exit_code == 6:
            return f"NOT EVERYTHING WAS PUT BACK: {self.sentence or self.said}\nnfrcheck restore"
        if self.exit_code in NO_VERDICT:
            return self.said or f"nfrcheck ended with {self.exit_code}"
        return self.sentence or self.said or f"nfrcheck ended with {self.exit_code}"


class Result(Mapping[str, Target]):
    """Targets by id, those of the marker. What the fixture `nfr` is."""

    def __init__(self, run: Run, targets: Mapping[str, Target], complaint: Any) -> None:
        self.run = run
        self._targets = targets
        self._complaint = complaint

    def __getitem__(self, name: str) -> Target:
        return self._targets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    def __repr__(self) -> str:
        return f"<nfr {self.run.scenario.name}: {', '.join(map(repr, self._targets.values()))}>"

    @property
    def folder(self) -> Path | None:
        """Of the run, with its evidence."""
        return self.run.folder

    @property
    def scorecard(self) -> Path | None:
        return self.run.scorecard

    def assert_met(self, *names: str) -> None:
        """Fails with one row for each of these targets that is not met; without names, of all."""
        __tracebackhide__ = True
        chosen = [self[name] for name in names or self]
        missed = [text for target in chosen if (text := self._complaint(target))]
        if missed:
            pytest.fail("\n\n".join(missed), pytrace=False)


def _document(folder: Path | None) -> dict[str, Any]:
    try:
        text = (folder / "run.json").read_text("utf-8") if folder else "{}"
    except OSError:
        return {}
    document: dict[str, Any] = json.loads(text)
    return document


def _targets(document: Mapping[str, Any]) -> dict[str, Target]:
    if not document:
        return {}
    # The words of the scorecard; needed, and so loaded, only when there is one.
    rows = importlib.import_module("nfrcheck.reports.rows").rows(document)
    shown = {row.id: row for row in rows}
    return {one["id"]: _target(one, shown[one["id"]]) for one in document["targets"]}


def _target(plain: Mapping[str, Any], row: Any) -> Target:
    low, high = plain["interval"] or (None, None)
    limit = plain["limit"] or {}
    failed = f", {row.figures.failures}" if row.figures.failures else ""
    return Target(
        id=plain["id"],
        verdict=plain["verdict"],
        critical=plain["class"] == "critical",
        because=plain["because"],
        measured=plain["measured"],
        interval=Interval(-math.inf if low is None else low, math.inf if high is None else high),
        samples=plain["samples"],
        failures=plain["failures"],
        limit=limit.get("value"),
        lower=bool(limit.get("lower")),
        unit=plain["unit"],
        source=plain["source"],
        words={
            "required": row.figures.limit,
            "measured": row.figures.measured,
            "interval": row.figures.interval or "\N{EN DASH}",
            "n": f"{row.figures.samples}{failed}",
            "next": row.next_step,
        },
    )

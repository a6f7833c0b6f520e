"""All verdicts of a run with their evidence: the contract that `run.json` is."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nfrcheck.model.comparison import Compared, Proven
from nfrcheck.model.verdict import Outcome, Verdict

SCHEMA_VERSION = 1

EXIT_NAMES = {
    0: "pass",
    1: "fail",
    2: "usage",
    3: "inconclusive",
    4: "invalid",
    5: "aborted",
    6: "not restored",
    7: "internal",
    8: "refused",
    130: "interrupted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """One row of the scorecard."""

    id: str
    check: str
    title: str
    critical: bool
    verdict: Verdict
    stretch: str
    source: str = ""
    """file:line of the target."""
    requirement: str = ""
    waived: Mapping[str, str] | None = None
    label: str = ""
    """What the number is, for a tile: "p99 latency"."""
    judged: str = ""
    """The verdict without the waiver."""
    compared: Compared | None = None
    """With the runs before it; None where there was none."""
    proven: Proven | None = None
    """When it passed last, this run included; None: never, or no history was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillResult:
    """One run of a drill, times in seconds since the run began; None = it did not happen."""

    drill: str
    run: int
    fault: str
    where: Mapping[str, str]
    touched: str
    commanded: float | None
    confirmed: float | None
    healing: float | None
    healed: float | None
    verified: float | None
    because: str = ""
    windows: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Per client kind: the outage as an interval in seconds."""
    failed: int | None = None
    varied: str = ""
    """The value of the key that the drill varies, as written."""
    witnesses: tuple[str, ...] = ()
    """Where a request of nfrcheck's own had to see the fault."""
    began: Mapping[str, float] = field(default_factory=dict)
    """Per client kind: the first request that failed, in seconds after the command."""
    dark: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Per client kind: the longest stretch of the outage in which nothing was answered well."""
    after_healing: Mapping[str, int] | None = None
    """Of all clients from the healing on: `sent` and `failed` requests; None: nobody watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSpent:
    """The failures that an availability target allows in the whole run, and where they went."""

    target: str
    stream: str
    allowed: float
    failed: int
    """In the whole run."""
    by_drill: Mapping[str, int]
    """Per run of a drill, from its baseline to the end of its settling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A part of nfrcheck that measures, and whether it can be believed."""

    name: str
    healthy: bool
    because: str
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One stream in bins of `step` seconds, for charts; a bin with no answer is None, never 0."""

    stream: str
    kind: str
    start: float
    step: float
    sent: Sequence[int]
    bad: Sequence[int]
    p50: Sequence[float | None]
    p99: Sequence[float | None]
    by_region: Mapping[str, Sequence[int]]
    """Good answers per region and bin."""
    p99_by_region: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    name: str
    part: str | None
    run: int | None
    kind: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One line of the reference architecture's list of requirements."""

    topic: str
    claim: str
    state: str
    """proven, broken, unproven, or not examined."""
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """`run.json`, as values."""

    scenario: str
    description: str
    deployment: str
    build: str | None
    started_at: str
    seconds: float
    seed: int
    verdict: Outcome
    exit_code: int
    sentence: str
    targets: tuple[TargetResult, ...]
    drills: tuple[DrillResult, ...] = ()
    budgets: tuple[BudgetSpent, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    phases: tuple[Phase, ...] = ()
    series: tuple[Series, ...] = ()
    architecture: tuple[Claim, ...] = ()
    files: tuple[Evidence, ...] = ()
    findings: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    ended: str = "complete"
    """complete, aborted (with the guard), interrupted, or incomplete."""
    freshness_s: float | None = None
    """After so many seconds a proof is stale; None: nobody said."""
    restored: bool | None = None
    """Everything injected was put back and verified; None = nothing was injected."""
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        """Plain values for `run.json`; a value that does not exist is null."""
        document = _plain(self)
        assert isinstance(document, dict)
        document["targets"] = [_target_json(row) for row in self.targets]
        document["faults"] = document["drills"]
        return document


def _plain(thing: Any) -> Any:
    match thing:
        case Outcome():
            return thing.value
        case float():
            return thing if math.isfinite(thing) else None
        case Mapping():
            return {str(key): _plain(value) for key, value in thing.items()}
        case list() | tuple():
            return [_plain(item) for item in thing]
        case _ if dataclasses.is_dataclass(thing):
            return {f.name: _plain(getattr(thing, f.name)) for f in dataclasses.fields(thing)}
        case _:
            return thing


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """The fields of one verdict as they stand in `run.json`, parts included."""
    plain: dict[str, Any] = _plain(verdict)
    plain["verdict"] = plain.pop("outcome")
    plain["parts"] = [verdict_json(part) for part in verdict.parts]
    return plain


def _target_json(row: TargetResult) -> dict[str, Any]:
    return {
        "id": row.id,
        "check": row.check,
        "title": row.title,
        "class": "critical" if row.critical else "advisory",
        "label": row.label,
        "stretch": row.stretch,
        "source": row.source,
        "requirement": row.requirement,
        "waived": dict(row.waived) if row.waived else None,
        **verdict_json(row.verdict),
        "judged": row.judged or row.verdict.outcome.value,
        "compared": _plain(row.compared),
        "proven": _plain(row.proven),
    }

"""What was seen in a run, as values in memory: all that a check may know."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nfrcheck.model.records import Cell

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

LATE_S = 0.05
"""A request that left later than this was held up by the tester (the 50 ms bound on send lag)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of the timeline, `[start, end)` in seconds since the run began."""

    name: str
    start: float
    end: float
    kind: str = "quiet"
    """"warm-up", "quiet", "drill" or "examine"."""
    part: str | None = None
    run: int | None = None

    @property
    def seconds(self) -> float:
        return max(0.0, self.end - self.start)


def stretch_of(spans: Iterable[Span], during: str) -> tuple[Span, ...]:
    """Those that a `during` names: `steady`, `steady/2`, `lose-b`, `lose-b/2/settle`, `run` ...

    `spans` are in the order of the run; the same quiet name twice is one stretch in two parts.
    """
    if during == "run":
        return tuple(span for span in spans if span.kind != "warm-up")
    name, *rest = during.split("/")
    mine = tuple(span for span in spans if span.name == name)
    number = next((int(word) for word in rest if word.isdigit()), None)
    if not any(span.kind == "drill" for span in mine):
        return mine if number is None else mine[number - 1 : number]
    part = next((word for word in rest if not word.isdigit()), "hold")
    return tuple(
        span
        for span in mine
        if (number is None or span.run == number) and part in (span.part, "whole")
    )


def quiet_of(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.kind == "quiet")


@dataclass(frozen=True, kw_only=True)
class Stream:
    """The requests of one load or probe, sorted by due time; columns of one length, seconds."""

    name: str
    kind: str
    cells: tuple[Cell, ...]
    due: Floats
    sent: Floats
    done: Floats
    """Due time plus latency, so that `done - due` is what a user waited."""
    status: npt.NDArray[np.uint16]
    cell: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    timeout_s: float = 5.0
    poisson: bool = False
    local: bool = False
    """The deployment runs on this machine and shares its cores with us."""
    rate: float = 0.0
    """Planned requests a second; 0 = not known."""

    def __len__(self) -> int:
        return len(self.due)

    @property
    def latency(self) -> Floats:
        return self.done - self.due

    def where(self, keep: Bools) -> "Stream":
        return Stream(
            name=self.name,
            kind=self.kind,
            cells=self.cells,
            due=self.due[keep],
            sent=self.sent[keep],
            done=self.done[keep],
            status=self.status[keep],
            cell=self.cell[keep],
            flags=self.flags[keep],
            timeout_s=self.timeout_s,
            rate=self.rate,
            poisson=self.poisson,
            local=self.local,
        )

    def within(self, spans: Iterable[Span]) -> "Stream":
        """Requests that were due inside one of the spans."""
        keep = np.zeros(len(self), dtype=np.bool_)
        for span in spans:
            keep |= (self.due >= span.start) & (self.due < span.end)
        return self.where(keep)

    def of(self, attribute: str, value: str | None) -> Bools:
        """Which requests belong to cells whose `attribute` is `value`."""
        wanted = [i for i, cell in enumerate(self.cells) if getattr(cell, attribute) == value]
        return np.isin(self.cell, np.array(wanted, dtype=np.uint8))

    def values(self, attribute: str) -> tuple[str, ...]:
        """The different values of one attribute among all cells, known ones only."""
        found = dict.fromkeys(getattr(cell, attribute) for cell in self.cells)
        return tuple(value for value in found if value is not None)

    @functools.cached_property
    def late(self) -> Bools:
        """Requests that the tester itself sent late."""
        return (self.sent - self.due) > LATE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One marked write of a `writes` probe and what became of it."""

    n: int
    entry: str
    due: float
    sent: float
    done: float | None
    outcome: str
    status: int | None
    id: str | None
    seen: Mapping[str, bool | None] = field(default_factory=dict)
    """Read back, per entry: True, False, or None when it could not be read."""


@dataclass(frozen=True, kw_only=True)
class Connections:
    """Who connected to a fault proxy, as it told when it was asked; columns, seconds.

    A connection came between `earliest` and `latest`, which are in one order: nearly sorted.
    """

    earliest: Floats
    latest: Floats
    asked: Floats
    answered: Floats
    """Of each answer that could be read, in their order."""
    open: npt.NDArray[np.int64]
    """How many there were at each of these answers."""
    late: Floats
    """How long the proxy itself had stood still at most, in the second before the answer."""
    missed: Floats
    """When an answer showed that some had come of which nobody knows when."""
    refused: Mapping[int, int] = field(default_factory=dict)
    """Answers that told nothing: how many of each status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRecord:
    """One run of a drill: when the fault was commanded, proven, healed and verified."""

    drill: str
    run: int
    fault: str
    where: Mapping[str, str] = field(default_factory=dict)
    touched: str = ""
    varied: str = ""
    """The value of the key that the drill varies, as written: "50 ms"; empty: it varies none."""
    witnesses: tuple[str, ...] = ()
    """Where a request of our own had to see it: entries, links."""
    commanded: float | None = None
    confirmed: float | None = None
    healing: float | None = None
    healed: float | None = None
    verified: float | None = None
    because: str = ""
    """Why it was not proven or not put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One instrument in one second."""

    t: float
    instrument: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ill:
    """An instrument that said, or was seen, to have failed."""

    t: float
    instrument: str
    because: str


@dataclass(frozen=True, kw_only=True)
class History:
    """A run, or what there is of it so far."""

    streams: Mapping[str, Stream]
    spans: tuple[Span, ...]
    faults: tuple[FaultRecord, ...] = ()
    writes: Mapping[str, tuple[Write, ...]] = field(default_factory=dict)
    writes_ended: frozenset[str] = frozenset()
    """Names of ledgers whose read-back was completed."""
    connections: Mapping[str, Connections] = field(default_factory=dict)
    """Per stream that asked a fault proxy."""
    health: tuple[Health, ...] = ()
    ills: tuple[Ill, ...] = ()
    answered: Mapping[str, bool] = field(default_factory=dict)
    """Per entry: whether it ever answered before anything was judged (preflight)."""
    regions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    complete: bool = True
    events: tuple[Mapping[str, Any], ...] = ()

    def stretch(self, during: str) -> tuple[Span, ...]:
        """The spans that a `during` names."""
        return stretch_of(self.spans, during)

    def quiet(self) -> tuple[Span, ...]:
        """All quiet phases: where a state must hold unless its target says otherwise."""
        return quiet_of(self.spans)

    def drill_runs(self, drill: str) -> tuple[FaultRecord, ...]:
        return tuple(record for record in self.faults if record.drill == drill)

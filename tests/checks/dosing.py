"""Histories of a drill that slows a link by several doses, as a load with two routes felt them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nfrcheck.checks.latency_degradation import LatencyDegradation
from nfrcheck.model.history import FaultRecord, History, Span, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.records import Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import answered, between, drill, history, in_cell, question, stream

PRODUCT, ORDER = Cell("global", "product"), Cell("global", "order")
DOSES = ("50 ms", "200 ms")
LIMITS = {"50 ms": {"p99": "< 300 ms"}, "200 ms": {"p99": "< 600 ms"}}
NEEDS = {"product": ("system-to-legacy",), "order": ()}
STARTS = (10.0, 40.0)
ONE_HOP = {0: (0.05, 0.2)}
"""Exactly the injected delay comes back, on the route that needs the link."""


def runs(doses: Sequence[str] = DOSES, **more: Any) -> tuple[list[Span], tuple[FaultRecord, ...]]:
    """One run for each dose, commanded at 10 s, 40 s and so on."""
    spans: list[Span] = []
    records: list[FaultRecord] = []
    for number, dose in enumerate(doses):
        made, record = drill(
            "slow",
            number + 1,
            at=STARTS[0] + 30.0 * number,
            where={"link": "system-to-legacy"},
            **more,
        )
        spans += made
        records.append(replace(record, fault="link-latency", varied=dose))
    return spans, tuple(records)


def slowed(
    cost: Mapping[int, Sequence[float]],
    *,
    rate: float = 100.0,
    after_s: float = 0.0,
    seconds: float = 70.0,
) -> Stream:
    """A load of two routes; `cost`: cell to the seconds more that each dose makes it wait.

    `after_s`: how long after the healing it still does.
    """
    made = stream(rate=rate, seconds=seconds, cells=(PRODUCT, ORDER))
    for cell, costs in cost.items():
        for at, more in zip(STARTS, costs, strict=True):
            # From the command to the healing: 0.1 s to the proof, 8 s of hold, 0.9 s of healing.
            felt = between(made, at, at + 9.0 + after_s) & in_cell(made, cell)
            made = answered(made, felt, latency_s=0.01 + more)
    return made


def seen(made: Stream, doses: Sequence[str] = DOSES, **more: Any) -> History:
    spans, records = runs(doses)
    return history(made, **{"spans": spans, "faults": records, **more})


def asked(**more: Any) -> Question:
    given: dict[str, Any] = {"drills": ("slow",), "expected_runs": {"slow": 2}, "needs": NEEDS}
    return question(**(given | more))


def check(**keys: Any) -> LatencyDegradation:
    return LatencyDegradation.model_validate({"limits": LIMITS, **keys})


def judged(made: Stream, *, ask: Question | None = None, **keys: Any) -> Verdict:
    return check(**keys).judge(seen(made), ask or asked())


def failed(verdict: Verdict) -> list[Verdict]:
    """All parts that failed, at any depth, which have none themselves."""
    parts = [one for part in verdict.parts for one in failed(part)]
    return parts or ([verdict] if verdict.outcome is Outcome.FAIL else [])

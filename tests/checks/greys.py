"""Histories of a region that was grey, as a load behind a router saw it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nfrcheck.checks.grey_region import GreyRegion
from nfrcheck.model.history import History, Stream
from nfrcheck.model.records import Cell
from nfrcheck.model.verdict import Verdict
from tests.checks.histories import answered, between, drill, history, question, stream

# Proven at 10.1 s and put back at 18.1 s, so that 3 s after the proof are 13.1 s.
CHECK = GreyRegion.model_validate({"leaves_within": "3 s"})
A, B, NOBODY = 0, 1, 2
CELLS = tuple(Cell("global", "home", client="pooled", region=r) for r in ("a", "b", None))
PROOF, LEFT, HEALED = 10.1, 13.1, 18.1
GREY = {"region": "b", "mode": "errors"}


def shop(rate: float = 100.0, seconds: float = 40.0, cells: Any = CELLS) -> Stream:
    """Both regions take turns."""
    made = stream(rate=rate, seconds=seconds, cells=cells)
    return replace(made, cell=(np.arange(len(made)) % 2).astype(np.uint8))


def sent_to(made: Stream, cell: int, start: float, end: float, *, every: int = 1) -> Stream:
    """What was sent then was answered by the region of this cell, or so was each n-th of it."""
    which = between(made, start, end)
    which &= np.cumsum(which) % every == 0
    return replace(made, cell=np.where(which, cell, made.cell).astype(np.uint8))


def grey(
    made: Stream, until: float, *, status: int = 503, latency_s: float | None = None
) -> Stream:
    """From the fault on region b is bad, and it is left at `until` and comes back when healed."""
    made = sent_to(made, A, until, HEALED)
    bad = between(made, 10.0, HEALED) & (made.cell == B)
    return answered(made, bad, status=status, latency_s=latency_s)


def course(*, runs: int = 1, where: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    made = [
        drill("grey-b", run + 1, at=10.0 + 30 * run, where=where or GREY, **more)
        for run in range(runs)
    ]
    return {
        "spans": [span for spans, _ in made for span in spans],
        "faults": tuple(replace(record, fault="region-grey") for _, record in made),
    }


def seen(made: Stream, **more: Any) -> History:
    return history(made, **{**course(), **more})


def judged(
    made: Stream, check: GreyRegion = CHECK, *, runs: int = 1, expected: int = 1, **more: Any
) -> Verdict:
    asked = question(drills=("grey-b",), expected_runs={"grey-b": expected})
    return check.judge(seen(made, **(course(runs=runs) | more)), asked)

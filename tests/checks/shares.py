"""Two regions that answer in turn, and the drills in which each of them is lost."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nfrcheck.checks.traffic_share import TrafficShare
from nfrcheck.model.history import History, Span, Stream
from nfrcheck.model.records import REFUSED, Cell
from tests.checks.histories import drill, history, stream

FORTY = TrafficShare.model_validate({"share": "at least 40 %"})
ENTRY = (Cell("global", "home"), Cell("global", "home", "a"), Cell("global", "home", "b"))
STEADY = Span(name="steady", start=0.0, end=30.0)
LOSE = {"a": 40.0, "b": 80.0}
"""When each region is lost."""


def served(share_of_b: float = 0.5, *, rate: float = 100.0) -> Stream:
    """Two minutes in which a and b answer; from the fault on only the other one does."""
    made = stream(rate=rate, seconds=120.0, cells=ENTRY)
    random = np.random.default_rng(1).random(len(made))
    cell = np.where(random < share_of_b, 2, 1)
    for region, at in LOSE.items():
        gone = (made.due >= at) & (made.due < at + 8.1)
        cell[gone] = 1 if region == "b" else 2
    return replace(made, cell=cell.astype(np.uint8))


def during(made: Stream, lost: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return (made.due >= LOSE[lost]) & (made.due < LOSE[lost] + 8.1)


def failing(made: Stream, lost: str, *, cell: int = 0) -> Stream:
    """While this region is lost nobody answers well; `cell` says what the bad answers name."""
    gone = during(made, lost)
    return replace(
        made,
        status=np.where(gone, 502 if cell else REFUSED, made.status).astype(np.uint16),
        cell=np.where(gone, cell, made.cell).astype(np.uint8),
    )


def seen(made: Stream, lose: Sequence[str] = ("a", "b"), **more: Any) -> History:
    drills = [drill(f"lose-{r}", at=LOSE[r], where={"region": r}) for r in lose]
    given: dict[str, Any] = {
        "spans": [STEADY, *(span for spans, _ in drills for span in spans)],
        "faults": tuple(record for _, record in drills),
        "regions": ("a", "b"),
    }
    return history(made, **(given | more))

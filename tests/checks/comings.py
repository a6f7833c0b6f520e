"""Histories of a region that is taken away and comes back, behind a router that takes turns."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nfrcheck.checks.ejection import Ejection
from nfrcheck.model.history import History, Span, Stream
from nfrcheck.model.records import REFUSED, Cell
from nfrcheck.model.verdict import Verdict
from tests.checks.histories import drill, history, question, stream

AT = 10.0
"""When b is taken away for the first time; each further run begins 30 s later."""
HEALING, VERIFIED = AT + 8.1, AT + 9.1
CELLS = (Cell("global", "home"), Cell("global", "home", "a"), Cell("global", "home", "b"))
STEADY = Span(name="steady", start=0.0, end=4.0)
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


def routed(
    *,
    left: float | None = 0.5,
    back: float | None = 0.4,
    runs: int = 1,
    rate: float = 100.0,
    cells: Sequence[Cell] = CELLS,
) -> Stream:
    """Every second request goes to b, which is left so long after the fault, in seconds.

    It is asked again so long after it was seen well; None: never.
    """
    made = stream(name="edge", kind="probe", rate=rate, seconds=30.0 * runs, cells=cells)
    cell = 1 + np.arange(len(made)) % 2
    status = made.status.copy()
    for run in range(runs):
        begin, end = AT + 30.0 * run, 30.0 * (run + 1)
        turn = (cell == 2) & (made.due >= begin) & (made.due < end)
        asked = begin + (8.1 if left is None else left)
        again = begin + 9.1 + back if back is not None else end
        dead = turn & (made.due < asked)
        cell[turn & (made.due >= asked) & (made.due < again)] = 1
        cell[dead] = 0
        status[dead] = REFUSED
    return replace(made, cell=cell.astype(np.uint8), status=status)


def told(made: Stream, which: Mask, cell: int, status: int = 200) -> Stream:
    """The same with other answers to some requests, given by a (1), b (2) or nobody known (0)."""
    return replace(
        made,
        cell=np.where(which, cell, made.cell).astype(np.uint8),
        status=np.where(which, status, made.status).astype(np.uint16),
    )


def taken(*streams: Stream, runs: int = 1, **more: Any) -> History:
    """Runs of `lose-b`, commanded at 10 s, 40 s and so on; `steady` lies before them."""
    made = [drill(run=run + 1, at=AT + 30.0 * run) for run in range(runs)]
    given: dict[str, Any] = {
        "spans": [STEADY, *(span for spans, _ in made for span in spans)],
        "faults": tuple(record for _, record in made),
        "regions": ("a", "b"),
    }
    return history(*streams, **(given | more))


ONE_S = Ejection.model_validate({"eject_within": "1 s"})
BOTH = Ejection.model_validate({"eject_within": "1 s", "readmit_within": "1 s"})


def judged(made: Stream, check: Ejection = BOTH, runs: int = 1, **more: Any) -> Verdict:
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": runs, "blip": 1})
    return check.judge(taken(made, runs=runs, **more), asked)

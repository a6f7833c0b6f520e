"""Histories of drills as a probe saw them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nfrcheck.checks.failover import Failover
from nfrcheck.model.history import History, Stream
from nfrcheck.model.records import REFUSED, Cell
from nfrcheck.model.verdict import Verdict
from tests.checks.histories import answered, drill, history, question, stream

TWO_S = Failover.model_validate({"error_window": "<= 2 s"})
KINDS = (Cell("global", "home", client="fresh"), Cell("global", "home", client="pooled"))
AT = 10.0
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


def probe(
    *outages: tuple[float, float],
    rate: float = 100.0,
    seconds: float = 40.0,
    cells: Sequence[Cell] = KINDS,
    clients: Sequence[int] = (0, 1),
    status: int = REFUSED,
    **answer: Any,
) -> Stream:
    """A probe of both kinds of clients; those named see the outages, which refuse at once."""
    made = stream(name="edge", kind="probe", rate=rate, seconds=seconds, cells=cells)
    out = np.zeros(len(made), dtype=np.bool_)
    for start, end in outages:
        out |= (made.due >= start) & (made.due < end)
    out &= np.isin(made.cell, clients)
    return answered(made, out, **{"status": status, "latency_s": 0.002, **answer})


def seen(*streams: Stream, runs: int = 1, **more: Any) -> History:
    """Runs of `lose-b`, commanded at 10 s, 40 s and so on."""
    made = [drill(run=run + 1, at=AT + 30.0 * run) for run in range(runs)]
    given: dict[str, Any] = {
        "spans": [span for spans, _ in made for span in spans],
        "faults": tuple(record for _, record in made),
    }
    return history(*streams, **(given | more))


def judged(
    *streams: Stream,
    check: Failover = TWO_S,
    runs: int = 1,
    ask: Mapping[str, Any] | None = None,
    **more: Any,
) -> Verdict:
    asked = {"drills": ("lose-b",), "expected_runs": {"lose-b": runs}, **(ask or {})}
    return check.judge(seen(*streams, runs=runs, **more), question("edge", **asked))

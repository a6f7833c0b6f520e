"""Histories made by hand: what was sent, what came back, how well the tester was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nfrcheck.model.history import FaultRecord, Health, History, Span, Stream, Write
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.model.records import CHECK_FAILED, EXPECTED, Cell

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]

STEADY = Span(name="steady", start=0.0, end=60.0)


def stream(
    *,
    name: str = "shop",
    kind: str = "load",
    rate: float = 100.0,
    start: float = 0.0,
    seconds: float = 60.0,
    latency_s: float = 0.01,
    cells: Sequence[Cell] = (Cell("global", "home", None, "pooled", None),),
) -> Stream:
    """Evenly spread requests that all answer 200; cells take turns."""
    n = int(rate * seconds)
    due = start + np.arange(n) / rate
    return Stream(
        name=name,
        kind=kind,
        cells=tuple(cells),
        due=due,
        sent=due.copy(),
        done=due + latency_s,
        status=np.full(n, 200, dtype=np.uint16),
        cell=(np.arange(n) % len(cells)).astype(np.uint8),
        flags=np.zeros(n, dtype=np.uint8),
        rate=rate,
    )


def answered(
    made: Stream,
    which: Mask,
    *,
    status: int = 200,
    latency_s: float | None = None,
    expected: bool | None = None,
    late_s: float = 0.0,
) -> Stream:
    """The same stream with other answers to some of its requests."""
    codes, done, flags, sent = (
        made.status.copy(),
        made.done.copy(),
        made.flags.copy(),
        made.sent.copy(),
    )
    codes[which] = status
    if latency_s is not None:
        done[which] = made.due[which] + latency_s
    if expected is not None:
        flags[which] |= EXPECTED if expected else CHECK_FAILED
    sent[which] += late_s
    return replace(made, status=codes, done=done, flags=flags, sent=sent)


def health(instrument: str, seconds: int = 60, **figures: float) -> tuple[Health, ...]:
    """A line each second of a tester that is well, but for the given figures."""
    well = {"cpu": 0.1, "waiting": 0.0, "beat_p99_ms": 1.0, "lag_p99_ms": 0.5}
    return tuple(
        Health(t=second + 1.0, instrument=instrument, figures={**well, **figures})
        for second in range(seconds)
    )


def history(*streams: Stream, spans: Sequence[Span] = (STEADY,), **more: Any) -> History:
    """A complete run; every stream's child sent a health line each second unless told otherwise."""
    end = max((span.end for span in spans), default=0.0)
    lines = tuple(
        line for made in streams for line in health(f"{made.kind}-{made.name}.0", int(end) + 1)
    )
    given: dict[str, Any] = {
        "streams": {made.name: made for made in streams},
        "spans": tuple(spans),
        "health": lines,
        "answered": {"global": True},
        "seconds": end,
    }
    return History(**{**given, **more})


def question(stream_name: str = "shop", **more: Any) -> Question:
    given: dict[str, Any] = {
        "id": "target",
        "rules": EvidenceRules(planned_seconds=60.0, strata=1),
        "stream": stream_name,
        "lag_limit_s": 0.02,
    }
    return Question(**{**given, **more})


def drill(
    name: str = "lose-b",
    run: int = 1,
    *,
    at: float = 10.0,
    hold_s: float = 8.0,
    settle_s: float = 8.0,
    confirmed: bool = True,
    where: Mapping[str, str] | None = None,
) -> tuple[tuple[Span, ...], FaultRecord]:
    """The spans of one run and its fault, commanded at `at` and proven 0.1 s later."""
    proof = at + 0.1
    heal = proof + hold_s
    parts = [
        ("baseline", at - 5.0, at),
        ("fault", at, proof),
        ("hold", proof, heal),
        ("heal", heal, heal + 1.0),
        ("settle", heal + 1.0, heal + 1.0 + settle_s),
    ]
    spans = tuple(
        Span(name=name, start=a, end=b, kind="drill", part=part, run=run) for part, a, b in parts
    )
    record = FaultRecord(
        drill=name,
        run=run,
        fault="region-kill",
        where={"region": "b"} if where is None else where,
        commanded=at,
        confirmed=proof if confirmed else None,
        healing=heal,
        healed=heal + 0.9,
        verified=heal + 1.0,
        because="" if confirmed else "region-b still answered with status 200",
    )
    return spans, record


def write(n: int, sent: float, *, outcome: str = "acked", **seen: bool | None) -> Write:
    return Write(
        n=n,
        entry="region-b",
        due=sent,
        sent=sent,
        done=sent + 0.01,
        outcome=outcome,
        status=201,
        id=f"order-{n}",
        seen=seen,
    )


def spread(made: Stream, share: float, seed: int = 1) -> Mask:
    """So large a share of the requests, drawn at random."""
    return np.random.default_rng(seed).random(len(made)) < share


def every(made: Stream, n: int) -> Mask:
    """The first one and every n-th after it."""
    which: Mask = np.arange(len(made)) % n == 0
    return which


def between(made: Stream, start: float, end: float) -> Mask:
    """Those that were due from `start` on and before `end`."""
    return (made.due >= start) & (made.due < end)


def in_cell(made: Stream, *cells: int) -> Mask:
    """Those of the cells with these numbers."""
    return np.isin(made.cell, cells)

"""Histories of a year's evidence: a steady state, and drills as a probe saw them."""

from collections.abc import Sequence
from typing import Any

from nfrcheck.checks.yearly_availability import YearlyAvailability
from nfrcheck.model.history import FaultRecord, History, Span, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Verdict
from tests.checks.courses import probe
from tests.checks.histories import STEADY, answered, drill, every, history, question, stream

FIRST_S, PERIOD_S = 70.0, 60.0
EXAMPLE = (12.1, 14.0, 11.2, 13.3, 12.9)
"""Five region losses with a mean of 12.7 s."""
Windows = Sequence[tuple[float, float]]


def check(at_least: str = "99.99 %", times: str = "2/year", **more: Any) -> YearlyAvailability:
    return YearlyAvailability.model_validate(
        {"at_least": at_least, "incidents": {"lose-b": times}, **more}
    )


def steady(rate: float = 5_000.0, bad_every: int = 0) -> Stream:
    made = stream(rate=rate)
    return answered(made, every(made, bad_every), status=503) if bad_every else made


def courses(
    runs: int, name: str = "lose-b", first: float = FIRST_S, **more: Any
) -> tuple[tuple[Span, ...], tuple[FaultRecord, ...]]:
    made = [
        drill(name, run + 1, at=first + PERIOD_S * run, hold_s=30.0, settle_s=12.0, **more)
        for run in range(runs)
    ]
    return tuple(s for spans, _ in made for s in spans), tuple(record for _, record in made)


def edge(outages: Sequence[float], **more: Any) -> Stream:
    """A probe that saw so long an outage in each run."""
    at = [FIRST_S + 0.2 + PERIOD_S * run for run in range(len(outages))]
    windows: Windows = [(start, start + length) for start, length in zip(at, outages, strict=True)]
    return probe(*windows, seconds=FIRST_S + PERIOD_S * len(outages), **more)


def seen(
    load: Stream, outages: Sequence[float], watcher: Stream | None = None, **more: Any
) -> History:
    spans, faults = courses(len(outages))
    given: dict[str, Any] = {"spans": (STEADY, *spans), "faults": faults} | more
    return history(load, watcher or edge(outages), **given)


def asked(runs: int = 5, **more: Any) -> Question:
    given = {"watched_by": "edge", "drills": ("lose-b",), "expected_runs": {"lose-b": runs}}
    return question(**(given | more))


def judged(
    outages: Sequence[float] = EXAMPLE,
    rule: YearlyAvailability | None = None,
    load: Stream | None = None,
    **more: Any,
) -> Verdict:
    told = seen(load or steady(), outages, **more)
    return (rule or check()).judge(told, asked(len(outages)))

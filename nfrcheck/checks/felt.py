"""What the drills of a run did to its clients and to its error budgets, for `run.json`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nfrcheck.checks.counting import sort_out
from nfrcheck.kinds import Target
from nfrcheck.model.history import FaultRecord, Floats, History, Stream
from nfrcheck.model.scorecard import BudgetSpent, DrillResult, TargetResult
from nfrcheck.model.verdict import Verdict


def drill_result(record: FaultRecord, results: Sequence[TargetResult]) -> DrillResult:
    """One run of a drill, with what the failover targets saw of it."""
    seen = dict(_seen(record, results))
    # What `only` narrows is a part of the rest, or is not all that these clients sent.
    whole = [part for part in seen.values() if not part.figures.get("narrowed")]
    after = [part.figures["after_healing"] for part in whole if _healed(part)]
    return DrillResult(
        drill=record.drill,
        run=record.run,
        fault=record.fault,
        where=record.where,
        touched=record.touched,
        varied=record.varied,
        witnesses=record.witnesses,
        commanded=record.commanded,
        confirmed=record.confirmed,
        healing=record.healing,
        healed=record.healed,
        verified=record.verified,
        because=record.because,
        windows={client: part.figures["window_s"] for client, part in seen.items()},
        began=_of_all(seen, "began_s"),
        dark=_of_all(seen, "dark_s"),
        after_healing={key: sum(figures[key] for figures in after) for key in ("sent", "failed")}
        if after
        else None,
        failed=sum(part.failures or 0 for part in whole) if whole else None,
    )


def _seen(record: FaultRecord, results: Sequence[TargetResult]) -> Iterator[tuple[str, Verdict]]:
    """Per client kind what the last failover target said of it."""
    for result in results:
        for part in walk(result.verdict):
            mine = part.name.startswith(f"{record.drill}/{record.run} · ")
            if result.check == "failover" and mine and part.figures.get("window_s"):
                yield part.name.split(" · ", 1)[1], part


def _healed(part: Verdict) -> bool:
    return "after_healing" in part.figures


def _of_all(seen: Mapping[str, Verdict], figure: str) -> dict[str, Any]:
    return {client: part.figures[figure] for client, part in seen.items() if figure in part.figures}


def walk(verdict: Verdict) -> Iterator[Verdict]:
    """A verdict and all its parts."""
    yield verdict
    for part in verdict.parts:
        yield from walk(part)


def budgets_spent(targets: Sequence[Target], history: History) -> tuple[BudgetSpent, ...]:
    """Of each availability target of a whole stream, as the guard `error_budget` counts it."""
    spent = []
    for target in targets:
        stream = history.streams.get(target.question.stream or "")
        share = getattr(target.judge, "at_least", None)
        if target.check != "availability" or target.question.only or stream is None:
            continue
        if share is not None:
            spent.append(_budget(target, stream, float(1 - share), history))
    return tuple(spent)


def _budget(target: Target, stream: Stream, share: float, history: History) -> BudgetSpent:
    sorts = sort_out(stream, target.question.exclude)
    planned = stream.rate * history.seconds or float(sorts.counted.sum())
    bad = stream.due[sorts.bad]
    return BudgetSpent(
        target=target.id,
        stream=stream.name,
        allowed=round(share * planned, 3),
        failed=len(bad),
        by_drill={
            f"{record.drill}/{record.run}": _between(bad, history, record)
            for record in history.faults
        },
    )


def _between(bad: Floats, history: History, record: FaultRecord) -> int:
    found = 0
    for span in history.spans:
        if (span.name, span.run) == (record.drill, record.run):
            found += int(np.count_nonzero((bad >= span.start) & (bad < span.end)))
    return found

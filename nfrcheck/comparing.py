"""Whether a run is worse than those before it: by the numbers of `run.json`, and by their noise."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nfrcheck.evidence.compare import (
    LEAST_RUNS,
    MOST_RUNS,
    Bad,
    Comparison,
    compare,
    compare_rates,
    compare_two,
)
from nfrcheck.model.comparison import Compared, Known, Last, Measure

SECONDS, SHARE = "s", "share"
_PERCENTILE = re.compile(r"p[0-9]+(\.[0-9]+)?")
_RANK = {"worse": 0, "better": 1, "same": 2, "unknown": 3}


def measures_of(target: Mapping[str, Any]) -> dict[str, Measure]:
    """What the target of a `run.json` can be compared by: each percentile, a share, a time."""
    parts = [part for part in target.get("parts") or () if _PERCENTILE.fullmatch(part["name"])]
    names = [part["name"] for part in parts]
    if not parts or len(set(names)) < len(names):
        # Of several stretches the deciding one speaks, as it does in the row.
        parts, names = [target], [_shown(target)]
    found = zip(names, map(_measure, parts), strict=True)
    return {name: measure for name, measure in found if measure}


def _shown(target: Mapping[str, Any]) -> str:
    """The measure that the row of a target shows."""
    name = str(target.get("name") or "")
    return name if _PERCENTILE.fullmatch(name) else str(target["check"])


def before_of(target: Mapping[str, Any], last: Last | None) -> float | None:
    """What the last run measured of what the row of this target shows, in its unit."""
    measure = last.measures.get(_shown(target)) if last else None
    if last is None or measure is None:
        return None
    return last.measured if measure.is_share else measure.value


def _measure(verdict: Mapping[str, Any]) -> Measure | None:
    measured, unit = verdict.get("measured"), verdict.get("unit") or ""
    samples, failures = verdict.get("samples") or 0, verdict.get("failures")
    deff = (verdict.get("figures") or {}).get("deff") or 1.0
    if unit == SECONDS and measured is not None:
        return Measure(value=measured, unit=unit, samples=samples)
    if unit == SHARE and failures is not None and samples:
        return Measure(
            value=failures / samples, unit=unit, samples=samples, failures=failures, deff=deff
        )
    return None


def against_history(target: Mapping[str, Any], known: Known) -> Compared | None:
    """One run against the runs that were known when it began; None if there was none."""
    if known.last is None and not known.runs:
        return None
    measures = measures_of(target)
    found = [
        _compared(name, _with_history(measure, known.runs.get(name, ())), several=len(measures) > 1)
        for name, measure in measures.items()
    ]
    return replace(
        _worst(found),
        runs=max(map(len, known.runs.values()), default=0),
        last=known.last,
        before=before_of(target, known.last),
    )


def of_two(
    old: Mapping[str, Any], new: Mapping[str, Any], known: Known, *, alike: bool
) -> Compared:
    """Two runs side by side; `known` tells the noise between runs of this kind."""
    if not alike:
        text = "no comparison: steps, load or deployment differ"
        return Compared(word="unknown", because=text)
    before, now = measures_of(old), measures_of(new)
    found = [
        _compared(
            name,
            _two(before[name], now[name], known.runs.get(name, ())),
            several=len(now) > 1,
        )
        for name in now
        if name in before
    ]
    last = Last(
        run="", at="", verdict=old["verdict"], measured=old.get("measured"), measures=before
    )
    return replace(
        _worst(found),
        runs=max(map(len, known.runs.values()), default=0),
        before=before_of(new, last),
    )


def _with_history(now: Measure, before: Sequence[Measure]) -> Comparison:
    values = [measure.value for measure in before]
    if not now.is_share or (len(values) >= LEAST_RUNS and min(*values, now.value) > 0):
        return compare(values, now.value)
    return compare_rates(_together(before[-MOST_RUNS:]), _bad(now))


def _two(old: Measure, new: Measure, history: Sequence[Measure]) -> Comparison:
    values = [measure.value for measure in history]
    if not new.is_share:
        return compare_two(old.value, new.value, values)
    if len(values) >= LEAST_RUNS and min(*values, old.value, new.value) > 0:
        return compare_two(old.value, new.value, values)
    return compare_rates(_bad(old), _bad(new))


def _bad(measure: Measure) -> Bad:
    return Bad(k=measure.failures or 0, n=measure.samples, deff=measure.deff)


def _together(measures: Sequence[Measure]) -> Bad:
    return Bad(
        k=sum(m.failures or 0 for m in measures),
        n=sum(m.samples for m in measures),
        deff=max((m.deff for m in measures), default=1.0),
    )


def _compared(name: str, found: Comparison, *, several: bool) -> Compared:
    return Compared(
        word=found.word,
        because=f"{name}: {found.because}" if several else found.because,
        measure=name,
        typical=found.typical,
        ratio=found.ratio,
        limit=found.limit,
        detectable=found.detectable,
    )


def _worst(found: Iterable[Compared]) -> Compared:
    nothing = Compared(word="unknown", because="no comparison: nothing was measured")
    return min(found, key=lambda one: _RANK[one.word], default=nothing)

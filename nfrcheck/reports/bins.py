"""A kept series in the bins that a chart draws: summed, never averaged, with its gaps."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_BINS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """One stream in equal bins from `start`; None where nothing was sent or nothing answered."""

    start: float
    step: float
    sent: tuple[int, ...]
    bad: tuple[int, ...]
    good: Mapping[str, tuple[int | None, ...]]
    """Good answers per region; one region named "" where the answers tell none."""
    p99: Mapping[str, tuple[float | None, ...]]
    """Seconds per region: the highest of the bins that were drawn together."""

    def t(self, number: int) -> float:
        return self.start + self.step * number


def bins_of(series: Mapping[str, Any], start: float, end: float) -> Bins:
    """The bins of a series that lie in `start..end` seconds of the run; at most 300."""
    step, zero = series["step"], series["start"]
    low = max(0, math.floor((start - zero) / step + 1e-9))
    high = min(len(series["sent"]), math.ceil((end - zero) / step - 1e-9))
    together = max(1, math.ceil((high - low) / MOST_BINS))
    groups = [range(i, min(i + together, high)) for i in range(low, high, together)]
    sent = tuple(sum(series["sent"][i] for i in group) for group in groups)
    bad = tuple(sum(series["bad"][i] for i in group) for group in groups)
    served = {name: counts for name, counts in series["by_region"].items() if any(counts)}
    p99 = {name: series["p99_by_region"].get(name) or () for name in served}
    if not served:
        good = [n - b for n, b in zip(series["sent"], series["bad"], strict=True)]
        served, p99 = {"": good}, {"": series["p99"]}
    return Bins(
        start=zero + low * step,
        step=step * together,
        sent=sent,
        bad=bad,
        good={
            name: tuple(
                sum(counts[i] for i in group) if n else None
                for group, n in zip(groups, sent, strict=True)
            )
            for name, counts in served.items()
        },
        p99={
            name: tuple(highest(values[i] for i in group if i < len(values)) for group in groups)
            for name, values in p99.items()
        },
    )


def highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)

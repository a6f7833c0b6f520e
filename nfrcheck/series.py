"""Requests in bins over time, for charts: counted when they were due, failures included."""

import math
from itertools import pairwise

import numpy as np

from nfrcheck.checks.counting import sort_out
from nfrcheck.model.history import History, Stream
from nfrcheck.model.scorecard import Series

BINS_MAX = 600
STEPS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
SETTLED = 7
"""Digits after the point that are kept: tenths of a microsecond."""


def series_of(stream: Stream, history: History) -> Series:
    """At most 600 bins over the whole run; a bin without an answer has no percentile."""
    length = max(history.seconds, float(stream.due.max()) if len(stream) else 0.0, 1e-9)
    # Half a second shows a failover; a longer run takes the finest step that fits.
    step = next((s for s in STEPS if s >= 0.5 and length / s <= BINS_MAX), length / BINS_MAX)
    bins = max(1, math.ceil(length / step))
    sorts = sort_out(stream)
    which = np.clip((stream.due / step).astype(int), 0, bins - 1)
    waited = np.where(sorts.good, stream.latency, np.nan)
    regions = stream.values("region")
    return Series(
        stream=stream.name,
        kind=stream.kind,
        start=0.0,
        step=step,
        sent=np.bincount(which[~sorts.excluded], minlength=bins).tolist(),
        bad=np.bincount(which[sorts.bad], minlength=bins).tolist(),
        p50=_quantiles(which, waited, bins, 0.5),
        p99=_quantiles(which, waited, bins, 0.99),
        by_region={
            region: np.bincount(
                which[sorts.good & stream.of("region", region)], minlength=bins
            ).tolist()
            for region in regions
        },
        p99_by_region={
            region: _quantiles(which[mine], waited[mine], bins, 0.99)
            for region in regions
            for mine in (stream.of("region", region),)
        },
    )


def _quantiles(
    which: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    bins: int,
    quantile: float,
) -> list[float | None]:
    known = ~np.isnan(values)
    order = np.lexsort((values[known], which[known]))
    sorted_bins, sorted_values = which[known][order], values[known][order]
    edges = np.searchsorted(sorted_bins, np.arange(bins + 1))
    found: list[float | None] = []
    for low, high in pairwise(edges.tolist()):
        if low == high:
            found.append(None)
        else:
            at = low + min(high - low - 1, math.ceil(quantile * (high - low)) - 1)
            found.append(round(float(sorted_values[at]), SETTLED))
    return found

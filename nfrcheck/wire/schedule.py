"""When each request is due: a pure function of its number, known before anything is sent."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nfrcheck.wire.alarm import NEVER

BLOCK = 4_096
_SECOND = 1_000_000_000

Step = tuple[float, float]
Ramp = tuple[float, float, float]
Rate = float | Sequence[Step | Ramp]
"""Requests a second, or pieces: (from_s, rate), and (from_s, rate, rate at the next piece)."""

Floats = NDArray[np.float64]


class Schedule:
    """The due times of one child's share of a stream, CLOCK_MONOTONIC ns.

    Constant arrivals of N children interleave: child i takes every N-th, from the i-th on. Poisson
    arrivals are N independent streams of rate/N, whose sum is exact. `share` is (i, N).
    """

    def __init__(
        self,
        t0_ns: int,
        rate: Rate,
        *,
        poisson: bool = False,
        seed: int = 0,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.t0_ns = t0_ns
        self._child, self._children = share
        self._pieces = Pieces([(0.0, rate)] if isinstance(rate, int | float) else rate)
        self._gaps = Gaps(seed, self._child) if poisson else None
        self._exact: Fraction | None = None
        if isinstance(rate, int | float) and rate > 0 and not poisson:
            self._exact = Fraction(rate).limit_denominator(1_000_000)
        self._block = -1
        self._dues: list[int] = []

    def number(self, k: int) -> int:
        """The number of this child's k-th request among all children's, from 0."""
        return self._child + self._children * k

    def due(self, k: int) -> int:
        """NEVER when the rate ends at 0 before."""
        if self._exact is not None:
            # From the number, not from the one before: no error can add up.
            late = self.number(k) * _SECOND * self._exact.denominator // self._exact.numerator
            return self.t0_ns + late
        block, at = divmod(k, BLOCK)
        if block != self._block:
            self._dues = self._due_block(block)
            self._block = block
        return self._dues[at]

    def rate_at(self, now_ns: int) -> float:
        """Requests a second of this child at that time, 0 before t0."""
        return self._pieces.rate_at((now_ns - self.t0_ns) / _SECOND) / self._children

    def _due_block(self, block: int) -> list[int]:
        if self._gaps is None:
            positions = self._child + self._children * np.arange(
                block * BLOCK, (block + 1) * BLOCK, dtype=np.float64
            )
        else:
            positions = self._children * self._gaps.positions(block)
        seconds = self._pieces.seconds(positions)
        return [
            NEVER if math.isinf(late) else self.t0_ns + int(late * _SECOND)
            for late in seconds.tolist()
        ]


class Pieces:
    """A rate over time, and the inverse of its integral. Before the first piece it is 0."""

    def __init__(self, pieces: Sequence[Step | Ramp]) -> None:
        self._starts = [float(piece[0]) for piece in pieces]
        self._rates = [float(piece[1]) for piece in pieces]
        spans = [
            after - start for start, after in zip(self._starts, self._starts[1:], strict=False)
        ]
        if not pieces or any(not span > 0 for span in spans) or self._starts[0] < 0:
            raise ValueError(f"the pieces of a rate must follow each other: {pieces}")
        ends = [float(piece[-1]) if len(piece) == 3 else float(piece[1]) for piece in pieces]
        if len(pieces[-1]) == 3:
            raise ValueError("a ramp needs a piece after it, which says where it ends")
        if not all(math.isfinite(rate) and rate >= 0 for rate in (*self._rates, *ends)):
            raise ValueError(f"a rate is a number from 0 on: {pieces}")
        self._slopes = [
            (end - rate) / span for end, rate, span in zip(ends, self._rates, spans, strict=False)
        ] + [0.0]
        counts = [
            (rate + end) / 2 * span
            for rate, end, span in zip(self._rates, ends, spans, strict=False)
        ]
        self._before = np.concatenate([[0.0], np.cumsum(counts)])

    def rate_at(self, second: float) -> float:
        piece = bisect_right(self._starts, second) - 1
        if piece < 0:
            return 0.0
        return self._rates[piece] + self._slopes[piece] * (second - self._starts[piece])

    def seconds(self, positions: Floats) -> Floats:
        """When so many requests have become due; infinite when that is never."""
        piece = np.searchsorted(self._before, positions, side="right") - 1
        start, rate, slope = (
            np.asarray(column)[piece] for column in (self._starts, self._rates, self._slopes)
        )
        count = positions - self._before[piece]
        # rate * t + slope * t^2 / 2 = count, solved without cancellation also for slope 0.
        root = rate + np.sqrt(np.maximum(rate * rate + 2.0 * slope * count, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            late = np.where(root > 0, 2.0 * count / root, np.inf)
        late[(count <= 0) & (slope > 0)] = 0.0  # a ramp from 0: its first request is its start
        return np.asarray(start + late, dtype=np.float64)


class Gaps:
    """A Poisson stream of one a second, in blocks of 4,096 gaps that a seed fixes.

    Made from the raw bits of PCG64, which numpy promises to keep; its distributions it does not.
    """

    def __init__(self, seed: int, child: int) -> None:
        self._seed = (seed, child)
        self._begins = [0.0]

    def positions(self, block: int) -> Floats:
        while len(self._begins) <= block:
            last = len(self._begins) - 1
            self._begins.append(self._begins[last] + float(self._gaps(last).sum()))
        return self._begins[block] + np.cumsum(self._gaps(block))

    def _gaps(self, block: int) -> Floats:
        bits = np.random.PCG64(np.random.SeedSequence((*self._seed, block))).random_raw(BLOCK)
        shares = (np.asarray(bits, dtype=np.uint64) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return np.asarray(-np.log1p(-shares), dtype=np.float64)

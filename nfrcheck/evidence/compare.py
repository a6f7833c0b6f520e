"""Whether a run is worse than the runs before it; the unit of replication is the run.

A test on the raw requests of two runs raises 29 to 48 % false alarms: it measures the mood of the
machine. The prediction interval over the history raises 1 %.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nfrcheck.evidence import wording
from nfrcheck.evidence.special import beta_quantile, student_quantile

LEAST_RUNS, MOST_RUNS = 5, 20
# Even machines without noise are not trusted to repeat themselves better than this.
_LEAST_SPREAD = 0.01

Better = Literal["lower", "higher"]
Word = Literal["worse", "better", "same", "unknown"]
LEAST_BAD = 10
"""With fewer bad ones in both together nothing is said of their rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """worse and better are None where the noise is not known. ratio: new / typical.

    limit: the last value that would not have been an alarm. detectable: the smallest change, as a
    factor to the worse, that would have been seen with 80 %.
    """

    worse: bool | None
    because: str
    better: bool | None = None
    typical: float | None = None
    ratio: float | None = None
    limit: float | None = None
    detectable: float | None = None

    @property
    def word(self) -> Word:
        if self.worse is None:
            return "unknown"
        return "worse" if self.worse else "better" if self.better else "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """So many bad ones of so many, in runs whose bad ones come in bunches of `deff`."""

    k: float
    n: float
    deff: float = 1.0


def compare(
    history: Sequence[float],
    new: float,
    *,
    better: Better = "lower",
    least_effect: float = 0.05,
    confidence: float = 0.99,
) -> Comparison:
    """Compare a positive measure with its last accepted, comparable runs (oldest first)."""
    if len(history) < LEAST_RUNS:
        text = f"no comparison: noise unknown ({len(history)} of {LEAST_RUNS} runs)"
        return Comparison(worse=None, because=text)
    if min(history) <= 0 or new <= 0:
        return Comparison(worse=None, because="no comparison: only positive measures have a ratio")
    # Where higher is better, the logarithm is mirrored, so that up is always worse.
    sign = 1.0 if better == "lower" else -1.0
    logs = [sign * math.log(value) for value in history[-MOST_RUNS:]]
    middle, reach = statistics.fmean(logs), student_quantile(confidence, len(logs) - 1)
    width = _width(logs)
    change = sign * math.log(new) - middle
    limit = max(reach * width, math.log1p(least_effect))
    return Comparison(
        worse=change > limit,
        better=-change > limit,
        because=_because(change, limit, len(logs)),
        typical=math.exp(sign * middle),
        ratio=math.exp(sign * change),
        limit=math.exp(sign * (middle + limit)),
        detectable=math.exp(limit + student_quantile(0.8, len(logs) - 1) * width),
    )


def compare_two(
    old: float,
    new: float,
    history: Sequence[float],
    *,
    least_effect: float = 0.05,
    confidence: float = 0.99,
) -> Comparison:
    """Two single runs of a positive measure, lower is better; the noise is that of their history.

    One run does not know its own noise, so that without a history nothing is said.
    """
    if len(history) < LEAST_RUNS:
        text = f"noise unknown ({len(history)} of {LEAST_RUNS} runs)"
        return Comparison(worse=None, because=text)
    if min(*history, old, new) <= 0:
        return Comparison(worse=None, because="no comparison: only positive measures have a ratio")
    logs = [math.log(value) for value in history[-MOST_RUNS:]]
    # Both runs have the noise of one.
    width = max(statistics.stdev(logs), _LEAST_SPREAD) * math.sqrt(2)
    reach = student_quantile(1 - (1 - confidence) / 2, len(logs) - 1)
    limit, change = max(reach * width, math.log1p(least_effect)), math.log(new / old)
    return Comparison(
        worse=change > limit,
        better=-change > limit,
        because=_because(change, limit, 1),
        typical=old,
        ratio=new / old,
        limit=old * math.exp(limit),
        detectable=math.exp(limit + student_quantile(0.8, len(logs) - 1) * width),
    )


def compare_rates(old: Bad, new: Bad, confidence: float = 0.99) -> Comparison:
    """Two rates of bad ones by the exact interval of their ratio; of few bad ones nothing is said.

    Given how many bad ones there are in both, those of the new one are binomial. Bunches are
    divided out of the counts, as everywhere.
    """
    k_old, k_new = old.k / old.deff, new.k / new.deff
    both = k_old + k_new
    if both < LEAST_BAD or not old.n or not new.n:
        seen = f"{wording.count(old.k)} bad before and {wording.count(new.k)} now"
        return Comparison(
            worse=None, because=f"no comparison: {seen} are too few ({LEAST_BAD} together)"
        )
    doubt = (1 - confidence) / 2
    scale = (old.n / old.deff) / (new.n / new.deff)
    low = beta_quantile(doubt, k_new, k_old + 1) if k_new else 0.0
    high = beta_quantile(1 - doubt, k_new + 1, k_old) if k_old else 1.0
    lower = scale * low / (1 - low)
    upper = scale * high / (1 - high) if high < 1 else math.inf
    top = wording.significant(upper, 2) if math.isfinite(upper) else "any number of"
    ratio = (new.k / new.n) / (old.k / old.n) if old.k else None
    return Comparison(
        worse=lower > 1,
        better=upper < 1,
        because=f"between {wording.significant(lower, 2)} and {top} times as many bad ones",
        typical=old.k / old.n,
        ratio=ratio,
    )


def upper_limit(history: Sequence[float], confidence: float = 0.99) -> float:
    """The upper end of the prediction interval for one more run."""
    logs = [math.log(value) for value in history]
    reach = student_quantile(confidence, len(logs) - 1) * _width(logs)
    return math.exp(statistics.fmean(logs) + reach)


def detectable_change(spread: float, runs: int, confidence: float = 0.99) -> float:
    """The smallest slowdown seen with 80 %, as a share; `spread`: sd of the log between runs."""
    reach = student_quantile(confidence, runs - 1) + student_quantile(0.8, runs - 1)
    return math.expm1(reach * spread * math.sqrt(1 + 1 / runs))


def _width(logs: Sequence[float]) -> float:
    spread = max(statistics.stdev(logs), _LEAST_SPREAD)
    return spread * math.sqrt(1 + 1 / len(logs))


def _because(change: float, limit: float, runs: int) -> str:
    percent = wording.significant(100 * abs(math.expm1(change)), 2)
    allowed = wording.significant(100 * math.expm1(limit), 2)
    side = "worse" if change > 0 else "better"
    before = f"the last {runs} runs" if runs > 1 else "the other run"
    return (
        f"{percent} % {side} than {before}; from {allowed} % worse on it is more than their noise"
    )

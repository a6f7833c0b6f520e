"""What a count of lost events or writes allows to say, and how much time of data was lost.

For a guarantee one confirmed loss is a counter-example, and none is a bound, never "nothing".
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from nfrcheck.evidence import wording
from nfrcheck.evidence.binomial import Interval, upper_end


class Write(NamedTuple):
    """An acknowledged write of one writer, and whether it was there after the recovery."""

    sent_s: float
    acked_s: float
    survived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLoss:
    """How many acknowledged writes are gone, and the span of time that they cover, in seconds."""

    acked: int
    lost: int
    span: Interval


def loss_bound(lost: int, n: int, confidence: float = 0.95) -> float:
    """The largest share of loss that the count leaves open; 1 without any event.

    n counts what can be lost by itself: events in a steady state, but fault injections (or batches)
    where a whole batch is lost at once: 0 of 5 kills leaves 45 % open.
    """
    return upper_end(lost, n, confidence) if n else 1.0


def loss_text(lost: int, n: int, things: str = "events", confidence: float = 0.95) -> str:
    """Such as "0 of 12,000 events lost; at most 1 in 4,006 (95 %)"."""
    if not n:
        return f"no {things} were seen: nothing is known"
    bound = loss_bound(lost, n, confidence)
    text = f"{wording.count(lost)} of {wording.count(n)} {things} lost"
    if bound > 0.05:
        return f"{text}; at most {math.ceil(1000 * bound) / 10:.1f} % ({100 * confidence:g} %)"
    return f"{text}; at most 1 in {math.floor(1 / bound):,} ({100 * confidence:g} %)"


def data_loss(writes: Iterable[Write]) -> DataLoss:
    """The recovery point: how much time of acknowledged writes was lost.

    Without a loss the upper end is what a loss between two surviving writes could have hidden. It
    is infinite where no write survived before or after the lost ones.
    """
    ordered = sorted(writes)
    lost = [index for index, write in enumerate(ordered) if not write.survived]
    if not lost:
        return DataLoss(acked=len(ordered), lost=0, span=Interval(0.0, _hidden(ordered)))
    first, last = lost[0], lost[-1]
    acked = min(ordered[index].acked_s for index in lost)
    after = [write.acked_s for write in ordered[last + 1 :]]
    before = ordered[first - 1].sent_s if first else -math.inf
    span = Interval(max(0.0, ordered[last].sent_s - acked), min(after, default=math.inf) - before)
    return DataLoss(acked=len(ordered), lost=len(lost), span=span)


def _hidden(ordered: list[Write]) -> float:
    if len(ordered) < 2:
        return math.inf
    worst, acked = 0.0, math.inf
    for index in range(len(ordered) - 1, -1, -1):
        if acked < math.inf:
            worst = max(worst, acked - ordered[index].sent_s)
        acked = min(acked, ordered[index].acked_s)
    return worst

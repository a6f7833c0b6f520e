"""An outage that was seen is a counter-example: the longest run of requests that all failed.

The odds of `ratio` would call ten seconds of total outage one event and stay undecided.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nfrcheck.evidence import wording

LEAST_REQUESTS = 10


@dataclass(frozen=True, slots=True)
class Requests:
    """One stratum in order of sending: columns of seconds, and one byte a request (1 is good).

    Any sequence will do; an array's `(mask).tobytes()` makes `good`. What was neither good nor bad
    (client errors, ill tester, injected) is left out by the caller.
    """

    sent: Sequence[float]
    done: Sequence[float]
    good: bytes

    def __post_init__(self) -> None:
        if not len(self.sent) == len(self.done) == len(self.good):
            raise ValueError("columns of different length")

    @classmethod
    def of(cls, rows: Iterable[tuple[float, float, bool]]) -> "Requests":
        """From rows of (sent, done, good), sorted by the time of sending."""
        kept = list(rows)
        if any(later[0] < earlier[0] for earlier, later in pairwise(kept)):
            raise ValueError("requests must be sorted by the time of sending")
        return cls([r[0] for r in kept], [r[1] for r in kept], bytes(bool(r[2]) for r in kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive requests without any success, and how long that surely and at most lasted.

    upper_s is infinite where no good request was seen before or after; good_again_s is when the
    first good answer after it came, infinite if none did.
    """

    start_s: float
    last_s: float
    lower_s: float
    upper_s: float
    good_again_s: float
    count: int

    @property
    def over(self) -> bool:
        return math.isfinite(self.good_again_s)

    @property
    def text(self) -> str:
        """Such as "10 s from 02:41 (100 requests, none good)"."""
        minutes, seconds = divmod(math.floor(self.start_s), 60)
        return (
            f"{wording.duration(self.lower_s, 3)} from {minutes:02d}:{seconds:02d} "
            f"({wording.count(self.count)} requests, none good)"
        )


def runs_of_bad(
    requests: Requests, least: int = LEAST_REQUESTS, known_bad_after_s: float | None = None
) -> Iterator[Run]:
    """All maximal runs of at least `least` requests without a success.

    A request that timed out proves only that the system was bad at some moment before `done`.
    `known_bad_after_s` moves that moment forward: no good request ever took so long, so that one
    still unanswered by then had met a bad system already.
    """
    position, good = 0, requests.good
    while (first := good.find(bytes(least), position)) >= 0:
        after = good.find(b"\x01", first)
        end = len(good) if after < 0 else after
        yield _run(requests, first, end, known_bad_after_s)
        position = end


def _run(requests: Requests, first: int, end: int, known_bad_after_s: float | None) -> Run:
    sent, done = requests.sent, requests.done
    seen_bad = float(min(done[first:end]))
    if known_bad_after_s is not None:
        seen_bad = min(seen_bad, float(sent[first]) + known_bad_after_s)
    start, last = float(sent[first]), float(sent[end - 1])
    before = float(sent[first - 1]) if first else -math.inf
    good_again = first_good_done(requests, end)
    return Run(
        start_s=start,
        last_s=last,
        lower_s=max(0.0, last - seen_bad),
        upper_s=good_again - before,
        good_again_s=good_again,
        count=end - first,
    )


def first_good_done(requests: Requests, start: int) -> float:
    """When the system was first seen good by a request from `start` on; infinite if never."""
    best = math.inf
    for index in range(start, len(requests.good)):
        # What was sent later than the best answer cannot have been answered earlier.
        if requests.sent[index] >= best:
            break
        if requests.good[index]:
            best = min(best, float(requests.done[index]))
    return best


def longest_run(
    requests: Requests, least: int = LEAST_REQUESTS, known_bad_after_s: float | None = None
) -> Run | None:
    """The run that surely lasted longest."""
    runs = runs_of_bad(requests, least, known_bad_after_s)
    return max(runs, key=lambda run: (run.lower_s, run.count), default=None)


def counter_example(
    requests: Requests, longest_s: float, known_bad_after_s: float | None = None
) -> Run | None:
    """The run that breaks `longest_outage`, if there is one."""
    run = longest_run(requests, LEAST_REQUESTS, known_bad_after_s)
    return run if run is not None and run.lower_s > longest_s else None


def stall_counter_example(
    requests: Requests, longest_s: float, latency_limit_s: float
) -> Run | None:
    """The run that breaks `longest_stall`; here `good` means answered within the latency limit.

    A request is known to be slow from `latency_limit_s` on, however long it hangs after that.
    """
    return counter_example(requests, longest_s, latency_limit_s)

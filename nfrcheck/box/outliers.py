"""Which callee answers worse than others: out of rotation for a time, whatever its health says."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

LONGER = 2
MOST_TIMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much is borne. All times in seconds.

    `errors`: so many in a row. `lates`: so many requests without an answer after `late_s`, within
    `window_s`. `out_after_errors_s`, `out_after_lates_s`: how long the first time; then longer.
    """

    errors: int = 5
    late_s: float = 1.0
    lates: int = 3
    window_s: float = 3.0
    out_after_errors_s: float = 2.0
    out_after_lates_s: float = 8.0


@dataclass(slots=True)
class Suspicion:
    """What one callee's answers were like lately. All moments by the clock of the loop."""

    until: float = 0.0
    _errors_in_row: int = 0
    _lates: deque[float] = field(default_factory=deque)
    _times: int = 0

    def out(self, now: float) -> bool:
        return now < self.until

    def answered(self, patience: Patience, now: float, *, well: bool) -> None:
        if well:
            self._errors_in_row = 0
            return
        self._errors_in_row += 1
        if self._errors_in_row >= patience.errors:
            self._eject(now, patience.out_after_errors_s)

    def late(self, patience: Patience, now: float, others: Sequence["Suspicion"]) -> None:
        """One more; where the others are late as well, leaving this one would help nobody."""
        self._lates.append(now)
        mine = self.recent(now, patience.window_s)
        theirs = max((other.recent(now, patience.window_s) for other in others), default=0)
        if mine >= patience.lates and mine > 2 * theirs:
            self._eject(now, patience.out_after_lates_s)

    def recent(self, now: float, window_s: float) -> int:
        """How many requests were late within this time."""
        while self._lates and now - self._lates[0] > window_s:
            self._lates.popleft()
        return len(self._lates)

    def _eject(self, now: float, seconds: float) -> None:
        self._errors_in_row = 0
        if self.out(now):
            return  # what was under way when it was put out
        self.until = now + seconds * LONGER ** min(self._times, MOST_TIMES)
        self._times += 1

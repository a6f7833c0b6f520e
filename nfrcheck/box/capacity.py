"""How many requests a second a region carries, where it carries only so many."""

from nfrcheck.box.switches import Switches

DECLARED = 100.0
"""Requests a second that both regions together are declared to carry."""
SMALL = 0.6
"""Of them, what a region carries before it has scaled out."""
WARM_UP_S = 3.0
SPARE_S = 0.5
"""Requests that come in bunches are carried as long as they are not more than that of one rate."""


class Capacity:
    """A bucket that fills with the rate of the region; what finds it empty is refused.

    Healthy variant slow-scale-out: a region that had to refuse has enough of everything 3 s later,
    and keeps it.
    """

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._tokens = 0.0
        self._filled_at: float | None = None
        self._short_since: float | None = None

    def takes(self, now: float) -> bool:
        """Whether one more request is carried. `now`: seconds of a clock that never goes back."""
        rate = self._rate(now)
        if rate is None:
            return True
        most = rate * SPARE_S
        gone_s = SPARE_S if self._filled_at is None else now - self._filled_at
        self._tokens = min(most, self._tokens + rate * gone_s)
        self._filled_at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return True
        self._short_since = self._short_since or now
        return False

    def _rate(self, now: float) -> float | None:
        """None: it carries whatever comes."""
        few = self._switches.defects.get("no-n1-capacity")
        if few is not None:
            return DECLARED * (few.rate or SMALL)
        if "slow-scale-out" not in self._switches.healthy:
            self._short_since = None
            return None
        scaled = self._short_since is not None and now - self._short_since >= WARM_UP_S
        return None if scaled else DECLARED * SMALL

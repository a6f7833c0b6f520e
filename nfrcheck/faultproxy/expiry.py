"""When a fault ends by itself: kept by the proxy, whoever asked for the fault may be long dead."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from nfrcheck.faultproxy import bodies
from nfrcheck.faultproxy.bodies import Field
from nfrcheck.faultproxy.refusals import bad_body

LONGEST_S = 31 * 86_400.0
_FIELDS = {"ttl_s": Field("seconds", "")}

Ttl = Mapping[str, float | None]


def read_ttl(found: Any) -> Ttl:
    """Empty where `ttl_s` is not named; null takes the end away."""
    if not isinstance(found, Mapping) or "ttl_s" not in found:
        return {}
    given = bodies.read_object(found, _FIELDS, "object")
    seconds = given.get("ttl_s")
    if seconds is not None and not 0 < seconds <= LONGEST_S:
        raise bad_body(f"ttl_s must be above 0 and at most {LONGEST_S:.0f} seconds, or null")
    return {"ttl_s": seconds}


class Expiry:
    """At most one end; setting it again moves it."""

    __slots__ = ("_timer", "ttl_s")

    def __init__(self) -> None:
        self.ttl_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, ttl: Ttl, end: Callable[[], None]) -> None:
        if "ttl_s" not in ttl:
            return
        self.clear()
        self.ttl_s = ttl["ttl_s"]
        if self.ttl_s is not None:
            self._timer = asyncio.get_running_loop().call_later(self.ttl_s, end)

    def clear(self) -> None:
        self.ttl_s = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def to_json(self) -> dict[str, float]:
        """Nothing where there is no end, so that plain answers are those of the original."""
        if self.ttl_s is None or self._timer is None:
            return {}
        left_s = self._timer.when() - asyncio.get_running_loop().time()
        return {"ttl_s": self.ttl_s, "expires_in_s": round(max(0.0, left_s), 3)}

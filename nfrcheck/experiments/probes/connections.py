"""Which connections came to a fault proxy, and when: the proxy is asked again and again.

A client that opens a connection is seen there whatever becomes of it.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from nfrcheck.experiments.probes.ledger import Ledger
from nfrcheck.model.records import EXPECTED
from nfrcheck.wire.answers import parse
from nfrcheck.wire.child import Child
from nfrcheck.wire.job import Job, Outcome
from nfrcheck.wire.traffic import KEEP_BYTES_READ, Lane, Stream

_FLUSH_NS = 250_000_000


class Connections:
    """Follows the answers of a child that asks `GET /proxies/NAME/arrivals`."""

    def __init__(self, child: Child) -> None:
        self.ledger = Ledger.of(child, "connections")
        self._child = child
        self._before: Told | None = None
        self._flush_ns = 0
        child.streams = tuple(self._followed(stream) for stream in child.streams)
        child.on_beat = self._beat

    def _followed(self, stream: Stream) -> Stream:
        def make(k: int, due_ns: int) -> Job:
            return replace(stream.make(k, due_ns), keep=KEEP_BYTES_READ, tag=self._answered)

        return replace(stream, make=make)

    def _answered(self, outcome: Outcome) -> None:
        [lane] = self._lanes
        flags = self._child.keeping.take(outcome, lane)
        told = _read(parse(outcome.body)) if flags & EXPECTED else None
        line: dict[str, Any] = {
            "sent": self.ledger.t(outcome.sent_ns or outcome.due_ns),
            "done": self.ledger.t(outcome.done_ns),
        }
        self.ledger.put(line | (self._new(told) if told else {"status": outcome.status}))

    @property
    def _lanes(self) -> tuple[Lane, ...]:
        return self._child.streams[0].lanes

    def _new(self, told: "Told") -> dict[str, Any]:
        """Those that came since the last answer. A proxy that began anew has lost some."""
        line: dict[str, Any] = {"open": told.open, "late": told.late_s, "ages": []}
        before = self._before
        if before is not None and told.overtaken_by(before):
            return line
        self._before = told
        if before is None:
            return line
        if told.since != before.since:
            return {**line, "missed": told.accepted}
        turned_away = told.turned_away - before.turned_away
        if turned_away and not before.turned_away:
            self._child.ill(
                "the fault proxy is short of descriptors and closed connections by itself "
                "(raise its `ulimit -n`)"
            )
        fresh = told.accepted - before.accepted
        line["ages"] = list(told.ages_s[len(told.ages_s) - min(fresh, len(told.ages_s)) :])
        missed = fresh - len(line["ages"]) + turned_away
        return line | ({"missed": missed} if missed else {})

    def _beat(self, now: int) -> None:
        if now >= self._flush_ns:
            self._flush_ns = now + _FLUSH_NS
            self.ledger.flush()


@dataclass(frozen=True, slots=True)
class Told:
    """One answer of the proxy, as `faultproxy.arrivals` gives it."""

    since: str
    accepted: int
    open: int
    turned_away: int
    """Of those that came beyond the accepted ones: closed by the proxy, for want of descriptors."""
    late_s: float
    ages_s: tuple[float, ...]

    def overtaken_by(self, other: "Told") -> bool:
        """Counts only grow: it is the older of the two, and the other has told all of it."""
        came, others = self.accepted + self.turned_away, other.accepted + other.turned_away
        return self.since == other.since and came < others


def _read(told: Any) -> Told | None:
    """None for what another server may say under this path."""
    try:
        ages = tuple(float(age) for age in told["ages_s"])
        counts = int(told["accepted"]), int(told["open"]), int(told.get("turned_away", 0))
        read = Told(str(told["since"]), *counts, float(told["late_s"]), ages)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    numbers = (*counts, read.late_s, *ages)
    return read if all(math.isfinite(one) and one >= 0 for one in numbers) else None

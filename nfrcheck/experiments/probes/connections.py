"""Which connections came to a fault proxy, and when: the proxy is asked again and again.

A client that opens a connection is seen there whatever becomes of it.
"""

from collections.abc import Mapping
from dataclasses import replace
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
        self._accepted: int | None = None
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
        told = parse(outcome.body)
        line: dict[str, Any] = {
            "sent": self.ledger.t(outcome.sent_ns or outcome.due_ns),
            "done": self.ledger.t(outcome.done_ns),
        }
        known = flags & EXPECTED and isinstance(told, Mapping)
        self.ledger.put(line | (self._new(told) if known else {"status": outcome.status}))

    @property
    def _lanes(self) -> tuple[Lane, ...]:
        return self._child.streams[0].lanes

    def _new(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Those that came since the last answer. A proxy that began anew has lost some."""
        accepted, ages = int(told["accepted"]), list(told["ages_s"])
        before, self._accepted = self._accepted, accepted
        if before is None:
            return {"open": told["open"], "ages": []}
        fresh = accepted - before
        if fresh < 0:
            return {"open": told["open"], "ages": [], "missed": accepted}
        kept = ages[len(ages) - min(fresh, len(ages)) :]
        missed = fresh - len(kept)
        return {"open": told["open"], "ages": kept} | ({"missed": missed} if missed else {})

    def _beat(self, now: int) -> None:
        if now >= self._flush_ns:
            self._flush_ns = now + _FLUSH_NS
            self.ledger.flush()

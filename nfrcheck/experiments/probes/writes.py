"""A ledger of acknowledged writes: each is read back at the end, and none may be gone."""

import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nfrcheck.experiments.probes.ledger import Ledger
from nfrcheck.model.records import (
    CHECK_FAILED,
    CONNECT_TIMEOUT,
    EXPECTED,
    LOCAL_ERROR,
    NOT_RESOLVED,
    NOT_SENT,
    REFUSED,
    RETRIED,
    REUSED,
    TLS_FAILED,
)
from nfrcheck.wire.answers import MISSING, find, parse
from nfrcheck.wire.child import Child, Order
from nfrcheck.wire.job import Job, Outcome
from nfrcheck.wire.templates import row
from nfrcheck.wire.traffic import KEEP_BYTES_READ, Lane, Stream

NEVER_SENT = frozenset({REFUSED, CONNECT_TIMEOUT, TLS_FAILED, NOT_SENT, NOT_RESOLVED, LOCAL_ERROR})
READS_MAX = 64
"""Reads under way at once."""
READ_AGAIN_NS = 200_000_000
READ_TIMEOUT_NS_MIN = 1_000_000_000
_FLUSH_NS = 250_000_000
# A server that says one of these may have begun: request timeout, too early, client closed.
_MAY_HAVE_HAPPENED = frozenset({408, 425, 499})


def outcome_of(status: int, flags: int, *, carried: bool = False) -> str:
    """What an answer says of its write: `acked`, `failed` (it did not happen) or `unknown`.

    A time-out, a reset, a 5xx and a success that is not the expected one leave it open; so does
    what breaks a connection that `carried` the request.
    """
    if flags & EXPECTED or (200 <= status < 300 and not flags & CHECK_FAILED):
        return "acked"
    never_sent = status in NEVER_SENT and not carried
    if never_sent or (400 <= status < 500 and status not in _MAY_HAVE_HAPPENED):
        return "failed"
    return "unknown"


def seen(status: int, flags: int) -> bool | None:
    """Whether a read found its write; None when it could not tell."""
    if status in {404, 410}:
        return False
    if 200 <= status < 300:
        return not flags & CHECK_FAILED
    return None


class Writes:
    """Follows the writes of a child, and reads them back when it is told to."""

    def __init__(self, child: Child) -> None:
        spec = child.spec
        assert spec.write is not None
        self.ledger = Ledger.of(child, "writes")
        self._child, self._id_at = child, spec.write.id
        self._flush_ns = 0
        self._acked: list[tuple[int, str | None]] = []
        self._repeated: set[int] = set()
        self._read_back: ReadBack | None = None
        child.streams = tuple(self._followed(stream) for stream in child.streams)
        child.on_order, child.on_beat = self._obey, self._beat

    def _followed(self, stream: Stream) -> Stream:
        def make(k: int, due_ns: int) -> Job:
            job = stream.make(k, due_ns)
            return replace(job, keep=KEEP_BYTES_READ, tag=partial(self._written, k, job.tag))

        return replace(stream, make=make)

    def _written(self, n: int, lane: Lane, outcome: Outcome) -> None:
        flags = self._child.keeping.take(outcome, lane)
        if outcome.flags & RETRIED:
            self._repeated.add(n)
            return
        # TLS may fail on a connection that was ready, when the request has gone out.
        carried = bool(outcome.connected_ns or outcome.flags & REUSED)
        said = outcome_of(outcome.status, flags, carried=carried)
        if said == "failed" and n in self._repeated:
            said = "unknown"  # The attempt before this one may have happened.
        found = find(parse(outcome.body), self._id_at) if said == "acked" else MISSING
        known = None if found is MISSING else str(found)
        if said == "acked":
            self._acked.append((n, known))
        t = self.ledger.t
        self.ledger.put(
            {
                "n": n,
                "entry": lane.entry,
                "due": t(outcome.due_ns),
                "sent": t(outcome.sent_ns) if outcome.sent_ns else None,
                "done": t(outcome.done_ns),
                "outcome": said,
                "status": outcome.status,
                "id": known,
            }
        )

    def _obey(self, order: Order) -> None:
        if order.get("do") == "read-back" and self._read_back is None:
            self._child.engine.stop_streams()
            deadline_ns = time.monotonic_ns() + round(float(order["within_s"]) * 1e9)
            self._read_back = ReadBack(self._child, self.ledger, self._acked, deadline_ns)

    def _beat(self, now: int) -> None:
        if self._read_back is not None and not self._read_back.over:
            self._read_back.go_on(now)
        if now >= self._flush_ns:
            self._flush_ns = now + _FLUSH_NS
            self.ledger.flush()


@dataclass(frozen=True, slots=True)
class _Read:
    n: int
    id: str
    entry: str
    not_before_ns: int = 0
    before: dict[str, Any] | None = None  # what the read before this one said


class ReadBack:
    """Asks each entry for each acknowledged write, and again for what is not seen until the end."""

    def __init__(
        self,
        child: Child,
        ledger: Ledger,
        acked: list[tuple[int, str | None]],
        deadline_ns: int,
    ) -> None:
        self.over = False
        self._child, self._ledger, self._acked = child, ledger, acked
        self._deadline_ns = deadline_ns
        self._queue: deque[_Read] | None = None
        self._under_way = 0
        self._found: Counter[str] = Counter()

    def go_on(self, now: int) -> None:
        if self._queue is None:
            # A write that is still under way may yet be acknowledged.
            if self._child.engine.stats.in_flight and now < self._deadline_ns:
                return
            self._queue = deque(self._all())
        queue = self._queue
        if now >= self._deadline_ns:
            while queue:
                left = queue.popleft()
                self._end(left, left.before or self._line(left, 0, now, None))
        while queue and self._under_way < READS_MAX and queue[0].not_before_ns <= now:
            self._ask(queue.popleft(), now)
        if not queue and not self._under_way:
            self._say()

    def _all(self) -> list[_Read]:
        """A write that was acknowledged without an id cannot be asked for."""
        reads = []
        for n, known in self._acked:
            for entry in self._child.traffic.reads:
                read = _Read(n, known or "", entry)
                if known is None:
                    self._end(read, self._line(read, 0, time.monotonic_ns(), None))
                else:
                    reads.append(read)
        return reads

    def _ask(self, read: _Read, now: int) -> None:
        lane = self._child.traffic.reads[read.entry]
        job = lane.job(read.n, given=row(read.id), tag=partial(self._answered, read, lane))
        left_ns = max(READ_TIMEOUT_NS_MIN, self._deadline_ns - now)
        self._under_way += 1
        self._child.engine.submit(replace(job, timeout_ns=min(job.timeout_ns, left_ns)), now)

    def _answered(self, read: _Read, lane: Lane, outcome: Outcome) -> None:
        if outcome.flags & RETRIED:
            return
        self._under_way -= 1
        flags, _ = lane.read(outcome.status, outcome.head, outcome.body)
        found = seen(outcome.status, flags)
        line = self._line(read, outcome.status, outcome.done_ns, found)
        again_ns = outcome.done_ns + READ_AGAIN_NS
        if found or again_ns >= self._deadline_ns or self._queue is None:
            self._end(read, line)
        else:
            self._queue.append(replace(read, not_before_ns=again_ns, before=line))

    def _line(self, read: _Read, status: int, at_ns: int, found: bool | None) -> dict[str, Any]:
        t = self._ledger.t(at_ns)
        return {"read": read.n, "entry": read.entry, "t": t, "status": status, "seen": found}

    def _end(self, read: _Read, line: dict[str, Any]) -> None:
        assert line["read"] == read.n
        self._found[str(line["seen"])] += 1
        self._ledger.put(line)

    def _say(self) -> None:
        self.over = True
        self._ledger.flush()
        self._child.voice.say(
            {
                "read_back": {
                    "asked": self._found.total(),
                    "seen": self._found["True"],
                    "missing": self._found["False"],
                    "unread": self._found["None"],
                }
            }
        )

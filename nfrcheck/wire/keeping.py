"""What a child keeps of its traffic: records of all, failures word for word, counts of a second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nfrcheck.model.records import LOCAL_ERROR, NOT_SENT, STOPPED, status_name
from nfrcheck.wire.failures import Failures
from nfrcheck.wire.health import Second, is_good
from nfrcheck.wire.job import Outcome
from nfrcheck.wire.recorder import Recorder
from nfrcheck.wire.redaction import Redactor, known_secrets
from nfrcheck.wire.traffic import Lane, Traffic

Rows = NDArray[Any]
"""`due`, `sent`, `done` (ns), `status`, `cell`, `flags` of the requests that were just recorded.

A view: the memory is used again when the call that is given it returns.
"""

_OURS = {
    NOT_SENT: "requests were not sent: no connection became free for them in time",
    LOCAL_ERROR: "requests were not sent: this machine had no descriptor or no port left",
}


class TellingRecorder(Recorder):
    """Hands on what it has written, so that counts of it are counts of the file."""

    written: Callable[[Rows], None] = staticmethod(lambda _rows: None)

    def _write(self, rows: Rows) -> None:
        super()._write(rows)
        self.written(rows)


class Keeping:
    """Takes outcomes. What the tester itself failed to do is told once, through `ill`.

    `listeners` are called with the rows of each block that is on disk.
    """

    def __init__(self, traffic: Traffic, ill: Callable[[str], None]) -> None:
        spec = traffic.spec
        folder = Path(spec.folder)
        kind = "load" if spec.kind == "load" else "probe"
        self.recorder = TellingRecorder(
            folder, spec.stream, kind, spec.child, spec.t0_ns, traffic.cells
        )
        self.recorder.written = self._written
        self._record = self.recorder.record
        self.failures = Failures(
            folder / f"failures-{spec.stream}.{spec.child}.ndjson", Redactor(known_secrets(spec))
        )
        self.second = Second(traffic.cells)
        self.listeners: list[Callable[[Rows], None]] = [self.second.add]
        self._cells, self._t0_ns, self._ill = traffic.cells, spec.t0_ns, ill
        self._told: set[str] = set()

    def take(self, outcome: Outcome, lane: Lane) -> int:
        """Records the outcome; gives back its flags, with what was expected of it."""
        status, flags, cell = outcome.status, outcome.flags, outcome.job.cell
        if lane.is_read:
            more, cell = lane.read(status, outcome.head, outcome.body)
            flags |= more
        self._record(outcome.due_ns, outcome.sent_ns, outcome.done_ns, status, cell, flags)
        if not is_good(status, flags) and status != STOPPED:
            self._fail(outcome, lane, cell, flags)
        return flags

    def flush(self) -> None:
        self._try(self.recorder.drain)
        self._try(self.failures.flush)

    def close(self) -> None:
        self._try(self.recorder.close)
        self._try(self.failures.close)

    def _written(self, rows: Rows) -> None:
        for listener in self.listeners:
            listener(rows)

    def _fail(self, outcome: Outcome, lane: Lane, cell: int, flags: int) -> None:
        status, late_ns = outcome.status, outcome.due_ns - self._t0_ns
        if status in _OURS:
            self._tell(_OURS[status])
        # Most failures of an outage are only counted: nothing is made for those.
        if not self.failures.has_room(lane.route.name, status, late_ns // 1_000_000_000):
            return
        line = {
            "t": round(late_ns / 1e9, 6),
            "route": lane.route.name,
            "entry": lane.entry,
            "region": self._cells[cell].region,
            "client": lane.client,
            "status": status,
            "says": status_name(status),
            "because": outcome.because or None,
            "latency_ms": round((outcome.done_ns - outcome.due_ns) / 1e6, 3),
            "flags": flags,
        }
        self._try(lambda: self.failures.write(line, outcome.head, outcome.body))

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            self._tell(f"the run folder takes no more: {error}")

    def _tell(self, because: str) -> None:
        if because not in self._told:
            self._told.add(because)
            self._ill(because)

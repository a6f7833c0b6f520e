"""One request to be sent, what became of it, and the sums over all of them."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

LAGS_MAX = 65_536


@dataclass(slots=True)
class Job:
    """`fresh`: on a connection of its own, closed afterwards. `cell` and `tag` are passed through.

    `retries`: how often a request is sent again whose reused connection turned out to be closed.
    """

    endpoint: int
    request: bytes  # complete, its Content-Length known
    method: bytes = b"GET"
    fresh: bool = False
    cell: int = 0
    timeout_ns: int = 5_000_000_000  # counts from the due time
    retries: int = 0
    keep: int = 0  # bytes of the body to keep
    tag: Any = None


@dataclass(slots=True)
class Outcome:
    """What became of one attempt. Times are CLOCK_MONOTONIC ns; the due time never moves.

    `sent_ns` is when the tester set to work on it (the first byte offered, or its connection
    begun): later than due only where the tester was late or at its cap. `connected_ns` is when a
    connection opened for it was ready, 0 on a reused one. Head and body are empty without an HTTP
    status; `because` then says more than ours, in the system's words.
    """

    job: Job
    due_ns: int
    sent_ns: int = 0
    done_ns: int = 0
    status: int = 0
    flags: int = 0
    head: bytes = b""
    body: bytes = b""
    attempt: int = 0
    connected_ns: int = 0
    because: str = ""
    serial: int = 0
    connection: Any = field(default=None, repr=False)  # the engine's, while under way


@dataclass(slots=True)
class Stats:
    """Sums since the start, except the lags: those are of the time since the last `tick`."""

    sent: int = 0
    done: int = 0
    in_flight: int = 0  # due and not done
    not_sent: int = 0  # ended without ever being sent
    connects: int = 0
    dropped: int = 0  # idle connections that the peer closed or spoiled
    lags_ns: deque[int] = field(default_factory=lambda: deque(maxlen=LAGS_MAX))  # sent - due

    def lag_ns(self, share: float) -> int:
        """The lag that this share of the requests kept, 0 when there were none."""
        lags = sorted(self.lags_ns)
        return lags[min(len(lags) - 1, int(share * len(lags)))] if lags else 0

    def tick(self) -> None:
        """Begins a new second."""
        self.lags_ns.clear()

"""Asks a server one request after the other, on the engine, as a test wants to see it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic_ns
from types import TracebackType
from typing import Any, Self

from nfrcheck.wire.engine import Endpoint, Engine, Job, Outcome, endpoint_from
from tests.wire.torture import TortureServer

GIVE_UP_S = 20.0
MILLISECOND = 1_000_000
SECOND = 1_000 * MILLISECOND


def request(method: bytes = b"GET", body: bytes = b"") -> bytes:
    length = b"content-length: %d\r\n" % len(body) if body else b""
    return method + b" /thing HTTP/1.1\r\nhost: shop.test\r\n" + length + b"\r\n" + body


def endpoint_of(server: TortureServer) -> Endpoint:
    """Without TLS."""
    return endpoint_from(f"http://127.0.0.1:{server.port}")


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


class Asking:
    """An engine and all its outcomes; a job differs from a plain GET by what is given."""

    def __init__(self, *endpoints: Endpoint, cap: int = 64) -> None:
        self.outcomes: list[Outcome] = []
        self.seen_ns: list[int] = []
        self.requests = 0
        self.engine = Engine(endpoints, cap=cap, on_outcome=self._keep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.engine.close()

    def submit(self, count: int = 1, **job: Any) -> None:
        method = job.get("method", b"GET")
        settings: dict[str, Any] = {"endpoint": 0, "request": request(method), "keep": 1_000} | job
        for _ in range(count):
            self.requests += 1
            self.engine.submit(Job(**settings), monotonic_ns())

    def one(self, **job: Any) -> Outcome:
        """Sends one and waits for what becomes of it."""
        self.submit(**job)
        self.wait(lambda: self.engine.stats.in_flight == 0 and self.engine.stats.sent > 0)
        return self.outcomes[-1]

    def wait(self, until: Callable[[], bool]) -> None:
        give_up = monotonic_ns() + GIVE_UP_S * SECOND
        self.engine.serve()
        self.engine.run(lambda: until() or monotonic_ns() > give_up)
        assert until(), f"not within {GIVE_UP_S} s; {self.engine.stats}"

    def by_status(self) -> Counter[int]:
        return Counter(outcome.status for outcome in self.outcomes)

    def _keep(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.seen_ns.append(monotonic_ns())

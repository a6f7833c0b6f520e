"""What the peers of the pacing benchmark share: their arguments, and what they say at the end."""

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

PRIORITY = -10  # what a load child asks for


@dataclass(slots=True)
class Pacing:
    """Due times of a constant rate, and how late each of them was met."""

    port: int
    rate: int
    seconds: float
    warm_s: float
    t0_ns: int = 0
    lags_ns: list[int] = field(default_factory=list)
    cpu_ns: int = 0

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> "Pacing":
        port, rate, seconds, warm_s = arguments
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        return cls(int(port), int(rate), float(seconds), float(warm_s))

    @property
    def count(self) -> int:
        return round(self.rate * (self.warm_s + self.seconds))

    @property
    def request(self) -> bytes:
        return f"GET /sku-1 HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n\r\n".encode()

    def begin(self) -> None:
        self.t0_ns = time.monotonic_ns() + 50_000_000
        self.cpu_ns = time.process_time_ns()

    def due_ns(self, k: int) -> int:
        return self.t0_ns + k * 1_000_000_000 // self.rate

    def say(self) -> None:
        cpu_us = (time.process_time_ns() - self.cpu_ns) / 1e3 / len(self.lags_ns)
        seen = sorted(self.lags_ns[round(self.rate * self.warm_s) :])
        found = {f"p{share}_us": seen[len(seen) * share // 100] / 1e3 for share in (50, 99)}
        sys.stdout.write(json.dumps(found | {"cpu_us": cpu_us}) + "\n")

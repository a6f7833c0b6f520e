"""The real load child, as the controller starts it: what users run is what is measured."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.processes import Message, Target, Worker
from nfrcheck.model.records import read_records

MODULE = "nfrcheck.experiments.loads.child"
START_IN_S = 0.1
TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class LoadChild:
    process: Worker
    folder: Path
    spawn_to_ready_s: float

    def start(self) -> None:
        """Returns when the first request is due."""
        at_ns = time.monotonic_ns() + round(START_IN_S * 1e9)
        self.process.tell({"do": "start", "at_ns": at_ns})
        time.sleep(START_IN_S)

    def stop(self) -> Message:
        """Returns when it says that all is on disk."""
        self.process.tell({"do": "stop"})
        return self.process.hear("stopped")

    def records(self) -> NDArray[Any]:
        """All records so far; `due_us` counts from the spec's `t0_ns`."""
        return np.concatenate([read_records(path) for path in sorted(self.folder.glob("*.rec"))])


@contextmanager
def load_child(
    asked: Target, folder: Path, rate: float, *, core: int | None = None
) -> Iterator[LoadChild]:
    """Ready, and not yet told to start. One route, constant arrivals."""
    folder.mkdir()
    spec = {
        "stream": "shop",
        "kind": "load",
        "folder": str(folder),
        "t0_ns": time.monotonic_ns(),
        "rate": rate,
        "arrivals": "constant",
        "timeout_s": TIMEOUT_S,
        "cap": max(1_000, round(rate * TIMEOUT_S)),
        "run_id": "benchmark",
        "entries": [["global", 1.0]],
        "endpoints": {"global": {"url": asked.url, "address": "127.0.0.1"}},
        "routes": [{"name": "browse", "path": "/web/v1/products/sku-1"}],
    }
    with Worker([sys.executable, "-m", MODULE], core=core) as process:
        process.tell(spec)
        process.hear("ready")
        yield LoadChild(process, folder, time.monotonic() - process.began)

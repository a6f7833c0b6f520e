"""An hour's run folder, made up from a seed: 6 million requests, 12 routes in 3 regions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nfrcheck.model.records import HOUR_NS, RECORD, REUSED, Cell, Header, write_records

STREAM, ROUTES, REGIONS = "shop", 12, ("a", "b", "c")
SECONDS, SECONDS_SMOKE, RATE = 3_600, 30, 1_667
OUTAGE_MS = 200
OUTAGES = 12
"""Short error phases in one region, as real systems have them."""

CELLS = tuple(
    Cell("global", f"route-{route}", region) for route in range(ROUTES) for region in REGIONS
)
PLANNED = {STREAM: {"timeout_s": 5.0, "rate": float(RATE), "arrivals": "constant", "local": False}}


def make(folder: Path, seconds: int) -> int:
    """Writes record files and events; the number of records."""
    found = records(seconds)
    header = Header(stream=STREAM, kind="load", child=0, t0_ns=0, base_ns=0, cells=CELLS)
    assert seconds * 1_000_000_000 <= HOUR_NS, "one file holds an hour"
    write_records(folder / header.file_name, header, found)
    lines = (json.dumps(event) for event in events(seconds))
    (folder / "events.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(found)


def records(seconds: int) -> np.ndarray[Any, np.dtype[Any]]:
    random = np.random.default_rng(7)
    count = seconds * RATE
    made = np.zeros(count, dtype=RECORD)
    made["due_us"] = np.arange(count) * 1_000_000 // RATE
    made["wait_us"] = random.integers(20, 400, count)
    made["latency_us"] = np.minimum(random.lognormal(10.0, 0.5, count), 4.9e6)
    made["status"], made["flags"] = 200, REUSED
    made["cell"] = random.integers(0, len(CELLS), count)
    in_b = np.isin(made["cell"], [at for at, cell in enumerate(CELLS) if cell.region == "b"])
    for second in np.linspace(0, seconds, OUTAGES, endpoint=False):
        since_us = made["due_us"].astype(np.int64) - int(second * 1e6)
        down = in_b & (since_us >= 0) & (since_us < OUTAGE_MS * 1_000)
        made["status"][down] = 503
    # As a recorder writes them: in the order of their ends.
    return made[np.argsort(made["due_us"].astype(np.int64) + made["latency_us"], kind="stable")]


def events(seconds: int) -> Iterator[dict[str, Any]]:
    wall = "2026-01-01T00:00:00+00:00"
    yield {"t": 0.0, "event": "run", "state": "started", "t0_ns": 0, "wall": wall, "seed": 7}
    yield {"t": 0.0, "event": "preflight", "answered": {"global": True}}
    phase = {"event": "phase", "name": "steady", "part": None, "run": None, "kind": "quiet"}
    yield {"t": 0.0, **phase, "state": "start"}
    well = {"cpu": 0.2, "waiting": 0.0, "beat_p99_ms": 1.0, "lag_p99_ms": 0.4}
    for second in range(1, seconds + 1):
        yield {"t": float(second), "event": "health", "instrument": f"load-{STREAM}.0", **well}
    yield {"t": float(seconds), **phase, "state": "end"}
    ended = {"state": "ended", "reason": "complete", "because": "", "restored": True}
    yield {"t": float(seconds), "event": "run", **ended}

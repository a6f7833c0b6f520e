"""How late requests leave at a given rate; beside it the machine's own lateness."""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.harness import Benchmark, Options, Row
from benchmarks.load_child import load_child
from benchmarks.processes import Target, cpu_ns, target, tester_core, worker

# Requests a second: the most p50 and p99 may be, ms.
LIMITS = {1_000: (0.2, 2.0), 5_000: (0.4, 5.0)}
CONTROL, OURS = "control: bare timerfd loop", "nfrcheck load child"
WORKERS = {
    CONTROL: "pace_control",
    "asyncio call_at": "pace_asyncio",
    "gevent.sleep": "pace_gevent",
}
WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """For each request, of the tool's whole process tree."""


def measure(options: Options) -> list[Row]:
    rows: list[Row] = []
    with target() as asked, tempfile.TemporaryDirectory() as folder:
        for rate in [1_000] if options.smoke else LIMITS:
            paces: dict[str, list[Pace]] = {}
            for repetition in range(options.repetitions):
                # The control right before what it is the control of.
                for tool in [CONTROL, OURS, *list(WORKERS)[1:]]:
                    place = Path(folder, f"{rate}.{repetition}")
                    paces.setdefault(tool, []).append(_pace(tool, asked, rate, options, place))
            rows += _rows(rate, paces)
    return rows


def _pace(tool: str, asked: Target, rate: int, options: Options, folder: Path) -> Pace:
    warm_s = 0.0 if options.smoke else WARM_UP_S
    if tool == OURS:
        return _of_load_child(asked, rate, options.seconds, warm_s, folder)
    arguments = (asked.port, rate, options.seconds, warm_s)
    with worker(WORKERS[tool], *arguments, core=tester_core()) as process:
        found = process.hear("p50_us")
    return Pace(found["p50_us"] / 1e3, found["p99_us"] / 1e3, found["cpu_us"])


def _of_load_child(asked: Target, rate: int, seconds: float, warm_s: float, folder: Path) -> Pace:
    with load_child(asked, folder, rate, core=tester_core()) as child:
        child.start()
        time.sleep(warm_s)
        used, begun = cpu_ns(child.process.pid), asked.count()
        time.sleep(seconds)
        sent, used = asked.count() - begun, cpu_ns(child.process.pid) - used
        child.stop()
        seen = child.records()
    waits_us = seen["wait_us"][seen["due_us"] >= int(seen["due_us"].min()) + warm_s * 1e6]
    p50, p99 = np.percentile(waits_us, [50, 99])
    # Counted by the server: records reach the disk a quarter of a second later.
    return Pace(float(p50) / 1e3, float(p99) / 1e3, used / 1e3 / sent)


def _rows(rate: int, paces: dict[str, list[Pace]]) -> Iterator[Row]:
    control_ms = statistics.median(pace.p99_ms for pace in paces[CONTROL])
    p50_ms, p99_ms = LIMITS[rate]
    for tool, seen in paces.items():
        mine = tool == OURS
        yield Row(
            what=f"{rate:,}/s {tool}, lag p50",
            unit="ms",
            values=tuple(pace.p50_ms for pace in seen),
            at_most=p50_ms if mine else None,
        )
        yield Row(
            what=f"{rate:,}/s {tool}, lag p99",
            unit="ms",
            values=tuple(pace.p99_ms for pace in seen),
            at_most=max(p99_ms, 2 * control_ms) if mine else None,
        )
        yield Row(
            what=f"{rate:,}/s {tool}, CPU of one request",
            unit="us",
            values=tuple(pace.cpu_us for pace in seen),
        )


BENCHMARK = Benchmark(
    name="pace",
    title="how late requests are sent against their due times, open loop, constant arrivals",
    measure=measure,
    libraries=("locust", "gevent", "uvloop"),
    notes=(
        "the limit of p99 is the larger of its figure and twice the control's p99: what this",
        "machine does to a loop that only waits is not ours; the control sends nothing",
        "all with the priority that a load child asks for (-10); the server on another core",
    ),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

"""How many requests a second of CPU buys: the engine with its recorder beside other tools."""

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.harness import Benchmark, Options, Row, ratios
from benchmarks.processes import Target, Worker, cpu_ns, target, tester_core, worker

CONNECTIONS = 50
OURS, LOCUST, WRK = "nfrcheck engine + recorder", "FastHttpUser", "wrk"
WORKERS = {OURS: "rate_engine", LOCUST: "rate_fast_http_user", "asyncio streams": "rate_asyncio"}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    WRK: ("wrk", "-t1", f"-c{CONNECTIONS}", "-d3600s"),
    "hey": ("hey", "-cpus", "1", "-c", str(CONNECTIONS), "-z", "3600s"),
}
# Heads of answers that are equal, and no two of them equal: times FastHttpUser, times wrk.
LIMITS = {False: (13.0, 0.8), True: (9.0, 0.6)}
SETTLE_S = 0.5


def measure(options: Options) -> list[Row]:
    rows: list[Row] = []
    for unique in [False] if options.smoke else [False, True]:
        with target(unique=unique) as asked:
            rows += _rows(_rates(asked, options), unique=unique)
    return rows


def _rates(asked: Target, options: Options) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for _ in range(options.repetitions):
        for tool in [*WORKERS, *(name for name, argv in COMMANDS.items() if shutil.which(argv[0]))]:
            found.setdefault(tool, []).append(_rate(tool, asked, options))
    return found


def _rate(tool: str, asked: Target, options: Options) -> float:
    """Requests per second of CPU; the server counts, the scheduler says what they cost."""
    with _running(tool, asked) as process:
        before = asked.count()
        while asked.count() < before + CONNECTIONS:
            time.sleep(0.01)
        time.sleep(0 if options.smoke else SETTLE_S)
        begun, used = asked.count(), cpu_ns(process.pid)
        time.sleep(options.seconds)
        return (asked.count() - begun) / ((cpu_ns(process.pid) - used) / 1e9)


@contextmanager
def _running(tool: str, asked: Target) -> Iterator[Worker]:
    if tool in WORKERS:
        with worker(WORKERS[tool], asked.port, CONNECTIONS, core=tester_core()) as process:
            yield process
    else:
        with Worker([*COMMANDS[tool], asked.url], core=tester_core()) as process:
            try:
                yield process
            finally:
                process.process.kill()


def _rows(rates: Mapping[str, list[float]], *, unique: bool) -> Iterator[Row]:
    heads = "no two heads equal" if unique else "equal heads"
    for tool in [*WORKERS, *COMMANDS]:
        if tool in rates:
            yield Row(what=f"{tool}, {heads}", unit="requests/CPU-s", values=tuple(rates[tool]))
        else:
            yield Row(what=f"{tool}, {heads}", skipped="not installed")
    for peer, limit in zip((LOCUST, WRK), LIMITS[unique], strict=True):
        if peer in rates:
            times = ratios(rates[OURS], rates[peer])
            yield Row(what=f"ours / {peer}, {heads}", unit="x", values=times, at_least=limit)


BENCHMARK = Benchmark(
    name="rate",
    title="requests for each second of CPU, closed loop, plain GET, every request recorded on disk",
    measure=measure,
    libraries=("locust", "gevent", "geventhttpclient", "uvloop"),
    notes=(
        f"{CONNECTIONS} kept connections; tester and server each on a core of their own",
        "requests as the server counts them, CPU of the tool's whole process tree (schedstat)",
    ),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

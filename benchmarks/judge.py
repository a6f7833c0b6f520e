"""What it costs to judge an hour: availability and latency of each route in each region."""

import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks.harness import Benchmark, Options, Row
from benchmarks.long_run import SECONDS, SECONDS_SMOKE, make
from benchmarks.processes import Message, worker

JUDGE_S, PEAK_MB = 2.0, 500.0
TARGETS = ("availability", "latency")
STEPS = {
    "import": "  before: import",
    "read": "  before: read the files",
    "availability": "  availability",
    "latency": "  latency, p95 and p99",
    "charts": "  afterwards: the numbers of the charts",
}
PANDAS = "pandas: counts, percentiles, share of each second"


def measure(options: Options) -> list[Row]:
    ours: list[Message] = []
    theirs: list[Message] = []
    with tempfile.TemporaryDirectory() as folder:
        count = make(Path(folder), SECONDS_SMOKE if options.smoke else SECONDS)
        for _ in range(options.repetitions):
            ours.append(_ask("judging", folder, "checks"))
            if find_spec("pandas"):
                theirs.append(_ask("judging_pandas", folder))
    if any(found["requests"] != count for found in ours):
        raise RuntimeError(f"not all {count} requests were judged")
    for name, words in ours[0]["words"].items():
        sys.stdout.write(f"{name} of {count:,} requests: {words}\n")
    return [*_of_ours(ours), *_of_pandas(theirs)]


def _ask(name: str, *arguments: str) -> Message:
    with worker(name, *arguments) as process:
        return process.hear("peak_mb", within_s=120)


def _of_ours(found: list[Message]) -> Iterator[Row]:
    whole = tuple(sum(one["cpu_s"][name] for name in TARGETS) for one in found)
    peaks = tuple(max(one["peak_mb"][name] for name in TARGETS) for one in found)
    yield Row(what="both targets, 36 strata each", unit="CPU s", values=whole, at_most=JUDGE_S)
    yield Row(what="peak memory, reading included", unit="MB", values=peaks, at_most=PEAK_MB)
    for step, words in STEPS.items():
        yield Row(what=words, unit="CPU s", values=tuple(one["cpu_s"][step] for one in found))
    for step in ("import", "read", "charts"):
        values = tuple(one["peak_mb"][step] for one in found)
        yield Row(what=f"  peak memory after: {step}", unit="MB", values=values)


def _of_pandas(found: list[Message]) -> Iterator[Row]:
    skipped = "" if found else "not installed"
    for what, unit, key in ((PANDAS, "CPU s", "cpu_s"), ("  peak memory of that", "MB", "peak_mb")):
        values = tuple(float(one[key]) for one in found)
        yield Row(what=what, unit=unit, values=values, skipped=skipped)


BENCHMARK = Benchmark(
    name="judge",
    title="6 million requests of an hour, availability and latency for each of 36 strata",
    measure=measure,
    libraries=("pandas", "pydantic"),
    notes=(
        "a made-up hour with 12 outages of 200 ms in one region; a fresh process each time",
        "pandas reads the file and gives no odds, no outages and no verdict",
    ),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

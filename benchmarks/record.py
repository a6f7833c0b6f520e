"""What it costs to put one request to disk, and to hand it on to the statistics."""

import json
import subprocess
import sys

from benchmarks.harness import Benchmark, Options, Row
from benchmarks.processes import ROOT, tester_core

OURS = "nfrcheck Recorder, to disk"
# What the worker can measure, and the most that ours may cost, ns.
TOOLS: dict[str, float | None] = {
    OURS: 150,
    "nfrcheck, handed on to Locust's statistics": 60,
    "nfrcheck, counted for the health line": 20,
    "list of tuples, in memory": None,
    "csv row, to disk": None,
    "Locust's log_request, in memory": None,
    "sqlite in batches, to disk": None,
}
RECORDS, RECORDS_SMOKE = 500_000, 5_000


def measure(options: Options) -> list[Row]:
    records = RECORDS_SMOKE if options.smoke else RECORDS
    argv = [sys.executable, "-m", "benchmarks.workers.recording"]
    argv += [str(records), str(options.repetitions), str(tester_core())]
    done = subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=600)
    found: dict[str, list[float]] = json.loads(done.stdout)
    return [
        Row(what=tool, unit="ns/record", values=tuple(found[tool]), at_most=limit)
        if tool in found
        else Row(what=tool, skipped="not installed", at_most=limit)
        for tool, limit in TOOLS.items()
    ]


BENCHMARK = Benchmark(
    name="record",
    title="CPU time of recording one request: due, sent, done, status, cell and flags",
    measure=measure,
    libraries=("locust",),
    notes=(f"{RECORDS:,} records a repetition; an empty loop over the same rows is taken off",),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

"""What it costs to ask nfrcheck for its help or its version."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import Benchmark, Options, Row

LIMIT_S = 0.15
PEERS = {"locust --version": "locust", "schemathesis --version": "schemathesis"}


def measure(options: Options) -> list[Row]:
    commands: dict[str, list[str] | None] = {
        "nfrcheck --help": [sys.executable, "-m", "nfrcheck", "--help"],
        "nfrcheck --version": [sys.executable, "-m", "nfrcheck", "--version"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    for words, name in PEERS.items():
        beside = Path(sys.executable).with_name(name)
        found = str(beside) if beside.exists() else shutil.which(name)
        commands[words] = [found, "--version"] if found else None
    costs: dict[str, list[float]] = {words: [] for words in commands}
    for _ in range(options.repetitions):
        for words, argv in commands.items():
            if argv is not None:
                costs[words].append(_cpu_s(argv))
    return [
        Row(
            what=words,
            unit="CPU s",
            values=tuple(seen),
            skipped="" if seen else "not installed",
            at_most=LIMIT_S if words.startswith("nfrcheck") else None,
        )
        for words, seen in costs.items()
    ]


def _cpu_s(argv: list[str]) -> float:
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{argv} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime


BENCHMARK = Benchmark(
    name="startup",
    title="CPU time of a command that only says something",
    measure=measure,
    libraries=("click", "locust"),
    defaults=Options(repetitions=10),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

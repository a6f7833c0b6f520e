"""How long a load child takes to be ready, and to have its file complete after a stop."""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import Benchmark, Options, Row
from benchmarks.load_child import load_child
from benchmarks.processes import target, tester_core

RATE = 500
READY_S, COMPLETE_S = 1.0, 0.5


def measure(options: Options) -> list[Row]:
    ready_s, complete_s = [], []
    with target() as asked, tempfile.TemporaryDirectory() as folder:
        for repetition in range(options.repetitions):
            place = Path(folder, str(repetition))
            already = asked.count()
            with load_child(asked, place, RATE, core=tester_core()) as child:
                ready_s.append(child.spawn_to_ready_s)
                child.start()
                time.sleep(options.seconds)
                begun = time.monotonic()
                child.stop()
                complete_s.append(time.monotonic() - begun)
                found, answered = len(child.records()), asked.count() - already
            if found != answered:
                raise RuntimeError(f"{found} records are on disk, {answered} were answered")
    return [
        Row(what="spawn to ready", unit="s", values=tuple(ready_s), at_most=READY_S),
        Row(what="stop to file complete", unit="s", values=tuple(complete_s), at_most=COMPLETE_S),
    ]


BENCHMARK = Benchmark(
    name="child",
    title=f"a load child: from its start to `ready`, from `stop` to all of it on disk ({RATE}/s)",
    measure=measure,
    libraries=("locust", "gevent"),
    notes=("wall clock; complete: the child says so, and its file holds what the server answered",),
    defaults=Options(repetitions=10, seconds=1.0),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

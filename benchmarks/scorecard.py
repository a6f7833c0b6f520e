"""What the scorecard of an hour costs, and how large the page is."""

import sys
import tempfile
from pathlib import Path

from benchmarks.harness import Benchmark, Options, Row
from benchmarks.long_run import SECONDS, SECONDS_SMOKE, make
from benchmarks.processes import Message, worker

WHOLE_S, PEAK_MB = 5.0, 500.0


def measure(options: Options) -> list[Row]:
    judged: list[Message] = []
    drawn: list[Message] = []
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), SECONDS_SMOKE if options.smoke else SECONDS)
        for _ in range(options.repetitions):
            judged.append(_ask("judging", folder, "whole"))
            drawn.append(_ask("drawing", folder))
    before_s = [sum(found["cpu_s"].values()) for found in judged]
    draw_s = [float(found["all"]) for found in drawn]
    return [
        Row(
            what="from record files to the page: import, read, judge, render",
            unit="CPU s",
            values=tuple(map(sum, zip(before_s, draw_s, strict=True))),
            at_most=WHOLE_S,
        ),
        Row(what="  of that render, with its imports", unit="CPU s", values=tuple(draw_s)),
        Row(
            what="peak memory, the larger of both processes",
            unit="MB",
            values=tuple(
                max(*one["peak_mb"].values(), other["peak_mb"])
                for one, other in zip(judged, drawn, strict=True)
            ),
            at_most=PEAK_MB,
        ),
        Row(
            what="scorecard.html",
            unit="kB",
            values=tuple(found["bytes"] / 1e3 for found in drawn),
        ),
    ]


def _ask(name: str, *arguments: str) -> Message:
    with worker(name, *arguments) as process:
        return process.hear("peak_mb", within_s=120)


BENCHMARK = Benchmark(
    name="scorecard",
    title="the page of a run of one hour and 6 million requests",
    measure=measure,
    libraries=("jinja2", "vl-convert-python"),
    notes=("judged in one process, rendered in another one, both fresh each time",),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

"""Ways to record a request, timed one after the other; says CPU ns of one record, for each way."""

import csv
import gc
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from time import monotonic_ns, process_time_ns
from typing import Any

import numpy as np

from nfrcheck.model.records import REUSED, Cell
from nfrcheck.wire.health import Second
from nfrcheck.wire.recorder import RECORDS_MAX, Recorder

Rows = list[tuple[int, int, int]]
Record = Callable[[int, int, int, int, int, int], object]

GAP_NS, WAIT_NS, LATENCY_NS = 50_000, 3_000, 20_000_000
BATCH = 1_000
CELLS = [Cell("global", f"route-{number}") for number in range(12)]


def _rows(count: int) -> Rows:
    """20,000 a second that are over: none of them is younger than the last drain."""
    begin = monotonic_ns() - count * GAP_NS - LATENCY_NS
    dues = (begin + number * GAP_NS for number in range(count))
    return [(due, due + WAIT_NS, due + LATENCY_NS) for due in dues]


@contextmanager
def ours(rows: Rows) -> Iterator[Record]:
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder), "shop", "load", 0, rows[0][0], CELLS)
        recorder.drain()
        yield recorder.record
        assert recorder.drain() == len(rows)
        recorder.close()


@contextmanager
def tuples(_rows: Rows) -> Iterator[Record]:
    kept: list[tuple[int, ...]] = []
    add = kept.append
    yield lambda *record: add(record)


@contextmanager
def csv_rows(_rows: Rows) -> Iterator[Record]:
    with tempfile.TemporaryFile("w", newline="") as file:
        write = csv.writer(file).writerow
        yield lambda *record: write(record)


@contextmanager
def sqlite_batches(_rows: Rows) -> Iterator[Record]:
    with tempfile.TemporaryDirectory() as folder:
        base = sqlite3.connect(Path(folder, "records.db"))
        base.execute("create table record (due, sent, done, status, cell, flags)")
        batch: list[tuple[int, ...]] = []

        def record(*values: int) -> None:
            batch.append(values)
            if len(batch) == BATCH:
                base.executemany("insert into record values (?, ?, ?, ?, ?, ?)", batch)
                batch.clear()

        yield record
        base.commit()
        base.close()


WAYS = {
    "nfrcheck Recorder, to disk": ours,
    "list of tuples, in memory": tuples,
    "csv row, to disk": csv_rows,
    "sqlite in batches, to disk": sqlite_batches,
}


def nothing_ns(rows: Rows) -> int:
    begun = process_time_ns()
    for _due, _sent, _done in rows:
        pass
    return process_time_ns() - begun


def cost_ns(rows: Rows, way: Callable[[Rows], Any]) -> float:
    """Of one record; the writing at the end counts, opening and closing do too."""
    begun = process_time_ns()
    with way(rows) as record:
        for due, sent, done in rows:
            record(due, sent, done, 200, 3, REUSED)
    return (process_time_ns() - begun - nothing_ns(rows)) / len(rows)


def handed_on_ns(rows: Rows, listener: Callable[[Any], None]) -> float:
    """As the recorder hands them on: a block at a time."""
    names = ("due", "sent", "done", "status", "cell", "flags")
    blocks = np.zeros(len(rows), dtype=[(name, "<i8") for name in names])
    for at, name in enumerate(("due", "sent", "done")):
        blocks[name] = [row[at] for row in rows]
    blocks["status"], blocks["flags"] = 200, REUSED
    blocks["cell"] = np.arange(len(rows)) % len(CELLS)
    begun = process_time_ns()
    for at in range(0, len(rows), RECORDS_MAX):
        listener(blocks[at : at + RECORDS_MAX])
    return (process_time_ns() - begun) / len(rows)


def counted_ns(rows: Rows) -> float:
    second = Second(CELLS)
    each = 20_000 // RECORDS_MAX
    blocks = 0

    def listen(block: Any) -> None:
        nonlocal blocks
        second.add(block)
        blocks += 1
        if blocks % each == 0:
            second.close()

    return handed_on_ns(rows, listen)


def of_locust(rows: Rows) -> dict[str, float]:
    """Nothing where Locust is not installed."""
    os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
    try:
        runner = import_module("nfrcheck.experiments.loads.locust_runner")
    except ModuleNotFoundError:
        return {}
    stats = import_module("locust.stats")
    names = [(cell.route, "GET") for cell in CELLS]
    handed_on = handed_on_ns(rows, runner.Statistics(stats.RequestStats(), names).add)
    single, few = stats.RequestStats(), rows[: len(rows) // 10]
    begun = process_time_ns()
    for due, _sent, done in few:
        single.log_request("GET", "route-3", (done - due) / 1e6, 64)
    each = (process_time_ns() - begun - nothing_ns(few)) / len(few)
    return {
        "nfrcheck, handed on to Locust's statistics": handed_on,
        "Locust's log_request, in memory": each,
    }


def main(count: int, repetitions: int, core: int) -> None:
    os.sched_setaffinity(0, {core})
    rows = _rows(count)
    gc.freeze()
    gc.disable()  # as a load child does while its streams run
    found: dict[str, list[float]] = {}
    for _ in range(repetitions):
        costs = {name: cost_ns(rows, way) for name, way in WAYS.items()}
        costs["nfrcheck, counted for the health line"] = counted_ns(rows)
        for name, cost in (costs | of_locust(rows)).items():
            found.setdefault(name, []).append(cost)
        gc.collect()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

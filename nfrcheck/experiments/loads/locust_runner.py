"""Locust's own runner around the load engine; import it with LOCUST_SKIP_MONKEY_PATCH set."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gevent
import gevent.event
import numpy as np
from locust import User, task
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry
from numpy.typing import NDArray

from nfrcheck.wire.health import good
from nfrcheck.wire.traffic import Traffic

_STOP_WITHIN_S = 0.05
_REST_S = 0.02


class Pacer(User):
    """The one user that Locust sees: it lasts as long as the traffic does."""

    abstract = False
    started = gevent.event.Event()
    stopped = gevent.event.Event()

    @task
    def pace(self) -> None:
        self.started.set()
        self.stopped.wait()


class LocustRun:
    """A local runner without Locust's command line: no configuration files, no web, no keys.

    The engine stays outside of gevent: its epoll descriptor is itself pollable, so the hub watches
    one descriptor and gives the engine its turns.
    """

    def __init__(self, traffic: Traffic) -> None:
        Pacer.started.clear()
        Pacer.stopped.clear()
        self.environment = Environment(user_classes=[Pacer], stop_timeout=_STOP_WITHIN_S)
        self.runner = self.environment.create_local_runner()
        self.statistics = Statistics(self.environment.stats, cell_names(traffic))
        self._watcher: Any = None

    def start(self) -> None:
        self.runner.start(1, spawn_rate=1)
        Pacer.started.wait(timeout=5)

    def watch(self, descriptor: int, serve: Callable[[], None]) -> None:
        """`serve` is called in the hub whenever the engine has something to do."""
        self._watcher = gevent.get_hub().loop.io(descriptor, 1)
        self._watcher.start(serve)

    def unwatch(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
            self._watcher = None

    def rest(self) -> None:
        """Gives the hub its time; the engine is served in it."""
        gevent.sleep(_REST_S)

    def quit(self) -> None:
        self.unwatch()
        Pacer.stopped.set()
        self.runner.quit()


class Statistics:
    """Adds recorded requests to Locust's statistics, in one go per name.

    `names` gives the (name, method) of each cell. Sums, counts and buckets come out as if each
    request had been logged alone, at a hundredth of the price.
    """

    def __init__(self, stats: RequestStats, names: Sequence[tuple[str, str]]) -> None:
        self._stats = stats
        self._wall_less_monotonic_ns = time.time_ns() - time.monotonic_ns()
        unique = sorted(set(names))
        self._unique = unique
        self._name_of_cell = np.array([unique.index(name) for name in names], dtype=np.intp)

    def add(self, rows: NDArray[Any]) -> None:
        """`rows` as `nfrcheck.wire.keeping.Rows`."""
        seconds = (rows["done"] + self._wall_less_monotonic_ns) // 1_000_000_000
        failed = ~good(rows["status"], rows["flags"])
        milliseconds = (rows["done"] - rows["due"]) / 1e6
        name_of = self._name_of_cell[rows["cell"]]
        for at, (name, method) in enumerate(self._unique):
            here = name_of == at
            if here.any():
                entry = self._entry(milliseconds[here], seconds[here], failed[here])
                self._stats.entries[name, method].extend(entry)
                self._stats.total.extend(entry)

    def counts(self) -> dict[str, int]:
        total = self._stats.total
        return {"requests": total.num_requests, "failures": total.num_failures}

    def by_name(self) -> Mapping[tuple[str, str], StatsEntry]:
        entries: Mapping[tuple[str, str], StatsEntry] = self._stats.entries
        return entries

    def _entry(
        self, milliseconds: NDArray[Any], seconds: NDArray[Any], failed: NDArray[np.bool_]
    ) -> StatsEntry:
        entry = StatsEntry(self._stats, "", "")
        # Not one by one: Locust declares its times as whole numbers, and logs fractions.
        vars(entry).update(
            num_requests=int(milliseconds.size),
            num_failures=int(failed.sum()),
            total_response_time=float(milliseconds.sum()),
            min_response_time=float(milliseconds.min()),
            max_response_time=float(milliseconds.max()),
            response_times=_counts(buckets(milliseconds)),
            num_reqs_per_sec=_counts(seconds),
            num_fail_per_sec=_counts(seconds[failed]),
            last_request_timestamp=float(seconds.max()),
        )
        return entry


def buckets(milliseconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Locust's own rounding to about two digits, of a whole block."""
    steps = np.select([milliseconds < limit for limit in (100, 1_000, 10_000)], [1, 10, 100], 1_000)
    rounded: NDArray[np.int64] = (np.rint(milliseconds / steps) * steps).astype(np.int64)
    return rounded


def _counts(values: NDArray[np.int64]) -> dict[int, int]:
    found, counts = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def cell_names(traffic: Traffic) -> list[tuple[str, str]]:
    """Locust's name and method of each cell: the route's; regions and entries are added up."""
    methods = {route.name: route.method.upper() for route in traffic.spec.routes}
    return [(cell.route, methods[cell.route]) for cell in traffic.cells]

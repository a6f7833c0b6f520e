"""Locust's statistics show the same as if each request had been logged alone."""

import importlib
import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nfrcheck.model.records import CHECK_FAILED
from nfrcheck.model.traffic import EndpointSpec, Route, TrafficSpec
from nfrcheck.wire.traffic import Traffic, compile_traffic

ROWS = np.dtype(
    [("due", "<i8"), ("done", "<i8"), ("status", "<u2"), ("cell", "u1"), ("flags", "u1")]
)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Without the patches: they would be for the whole of this process."""
    monkeypatch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    return importlib.import_module("nfrcheck.experiments.loads.locust_runner")


@pytest.fixture
def stats(runner: ModuleType) -> Any:
    return importlib.import_module(runner.RequestStats.__module__)


def shop() -> Traffic:
    return compile_traffic(
        TrafficSpec(
            stream="s",
            kind="load",
            folder=".",
            t0_ns=0,
            rate=1,
            cap=1,
            entries=(("a", 1), ("b", 1)),
            endpoints={
                name: EndpointSpec(url="http://x", address="127.0.0.1") for name in ("a", "b")
            },
            routes=(Route(name="browse", path="/"), Route(name="order", path="/", method="POST")),
            run_id="r",
        )
    )


def some_rows(chance: random.Random, many: int) -> Any:
    rows = np.zeros(many, dtype=ROWS)
    for row in rows:
        row["due"] = chance.randrange(10**9)
        row["done"] = row["due"] + int(chance.lognormvariate(18, 2))
        row["status"] = chance.choice([200, 200, 204, 404, 503, 6])
        row["cell"] = chance.randrange(4)
        row["flags"] = chance.choice([0, 0, CHECK_FAILED])
    return rows


def test_bulk_and_single_additions_agree(runner: ModuleType, stats: Any) -> None:
    traffic, chance = shop(), random.Random(1)
    bulk, single = stats.RequestStats(), stats.RequestStats()
    adding = runner.Statistics(bulk, runner.cell_names(traffic))

    for _ in range(5):
        rows = some_rows(chance, 400)
        adding.add(rows)
        for row in rows:
            name, method = runner.cell_names(traffic)[row["cell"]]
            single.log_request(method, name, (row["done"] - row["due"]) / 1e6, 0)
            if not 200 <= row["status"] < 400 or row["flags"]:
                single.log_error(method, name, "bad")

    assert set(bulk.entries) == {("browse", "GET"), ("order", "POST")}
    for key, entry in [*bulk.entries.items(), (None, bulk.total)]:
        other = single.total if key is None else single.entries[key]
        assert entry.num_requests == other.num_requests > 0
        assert entry.num_failures == other.num_failures > 0
        assert entry.response_times == other.response_times
        assert entry.total_response_time == pytest.approx(other.total_response_time)
        assert entry.min_response_time == other.min_response_time
        assert entry.max_response_time == other.max_response_time
        assert sum(entry.num_reqs_per_sec.values()) == entry.num_requests
        assert sum(entry.num_fail_per_sec.values()) == entry.num_failures
        assert entry.get_response_time_percentile(0.99) == other.get_response_time_percentile(0.99)
    assert adding.counts() == {
        "requests": single.total.num_requests,
        "failures": single.total.num_failures,
    }


@pytest.mark.parametrize("milliseconds", [0.0, 0.4, 0.5, 99.5, 147, 155, 999, 3_450, 58_760])
def test_buckets_are_locusts_own(runner: ModuleType, stats: Any, milliseconds: float) -> None:
    (found,) = runner.buckets(np.array([milliseconds], dtype=np.float64))

    assert found == stats.bucket_response_time(milliseconds)

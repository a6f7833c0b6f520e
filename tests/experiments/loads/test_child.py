"""A load child sends what is due, and records all that became of it."""

import time
from pathlib import Path

import numpy as np
import pytest

from nfrcheck.model.records import (
    CHECK_FAILED,
    CLOSED_BEFORE,
    CLOSED_INSIDE,
    EXPECTED,
    REFUSED,
    REUSED,
    STOPPED,
    TIMEOUT,
    read_header,
)
from tests.experiments.children import (
    LOAD,
    Answer,
    Asked,
    Server,
    records,
    running_child,
    traffic,
    wait_until,
)


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_records_and_server_and_locust_count_the_same(
    tmp_path: Path, server: Server, arrivals: str
) -> None:
    routes = [
        {"name": "browse", "path": "/browse/{sku}", "weight": 8},
        {"name": "order", "method": "POST", "path": "/orders", "weight": 2, "body": "{n}"},
    ]
    spec = traffic(
        tmp_path, server.url, routes=routes, arrivals=arrivals, values={"sku": ["a", "b", "c"]}
    )

    with running_child(LOAD, spec) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 200)
        stopped = child.stop()

    seen = records(tmp_path)
    asked = [it.path for it in server.asked]
    assert len(seen) == len(asked) == stopped["recorded"] == stopped["sent"]
    assert stopped["locust"] == {"requests": len(seen), "failures": 0}
    assert set(seen["status"]) == {200}
    assert np.sum(seen["route"] == "order") == asked.count("/orders") > 0
    assert {"/browse/a", "/browse/b", "/browse/c"} <= set(asked)
    numbers = [it.body for it in server.asked if it.method == "POST"]
    assert len(set(numbers)) == len(numbers)
    assert np.mean(seen["flags"] & REUSED != 0) > 0.7
    headers = server.asked[0].headers
    assert headers["x-nfrcheck-run"] == "run-1"
    assert headers["user-agent"].startswith("nfrcheck/")
    assert headers["host"] == server.url.removeprefix("http://")


def test_two_children_share_one_schedule(tmp_path: Path, server: Server) -> None:
    routes = [{"name": "browse", "path": "/{n}"}]
    specs = [
        traffic(tmp_path, server.url, routes=routes, children=2, child=child) for child in (0, 1)
    ]

    with running_child(LOAD, specs[0]) as first, running_child(LOAD, specs[1]) as second:
        first.expect("ready")
        second.expect("ready")
        at_ns = time.monotonic_ns() + 100_000_000
        for child in (first, second):
            child.order(do="start", at_ns=at_ns)
        wait_until(lambda: len(server.asked) >= 100)
        sent = [child.stop()["sent"] for child in (first, second)]

    paths = [it.path for it in server.asked]
    assert len(set(paths)) == len(paths) == sum(sent)
    assert abs(sent[0] - sent[1]) < 50


def says_its_region(asked: Asked) -> Answer:
    number = int(asked.path.removeprefix("/"))
    region = {0: {"x-served-region": "eu"}, 1: {"x-served-region": "mars"}}.get(number % 3, {})
    return 200, region, b'{"state": "open"}' if number % 2 == 0 else b'{"state": "gone"}'


def test_an_answer_is_checked_and_its_region_is_read(tmp_path: Path, server: Server) -> None:
    server.answer = says_its_region
    expect = {"status": ["2xx"], "json": {"/state": "open"}}
    spec = traffic(
        tmp_path,
        server.url,
        routes=[{"name": "browse", "path": "/{n}", "expect": expect}],
        served_by={"header": "X-Served-Region", "values": {"eu": "a"}},
        regions=["a", "b"],
    )

    with running_child(LOAD, spec) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 120)
        stopped = child.stop()

    seen = records(tmp_path)
    numbers = [int(it.path[1:]) for it in server.asked]
    missed = sum(number % 2 for number in numbers)
    assert np.sum(seen["flags"] & CHECK_FAILED != 0) == missed > 0
    assert np.sum(seen["flags"] & EXPECTED != 0) == len(seen) - missed
    assert np.sum(seen["region"] == "a") == sum(number % 3 == 0 for number in numbers)
    assert set(seen["region"]) == {"a", ""}
    assert stopped["locust"]["failures"] == missed


def test_a_server_that_stops_for_a_second_is_slow_for_all_that_were_due(
    tmp_path: Path, server: Server
) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 50)
        server.open.clear()
        began = time.monotonic()
        time.sleep(1.0)
        server.open.set()
        stopped_s = time.monotonic() - began
        already = len(server.asked)
        wait_until(lambda: len(server.asked) >= already + 50)
        child.stop()

    seen = records(tmp_path)
    assert len(seen) == len(server.asked)
    assert set(seen["status"]) == {200}
    due = np.sort(seen["due_us"].astype(np.int64))
    assert np.diff(due).max() <= 5_001
    # 200 a second are due while nothing is answered; their latencies are spread over the second.
    slow_s = seen["latency_us"] / 1e6
    for limit_s in (0.2, 0.5):
        assert np.sum(slow_s > limit_s) == pytest.approx(200 * (stopped_s - limit_s), abs=15)
    assert stopped_s - 0.05 <= slow_s.max() <= stopped_s + 0.3


def test_an_answer_that_never_comes_is_a_timeout_from_the_due_time(
    tmp_path: Path, server: Server
) -> None:
    server.open.clear()

    with running_child(LOAD, traffic(tmp_path, server.url, timeout_s=0.3)) as child:
        child.start()
        wait_until(lambda: len(records(tmp_path)) > 60)
        child.stop()

    seen = records(tmp_path)
    late = seen[seen["status"] == TIMEOUT]
    assert len(late) > 50
    assert set(seen["status"]) <= {TIMEOUT, STOPPED}
    assert late["latency_us"].min() == late["latency_us"].max() == 300_000


def test_a_server_that_was_never_there_is_refused_each_time(tmp_path: Path, server: Server) -> None:
    server.die()

    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        health = child.expect("health")
        stopped = child.stop()

    seen = records(tmp_path)
    assert set(seen["status"]) == {REFUSED}
    assert np.diff(np.sort(seen["due_us"].astype(np.int64))).max() <= 5_001
    assert health["bad"] == health["done"] > 0
    assert health["good"] == 0
    assert stopped["locust"] == {"requests": len(seen), "failures": len(seen)}


def test_a_server_that_dies_is_good_before_and_bad_afterwards(
    tmp_path: Path, server: Server
) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 50)
        server.die()
        died_us = (time.monotonic_ns() - spec_zero(tmp_path)) // 1000
        wait_until(lambda: np.sum(records(tmp_path)["status"] == REFUSED) > 60)
        child.stop()

    seen = records(tmp_path)
    before = seen[seen["due_us"] < died_us - 200_000]
    after = seen[seen["due_us"] > died_us]
    assert set(before["status"]) == {200}
    assert set(after["status"]) <= {REFUSED, CLOSED_BEFORE, CLOSED_INSIDE}
    assert np.sum(after["status"] == REFUSED) > 50


def spec_zero(folder: Path) -> int:
    return int(read_header(next(folder.glob("*.rec")))["base_ns"])

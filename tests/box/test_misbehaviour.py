"""Each defect does what it says, in its place only; each look-alike stays within its bounds."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.box.running_box import PRODUCT, RunningBox, readable, wait_until

pytestmark = pytest.mark.slow

MOBILE = "/mobile/v1/products/sku-1"


@contextmanager
def under_way(box: RunningBox, entry: str) -> Iterator[list[object]]:
    """A request that has reached a replica and is not answered yet; then what became of it."""
    outcome: list[object] = []

    def ask() -> None:
        try:
            outcome.append(box.get(entry).status_code)
        except httpx.TransportError as broken:
            outcome.append(type(broken))

    late = len(box.injected("tail-999"))
    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: len(box.injected("tail-999")) > late)
    yield outcome
    asking.join()


def test_a_healthy_box_does_none_of_it(whole_box: RunningBox) -> None:
    began = time.monotonic()
    statuses = [
        whole_box.get(entry, path).status_code
        for entry in (whole_box.global_, whole_box.a, whole_box.b)
        for path in (PRODUCT, MOBILE, "/web/v1/products/sku-20")
        for _ in range(10)
    ]

    assert set(statuses) == {200}
    assert (time.monotonic() - began) / len(statuses) < 0.1
    assert whole_box.ctl("GET", "truth")["injected"] == []
    assert whole_box.ctl("GET", "active") == {"defects": {}, "healthy": []}


def test_avail_9997_fails_a_share_of_one_region(whole_box: RunningBox) -> None:
    told = whole_box.ctl("PUT", "defects/avail-9997", {"region": "b", "rate": 0.5})
    assert told["defects"]["avail-9997"]["region"] == "b"

    answers = [whole_box.get(whole_box.b) for _ in range(40)]

    bad = [answer for answer in answers if answer.status_code == 503]
    assert 5 < len(bad) < 35
    assert {answer.headers["x-served-region"] for answer in bad} == {"b"}
    assert not any(whole_box.fails(whole_box.a) for _ in range(20))
    assert len(whole_box.injected("avail-9997")) == len(bad)


def test_route_hole_fails_one_route_only(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/route-hole", {"rate": 0.5})

    bad = sum(whole_box.fails(whole_box.global_, MOBILE) for _ in range(40))

    assert 5 < bad < 35
    assert not any(whole_box.fails(whole_box.global_) for _ in range(20))
    assert len(whole_box.injected("route-hole")) == bad


def test_tail_999_makes_answers_late(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/tail-999", {"node": "app-b1", "rate": 1})

    late_s: dict[str, float] = {}
    while len(late_s) < 2:  # until both replicas have had a turn
        began = time.monotonic()
        node = whole_box.get(whole_box.b).headers["x-served-node"]
        late_s[node] = time.monotonic() - began

    assert late_s["app-b1"] > 0.8
    assert late_s["app-b2"] < 0.5
    assert {event["node"] for event in whole_box.injected("tail-999")} == {"app-b1"}


@pytest.mark.parametrize("defect", ["router-dead-region", "slow-eject"])
def test_the_edge_goes_on_to_use_a_dead_region(whole_box: RunningBox, defect: str) -> None:
    whole_box.ctl("PUT", f"defects/{defect}", {})
    whole_box.act("regions/b/kill")
    time.sleep(0.8)  # more than a healthy edge needs

    statuses = [whole_box.get(whole_box.global_).status_code for _ in range(10)]

    assert statuses.count(502) == 5
    assert statuses.count(200) == 5


def test_shallow_health_hides_a_dead_store(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/shallow-health", {"region": "b"})
    whole_box.act("components/store-b/kill")
    time.sleep(0.8)  # more than a healthy edge needs

    statuses = [whole_box.get(whole_box.global_).status_code for _ in range(10)]

    assert whole_box.get(whole_box.b, "/readyz").status_code == 200
    assert statuses.count(503) == 5


def test_fake_active_active_takes_credit_for_the_other_region(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/fake-active-active", {"region": "b"})

    answer = whole_box.order(whole_box.b)

    assert answer.headers["x-served-region"] == "b"
    assert answer.headers["x-served-node"].startswith("app-b")
    order = answer.json()["id"]
    (write,) = [w for w in whole_box.ctl("GET", "truth")["writes"] if w["id"] == order]
    assert write["region"] == "a"
    whole_box.act("regions/a/kill")
    assert whole_box.fails(whole_box.b)
    assert whole_box.fails(whole_box.global_)


def test_lost_ack_loses_what_it_acknowledged(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/lost-ack", {"region": "b"})
    orders = [whole_box.order(whole_box.b).json()["id"] for _ in range(3)]
    assert all(readable(whole_box, whole_box.b, order) for order in orders)

    whole_box.act("regions/b/kill")
    whole_box.act("regions/b/restore")

    acked = {write["id"] for write in whole_box.ctl("GET", "truth")["writes"]}
    assert set(orders) <= acked
    for order in orders:
        assert whole_box.ctl("GET", f"stores/b/orders/{order}") is None
        assert not readable(whole_box, whole_box.a, order)
        assert not readable(whole_box, whole_box.b, order)


def test_lost_ack_keeps_what_it_had_time_to_save(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/lost-ack", {"region": "b"})

    order = whole_box.order(whole_box.b).json()["id"]

    wait_until(lambda: readable(whole_box, whole_box.a, order), within_s=3)


def test_client_errors_are_answers_to_mistakes(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "healthy/client-errors")

    statuses = [
        whole_box.get(whole_box.global_, f"/web/v1/products/sku-{n}").status_code
        for n in range(1, 41)
    ]

    assert statuses.count(404) == 2
    assert statuses.count(200) == 38
    assert whole_box.order(whole_box.global_, sku="sku-20").status_code == 409


def test_what_is_under_way_is_tried_again_elsewhere(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/tail-999", {"region": "b", "rate": 1})
    whole_box.act("components/gw-a/drain")  # so that the request is under way in b
    with under_way(whole_box, whole_box.global_) as outcome:
        whole_box.act("components/gw-a/undrain")
        whole_box.act("regions/b/kill")

    assert outcome == [200]


def test_in_flight_lost_loses_what_is_under_way_and_no_more(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "healthy/in-flight-lost")
    whole_box.ctl("PUT", "defects/tail-999", {"region": "b", "rate": 1})
    whole_box.act("components/gw-a/drain")
    with under_way(whole_box, whole_box.global_) as outcome:
        whole_box.act("components/gw-a/undrain")
        whole_box.act("regions/b/kill")

    assert outcome == [httpx.RemoteProtocolError]
    assert not any(whole_box.fails(whole_box.global_) for _ in range(20))


def test_slow_failover_ends_within_its_budget(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "healthy/slow-failover")
    whole_box.act("regions/b/kill")
    began = time.monotonic()
    failures = []
    while (since := time.monotonic() - began) < 2.2:
        if whole_box.fails(whole_box.global_):
            failures.append(since)

    assert 1.3 < max(failures) < 2.0


def test_place_and_rate_are_refused_where_they_make_no_sense(whole_box: RunningBox) -> None:
    headers = {"authorization": f"Bearer {whole_box.control['token']}"}
    for body in ({"region": "c"}, {"node": "app-a1"}, {"rate": 2}, {"colour": "red"}):
        url = whole_box.control["url"] + "/defects/avail-9997"
        assert whole_box.client.put(url, json=body, headers=headers).status_code == 400

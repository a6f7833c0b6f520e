"""What one part of the box makes another wait for, or refuse, where a switch says so."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from nfrcheck.box.board import Board, Settings
from nfrcheck.box.capacity import DECLARED, SMALL, SPARE_S, WARM_UP_S, Capacity
from nfrcheck.box.defects import resolve
from nfrcheck.box.layout import BY_NAME
from nfrcheck.box.switches import Switches
from tests.box.running_box import PRODUCT, RunningBox, in_rotation, wait_until

DELAY_S = 0.3
SLOW = {"type": "latency", "attributes": {"latency": round(1000 * DELAY_S)}}


@contextmanager
def slow(box: RunningBox, wire: str) -> Iterator[None]:
    url = f"http://127.0.0.4:{box.port}/proxies/{wire}/toxics"
    with httpx.Client(trust_env=False, timeout=5) as api:
        assert api.post(url, json=SLOW).status_code == 200
        try:
            yield
        finally:
            assert api.delete(f"{url}/latency_downstream").status_code == 204


def ordered_s(box: RunningBox, entry: str) -> float:
    """The fastest of some: what a busy machine adds is nobody's doing."""
    times = []
    for _ in range(4):
        began = time.monotonic()
        assert box.order(entry).status_code == 201
        times.append(time.monotonic() - began)
    return min(times)


def read_s(box: RunningBox, entry: str) -> float:
    times = []
    for _ in range(4):
        began = time.monotonic()
        assert box.get(entry).status_code == 200
        times.append(time.monotonic() - began)
    return min(times)


@pytest.mark.slow
@pytest.mark.parametrize("variant", [None, "batched-replication"])
def test_nobody_healthy_waits_for_the_other_region(
    whole_box: RunningBox, variant: str | None
) -> None:
    if variant:
        whole_box.ctl("PUT", f"healthy/{variant}")
    with slow(whole_box, "a-to-b"):
        assert ordered_s(whole_box, whole_box.a) < DELAY_S


@pytest.mark.slow
def test_batched_replication_still_takes_everything_over(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "healthy/batched-replication")

    order = whole_box.order(whole_box.a).json()["id"]

    path = f"/web/v1/orders/{order}"
    wait_until(lambda: whole_box.get(whole_box.b, path).status_code == 200)


@pytest.mark.slow
def test_sync_coupling_makes_orders_wait_for_the_other_region(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/sync-coupling", {})
    with slow(whole_box, "a-to-b"):
        assert ordered_s(whole_box, whole_box.a) >= DELAY_S
        assert read_s(whole_box, whole_box.a) < DELAY_S, "reading waits for nobody"
    assert ordered_s(whole_box, whole_box.b) < DELAY_S
    assert len(whole_box.injected("sync-coupling")) >= 4


@pytest.mark.slow
def test_serial_fan_out_multiplies_a_delay(whole_box: RunningBox) -> None:
    with slow(whole_box, "system-to-legacy-b"):
        assert DELAY_S <= read_s(whole_box, whole_box.b) < 2 * DELAY_S
        whole_box.ctl("PUT", "defects/serial-fan-out", {})
        assert read_s(whole_box, whole_box.b) >= 3 * DELAY_S


@pytest.mark.slow
def test_hidden_dependency_fails_a_region_without_the_store_of_the_other(
    whole_box: RunningBox,
) -> None:
    whole_box.act("components/store-a/kill")
    wait_until(lambda: not in_rotation(whole_box, "a"))
    try:
        assert not whole_box.fails(whole_box.b)
        whole_box.ctl("PUT", "defects/hidden-dependency", {"region": "b"})
        assert whole_box.fails(whole_box.b)
        assert in_rotation(whole_box, "b"), "its health does not tell"
    finally:
        whole_box.act("components/store-a/restore")
    wait_until(lambda: not whole_box.fails(whole_box.b))


@pytest.mark.slow
def test_writes_need_both_refuses_orders_only_and_only_while_alone(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "healthy/writes-need-both")
    assert whole_box.order(whole_box.b).status_code == 201
    whole_box.act("components/store-a/kill")
    try:
        wait_until(lambda: whole_box.order(whole_box.b).status_code == 503)
        assert not whole_box.fails(whole_box.b)
    finally:
        whole_box.act("components/store-a/restore")
    wait_until(lambda: whole_box.order(whole_box.b).status_code == 201)


@pytest.mark.slow
def test_no_n1_capacity_refuses_what_a_region_cannot_carry(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/no-n1-capacity", {"region": "b", "rate": 0.02})

    statuses = [whole_box.get(whole_box.b).status_code for _ in range(12)]

    assert set(statuses) == {200, 503}
    assert whole_box.get(whole_box.b, "/readyz").status_code == 200
    assert {whole_box.get(whole_box.a).status_code for _ in range(12)} == {200}
    assert len(whole_box.injected("no-n1-capacity")) == statuses.count(503)
    assert whole_box.get(whole_box.b, PRODUCT).headers["x-served-region"] == "b"


# ---- the bucket alone


def capacity(*, defect: float | None = None, variant: bool = False) -> Capacity:
    board = Board()
    chosen = resolve("no-n1-capacity", {"rate": defect}, strength="demo", seed=1)
    board.publish(
        Settings(
            defects={"no-n1-capacity": chosen} if defect else {},
            healthy=("slow-scale-out",) if variant else (),
        )
    )
    return Capacity(Switches(board, BY_NAME["gw-b"]))


def taken(of: Capacity, rate: float, start: float, end: float) -> float:
    """The share of so many requests a second that is carried."""
    times = [start + n / rate for n in range(round((end - start) * rate))]
    return sum(of.takes(now) for now in times) / len(times)


def test_a_region_without_a_switch_carries_everything() -> None:
    assert taken(capacity(), 10 * DECLARED, 0.0, 2.0) == 1.0


def test_a_small_region_carries_its_share_and_not_the_whole() -> None:
    small = capacity(defect=0.6)

    assert taken(small, DECLARED / 2, 0.0, 5.0) == 1.0
    assert taken(small, DECLARED, 5.0, 15.0) == pytest.approx(0.6 + 0.6 * SPARE_S / 10, abs=0.01)


def test_a_region_that_scales_out_refuses_for_a_while_and_never_again() -> None:
    scaling = capacity(variant=True)

    assert taken(scaling, DECLARED / 2, 0.0, 5.0) == 1.0
    assert taken(scaling, DECLARED, 5.0, 5.0 + WARM_UP_S) == pytest.approx(SMALL, abs=0.12)
    assert taken(scaling, DECLARED, 10.0, 15.0) == 1.0

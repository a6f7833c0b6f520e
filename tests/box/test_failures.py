"""What the box does when a region or a part is lost, stands still, or is taken out of rotation."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.box.running_box import PRODUCT, RunningBox, in_rotation, readable, wait_until

pytestmark = pytest.mark.slow


def watch(box: RunningBox, lasting_s: float) -> list[tuple[float, int, float, str]]:
    """Requests to the global entry, one after another: since start, status, latency, region."""
    seen = []
    began = time.monotonic()
    while (now := time.monotonic()) - began < lasting_s:
        answer = box.get(box.global_)
        region = answer.headers.get("x-served-region", "")
        seen.append((now - began, answer.status_code, time.monotonic() - now, region))
    return seen


def test_the_global_entry_heals_within_a_second_when_a_region_is_killed(
    whole_box: RunningBox,
) -> None:
    orders = [whole_box.order(whole_box.b).json()["id"] for _ in range(20)]
    whole_box.act("regions/b/kill")

    seen = watch(whole_box, 1.3)

    assert whole_box.ops("GET", "regions/b").status_code == 503
    failed = [since for since, status, _, _ in seen if status != 200]
    assert all(since < 1 for since in failed)
    assert len(failed) <= 1
    assert max(latency for _, _, latency, _ in seen) < 0.5
    assert {region for since, _, _, region in seen if since > 1} == {"a"}

    whole_box.act("regions/b/restore")

    for entry in (whole_box.a, whole_box.b):
        for order in orders:
            wait_until(partial(readable, whole_box, entry, order), within_s=2)


def test_orders_go_on_while_a_region_is_lost_and_reach_it_later(whole_box: RunningBox) -> None:
    whole_box.act("regions/b/kill")
    answers = [whole_box.order(whole_box.global_) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {201}

    whole_box.act("regions/b/restore")

    order = answers[-1].json()["id"]
    wait_until(lambda: readable(whole_box, whole_box.b, order), within_s=2)


def test_a_restored_region_takes_part_again(whole_box: RunningBox) -> None:
    whole_box.act("regions/b/kill")
    wait_until(lambda: not in_rotation(whole_box, "b"))

    whole_box.act("regions/b/restore")
    whole_box.act("regions/b/restore")  # idempotent

    assert whole_box.ops("GET", "regions/b").status_code == 200
    wait_until(lambda: in_rotation(whole_box, "b"))
    assert {whole_box.get(whole_box.global_).headers["x-served-region"] for _ in range(4)} == {
        "a",
        "b",
    }


def test_a_region_whose_store_is_dead_is_left(whole_box: RunningBox) -> None:
    whole_box.act("components/store-b/kill")

    assert whole_box.get(whole_box.b).status_code == 503
    assert whole_box.get(whole_box.b, "/readyz").status_code == 503
    assert whole_box.get(whole_box.b, "/healthz").status_code == 200
    wait_until(lambda: not in_rotation(whole_box, "b"), within_s=2)
    assert [whole_box.get(whole_box.global_).status_code for _ in range(8)] == [200] * 8


@pytest.mark.parametrize("name", ["gw-b", "app-b1"])
def test_a_part_that_stands_still_is_left_and_comes_back(whole_box: RunningBox, name: str) -> None:
    whole_box.act(f"components/{name}/pause")
    assert whole_box.ops("GET", f"components/{name}").json()["state"] == "paused"

    seen = watch(whole_box, 1.8)

    assert all(status == 200 for _, status, _, _ in seen)
    assert max(latency for since, _, latency, _ in seen if since > 1.5) < 0.3

    whole_box.act(f"components/{name}/resume")

    assert whole_box.ops("GET", f"components/{name}").status_code == 200


def test_a_region_keeps_its_place_while_one_replica_stands_still(whole_box: RunningBox) -> None:
    whole_box.act("components/app-b1/pause")

    for _ in range(60):
        assert in_rotation(whole_box, "b")
        time.sleep(0.02)


def test_a_region_whose_store_stands_still_is_left(whole_box: RunningBox) -> None:
    whole_box.act("components/store-b/pause")

    wait_until(lambda: not in_rotation(whole_box, "b"), within_s=2)
    assert [whole_box.get(whole_box.global_).status_code for _ in range(8)] == [200] * 8


@contextmanager
def ordering(box: RunningBox) -> Iterator[list[int]]:
    """Orders without a break; the statuses of the answers."""
    statuses: list[int] = []
    ending = threading.Event()

    def keep_asking() -> None:
        while not ending.is_set():
            statuses.append(box.order(box.global_).status_code)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    yield statuses
    ending.set()
    asking.join()


@pytest.mark.parametrize("name", ["gw-b", "app-b1"])
def test_a_restart_loses_nothing(whole_box: RunningBox, name: str) -> None:
    with ordering(whole_box) as statuses:
        whole_box.act(f"components/{name}/restart")

    assert len(statuses) > 10
    assert set(statuses) == {201}


def test_a_drained_region_gets_nothing_and_loses_nothing(whole_box: RunningBox) -> None:
    with ordering(whole_box) as statuses:
        whole_box.act("regions/b/drain")
        before = whole_box.ctl("GET", "truth")["requests"]["gw-b"]["web-order"]["201"]
        time.sleep(0.3)
        after = whole_box.ctl("GET", "truth")["requests"]["gw-b"]["web-order"]["201"]

    assert after == before
    assert set(statuses) == {201}
    assert whole_box.ops("GET", "regions/b").json()["state"] == "drained"
    assert whole_box.get(whole_box.b, "/readyz").status_code == 503
    assert whole_box.get(whole_box.b, PRODUCT).status_code == 200


def test_a_drained_replica_gets_nothing(whole_box: RunningBox) -> None:
    whole_box.act("components/app-b1/drain")

    assert {whole_box.get(whole_box.b).headers["x-served-node"] for _ in range(6)} == {"app-b2"}

    whole_box.act("components/app-b1/undrain")

    assert {whole_box.get(whole_box.b).headers["x-served-node"] for _ in range(6)} == {
        "app-b1",
        "app-b2",
    }


@pytest.mark.parametrize("name", ["edge", "gw-a", "app-a1", "store-a"])
def test_every_part_can_be_killed_restored_and_restarted(whole_box: RunningBox, name: str) -> None:
    def pid() -> int | None:
        told = whole_box.ops("GET", f"components/{name}").json()["pid"]
        return None if told is None else int(told)

    first = pid()
    whole_box.act(f"components/{name}/kill")
    assert pid() is None

    whole_box.act(f"components/{name}/restore")
    second = pid()
    whole_box.act(f"components/{name}/restart")

    assert len({first, second, pid(), None}) == 4
    assert whole_box.ops("GET", f"components/{name}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", "components/gw-c/kill", 404, id="unknown-part"),
        pytest.param("POST", "regions/b/pause", 404, id="unknown-act"),
        pytest.param("DELETE", "regions/b", 405, id="unknown-method"),
        pytest.param("POST", "components/edge/drain", 409, id="nobody-before-the-edge"),
    ],
)
def test_an_act_that_does_not_exist_is_refused(
    box: RunningBox, method: str, path: str, status: int
) -> None:
    assert box.ops(method, path).status_code == status

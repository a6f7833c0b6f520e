"""What the box promises its clients, through the global entry and through each region."""

import uuid
from functools import partial

import pytest

from tests.box.running_box import RunningBox, wait_until

READS = {
    "/web/v1/products/sku-7": {"sku", "price", "available"},
    "/mobile/v1/products/sku-7": {"sku", "cents"},
    "/system/v1/customers/c-3": {"id", "name", "tier"},
    "/system/v1/inventory/sku-7": {"sku", "available"},
    "/system/v1/prices/sku-7": {"sku", "cents", "currency"},
}


@pytest.mark.parametrize("path", READS, ids=lambda path: path.split("/")[3])
def test_both_regions_answer_alike_and_say_who_they_are(box: RunningBox, path: str) -> None:
    answers = {region: box.get(entry, path) for region, entry in (("a", box.a), ("b", box.b))}

    assert answers["a"].json() == answers["b"].json()
    assert set(answers["a"].json()) == READS[path]
    for region, answer in answers.items():
        assert answer.headers["x-served-region"] == region
        assert answer.headers["x-served-node"].startswith(f"app-{region}")


def test_the_edge_shares_the_work_among_all_replicas(box: RunningBox) -> None:
    nodes = [box.get(box.global_).headers["x-served-node"] for _ in range(16)]

    assert set(nodes) == {"app-a1", "app-a2", "app-b1", "app-b2"}
    assert sum(node.startswith("app-a") for node in nodes) == pytest.approx(8, abs=2)


def test_an_order_written_in_one_region_is_readable_in_the_other(box: RunningBox) -> None:
    order = box.order(box.b)
    assert order.status_code == 201
    assert order.json()["region"] == "b"

    path = f"/web/v1/orders/{order.json()['id']}"

    took_s = wait_until(lambda: box.get(box.a, path).status_code == 200, within_s=1)
    assert box.get(box.a, path).json() == box.get(box.b, path).json() == order.json()
    assert took_s < 1


def test_sales_of_both_regions_are_added_up(box: RunningBox) -> None:
    before = box.get(box.a, "/system/v1/inventory/sku-9").json()["available"]

    box.order(box.a, sku="sku-9")
    box.order(box.b, sku="sku-9")

    for entry in (box.a, box.b):
        wait_until(partial(_left_is, box, entry, before - 2))


def _left_is(box: RunningBox, entry: str, count: int) -> bool:
    return bool(box.get(entry, "/system/v1/inventory/sku-9").json()["available"] == count)


def test_a_repeated_key_orders_once(box: RunningBox) -> None:
    key = uuid.uuid4().hex

    first, second = box.order(box.a, key), box.order(box.a, key)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert box.order(box.a, uuid.uuid4().hex).json()["id"] != first.json()["id"]


def test_an_order_is_cancelled_once(box: RunningBox) -> None:
    path = f"/process/v1/orders/{box.order(box.a).json()['id']}/cancel"
    headers = {"authorization": f"Bearer {box.token}"}

    first = box.client.post(box.a + path, headers=headers)
    second = box.client.post(box.a + path, headers=headers)

    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert second.status_code == 409


@pytest.mark.parametrize("entry", ["global_", "a", "b"])
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        pytest.param(
            ("POST", "/web/v1/orders", b'{"sku":"sku-1","quantity":1}'), 401, id="no-token"
        ),
        pytest.param(("POST", "/process/v1/orders/o-1/cancel", b""), 401, id="cancel-no-token"),
        pytest.param(("GET", "/web/v1/products/sku-0", b""), 404, id="unknown-sku"),
        pytest.param(("GET", "/web/v1/products/%27%20OR%201", b""), 404, id="odd-sku"),
        pytest.param(("GET", "/web/v1/orders/o-a-1", b""), 404, id="unknown-order"),
        pytest.param(("GET", "/nowhere", b""), 404, id="unknown-path"),
        pytest.param(("DELETE", "/web/v1/orders", b""), 405, id="unknown-method"),
        pytest.param(("POST", "/web/v1/orders", b"x" * 70_000), 413, id="too-large"),
    ],
)
def test_what_is_wrong_is_refused(
    box: RunningBox, entry: str, asked: tuple[str, str, bytes], status: int
) -> None:
    method, path, body = asked

    answer = box.client.request(method, getattr(box, entry) + path, content=body)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 400, id="no-json"),
        pytest.param(b'{"sku": "sku-1"}', 400, id="field-missing"),
        pytest.param(b'{"sku": "sku-1", "quantity": "1"}', 422, id="wrong-type"),
        pytest.param(b'{"sku": "sku-1", "quantity": 0}', 422, id="nothing-ordered"),
        pytest.param(b'{"sku": "sku-0", "quantity": 1}', 404, id="unknown-sku"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(box: RunningBox, body: bytes, status: int) -> None:
    headers = {"authorization": f"Bearer {box.token}"}

    answer = box.client.post(box.a + "/web/v1/orders", content=body, headers=headers)

    assert answer.status_code == status


def test_health_is_told_shallow_and_deep(box: RunningBox) -> None:
    for entry in (box.global_, box.a, box.b):
        assert box.get(entry, "/healthz").json()["build"] == "box-1"
        assert box.get(entry, "/readyz").json() == {"ready": True}
    assert box.client.head(box.a + "/readyz").status_code == 200


def test_the_truth_counts_every_answer_and_every_acknowledged_write(box: RunningBox) -> None:
    before = box.ctl("GET", "truth")["requests"]["gw-b"].get("price", {}).get("200", 0)

    for _ in range(5):
        box.get(box.b, "/system/v1/prices/sku-1")
    order = box.order(box.b).json()["id"]

    truth = box.ctl("GET", "truth")
    assert truth["requests"]["gw-b"]["price"]["200"] == before + 5
    (write,) = [write for write in truth["writes"] if write["id"] == order]
    assert write["region"] == "b"
    assert box.ctl("GET", f"stores/b/orders/{order}")["order"]["id"] == order
    assert truth["injected"] == []

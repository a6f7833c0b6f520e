"""The variant single-writer: each order is written by one region, whichever of them answers."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.box.running_box import RunningBox, readable, wait_until, whole

pytestmark = pytest.mark.slow

OF_A, OF_B = "sku-1", "sku-4"


@pytest.fixture
def single(whole_box: RunningBox) -> RunningBox:
    whole_box.ctl("PUT", "healthy/single-writer")
    return whole_box


@contextmanager
def cut(box: RunningBox, wire: str) -> Iterator[None]:
    url = f"http://127.0.0.4:{box.port}/proxies/{wire}"
    with httpx.Client(trust_env=False, timeout=5) as api:
        assert api.post(url, json={"enabled": False}).status_code == 200
        try:
            yield
        finally:
            assert api.post(url, json={"enabled": True}).status_code == 200


def placed(box: RunningBox, entry: str, sku: str, key: str | None = None) -> dict[str, str]:
    """The order, as acknowledged."""
    answer = box.order(entry, key, sku)
    assert answer.status_code == 201, answer.text
    order: dict[str, str] = answer.json()
    return order


def cancel(box: RunningBox, entry: str, order: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {box.token}"}
    return box.client.post(f"{entry}/process/v1/orders/{order}/cancel", headers=headers)


def forwards(box: RunningBox) -> bool:
    return placed(box, box.a, OF_B)["region"] == "b"


def test_without_the_switch_each_region_writes_what_it_is_asked(whole_box: RunningBox) -> None:
    # With the links to the other region cut, so that nothing can come from there.
    with cut(whole_box, "a-to-b"), cut(whole_box, "b-to-a"):
        for sku in (OF_A, OF_B):
            for entry, region in ((whole_box.a, "a"), (whole_box.b, "b")):
                order = placed(whole_box, entry, sku)
                assert order["region"] == region
                assert readable(whole_box, entry, order["id"])


@pytest.mark.parametrize(("sku", "owner"), [(OF_A, "a"), (OF_B, "b")])
def test_the_owner_writes_and_the_region_that_was_asked_answers(
    single: RunningBox, sku: str, owner: str
) -> None:
    for entry, asked in ((single.a, "a"), (single.b, "b")):
        answer = single.order(entry, sku=sku)

        order = answer.json()
        assert (answer.status_code, answer.headers["x-served-region"]) == (201, asked)
        assert order["region"] == owner
        assert order["id"].startswith(f"o-{owner}-")


def test_about_half_of_what_a_region_is_asked_belongs_to_the_other(single: RunningBox) -> None:
    owners = [placed(single, single.a, f"sku-{n}")["region"] for n in range(1, 21)]

    assert 5 <= owners.count("b") <= 15


def test_an_order_comes_from_the_store_of_its_owner(single: RunningBox) -> None:
    with cut(single, "b-to-a"):  # what b writes does not reach a by replication
        order = placed(single, single.a, OF_B)["id"]
        assert readable(single, single.b, order)
        assert not readable(single, single.a, order)
    wait_until(lambda: readable(single, single.a, order))


def test_a_repeated_key_gets_one_order_whichever_region_is_asked(single: RunningBox) -> None:
    with cut(single, "b-to-a"):
        first = placed(single, single.b, OF_B, "once-1")
        assert placed(single, single.a, OF_B, "once-1") == first


def test_an_order_is_cancelled_by_its_owner(single: RunningBox) -> None:
    with cut(single, "b-to-a"):
        order = placed(single, single.b, OF_B)["id"]
        assert cancel(single, single.a, order).json()["state"] == "cancelled"
        assert cancel(single, single.b, order).status_code == 409


def test_a_region_that_cannot_reach_the_owner_takes_its_orders_over(single: RunningBox) -> None:
    with cut(single, "a-to-b"):
        order = placed(single, single.a, OF_B)
        assert order["region"] == "a"
        assert readable(single, single.a, order["id"])
        assert not readable(single, single.b, order["id"])
    wait_until(lambda: readable(single, single.b, order["id"]))
    wait_until(lambda: forwards(single))


def test_no_order_is_refused_while_the_other_region_is_gone(single: RunningBox) -> None:
    before = placed(single, single.a, OF_B)["id"]
    wait_until(lambda: readable(single, single.a, before))

    single.act("regions/b/kill")

    assert {placed(single, single.a, OF_B)["region"] for _ in range(10)} == {"a"}
    assert cancel(single, single.a, before).json()["state"] == "cancelled"
    single.act("regions/b/restore")
    wait_until(lambda: whole(single, "b"))
    wait_until(lambda: single.get(single.b, f"/web/v1/orders/{before}").json()["state"] != "open")
    wait_until(lambda: forwards(single))

"""Acts make a region grey while its processes live: its store only reads, its certificate ran out.

What an act does not touch goes on, an act outlives the process, and its undo can be repeated.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.box.running_box import (
    PRODUCT,
    RunningBox,
    expired,
    in_rotation,
    readable,
    wait_until,
    whole,
)

pytestmark = pytest.mark.slow

READ_ONLY = "components/store-b/read-only"
WRITABLE = "components/store-b/writable"
EXPIRED = "components/gw-b/expired-cert"
VALID = "components/gw-b/valid-cert"


@pytest.fixture
def calm(whole_box: RunningBox) -> Iterator[RunningBox]:
    """Both regions take part, and do so afterwards."""
    yield whole_box
    whole_box.act(WRITABLE)
    whole_box.act(VALID)
    wait_until(lambda: whole(whole_box, "b"), 10)


def looked_at(box: RunningBox, path: str) -> tuple[int, str]:
    answer = box.ops("GET", path)
    return answer.status_code, answer.json()["state"]


def pid(box: RunningBox, part: str) -> Any:
    return box.ops("GET", f"components/{part}").json()["pid"]


def test_a_store_that_only_reads_refuses_orders_and_nothing_else(calm: RunningBox) -> None:
    before = calm.order(calm.b).json()["id"]
    assert calm.get(calm.b).headers["x-store"] == "writable"

    calm.act(READ_ONLY)

    assert {calm.order(calm.b).status_code for _ in range(8)} == {503}
    cancelled = calm.client.post(
        f"{calm.b}/process/v1/orders/{before}/cancel",
        headers={"authorization": f"Bearer {calm.token}"},
    )
    assert cancelled.status_code == 503
    assert readable(calm, calm.b, before)
    answers = [calm.get(calm.b, path) for path in (PRODUCT, "/healthz", "/readyz")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].headers["x-store"] == "read-only"
    assert calm.order(calm.a).status_code == 201
    assert calm.get(calm.a).headers["x-store"] == "writable"


def test_its_copy_of_the_other_region_stays_fresh(calm: RunningBox) -> None:
    calm.act(READ_ONLY)

    order = calm.order(calm.a).json()["id"]

    wait_until(lambda: readable(calm, calm.b, order))


def test_the_looks_tell_it_until_it_is_undone_which_may_be_repeated(calm: RunningBox) -> None:
    calm.act(READ_ONLY)
    calm.act(READ_ONLY)

    assert looked_at(calm, "components/store-b") == (503, "read-only")
    assert looked_at(calm, "regions/b") == (503, "impaired")
    assert looked_at(calm, "components/store-a") == (200, "up")

    calm.act(WRITABLE)
    calm.act(WRITABLE)

    assert looked_at(calm, "components/store-b") == (200, "up")
    assert looked_at(calm, "regions/b") == (200, "up")
    assert calm.order(calm.b).status_code == 201


def test_a_store_that_only_reads_does_so_in_its_next_life(calm: RunningBox) -> None:
    calm.act(READ_ONLY)

    calm.act("components/store-b/kill")
    calm.act("components/store-b/restore")

    assert calm.get(calm.b).headers["x-store"] == "read-only"
    assert calm.order(calm.b).status_code == 503


def test_who_connects_is_shown_a_certificate_that_ran_out(calm: RunningBox) -> None:
    before = pid(calm, "gw-b")
    assert not expired(calm, calm.b)

    calm.act(EXPIRED)

    assert expired(calm, calm.b)
    assert not expired(calm, calm.a)
    assert not expired(calm, calm.global_)
    assert looked_at(calm, "components/gw-b") == (503, "expired-cert")
    assert pid(calm, "gw-b") == before, "it was not started again for it"

    calm.act(VALID)
    calm.act(VALID)

    assert not expired(calm, calm.b)
    assert looked_at(calm, "components/gw-b") == (200, "up")
    assert pid(calm, "gw-b") == before


def test_who_is_connected_gets_one_more_answer(calm: RunningBox) -> None:
    with httpx.Client(verify=calm.trust, trust_env=False) as client:
        assert "connection" not in client.get(calm.b + PRODUCT).headers
        calm.act(EXPIRED)

        last = client.get(calm.b + PRODUCT)

        assert (last.status_code, last.headers["connection"]) == (200, "close")
        with pytest.raises(httpx.ConnectError, match="certificate has expired"):
            client.get(calm.b + PRODUCT)


@contextmanager
def watched(box: RunningBox) -> Iterator[list[str]]:
    """Requests to the global entry without a pause; what went wrong."""
    wrong: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answer = box.get(box.global_)
            wrong.extend([str(answer.status_code)] if answer.status_code >= 400 else [])

    asking = threading.Thread(target=ask)
    asking.start()
    yield wrong
    over.set()
    asking.join()


def test_the_router_leaves_such_a_region_and_its_users_see_nothing(calm: RunningBox) -> None:
    with watched(calm) as wrong:
        calm.act(EXPIRED)
        wait_until(lambda: not in_rotation(calm, "b"))

        served = {calm.get(calm.global_).headers["x-served-region"] for _ in range(8)}
        assert served == {"a"}
        calm.act(VALID)
        wait_until(lambda: in_rotation(calm, "b"))

    assert wrong == []
    served = {calm.get(calm.global_).headers["x-served-region"] for _ in range(8)}
    assert served == {"a", "b"}


def test_a_gateway_shows_it_in_its_next_life_too(calm: RunningBox) -> None:
    calm.act(EXPIRED)

    calm.act("regions/b/kill")
    calm.act("regions/b/restore")

    assert expired(calm, calm.b)
    calm.act(VALID)
    assert not expired(calm, calm.b)


@pytest.mark.parametrize("path", ["components/gw-b/read-only", "components/app-b1/expired-cert"])
def test_a_part_knows_only_its_own_acts(path: str, calm: RunningBox) -> None:
    assert calm.ops("POST", path).status_code == 404

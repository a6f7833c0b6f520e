"""The router of the box leaves a region that is up but bad, and what it does when it must not."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.box.running_box import RunningBox, in_rotation, wait_until

pytestmark = pytest.mark.slow

WIRE = "proxies/system-to-legacy-b/toxics"
MODES = {
    "errors": {"type": "reset_peer", "stream": "upstream", "attributes": {"timeout": 0}},
    "slow": {"type": "latency", "attributes": {"latency": 500}},
    "stalls": {"type": "latency", "attributes": {"latency": 2000}},
    "one-way": {"type": "cut", "stream": "downstream", "attributes": {}},
}
LEFT_WITHIN_S = 3.0

MORE_THAN_ENOUGH = 40
"""Requests: a healthy edge leaves a region after 5 bad ones in a row."""


@contextmanager
def grey(box: RunningBox, mode: str) -> Iterator[None]:
    url = f"http://127.0.0.4:{box.port}/{WIRE}"
    toxic = {"name": "grey", **MODES[mode]}
    assert httpx.post(url, json=toxic, trust_env=False).status_code == 200
    yield
    assert httpx.delete(f"{url}/grey", trust_env=False).status_code == 204


def served(box: RunningBox, times: int) -> list[tuple[int, str | None]]:
    """Status and region of some answers of the global entry."""
    answers = [box.get(box.global_) for _ in range(times)]
    return [(one.status_code, one.headers.get("x-served-region")) for one in answers]


@pytest.mark.parametrize("mode", MODES)
def test_a_grey_region_is_left_in_time_while_its_health_answers(
    mode: str, whole_box: RunningBox
) -> None:
    with grey(whole_box, mode):
        wait_until(lambda: not in_rotation(whole_box, "b"), LEFT_WITHIN_S)

        assert whole_box.get(whole_box.b, "/healthz").status_code == 200
        assert set(served(whole_box, 10)) == {(200, "a")}

    wait_until(lambda: in_rotation(whole_box, "b"), 10)
    assert {region for _, region in served(whole_box, 8)} == {"a", "b"}


def test_with_shallow_health_a_grey_region_is_kept(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/shallow-health", {"region": "b"})
    with grey(whole_box, "errors"):
        assert set(served(whole_box, 10)) == {(200, "a"), (503, "b")}
        assert served(whole_box, MORE_THAN_ENOUGH).count((503, "b")) == MORE_THAN_ENOUGH // 2


def test_with_slow_eject_a_grey_region_is_kept_for_long(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/slow-eject", {})
    with grey(whole_box, "errors"):
        assert served(whole_box, MORE_THAN_ENOUGH).count((503, "b")) == MORE_THAN_ENOUGH // 2


def test_panic_routing_keeps_the_last_region_that_is_left(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "healthy/panic-routing")
    assert set(served(whole_box, 10)) == {(200, "b")}

    with grey(whole_box, "errors"):
        wait_until(lambda: not in_rotation(whole_box, "b"), LEFT_WITHIN_S)

        assert set(served(whole_box, 10)) == {(503, "b")}

"""A slow link is no reason to leave a region, but for a router with a hair trigger."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.box.running_box import RunningBox, in_rotation, wait_until

pytestmark = pytest.mark.slow


@contextmanager
def slow_link(box: RunningBox) -> Iterator[None]:
    url = f"http://127.0.0.4:{box.port}/proxies/edge-to-b/toxics"
    toxic = {"name": "slow", "type": "latency", "attributes": {"latency": 80}}
    assert httpx.post(url, json=toxic, trust_env=False).status_code == 200
    yield
    assert httpx.delete(f"{url}/slow", trust_env=False).status_code == 204


def test_a_slow_region_keeps_its_place(whole_box: RunningBox) -> None:
    with slow_link(whole_box):
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            assert in_rotation(whole_box, "b")
            time.sleep(0.02)


def test_with_a_hair_trigger_a_slow_region_is_left_and_taken_back(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/hair-trigger", {})

    with slow_link(whole_box):
        wait_until(lambda: not in_rotation(whole_box, "b"))

    wait_until(lambda: in_rotation(whole_box, "b"))

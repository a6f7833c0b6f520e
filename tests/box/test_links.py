"""The box sends its traffic over the links that its deployment file declares, each by a proxy."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from nfrcheck.box.links import LINKS
from tests.box.running_box import RunningBox, wait_until

pytestmark = pytest.mark.slow

SLOW = {"type": "latency", "attributes": {"latency": 200}}


def api(box: RunningBox, method: str, path: str, body: object = None) -> httpx.Response:
    url = f"http://127.0.0.4:{box.port}/{path}"
    return httpx.request(method, url, json=body, trust_env=False, timeout=5)


@contextmanager
def slow(box: RunningBox, *wires: str) -> Iterator[None]:
    for wire in wires:
        assert api(box, "POST", f"proxies/{wire}/toxics", SLOW).status_code == 200
    yield
    for wire in wires:
        assert api(box, "DELETE", f"proxies/{wire}/toxics/latency_downstream").status_code == 204


def took(box: RunningBox, entry: str) -> float:
    """The fastest of some: what a busy machine adds is not the link's."""
    times = []
    for _ in range(5):
        began = time.monotonic()
        assert box.get(entry).status_code == 200
        times.append(time.monotonic() - began)
    return min(times)


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize("name", [link.name for link in LINKS])
def test_every_link_is_declared_with_where_it_leads(name: str, box: RunningBox) -> None:
    _, found, rest = box.deployment.partition(f"\n  {name}:\n")

    assert found
    assert rest.lstrip().startswith(("joins:", "to:", "kind: toxiproxy"))
    (link,) = (one for one in LINKS if one.name == name)
    told = api(box, "GET", "proxies").json()
    for wire in link.wires:
        assert told[wire.name]["listen"] == f"{wire.host}:{box.port}"
        assert f'"{told[wire.name]["upstream"]}"' in box.deployment


def test_the_records_of_both_regions_lie_behind_one_link(box: RunningBox) -> None:
    assert took(box, box.a) < 0.2
    with slow(box, "system-to-legacy-a"):
        assert took(box, box.a) >= 0.2
        assert took(box, box.b) < 0.2
    with slow(box, "system-to-legacy-b"):
        assert took(box, box.b) >= 0.2
    assert took(box, box.b) < 0.2


@pytest.mark.parametrize("region", ["a", "b"])
def test_the_data_path_of_a_region_is_a_link_of_its_own(region: str, box: RunningBox) -> None:
    _, _, declared = box.deployment.partition(f"\n  data-path-{region}:\n")
    assert declared.lstrip().startswith(f"to: store-{region}\n")
    wire, entry = f"system-to-legacy-{region}", box.a if region == "a" else box.b

    with slow(box, wire):
        assert took(box, entry) >= 0.2
        began = time.monotonic()
        assert box.get(entry, "/healthz").status_code == 200
        assert time.monotonic() - began < 0.2, "health does not lead over it"


def test_the_edge_reaches_each_region_over_a_link(box: RunningBox) -> None:
    assert took(box, box.global_) < 0.2
    with slow(box, "edge-to-a", "edge-to-b"):
        assert took(box, box.global_) >= 0.2
        assert took(box, box.a) < 0.2, "its own entry does not lead over it"


def test_what_is_written_here_is_read_there_only_over_the_link(box: RunningBox) -> None:
    first = box.order(box.a).json()["id"]
    came_s = wait_until(lambda: box.get(box.b, f"/web/v1/orders/{first}").status_code == 200)
    assert api(box, "PATCH", "proxies/a-to-b", {"enabled": False}).status_code == 200
    try:
        order = box.order(box.a).json()["id"]
        path = f"/web/v1/orders/{order}"
        time.sleep(0.2 + 2 * came_s)  # much longer than it takes over a link that is there
        assert box.get(box.b, path).status_code == 404
    finally:
        assert api(box, "PATCH", "proxies/a-to-b", {"enabled": True}).status_code == 200
    wait_until(lambda: box.get(box.b, path).status_code == 200)


def test_a_box_without_links_declares_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    box = RunningBox(tmp_path_factory.mktemp("box"), "--no-links")
    try:
        assert "links:" not in box.deployment
        assert box.get(box.global_).status_code == 200
        with pytest.raises(httpx.ConnectError):
            api(box, "GET", "version")
    finally:
        assert box.stop() == 0


def test_a_box_without_its_fault_proxy_says_that_it_broke_down(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    box = RunningBox(tmp_path_factory.mktemp("box"))
    (proxy,) = (pid for pid in box.children() if b"nfrcheck.faultproxy" in _command(pid))

    os.kill(proxy, signal.SIGKILL)

    assert box.process.wait(timeout=10) == 1
    box.stop()

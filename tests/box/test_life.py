"""A box is up within seconds, bears company, keeps its secrets, and leaves nothing behind."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.box.running_box import START_WITHIN_S, RunningBox, alive, wait_until


@pytest.fixture
def own_box(tmp_path: Path) -> Iterator[RunningBox]:
    running = RunningBox(tmp_path / "own")
    yield running
    running.stop()


def test_is_up_within_five_seconds(box: RunningBox) -> None:
    assert box.started_within_s < START_WITHIN_S
    assert box.ready["pid"] == box.process.pid
    assert box.get(box.global_).status_code == 200


def test_two_boxes_live_side_by_side(own_box: RunningBox, tmp_path: Path) -> None:
    second = RunningBox(tmp_path / "second")
    try:
        second.act("regions/a/kill")

        assert own_box.get(own_box.a).status_code == 200
        assert own_box.ops("GET", "regions/a").status_code == 200
        assert second.ops("GET", "regions/a").status_code == 503
    finally:
        assert second.stop() == 0


def test_nothing_is_left_when_the_supervisor_is_killed(own_box: RunningBox) -> None:
    own_box.act("components/app-a1/pause")
    children = own_box.children()
    assert len(children) == 11  # nine parts, the planes and the fault proxy

    own_box.process.kill()
    own_box.process.wait()

    wait_until(lambda: not any(alive(pid) for pid in children), within_s=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_box_in_good_order(own_box: RunningBox, number: signal.Signals) -> None:
    children = own_box.children()

    own_box.process.send_signal(number)

    assert own_box.process.wait(timeout=5) == 0
    assert not any(alive(pid) for pid in children)


def test_the_end_of_stdin_ends_the_box_in_good_order(own_box: RunningBox) -> None:
    children = own_box.children()

    assert own_box.stop() == 0
    assert not any(alive(pid) for pid in children)


def test_regions_live_in_process_groups_of_their_own(whole_box: RunningBox) -> None:
    def groups(region: str) -> set[int]:
        told = whole_box.ops("GET", f"regions/{region}").json()["components"]
        return {os.getpgid(part["pid"]) for part in told}

    whole_box.act("components/gw-b/kill")  # the leader of its group
    whole_box.act("components/gw-b/restore")

    assert len(groups("a")) == 1
    assert len(groups("b")) == 1
    assert groups("a") != groups("b") != {os.getpgid(whole_box.process.pid)}


def test_a_dead_part_refuses_connections(whole_box: RunningBox) -> None:
    whole_box.act("components/gw-b/kill")

    with pytest.raises(httpx.ConnectError, match="refused"):
        whole_box.get(whole_box.b)


def test_the_control_token_is_nowhere_but_in_its_file(box: RunningBox) -> None:
    token, url = box.control["token"], box.control["url"]
    for pid in [box.process.pid, *box.children()]:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert token.encode() not in environment
        assert box.token.encode() not in environment
    for path in box.folder.iterdir():
        if path.name != "ctl.json":
            assert token.encode() not in path.read_bytes()
            assert url.encode() not in path.read_bytes()
    for name in ("ctl.json", "box.env", "truth.ndjson"):
        assert stat.S_IMODE((box.folder / name).stat().st_mode) == 0o600


def test_control_refuses_whoever_lacks_the_token(box: RunningBox) -> None:
    answer = box.client.get(box.control["url"] + "/truth")

    assert answer.status_code == 401


def test_the_list_names_every_defect_and_variant() -> None:
    asked = [sys.executable, "-m", "nfrcheck.box", "--list"]
    began = time.monotonic()

    listed = json.loads(subprocess.run(asked, capture_output=True, check=True, timeout=10).stdout)

    assert time.monotonic() - began < START_WITHIN_S
    kinds = {(item["kind"], item["name"]) for item in listed}
    assert ("defect", "lost-ack") in kinds
    assert ("healthy", "slow-failover") in kinds
    assert all(item["what"].endswith(".") for item in listed)
    assert all(item["expected"]["checks"] for item in listed if item["kind"] == "defect")


def test_defects_and_variants_can_be_on_from_the_start(tmp_path: Path) -> None:
    wrong = RunningBox(
        tmp_path, "--defect", "avail-9997,region=any,rate=1", "--healthy", "gc-pause", "--seed", "3"
    )
    try:
        active = wrong.ctl("GET", "active")
        region = active["defects"]["avail-9997"]["region"]

        assert active["healthy"] == ["gc-pause"]
        assert active["defects"]["avail-9997"]["seed"] == 3
        assert wrong.get(wrong.a if region == "a" else wrong.b).status_code == 503
        assert wrong.get(wrong.b if region == "a" else wrong.a).status_code == 200
    finally:
        assert wrong.stop() == 0


def test_an_unknown_defect_is_refused_before_anything_starts(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "nfrcheck.box", "--folder", str(tmp_path), "--defect", "gremlin"]

    ended = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10)

    assert ended.returncode == 2
    assert "known: avail-9997" in ended.stderr

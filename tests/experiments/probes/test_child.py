"""An http probe watches with each kind of client; it sends and counts as a load does."""

import signal
from pathlib import Path

import numpy as np

from nfrcheck.model.records import NEW, REUSED, STOPPED
from tests.experiments.children import (
    PROBE,
    Server,
    records,
    running_child,
    traffic,
    wait_until,
)


def test_each_client_watches_at_the_full_rate_and_fresh_ones_connect_anew(
    tmp_path: Path, server: Server
) -> None:
    spec = traffic(tmp_path, server.url, kind="probe", rate=100.0, clients=["fresh", "pooled"])

    with running_child(PROBE, spec) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 200)
        stopped = child.stop()

    seen = records(tmp_path)
    fresh, pooled = seen[seen["client"] == "fresh"], seen[seen["client"] == "pooled"]
    assert len(seen) == len(server.asked) == stopped["recorded"]
    assert abs(len(fresh) - len(pooled)) <= 1
    assert np.all(fresh["flags"] & NEW != 0)
    # Where a busy machine lets an answer wait, the next probe needs a connection of its own.
    assert np.mean(pooled["flags"] & REUSED != 0) > 0.5
    closing = [it.connection for it in server.asked if it.headers.get("connection") == "close"]
    assert len(set(closing)) == len(closing) == len(fresh)


def test_a_probe_ends_with_its_controller(tmp_path: Path, server: Server) -> None:
    with running_child(PROBE, traffic(tmp_path, server.url, kind="probe")) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        child.close_input()
        assert child.process.wait(5) == 0

    assert len(records(tmp_path)) == len(server.asked)


def test_ctrl_c_is_the_controllers_business(tmp_path: Path, server: Server) -> None:
    with running_child(PROBE, traffic(tmp_path, server.url, kind="probe")) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        child.signal(signal.SIGINT)
        already = len(server.asked)
        wait_until(lambda: len(server.asked) >= already + 20)
        child.stop()


def test_a_thin_route_is_topped_up(tmp_path: Path, server: Server) -> None:
    routes = [
        {"name": "browse", "path": "/browse", "weight": 99},
        {"name": "rare", "path": "/rare", "weight": 1, "at_least_rate": 50.0},
    ]

    with running_child(PROBE, traffic(tmp_path, server.url, "probe", routes=routes)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 250)
        child.stop()

    paths = [it.path for it in server.asked]
    assert 0.15 <= paths.count("/rare") / len(paths) <= 0.25


def test_a_ramp_climbs(tmp_path: Path, server: Server) -> None:
    ramp = [[0.0, 0.0, 200.0], [1.0, 0.0]]

    with running_child(PROBE, traffic(tmp_path, server.url, kind="probe", ramp=ramp)) as child:
        child.start()
        child.expect("health")
        child.expect("health")
        child.stop()

    due = np.sort(records(tmp_path)["due_us"])
    assert 99 <= len(due) <= 101
    # Three quarters of what a ramp from nothing sends, it sends in its second half.
    assert 0.7 < np.mean(due > due[-1] - 500_000) < 0.8


def test_a_cap_that_is_reached_is_the_testers_own_fault(tmp_path: Path, server: Server) -> None:
    server.open.clear()

    with running_child(PROBE, traffic(tmp_path, server.url, kind="probe", cap=20)) as child:
        assert "below rate x timeout" in child.expect("ill")
        child.start()
        assert "cap of 20 requests under way is reached" in child.expect("ill")
        wait_until(lambda: len(server.asked) >= 20)
        child.close_input()
        child.process.wait(5)

    assert len({it.connection for it in server.asked}) == 20
    assert set(records(tmp_path)["status"]) == {STOPPED}

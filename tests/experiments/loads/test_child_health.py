"""A load child tells what goes wrong with it, and ends with its controller and its files whole."""

import os
import resource
import signal
import time
from pathlib import Path

import pytest

from nfrcheck.model.records import STOPPED, TIMEOUT
from tests.experiments.children import (
    LOAD,
    Answer,
    Asked,
    Server,
    records,
    running_child,
    traffic,
    wait_until,
)

SECRET = "planted-secret-4711"


def seconds_of_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_the_end_of_the_controller_is_the_end_of_the_traffic(
    tmp_path: Path, server: Server
) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        child.close_input()
        assert child.process.wait(5) == 0

    assert len(records(tmp_path)) == len(server.asked)


def test_a_termination_signal_stops_the_child_with_its_files_complete(
    tmp_path: Path, server: Server
) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        child.signal(signal.SIGTERM)
        stopped = child.expect("stopped")
        assert child.process.wait(5) == 0

    assert stopped["recorded"] == len(records(tmp_path)) == len(server.asked)


def test_a_stop_waits_until_what_is_under_way_has_timed_out(tmp_path: Path, server: Server) -> None:
    server.open.clear()

    with running_child(LOAD, traffic(tmp_path, server.url, timeout_s=0.5)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        stopped = child.stop()

    seen = records(tmp_path)
    assert set(seen["status"]) == {TIMEOUT}
    assert len(seen) == stopped["recorded"] == len(server.asked)


def test_without_a_controller_nothing_is_waited_for(tmp_path: Path, server: Server) -> None:
    server.open.clear()

    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        began = time.monotonic()
        child.close_input()
        assert child.process.wait(5) == 0
        took_s = time.monotonic() - began

    seen = records(tmp_path)
    assert set(seen["status"]) == {STOPPED}
    assert len(seen) >= 20
    assert took_s < 1.5


def test_a_child_that_is_killed_leaves_what_it_recorded(tmp_path: Path, server: Server) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 150)
        child.signal(signal.SIGKILL)
        child.process.wait(5)

    lost = len(server.asked) - len(records(tmp_path))
    assert lost <= 200 * 0.25 + 10


def echoes_the_token(asked: Asked) -> Answer:
    said = f"who are you, {asked.headers['authorization']}?".encode()
    return 500, {"set-cookie": SECRET, "x-echo": asked.headers["cookie"]}, said


def test_a_secret_is_in_no_file_and_in_no_message(tmp_path: Path, server: Server) -> None:
    server.answer = echoes_the_token
    headers = {"authorization": f"Bearer {SECRET}", "cookie": f"sid={SECRET}"}
    routes = [{"name": "browse", "path": "/browse", "headers": headers}]

    with running_child(LOAD, traffic(tmp_path, server.url, routes=routes)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        child.stop()
        said = str(child.messages) + child.errors()

    failures = (tmp_path / "failures-shop.0.ndjson").read_text()
    assert "who are you" in failures
    assert all(SECRET.encode() not in path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET not in said


def test_a_full_disk_is_said_and_the_traffic_goes_on(tmp_path: Path, server: Server) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.expect("ready")
        size = next(tmp_path.glob("*.rec")).stat().st_size
        resource.prlimit(child.process.pid, resource.RLIMIT_FSIZE, (size + 1_000, size + 1_000))
        child.start_now()
        because = child.expect("ill")
        already = len(server.asked)
        wait_until(lambda: len(server.asked) >= already + 20)
        stopped = child.stop()

    assert "takes no more" in because
    assert stopped["recorded"] == stopped["locust"]["requests"] < stopped["sent"]


def test_a_cap_that_an_outage_would_reach_is_ill(tmp_path: Path, server: Server) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url, cap=999)) as child:
        assert "cap 999 is below rate x timeout = 1000" in child.expect("ill")
        child.expect("ready")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{", id="no-json"),
        pytest.param('{"stream": "shop"}', id="no-spec"),
    ],
)
def test_what_is_no_spec_is_refused(line: str) -> None:
    with running_child(LOAD, line) as child:
        assert "cannot begin" in child.expect("ill")
        assert child.process.wait(5) == 2


def test_an_order_that_cannot_be_read_is_said(tmp_path: Path, server: Server) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.start()
        wait_until(lambda: len(server.asked) >= 20)
        child.order(do="start", at_ns="never")
        assert "cannot be read" in child.expect("ill")
        child.stop()


def test_health_tells_what_the_second_was_like(tmp_path: Path, server: Server) -> None:
    with running_child(LOAD, traffic(tmp_path, server.url)) as child:
        child.expect("ready")
        used_s = seconds_of_cpu(child.process.pid)
        child.start_now()
        child.expect("health")
        health = child.expect("health")
        child.signal(signal.SIGSTOP)
        time.sleep(0.5)
        child.signal(signal.SIGCONT)
        late = child.expect("health")

    # Of its own time, not of the clock's: other tests may be running beside it.
    assert used_s < 1.0
    assert health["instrument"] == "load-shop.0"
    assert 100 <= health["sent"] <= 400
    assert 100 <= health["done"] == health["good"] <= 400
    assert health["bad"] == health["not_sent"] == 0
    assert 0 < health["cpu"] < 1
    assert 0 <= health["waiting"] < 1
    assert 0 < health["p50_ms"] <= health["p99_ms"]
    assert health["by_region"] == {"": {"done": health["done"], "good": health["good"], "bad": 0}}
    # Stopped for half a second, it knows it.
    assert health["beat_p99_ms"] < late["beat_p99_ms"]
    assert late["beat_p99_ms"] > 400
    assert late["lag_p99_ms"] > 400

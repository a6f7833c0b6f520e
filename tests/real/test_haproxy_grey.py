"""HAProxy in front of two regions of which one is grey: only a look at the answers leaves it.

Its own log is the truth: whether, and when, it took the server out.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.box.running_box import wait_until
from tests.victims.fault_proxies import fault_proxy

HERE = Path(__file__).parent
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HEALTH_ALONE = "check inter 200ms fall 2 rise 2"
# A shallow check would take it back at once, so that many of them are asked for.
ANSWERS_TOO = "check inter 200ms rise 100 observe layer7 error-limit 5 on-error mark-down"

pytestmark = pytest.mark.timeout(120)


class Place:
    """HAProxy (users), two servers behind it, their stores, and a fault proxy before store b."""

    def __init__(self, folder: Path, environment: dict[str, str], deployment: Path) -> None:
        self.folder, self.environment, self.deployment = folder, environment, deployment

    def run(self, scenario: str) -> dict[str, Any]:
        """The run's document, after everything was put back."""
        path = self.folder / "haproxy.nfr.yaml"
        path.write_text(scenario, encoding="utf-8")
        command = [sys.executable, "-m", "nfrcheck", "run", str(path), "-d", str(self.deployment)]
        ended = subprocess.run(
            [*command, "--out", str(self.folder / "runs")],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        sys.stdout.write(ended.stdout + ended.stderr)
        (found,) = (self.folder / "runs").glob("*/run.json")
        document: dict[str, Any] = json.loads(found.read_text())
        assert document["restored"] is not False
        return document

    def log(self) -> str:
        return (self.folder / "haproxy.log").read_text()


Start = Callable[[str], Place]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    if HAPROXY is None:
        pytest.skip("HAProxy is not installed: run `make real`")
    with ExitStack() as stack:
        yield lambda servers: stack.enter_context(_running(tmp_path, servers))


@contextmanager
def _running(folder: Path, servers: str) -> Iterator[Place]:
    with ExitStack() as stack:
        store_a, store_b = (stack.enter_context(_server(region)) for region in "ab")
        proxy = stack.enter_context(fault_proxy(store_b))
        node_a = stack.enter_context(_server("a", store_a))
        node_b = stack.enter_context(_server("b", proxy.told.listen))
        users, only_b = stack.enter_context(_haproxy(folder, servers, (node_a, node_b)))
        deployment = folder / "haproxy.deployment.yaml"
        keys = ", ".join(f'{key}: "{value}"' for key, value in proxy.control.items())
        text = _deployment(folder, users, only_b, node_b, keys)
        deployment.write_text(text, encoding="utf-8")
        yield Place(folder, {**os.environ, "NFRCHECK_STATE": str(folder / "state")}, deployment)


@contextmanager
def _server(*words: str) -> Iterator[str]:
    argv = [sys.executable, str(HERE / "grey_server.py"), *words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


@contextmanager
def _haproxy(folder: Path, servers: str, nodes: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Where users come in, and a way in to node b alone, for as long as users may go there."""
    users, only_b = _free_port(), _free_port()
    configuration = folder / "haproxy.cfg"
    configuration.write_text(
        f"""
global
    log stdout format iso local0 info
    stats socket {folder}/haproxy.sock level admin
defaults
    mode http
    log global
    option dontlog-normal
    timeout connect 500ms
    timeout client 10s
    timeout server 10s
    timeout check 2s
frontend users
    bind 127.0.0.1:{users}
    default_backend nodes
frontend only-b
    bind 127.0.0.1:{only_b}
    default_backend node-b
backend nodes
    option httpchk GET /health
    default-server {servers}
    server a {nodes[0]}
    server b {nodes[1]}
backend node-b
    server b {nodes[1]} track nodes/b
"""
    )
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen([str(HAPROXY), "-db", "-f", str(configuration)], stdout=log)
        try:
            wait_until(lambda: _look(folder).returncode == 0)
            yield f"127.0.0.1:{users}", f"127.0.0.1:{only_b}"
        finally:
            process.terminate()
            process.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _look(folder: Path) -> subprocess.CompletedProcess[str]:
    words = _control(folder, "look").split()
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _control(folder: Path, verb: str) -> str:
    return (
        f"{sys.executable} {HERE / 'haproxy_server_state.py'} {folder}/haproxy.sock nodes/b {verb}"
    )


def _deployment(folder: Path, users: str, only_b: str, node_b: str, link: str) -> str:
    return f"""
nfrcheck: 1
entries:
  users: {{url: "http://{users}"}}
  only-b: {{url: "http://{only_b}"}}
  server-b: {{url: "http://{node_b}", region: b}}
regions: {{a: {{}}, b: {{}}}}
served_by: {{header: x-region}}
components:
  node-b:
    kind: shell
    region: b
    entry: only-b
    shows: {{read-only: {{header: x-store}}}}
    acts:
      read-only:
        do: {sys.executable} {HERE / "grey_server.py"} {node_b} read-only
        undo: {sys.executable} {HERE / "grey_server.py"} {node_b} writable
    drain: {_control(folder, "drain")}
    undrain: {_control(folder, "ready")}
    verify: {_control(folder, "look")}
links: {{store-b: {{to: node-b, {link}}}}}
safety: {{allow: [region-grey, component-drain], hosts: [127.0.0.1], max_rate: 500/s}}
"""


def grey(mode: str) -> str:
    return f"""
nfrcheck: 1
load: {{shop: {{entry: users, rate: 100/s, journey: {{home: {{get: /}}}}}}}}
drills:
  grey:
    fault: {{kind: region-grey, region: b, mode: {mode}}}
    repeat: 1
    baseline: 2 s
    hold: 6 s
    settle: 1 s
phases: [warm-up: 1 s, grey]
targets: {{grey-region: {{drill: grey, leaves_within: 3 s}}}}
"""


READ_ONLY = grey("read-only").replace(
    "{home: {get: /}}", "{read: {weight: 3, get: /}, write: {weight: 1, post: /, json: {}}}"
)
DRAIN = """
nfrcheck: 1
load: {shop: {entry: users, rate: 50/s, journey: {home: {get: /}}}}
probes: {edge: {kind: http, entry: users, get: /, every: 10 ms, client: [fresh, pooled]}}
drills:
  drain:
    fault: {kind: component-drain, component: node-b}
    repeat: 2
    baseline: 1 s
    hold: 2 s
    settle: 2 s
phases: [warm-up: 1 s, drain]
targets: {failover: {drill: drain, failed: <= 0, probe: edge}}
"""


def target(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = document["targets"]
    assert isinstance(found, dict)
    return found


def test_behind_a_shallow_health_check_a_grey_server_is_kept(start: Start) -> None:
    place = start(HEALTH_ALONE)

    found = target(place.run(grey("errors")))

    assert found["verdict"] == "fail", found["because"]
    assert (found["where"]["region"], found["where"]["mode"]) == ("b", "errors")
    assert re.search(r"region b, grey by errors, still served (4\d|5\d)", found["because"])
    assert "Server nodes/b is DOWN" not in place.log()


@pytest.mark.parametrize("mode", ["errors", "one-way"])
def test_where_its_answers_are_looked_at_a_grey_server_is_left(mode: str, start: Start) -> None:
    place = start(ANSWERS_TOO)

    found = target(place.run(grey(mode)))

    assert found["verdict"] == "pass", found["because"]
    assert found["measured"] == 0
    assert "Server nodes/b is DOWN, reason: Health analyze" in place.log()


def test_a_server_that_only_reads_is_kept_since_its_errors_do_not_come_in_a_row(
    start: Start,
) -> None:
    place = start(ANSWERS_TOO)

    found = target(place.run(READ_ONLY))

    assert found["verdict"] == "fail", found["because"]
    assert (found["where"]["region"], found["where"]["mode"]) == ("b", "read-only")
    assert "Server nodes/b is DOWN" not in place.log()


def test_a_drain_loses_no_request(start: Start) -> None:
    place = start(HEALTH_ALONE)

    found = target(place.run(DRAIN))

    assert found["verdict"] == "pass", found["because"]
    assert (found["measured"], found["samples"] > 200) == (0, True)
    assert "nodes/b" in place.log()
    assert _look(place.folder).returncode == 0, "it takes its share again"

"""HAProxy with two servers: is a dead one left in time, and asked again; can the other carry all?

Both servers say who they are, so that each is a region of the deployment.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

SERVER = Path(__file__).with_name("node_server.py")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"  # Debian's place for haproxy
HAPROXY = shutil.which("haproxy", path=PATH)
TAKES_S = 0.016
FAST = "inter 200ms fastinter 100ms fall 2 rise 2 on-marked-down shutdown-sessions"
REDISPATCH = """\
    timeout check 2s
    retries 2
    option redispatch 1
    retry-on conn-failure empty-response response-timeout
"""
BALANCER = """\
global
    maxconn 2000
defaults
    mode http
    timeout connect 500ms
    timeout client 10s
    timeout server 10s
{more}
frontend users
    bind 127.0.0.1:{front}
    default_backend nodes
backend nodes
    option httpchk GET /health
    default-server {server}
    server one 127.0.0.1:{one} check
    server two 127.0.0.1:{two} check
"""
DEPLOYMENT = """\
nfrcheck: 1
entries:
  balancer: {{url: "http://127.0.0.1:{front}"}}
  at-two: {{url: "http://127.0.0.1:{two}", region: two}}
regions:
  one: {{}}
  two: {{kind: process, pid: two.pid, start: {start}, within: 15 s}}
served_by: {{header: x-node}}
safety: {{allow: [region-kill], hosts: [127.0.0.1], max_rate: 500/s}}
"""
SCENARIO = """\
nfrcheck: 1
load: {{users: {{entry: balancer, rate: 80/s, journey: {{home: {{get: /}}}}}}}}
probes: {{edge: {{kind: http, entry: balancer, get: /health, every: 10 ms, client: pooled}}}}
drills:
  lose-two:
    fault: {{kind: region-kill, region: two}}
    repeat: 1
    baseline: 2 s
    hold: 8 s
    settle: {settle}
phases: [warm-up: 2 s, steady: 2 s, lose-two]
targets:
  ejection: {{drill: lose-two, eject_within: 1 s, readmit_within: 2 s, probe: edge}}
  carried: {{check: availability, at_least: 99 %, during: lose-two, after: 1 s, load: users}}
"""

pytestmark = [
    pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed"),
    pytest.mark.timeout(120),
]


class Balanced:
    """Two servers and HAProxy in a folder of their own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.ports = dict(zip(("front", "one", "two"), _free_ports(3), strict=True))

    def start(self, *, server: str, more: str = "") -> None:
        for name in ("one", "two"):
            self._run(name, sys.executable, str(SERVER), name, str(self.ports[name]), str(TAKES_S))
        config = self.folder / "haproxy.cfg"
        config.write_text(BALANCER.format(server=server, more=more, **self.ports))
        _await_answer(self.ports["one"])
        _await_answer(self.ports["two"])
        self._run("haproxy", HAPROXY or "", "-db", "-f", str(config))
        _await_answer(self.ports["front"])

    def _run(self, name: str, *argv: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log)
        (self.folder / f"{name}.pid").write_text(f"{process.pid}\n")
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)

    def judged(self, settle: str = "6 s") -> dict[str, Any]:
        """Per target, after a run."""
        start = f"{sys.executable} {SERVER} two {self.ports['two']} {TAKES_S}"
        (self.folder / "a.deployment.yaml").write_text(
            DEPLOYMENT.format(start=json.dumps(start), **self.ports)
        )
        (self.folder / "a.nfr.yaml").write_text(SCENARIO.format(settle=settle))
        command = [sys.executable, "-m", "nfrcheck", "run", "a.nfr.yaml", "-d", "a.deployment.yaml"]
        ended = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=90, check=False
        )
        sys.stdout.write(ended.stdout + ended.stderr)
        self._stack.callback(self._kill_restarted)
        (found,) = (self.folder / "reports" / "runs").glob("*/run.json")
        document = json.loads(found.read_text())
        assert document["restored"] is True
        return {row["id"]: row for row in document["targets"]}

    def _kill_restarted(self) -> None:
        """The server that was put back: its pid stands where the control wrote it."""
        pid = int((self.folder / "two.pid").read_text())
        with suppress(FileNotFoundError, ProcessLookupError):
            if str(SERVER).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Balanced]:
    with ExitStack() as stack:
        yield Balanced(tmp_path, stack)


def _free_ports(count: int) -> list[int]:
    """Below those of outgoing connections, which could take one while its server is dead."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no port is free")


def _await_answer(port: int) -> None:
    until = time.monotonic() + 10.0
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1.0).close()
        except (OSError, urllib.error.URLError):
            assert time.monotonic() < until, f"nothing answers at {port}"
            time.sleep(0.05)
        else:
            return


def test_fast_checks_eject_a_dead_server_and_take_it_back_while_the_other_carries_all(
    balanced: Balanced,
) -> None:
    balanced.start(server=FAST, more=REDISPATCH)

    found = balanced.judged()

    assert found["ejection"]["verdict"] == "pass", found["ejection"]["because"]
    assert "served half of its share again" in str(found["ejection"])
    assert found["carried"]["verdict"] == "pass", found["carried"]["because"]


def test_default_checks_leave_a_dead_server_too_late(balanced: Balanced) -> None:
    balanced.start(server="inter 2s")

    ejection = balanced.judged("8 s")["ejection"]

    assert ejection["verdict"] == "fail", ejection["because"]
    assert ejection["where"]["region"] == "two"
    assert "the last request that failed or went to region two" in ejection["because"]
    # Two more checks after the first that fails, which comes within 2 s; and what was sent then.
    low, high = ejection["interval"]
    assert 3.5 < low <= high < 7.0


def test_one_starved_server_cannot_carry_the_load_of_two(balanced: Balanced) -> None:
    balanced.start(server=f"{FAST} maxconn 1", more=REDISPATCH)

    carried = balanced.judged()["carried"]

    assert carried["verdict"] == "fail", carried["because"]

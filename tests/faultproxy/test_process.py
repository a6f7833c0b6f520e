"""The proxy is a process of its own: it says when it is ready, and ends when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.box.running_box import wait_until
from tests.contracts.servers import ROOT, WITHIN_S, Server, embedded
from tests.contracts.upstream import Upstream
from tests.contracts.wire import EOF, ending, round_trip, talking

ARGV = [sys.executable, "-m", "nfrcheck.faultproxy"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """One that ends by itself."""
    return subprocess.run(
        [*ARGV, *options], cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


def test_it_ends_well_when_told_to_and_so_do_its_connections(behind: Upstream) -> None:
    with embedded() as server:
        link = server.proxy("link", behind.port)
        link.add("latency", latency=10_000, ttl_s=60)
        with talking(link) as connection:
            connection.sendall(b"held")
            wait_until(lambda: any(one["downstream"]["held"] for one in link.connections()["open"]))
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(WITHIN_S) == 0
            assert time.monotonic() - begun < 2
            assert ending(connection)[0] == EOF


def test_it_says_one_line_and_nothing_else(behind: Upstream) -> None:
    with subprocess.Popen(
        [*ARGV, "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDEVMODE": "1"},
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        server = Server(process, port, "embedded")
        link = server.proxy("link", behind.port)
        with talking(link) as connection:
            round_trip(connection)
        server.clear()
        process.terminate()
        said, complained = process.communicate(timeout=WITHIN_S)

    assert (process.returncode, said, complained) == (0, "", "")


def test_it_outlives_whoever_started_it_and_the_ends_of_its_output(behind: Upstream) -> None:
    starter = (
        "import subprocess, sys, os\n"
        f"made = subprocess.Popen({ARGV!r} + ['--port', '0'], stdout=subprocess.PIPE, text=True)\n"
        "print(made.pid, made.stdout.readline().strip(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        pid, *_, address = process.stdout.readline().decode().split()
        process.wait(WITHIN_S)
    os.kill(int(pid), signal.SIGHUP)
    try:
        server = Server(process, int(address.rpartition(":")[2]), "embedded")  # type: ignore[arg-type]
        link = server.proxy("link", behind.port)
        assert server.ask("POST", "/proxies", b"\xff").status == 400
        with talking(link) as connection:
            round_trip(connection)
    finally:
        os.kill(int(pid), signal.SIGTERM)


def test_a_port_that_is_taken_is_told_and_ends_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run("--port", str(port))

    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("text", "because"),
    [
        pytest.param(None, "No such file", id="missing"),
        pytest.param("{", "unexpected EOF", id="half"),
        pytest.param('[{"name": "x"}]', "upstream at proxy 1", id="incomplete"),
    ],
)
def test_a_configuration_that_cannot_be_read_ends_it(
    tmp_path: Path, text: str | None, because: str
) -> None:
    file = tmp_path / "proxies.json"
    if text is not None:
        file.write_text(text, "utf-8")

    ended = run("--port", "0", "--config", str(file))

    assert ended.returncode == 2
    assert because in ended.stderr
    assert ended.stdout == ""


def test_it_begins_with_the_proxies_of_its_configuration(tmp_path: Path, behind: Upstream) -> None:
    file = tmp_path / "proxies.json"
    wanted = {"name": "shop", "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{behind.port}"}
    file.write_text(json.dumps([wanted]), "utf-8")

    with embedded("--config", str(file)) as server:
        [shown] = server.ask("GET", "/proxies").json.values()

        assert shown["enabled"]
        with socket.create_connection(("127.0.0.1", int(shown["listen"].split(":")[1]))) as client:
            client.sendall(b"echo\nx")
            assert client.recv(1) == b"x"


@pytest.mark.parametrize("listen", ["", ":0"])
def test_nothing_is_open_to_other_machines_unless_told(
    server: Server, behind: Upstream, listen: str
) -> None:
    """Toxiproxy listens on all interfaces there."""
    assert (
        server.proxy("link", behind.port, listen=listen).show()["listen"].startswith("127.0.0.1:")
    )
    told = server.proxy("all", behind.port, listen="0.0.0.0:0").show()
    assert told["listen"].startswith("0.0.0.0:")


def test_it_needs_nothing_but_the_standard_library() -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import nfrcheck.faultproxy.__main__\n"
        "print(*[name for name in sys.modules if name.startswith('nfrcheck.')])\n"
    )
    # Without site-packages: an import of anything else would fail.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=WITHIN_S,
    )

    assert all(name.startswith("nfrcheck.faultproxy") for name in done.stdout.split())

"""A real fault proxy as a process of its own, with one proxy in front of a server."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nfrcheck.deployments.toxiproxy_client import Proxy, Toxiproxy, ToxiproxyError
from tests.box.running_box import wait_until


@dataclass(frozen=True, slots=True)
class FaultProxy:
    """`name` leads to `upstream`."""

    client: Toxiproxy
    name: str = "legacy"

    @property
    def control(self) -> dict[str, str]:
        return {"kind": "toxiproxy", "url": self.client.url, "proxy": self.name, "within": "5 s"}

    @property
    def told(self) -> Proxy:
        return self.client.proxy(self.name)

    def is_hurt(self) -> bool:
        return bool(self.told.toxics) or not self.told.enabled


@contextmanager
def toxiproxy(command: str, upstream: str) -> Iterator[FaultProxy]:
    """Toxiproxy's own server, which goes on without an API when its port is taken."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [command, "-host", "127.0.0.1", "-port", str(port)]
    quiet = {**os.environ, "LOG_LEVEL": "error"}
    with subprocess.Popen(words, env=quiet, stdout=subprocess.DEVNULL) as process:
        try:
            client = Toxiproxy(f"http://127.0.0.1:{port}")
            wait_until(lambda: _answers(client))
            client.create("legacy", listen="127.0.0.1:0", upstream=upstream)
            yield FaultProxy(client)
        finally:
            process.terminate()


def _answers(client: Toxiproxy) -> bool:
    try:
        client.version()
    except ToxiproxyError:
        return False
    return True


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    words = [sys.executable, "-m", "nfrcheck.faultproxy", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on "), line
            client = Toxiproxy(f"http://{line.split()[-1]}")
            client.create("legacy", listen="127.0.0.1:0", upstream=upstream)
            yield FaultProxy(client)
        finally:
            process.terminate()

"""Proxies under test as processes, and the plain client that asks their HTTP API."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(sys.prefix) / "toxiproxy"
"""Where `make real` puts Toxiproxy's server and command line."""
WITHIN_S = 10.0


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        assert self.json["status"] == self.status
        return self.json["error"]


class Server:
    """One that runs: asked over a connection of its own for each request."""

    def __init__(self, process: subprocess.Popen[str], port: int, kind: str) -> None:
        self.process = process
        self.port = port
        self.kind = kind
        self.made: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """`body`: bytes as they are, anything else as JSON."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN_S)
        try:
            connection.request(method, path, sent, dict(headers or {}))
            found = connection.getresponse()
            return Answer(found.status, dict(found.getheaders()), found.read())
        finally:
            connection.close()

    def proxy(self, name: str, upstream: int | str, **more: Any) -> "Proxy":
        """A new one, in the place of one of that name."""
        place = upstream if isinstance(upstream, str) else f"127.0.0.1:{upstream}"
        self.ask("DELETE", f"/proxies/{quote(name)}")
        given = {"name": name, "listen": "127.0.0.1:0", "upstream": place, **more}
        made = self.ask("POST", "/proxies", given)
        assert made.status == 201, made
        self.made.append(name)
        return Proxy(self, name)

    def clear(self) -> None:
        for name in self.ask("GET", "/proxies").json:
            self.ask("DELETE", f"/proxies/{quote(name, safe='')}")
        self.made.clear()


class Proxy:
    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._path = f"/proxies/{quote(name)}"

    def show(self) -> Any:
        return self._server.ask("GET", self._path).json

    @property
    def port(self) -> int:
        return int(self.show()["listen"].rpartition(":")[2])

    def connect(self, timeout: float = WITHIN_S) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def change(self, **values: Any) -> Answer:
        return self._done(self._server.ask("PATCH", self._path, values))

    def delete(self) -> None:
        self._done(self._server.ask("DELETE", self._path))

    def add(self, kind: str, stream: str = "downstream", **attributes: Any) -> Answer:
        """`toxicity`, `name` and `ttl_s` are the toxic's own; all else are its attributes."""
        own = {
            key: attributes.pop(key) for key in ("toxicity", "name", "ttl_s") & attributes.keys()
        }
        toxic = {"type": kind, "stream": stream, "attributes": attributes, **own}
        return self._done(self._server.ask("POST", f"{self._path}/toxics", toxic))

    def update(self, toxic: str, **values: Any) -> Answer:
        return self._done(self._server.ask("PATCH", f"{self._path}/toxics/{toxic}", values))

    def remove(self, toxic: str) -> None:
        self._done(self._server.ask("DELETE", f"{self._path}/toxics/{toxic}"))

    def toxics(self) -> list[Any]:
        return list(self._server.ask("GET", f"{self._path}/toxics").json)

    def connections(self) -> Any:
        return self._server.ask("GET", f"{self._path}/connections").json

    @staticmethod
    def _done(answer: Answer) -> Answer:
        assert answer.status < 300, answer
        return answer


@contextmanager
def embedded(*options: str) -> Iterator[Server]:
    argv = [sys.executable, "-m", "nfrcheck.faultproxy", "--port", "0", *options]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        try:
            line = process.stdout.readline()
            found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
            assert found, line
            yield Server(process, int(found[1]), "embedded")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(WITHIN_S)


@contextmanager
def toxiproxy() -> Iterator[Server]:
    """It does not end when its port is taken: so the port must be its own before it counts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [str(REAL / "server"), "-host", "127.0.0.1", "-port", str(port)]
    process = subprocess.Popen(
        argv, env={**os.environ, "LOG_LEVEL": "error"}, stdout=subprocess.DEVNULL, text=True
    )
    with process:
        try:
            server = Server(process, port, "toxiproxy")
            deadline = time.monotonic() + WITHIN_S
            while not listens(process.pid, port):
                assert time.monotonic() < deadline, "it does not listen"
                time.sleep(0.01)
            yield server
        finally:
            process.terminate()
            process.wait(WITHIN_S)


def listens(pid: int, port: int) -> bool:
    """Whether it is this process that has the port."""
    rows = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    wanted = {
        row[9] for row in map(str.split, rows) if row[3] == "0A" and row[1].endswith(f":{port:04X}")
    }
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return any(link == f"socket:[{inode}]" for inode in wanted for link in links)

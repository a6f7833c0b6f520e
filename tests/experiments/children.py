"""For the tests of the children that send traffic: the child as a process, and a server to ask."""

import itertools
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nfrcheck.model.records import read_header, read_records

WITHIN_S = 20.0
LOAD, PROBE = "nfrcheck.experiments.loads.child", "nfrcheck.experiments.probes.child"

Answer = tuple[int, dict[str, str], bytes] | None
"""Status, headers, body; None closes the connection without a word."""


class Asked:
    """One request as the server saw it."""

    def __init__(self, handler: "Handler") -> None:
        self.method, self.path = handler.command, handler.path
        self.headers = dict(handler.headers.items())
        self.body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        self.connection = handler.number


class Server(ThreadingHTTPServer):
    """Answers 200 until `answer` is replaced; while `open` is cleared it takes and says nothing."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[Asked] = []
        self.open = threading.Event()
        self.open.set()
        self.answer: Callable[[Asked], Answer] = lambda _asked: (200, {}, b"{}")
        self.sockets: set[socket.socket] = set()
        self.numbers = itertools.count()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def die(self) -> None:
        """As a process that is killed: nobody listens, and every connection is gone."""
        self.shutdown()
        self.server_close()
        for connection in list(self.sockets):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        # Not the port: the system gives that of a closed connection to another one.
        self.number = next(self.server.numbers)
        self.server.sockets.add(self.connection)

    def finish(self) -> None:
        self.server.sockets.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        asked = Asked(self)
        self.server.asked.append(asked)
        self.server.open.wait()
        answer = self.server.answer(asked)
        if answer is None:
            self.close_connection = True
            return
        status, headers, body = answer
        lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    do_POST = do_GET  # noqa: N815  # the name is the standard library's

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def running_server() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.open.set()
        server.die()


class RunningChild:
    """A child as the controller sees it. `messages` are all that it said so far."""

    def __init__(self, module: str, spec: dict[str, Any] | str) -> None:
        self.messages: list[dict[str, Any]] = []
        self._arrived: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._say(spec if isinstance(spec, str) else json.dumps(spec))

    def start(self, in_s: float = 0.05) -> int:
        """Waits until the child is ready, starts the traffic; its zero on the monotonic clock."""
        self.expect("ready")
        return self.start_now(in_s)

    def start_now(self, in_s: float = 0.05) -> int:
        at_ns = time.monotonic_ns() + round(in_s * 1e9)
        self.order(do="start", at_ns=at_ns)
        return at_ns

    def order(self, **order: Any) -> None:
        self._say(json.dumps(order))

    def stop(self) -> dict[str, Any]:
        self.order(do="stop")
        stopped: dict[str, Any] = self.expect("stopped")
        assert self.process.wait(WITHIN_S) == 0
        return stopped

    def expect(self, kind: str) -> Any:
        """The next message with that key."""
        while (message := self._arrived.get(timeout=WITHIN_S)) is not None:
            if kind in message:
                return message if kind in {"stopped", "ready"} else message[kind]
        raise AssertionError(f"no {kind}: {self.messages} {self.errors()}")

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read() if self.process.poll() is not None else "it runs"

    def end(self) -> None:
        with suppress(OSError):
            self.close_input()
        self.process.kill()
        self.process.wait(WITHIN_S)
        self._listener.join(WITHIN_S)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.messages.append(json.loads(line))
            self._arrived.put(self.messages[-1])
        self._arrived.put(None)


@contextmanager
def running_child(module: str, spec: dict[str, Any] | str) -> Iterator[RunningChild]:
    child = RunningChild(module, spec)
    try:
        yield child
    finally:
        child.end()


def traffic(folder: Path, url: str, kind: str = "load", **changes: Any) -> dict[str, Any]:
    """A spec for one route, `GET /browse`, 200 times a second."""
    return {
        "stream": "shop",
        "kind": kind,
        "folder": str(folder),
        "t0_ns": time.monotonic_ns(),
        "rate": 200.0,
        "cap": 2000,
        "run_id": "run-1",
        "entries": [["global", 1.0]],
        "endpoints": {"global": {"url": url, "address": "127.0.0.1"}},
        "routes": [{"name": "browse", "path": "/browse"}],
        **changes,
    }


def records(folder: Path) -> NDArray[Any]:
    """All records of the folder, with the name of their route, region and client."""
    found = [_named(path) for path in sorted(folder.glob("*.rec"))]
    return np.concatenate(found)


def _named(path: Path) -> NDArray[Any]:
    plain, cells = read_records(path), read_header(path)["cells"]
    fields = [("route", "U20"), ("region", "U20"), ("client", "U20"), ("entry", "U20")]
    named = np.empty(len(plain), dtype=plain.dtype.descr + fields)
    for name in plain.dtype.names or ():
        named[name] = plain[name]
    for name, _ in fields:
        column = np.array([cell[name] or "" for cell in cells], dtype="U20")
        named[name] = column[plain["cell"]]
    return named


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)

"""A small proxy with Toxiproxy's API that can lie: it knows latency, and does it as it pleases."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Told = tuple[int, Any]
"""Status and body."""
NEVER = float("inf")


@dataclass(slots=True, kw_only=True)
class Lie:
    """What becomes of a toxic that the API takes with 200. The default is the truth."""

    times: float = 1.0
    starts_s: float = 0.0
    """After it was taken."""
    ends_s: float = NEVER
    """After it was taken."""
    stays_s: float = 0.0
    """After it was removed."""


@dataclass(slots=True)
class SmallProxy:
    """One proxy, named `legacy`. `asked` is every call of the API; an `old` one has no PATCH."""

    upstream: tuple[str, int]
    lie: Lie = field(default_factory=Lie)
    url: str = ""
    old: bool = False
    hangs: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    toxics: dict[str, dict[str, Any]] = field(default_factory=dict)
    enabled: bool = True
    failing: list[int] = field(default_factory=list)
    """Statuses that the next changing calls get, although they are done."""
    refuses: int = 0
    """The status that every changing call gets, and nothing is done."""
    _line: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _from: float = 0.0
    _until: float = 0.0
    _delay_s: float = 0.0

    @property
    def listen(self) -> str:
        return f"127.0.0.1:{self._line.getsockname()[1]}"

    def control(self, **more: Any) -> dict[str, Any]:
        named = {"kind": "toxiproxy", "url": self.url, "proxy": "legacy", "within": "5 s"}
        return named | more

    def told(self) -> dict[str, Any]:
        return {
            "name": "legacy",
            "listen": self.listen,
            "upstream": "{}:{}".format(*self.upstream),
            "enabled": self.enabled,
            "Logger": {},
            "toxics": list(self.toxics.values()),
        }

    def take(self, toxic: dict[str, Any]) -> None:
        self.toxics[toxic["name"]] = toxic
        now = time.monotonic()
        self._from, self._until = now + self.lie.starts_s, now + self.lie.ends_s
        self._delay_s = toxic["attributes"].get("latency", 0) / 1000 * self.lie.times

    def drop(self, name: str) -> bool:
        if self.toxics.pop(name, None) is None:
            return False
        self._until = min(self._until, time.monotonic() + self.lie.stays_s)
        return True

    def end(self) -> None:
        """The effect ends, whatever the API says."""
        self._until = time.monotonic()

    def delay_s(self) -> float:
        return self._delay_s if self._from <= time.monotonic() < self._until else 0.0

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._line.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self.upstream) as server:
            back = threading.Thread(target=self._pump, args=(server, client, True), daemon=True)
            back.start()
            self._pump(client, server, False)
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, late: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(65_536):
                if late:
                    time.sleep(self.delay_s())
                sink.sendall(chunk)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Control(ThreadingHTTPServer):
    """The API of one proxy."""

    daemon_threads = True

    def __init__(self, proxy: SmallProxy) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.proxy = proxy


class Api(BaseHTTPRequestHandler):
    server: Control

    def do_GET(self) -> None:
        self._answer(self._shown)

    def do_POST(self) -> None:
        self._answer(self._done)

    do_PATCH = do_DELETE = do_POST  # noqa: N815  the names that http.server calls

    def _answer(self, act: Callable[[SmallProxy, str, Any], Told]) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        proxy.asked.append(f"{self.command} {self.path}")
        if proxy.hangs.is_set():
            proxy.released.wait(10)
            return
        assert not str(self.headers["user-agent"]).startswith("Mozilla/"), "it would be a 403"
        status, told = act(proxy, self.path, json.loads(body) if body else {})
        if self.command != "GET" and proxy.failing and status < 300:
            status = proxy.failing.pop(0)
        text = b"" if told is None else json.dumps(told).encode() + b"\n"
        self.send_response(status)
        # As Go does: whatever it is, it is called plain text.
        self.send_header("content-type", "text/plain; charset=utf-8")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _shown(self, proxy: SmallProxy, path: str, _body: Any) -> Told:
        known = {
            "/version": {"version": "2.4.0" if proxy.old else "2.12.0"},
            "/proxies": {"legacy": proxy.told()},
            "/proxies/legacy": proxy.told(),
        }
        return (200, known[path]) if path in known else (404, {"error": "proxy not found"})

    def _done(self, proxy: SmallProxy, path: str, body: Any) -> Told:
        if proxy.refuses:
            return proxy.refuses, {"error": "it will not"}
        if not path.startswith("/proxies/legacy"):
            return 404, {"error": "proxy not found"}
        if self.command == "DELETE":
            gone = proxy.drop(path.rpartition("/")[2])
            return (204, None) if gone else (404, {"error": "toxic not found"})
        if path.endswith("/toxics"):
            proxy.take(body)
            return 200, body
        if proxy.old and self.command == "PATCH":
            return 405, None
        proxy.enabled = body.get("enabled", proxy.enabled)
        return 200, proxy.told()

    def log_message(self, *_words: object) -> None:
        """Silent."""


@contextmanager
def small_proxy(upstream: tuple[str, int], lie: Lie | None = None) -> Iterator[SmallProxy]:
    proxy = SmallProxy(upstream, lie or Lie())
    with Control(proxy) as api:
        proxy.url = f"http://127.0.0.1:{api.server_port}"
        serving = [
            threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True),
            threading.Thread(target=proxy.serve, daemon=True),
        ]
        for thread in serving:
            thread.start()
        yield proxy
        proxy.released.set()
        proxy._line.shutdown(socket.SHUT_RDWR)
        proxy._line.close()
        api.shutdown()
        for thread in serving:
            thread.join()

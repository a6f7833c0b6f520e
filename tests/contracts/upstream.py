"""The server behind the proxies under test: what it does is the first line of each connection.

`echo`, `send N` (then it closes), `take N` (answers their digest), `count` (takes up to the end
of what it is sent, answers how much), `close` (at once), `hold` (says nothing).
"""

import hashlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from random import Random

PIECE = 64 * 1024
WHOLE = 1 << 20


@cache
def pattern(size: int) -> bytes:
    """Bytes in which a swap, a loss or a repetition shows; a shorter one begins a longer one."""
    whole = -(-size // WHOLE) * WHOLE
    return Random(0).randbytes(whole)[:size]


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


class _Serve(socketserver.BaseRequestHandler):
    server: "Upstream"
    request: socket.socket

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.open.add(self.request)
        with suppress(OSError):
            word, _, number = self._line().partition(" ")
            getattr(self, f"_{word or 'close'}")(int(number or 0))
        self.server.open.discard(self.request)

    def _line(self) -> str:
        line = b""
        while not line.endswith(b"\n") and (byte := self.request.recv(1)):
            line += byte
        return line.decode().strip()

    def _echo(self, _number: int) -> None:
        while arrived := self.request.recv(PIECE):
            self.server.echoed += len(arrived)
            self.request.sendall(arrived)

    def _send(self, size: int) -> None:
        content = memoryview(pattern(size))
        for start in range(0, size, PIECE):
            self.request.sendall(content[start : start + PIECE])
            self.server.sent += PIECE

    def _take(self, size: int) -> None:
        taken = hashlib.sha256()
        while size > 0 and (arrived := self.request.recv(PIECE)):
            taken.update(arrived)
            size -= len(arrived)
        self.request.sendall(taken.hexdigest().encode())

    def _count(self, _number: int) -> None:
        taken = 0
        while arrived := self.request.recv(PIECE):
            taken += len(arrived)
        self.request.sendall(b"%d" % taken)

    def _close(self, _number: int) -> None:
        """Its end is all that it says."""

    def _hold(self, _number: int) -> None:
        self.server.ended.wait(30)


class Upstream(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Serve)
        self.open: set[socket.socket] = set()
        self.ended = threading.Event()
        self.echoed = 0
        """Bytes, counted before they go back: who has read an answer finds it counted."""
        self.sent = 0
        """Bytes that `send` could hand over, one connection at a time."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, *_request: object) -> None:
        """A connection that broke is what is tested."""


@contextmanager
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()

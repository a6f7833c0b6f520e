"""A server that answers as badly as real ones do, and keeps a ledger of what it did."""

import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from nfrcheck.model.records import TIMEOUT

SPLIT_S = 0.0005
READ_BYTES = 65_536


class Peer:
    """One accepted connection. Answers go out in two pieces; where they are cut moves on."""

    def __init__(self, server: "TortureServer", connection: socket.socket) -> None:
        self.server = server
        self.connection = connection
        self.open = True
        self.last_body = b""
        self._received = b""

    def read_request(self) -> bytes | None:
        """A whole request; None when the client has gone."""
        head, body = self.read_head()
        if head is None:
            return None
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        while len(body) < length:
            got = self.receive()
            if not got:
                return None
            body += got
        self._received = body[length:]
        self.last_body = body[:length]
        return head + body[:length]

    def read_head(self) -> tuple[bytes | None, bytes]:
        while b"\r\n\r\n" not in self._received:
            got = self.receive()
            if not got:
                return None, b""
            self._received += got
        head, end, body = self._received.partition(b"\r\n\r\n")
        return head + end, body

    def wait_until_closed(self) -> None:
        """The client closes it, or sends what it should not, which the ledger shows."""
        while self.receive():
            self.server.surplus += not self.server.impatient
        self.open = False

    def send(self, answer: bytes) -> None:
        cut = self.server.next_cut() % max(1, len(answer))
        if cut:
            self.send_raw(answer[:cut])
            self.pause(SPLIT_S)
        with suppress(OSError):  # the client may have seen enough
            self.send_raw(answer[cut:])

    def pause(self, seconds: float) -> None:
        self.server.stopping.wait(seconds)

    def receive(self) -> bytes:
        try:
            return self.connection.recv(READ_BYTES)
        except OSError:
            return b""

    def send_raw(self, raw: bytes) -> None:
        self.connection.sendall(raw)

    def close(self) -> None:
        """An end of file for the client, after all that was sent."""
        self.open = False
        # The client may be gone already, which is as good.
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        """As a process that ends does: a reset, if there is something it has not read."""
        self.open = False
        self.connection.close()

    def reset(self) -> None:
        self.open = False
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()


class TlsPeer(Peer):
    """The same over TLS: of two answers one is cut into two records, one inside its record."""

    def __init__(
        self, server: "TortureServer", connection: socket.socket, context: ssl.SSLContext
    ) -> None:
        super().__init__(server, connection)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def greet(self) -> bool:
        while True:
            try:
                self._session.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                got = super().receive()
                if not got:
                    return False
                self._incoming.write(got)
            except ssl.SSLError:
                self._flush()  # with the alert
                return False
            else:
                self._flush()  # with the session tickets
                return True

    def receive(self) -> bytes:
        while True:
            try:
                return self._session.read(READ_BYTES)
            except ssl.SSLWantReadError:
                got = super().receive()
                if not got:
                    return b""
                self._incoming.write(got)
            except ssl.SSLError:
                return b""

    def send(self, answer: bytes) -> None:
        cut = self.server.next_cut()
        if cut % 2:
            super().send(answer)
            return
        self._session.write(answer)
        raw = self._outgoing.read()
        cut %= len(raw)
        self.connection.sendall(raw[:cut])
        self.pause(SPLIT_S)
        with suppress(OSError):
            self.connection.sendall(raw[cut:])

    def send_raw(self, raw: bytes) -> None:
        self._session.write(raw)
        self._flush()

    def close(self) -> None:
        if not self.server.rude:
            try:
                self._session.unwrap()
            except ssl.SSLError:
                self._flush()
        super().close()

    def _flush(self) -> None:
        raw = self._outgoing.read()
        if raw:
            self.connection.sendall(raw)


Script = Callable[[Peer, int], int]
"""Answers the n-th request (from 0); tells the status that the client must see for it."""


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answers(peer: Peer, _: int) -> int:
    peer.send(ANSWER)
    return 200


def never_answers(peer: Peer, _: int) -> int:
    peer.wait_until_closed()
    return TIMEOUT


class TortureServer:
    """`ledger` counts the statuses of all requests, `served` the requests of each connection.

    `rude`: ends TLS without close_notify. `impatient`: answers when it has the head of a request.
    `surplus`: pieces that came when nothing was asked.
    """

    def __init__(
        self,
        script: Script,
        context: ssl.SSLContext | None = None,
        *,
        rude: bool = False,
        impatient: bool = False,
    ) -> None:
        self.script = script
        self.context = context
        self.rude = rude
        self.impatient = impatient
        self.ledger: Counter[int] = Counter()
        self.served: list[int] = []
        self.surplus = 0
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self.listener.getsockname()[1]
        self.crashes: list[Exception] = []
        self._requests = self._cuts = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self.listener.close()
        if self.crashes and error is None:
            raise self.crashes[0]

    def connections(self) -> list[socket.socket]:
        with self._lock:
            return list(self._open)

    def next_cut(self) -> int:
        with self._lock:
            self._cuts += 1
            return self._cuts * 13

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
                self.served.append(0)
                index = len(self.served) - 1
            thread = threading.Thread(target=self._serve, args=(connection, index))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, index: int) -> None:
        try:
            self._talk(connection, index)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client went, as clients may
        except Exception as error:  # noqa: BLE001 - shown where the test can see it
            self.crashes.append(error)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _talk(self, connection: socket.socket, index: int) -> None:
        peer = Peer(self, connection)
        if self.context is not None:
            peer = TlsPeer(self, connection, self.context)
            if not peer.greet():
                return
        while peer.open:
            request = peer.read_head()[0] if self.impatient else peer.read_request()
            if request is None:
                return
            with self._lock:
                self.served[index] += 1
                number = self._requests
                self._requests += 1
            status = self.script(peer, number)
            with self._lock:
                self.ledger[status] += 1
        if connection.fileno() >= 0:
            peer.wait_until_closed()

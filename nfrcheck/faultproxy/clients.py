"""The clients of the control port: each request is answered before the next one is read.

Whoever sends rubbish, half a request or too much is answered or cut off, and disturbs nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from nfrcheck.faultproxy.requests import Answer, Deaf, Reader, Request, Unreadable, written

REQUEST_S = 15.0
IDLE_S = 60.0
REFUSED_S = 0.5
CONNECTIONS_MAX = 512
"""Above it the one that has been silent longest is closed."""

Handle = Callable[[Request], Awaitable[Answer]]


class Clients:
    """The open control connections, the one that has been silent longest first."""

    def __init__(self) -> None:
        self._all: dict[Client, None] = {}

    def heard(self, client: "Client") -> None:
        self._all.pop(client, None)
        self._all[client] = None
        if len(self._all) > CONNECTIONS_MAX:
            next(iter(self._all)).drop()

    def gone(self, client: "Client") -> None:
        self._all.pop(client, None)

    def close(self) -> None:
        for client in list(self._all):
            client.drop()


class Client(asyncio.Protocol):
    def __init__(self, handle: Handle, clients: Clients) -> None:
        self._handle = handle
        self._clients = clients
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._answering: asyncio.Task[None] | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._clients.heard(self)
        self._within(REQUEST_S)

    def data_received(self, data: bytes) -> None:
        if self._reader.empty:
            self._within(REQUEST_S)
        self._reader.take(data)
        self._clients.heard(self)
        self._go_on()

    def eof_received(self) -> bool:
        """What was asked is still answered."""
        self._ended = True
        return self._answering is not None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's
        self._transport = None
        self._clients.gone(self)
        self._stop_limit()
        # What was begun is done to its end: half a change is worse than an answer nobody reads.

    def drop(self) -> None:
        self._clients.gone(self)
        if self._transport is not None:
            self._transport.abort()

    def _within(self, seconds: float) -> None:
        self._stop_limit()
        self._limit = asyncio.get_running_loop().call_later(seconds, self.drop)

    def _stop_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _go_on(self) -> None:
        if self._answering is not None or self._transport is None:
            return
        try:
            request = self._reader.request()
        except Unreadable as refused:
            self._refuse(refused)
            return
        if request is not None:
            self._transport.pause_reading()
            self._stop_limit()
            self._answering = asyncio.create_task(self._answer(request))
        elif self._reader.asks_for_leave():
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _answer(self, request: Request) -> None:
        answer = await self._handle(request)
        self._answering = None
        if self._transport is None:
            return
        keep = request.keep and not self._ended
        self._transport.write(written(answer, head=request.method == "HEAD", keep=keep))
        if not keep:
            self._transport.close()
            return
        self._within(IDLE_S)
        self._transport.resume_reading()
        self._go_on()

    def _refuse(self, refused: Unreadable) -> None:
        assert self._transport is not None
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        answer = Answer(refused.status, refused.text.encode(), plain)
        self._transport.write(written(answer, head=False, keep=False))
        # Read on for a moment: what is unread at a close would take the answer back.
        with suppress(OSError):
            self._transport.write_eof()
        self._reader = Deaf()
        self._within(REFUSED_S)

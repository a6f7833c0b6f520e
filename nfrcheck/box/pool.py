"""The calling side of HTTP/1.1: kept connections to one address, and what can become of a call."""

import asyncio
import ssl
from typing import cast

import httptools

from nfrcheck.box.http1 import Answer, Headers, Request


class NotSentError(Exception):
    """No connection came about: the other side cannot have seen the request."""


class LostError(Exception):
    """The request went out and no answer came back: it may have happened or not."""


class Link(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None
        self._headers: Headers = []
        self._chunks: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not an isinstance: the TLS transports of uvloop have no such ancestor.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._pool.forget(self)
        self._fail(LostError(str(exc or "closed before the answer")))

    def data_received(self, chunk: bytes) -> None:
        try:
            self._parser.feed_data(chunk)
        except httptools.HttpParserError as broken:
            self._fail(LostError(str(broken)))
            self.abort()

    def on_message_begin(self) -> None:
        self._headers = []
        self._chunks = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_body(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        waiter, self._waiter = self._waiter, None
        answer = Answer(self._parser.get_status_code(), self._headers, b"".join(self._chunks))
        if not self._parser.should_keep_alive():
            self.abort()
        elif self._transport is not None:
            self._pool.give_back(self)
        if waiter is not None and not waiter.done():
            waiter.set_result(answer)

    async def call(self, request: bytes, within_s: float) -> Answer:
        loop = asyncio.get_running_loop()
        if self._transport is None:
            raise NotSentError("closed before the request")
        waiter: asyncio.Future[Answer] = loop.create_future()
        self._waiter = waiter
        self._transport.write(request)
        bell = loop.call_later(within_s, self._late)
        try:
            return await waiter
        finally:
            bell.cancel()
            if waiter.cancelled():  # the caller went away: what comes now would answer nobody
                self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _late(self) -> None:
        self._fail(LostError("no answer in time"))
        self.abort()

    def _fail(self, error: LostError) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)


class Pool:
    """Kept connections to one address. `connect_s`: seconds for TCP and TLS together.

    `by`: the address of the link that leads there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
        *,
        connect_s: float = 0.5,
        by: str | None = None,
    ) -> None:
        self.host, self.port = host, port
        self._by = by or host
        self._tls = tls
        self._connect_s = connect_s
        self._idle: list[Link] = []
        self._busy: set[Link] = set()
        self._host = f"{host}:{port}".encode()

    async def call(self, request: Request, within_s: float) -> Answer:
        """Raises NotSentError or LostError; every answer, also a 5xx, is an answer."""
        link = self._idle.pop() if self._idle else await self._connect()
        self._busy.add(link)
        return await link.call(request.encode(self._host), within_s)

    async def _connect(self) -> Link:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_s):
                _, link = await loop.create_connection(
                    lambda: Link(self),
                    self._by,
                    self.port,
                    ssl=self._tls,
                    server_hostname=self.host if self._tls else None,
                )
        except (OSError, TimeoutError) as broken:
            raise NotSentError(str(broken) or "no connection in time") from broken
        return link

    def give_back(self, link: Link) -> None:
        self._busy.discard(link)
        self._idle.append(link)

    def forget(self, link: Link) -> None:
        self._busy.discard(link)
        if link in self._idle:
            self._idle.remove(link)

    def abort(self) -> None:
        """Closes every connection; what is under way fails at once."""
        for link in [*self._idle, *self._busy]:
            link.abort()

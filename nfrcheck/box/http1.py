"""Lean HTTP/1.1 on httptools: one protocol object per connection, answers in order."""

import asyncio
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import httptools

Headers = list[tuple[bytes, bytes]]

BODY_MOST = 64 * 1024
DROP = 0  # an answer with this status closes the connection without a word
HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"host", b"content-length", b"transfer-encoding", b"expect")
)
REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    method: bytes
    target: bytes
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition(b"?")[0].decode("latin-1")

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    def encode(self, host: bytes) -> bytes:
        lines = [b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (self.method, self.target, host)]
        lines += [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] not in HOP_BY_HOP]
        if self.body or self.method != b"GET":
            lines.append(b"content-length: %d\r\n" % len(self.body))
        lines += [b"\r\n", self.body]
        return b"".join(lines)


@dataclass(slots=True)
class Answer:
    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def encode(self, *, keep: bool, head: bool = False) -> bytes:
        reason = REASONS.get(self.status, b"Unknown")
        lines = [b"HTTP/1.1 %d %b\r\n" % (self.status, reason)]
        lines += [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] not in HOP_BY_HOP]
        lines.append(b"content-length: %d\r\n" % len(self.body))
        lines.append(b"\r\n" if keep else b"connection: close\r\n\r\n")
        if not head:
            lines.append(self.body)
        return b"".join(lines)


Serve = Callable[[Request], Awaitable[Answer]]


class Connection(asyncio.Protocol):
    """One client of a server. Pipelined requests wait for their turn.

    Once `ending` is set each answer closes its connection, so that callers go elsewhere.
    """

    def __init__(self, serve: Serve, ending: asyncio.Event) -> None:
        self._serve = serve
        self._ending = ending
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._closed = False
        self._transport: asyncio.Transport
        self._fresh()

    def _fresh(self) -> None:
        self._target = b""
        self._headers: Headers = []
        self._chunks: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not an isinstance: the TLS transports of uvloop have no such ancestor.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._closed = True

    def data_received(self, chunk: bytes) -> None:
        try:
            self._parser.feed_data(chunk)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._end(Answer(400))

    def on_message_begin(self) -> None:
        self._fresh()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if (b"expect", b"100-continue") in self._headers:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= BODY_MOST:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        if self._size > BODY_MOST:
            self._end(Answer(413))
            return
        request = Request(
            self._parser.get_method(), self._target, self._headers, b"".join(self._chunks)
        )
        self._waiting.append((request, self._parser.should_keep_alive()))
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._waiting and not self._closed:
            request, keep = self._waiting.popleft()
            head = request.method == b"HEAD"
            if head:
                request.method = b"GET"
            answer = await self._ask(request)
            keep = keep and not self._ending.is_set()
            if answer.status == DROP:
                self._transport.abort()
            elif not self._closed:
                self._transport.write(answer.encode(keep=keep, head=head))
                if not keep:
                    self._transport.close()
        self._worker = None

    async def _ask(self, request: Request) -> Answer:
        try:
            return await self._serve(request)
        except Exception:  # noqa: BLE001  one bad request must not take the component down
            traceback.print_exc()
            return Answer(500)

    def _end(self, answer: Answer) -> None:
        if not self._closed:
            self._transport.write(answer.encode(keep=False))
            self._transport.close()
        self._closed = True

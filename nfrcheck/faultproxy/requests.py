"""HTTP/1.1 as the control port speaks it: requests read within limits, answers written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

HEAD_MAX = 64 * 1024
BODY_MAX = 8 * 1024 * 1024

_REQUEST_LINE = re.compile(rb"([!-~]+) ([!-~\x80-\xff]+) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Unreadable(Exception):
    """The rest of the connection cannot be understood."""

    def __init__(self, status: int, because: str = "") -> None:
        super().__init__(because)
        self.status = status
        words = f"{status} {HTTPStatus(status).phrase}"
        self.text = f"{words}: {because}" if because else words


class Reader:
    """Takes bytes, gives requests; None means that more must come."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._head: Request | None = None
        self._length: int | None = 0
        self._chunks = bytearray()
        self._asks = False

    @property
    def empty(self) -> bool:
        return not self._rest and self._head is None

    def asks_for_leave(self) -> bool:
        """Whether the client waits to be told that it may send its body; once for each."""
        asks, self._asks = self._asks, False
        return asks

    def take(self, arrived: bytes) -> None:
        self._rest += arrived

    def request(self) -> Request | None:
        if self._head is None:
            self._head = self._read_head()
        if self._head is None:
            return None
        body = self._read_body()
        if body is None:
            return None
        head, self._head = self._head, None
        return Request(head.method, head.target, head.headers, body, head.keep)

    def _read_head(self) -> Request | None:
        while self._rest[:2] == b"\r\n":
            del self._rest[:2]
        end = self._rest.find(b"\r\n\r\n")
        if end > HEAD_MAX or (end < 0 and len(self._rest) > HEAD_MAX):
            raise Unreadable(431)
        if end < 0:
            # A first line that is none will not become one.
            first = self._rest.partition(b"\r\n")
            if first[1] and not _REQUEST_LINE.fullmatch(first[0]):
                raise Unreadable(400)
            return None
        first_line, *lines = bytes(self._rest[:end]).split(b"\r\n")
        del self._rest[: end + 4]
        return self._head_of(first_line, lines)

    def _head_of(self, first_line: bytes, lines: list[bytes]) -> Request:
        line = _REQUEST_LINE.fullmatch(first_line)
        if line is None:
            raise Unreadable(400)
        headers = _headers(lines)
        newer = line[3] == b"1"
        if newer and "host" not in headers:
            raise Unreadable(400, "missing required Host header")
        self._length = _body_length(headers)
        self._chunks.clear()
        self._asks = headers.get("expect", "").lower() == "100-continue"
        keep = "close" not in headers.get("connection", "").lower() and newer
        return Request(line[1].decode(), line[2].decode("latin-1"), headers, keep=keep)

    def _read_body(self) -> bytes | None:
        if self._length is None:
            return self._read_chunks()
        if len(self._rest) < self._length:
            return None
        body = bytes(self._rest[: self._length])
        del self._rest[: self._length]
        return body

    def _read_chunks(self) -> bytes | None:
        while True:
            line, end, _ = self._rest.partition(b"\r\n")
            size = _SIZE.fullmatch(line)
            if not end and len(line) < HEAD_MAX:
                return None
            if size is None:
                raise Unreadable(400)
            length, start = int(size[1], 16), len(line) + 2
            if len(self._chunks) + length > BODY_MAX:
                raise Unreadable(413)
            if len(self._rest) < start + length + 2:
                return None
            if self._rest[start + length : start + length + 2] != b"\r\n":
                raise Unreadable(400)  # a trailer, or a chunk that is longer than it said
            self._chunks += self._rest[start : start + length]
            del self._rest[: start + length + 2]
            if not length:
                return bytes(self._chunks)


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise Unreadable(400)
        name, value = found[1].decode().lower(), found[2].decode("latin-1")
        if name in {"content-length", "host"} and headers.get(name, value) != value:
            raise Unreadable(400)
        headers[name] = value
    return headers


def _body_length(headers: Mapping[str, str]) -> int | None:
    """None for a body in chunks."""
    coding = headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked":
            raise Unreadable(501)
        return None
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise Unreadable(400)
    if len(length) > 12 or int(length) > BODY_MAX:
        raise Unreadable(413)
    return int(length)


class Deaf(Reader):
    """Understands nothing any more."""

    def take(self, arrived: bytes) -> None:
        """Dropped."""

    def request(self) -> None:
        return None


def written(answer: Answer, *, head: bool, keep: bool) -> bytes:
    phrase = HTTPStatus(answer.status).phrase
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append(f"Date: {formatdate(usegmt=True)}")
    if answer.status != HTTPStatus.NO_CONTENT and not head:
        lines.append(f"Content-Length: {len(answer.body)}")
    if not keep:
        lines.append("Connection: close")
    start = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return start if head else start + answer.body

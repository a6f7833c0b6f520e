"""One HTTP/1.1 answer, read from bytes: a state machine without a socket and without a clock.

The source is RFC 9112; where real servers are sloppier than the standard it reads what they meant,
and where bytes are ambiguous it calls them a protocol error.
"""

from nfrcheck.model.records import CLOSED_BEFORE, CLOSED_INSIDE, PROTOCOL_ERROR
from nfrcheck.wire.heads import (
    BAD,
    HEAD_BYTES_MAX,
    LENGTH,
    NOTHING,
    Head,
    Heads,
    head_end,
)

TRAILER_BYTES_MAX = 65_536
CHUNK_LINE_BYTES_MAX = 16_384

_NO_ANSWER = "this is not the head of an HTTP/1.1 answer, or it contradicts itself"
_TOO_LONG = "a head, a line or the trailers are longer than is read"
_BEGINNING = b"HTTP/1."
_HEX = b"0123456789abcdefABCDEF"

_IN_HEAD, _IN_BODY, _CHUNK_SIZE, _CHUNK, _CHUNK_END, _TRAILER, _TO_THE_END = range(7)
_AFTER_HEAD = (_IN_HEAD, _IN_BODY, _CHUNK_SIZE, _TO_THE_END)  # in the order of the framings


class Response:
    """The answer to one request, fed as it arrives.

    `status` is HTTP's, or ours (below 100) when the answer was none. `extra`: bytes came after its
    end; they belong to nothing. `close`: the connection must not be used again.
    """

    __slots__ = (
        "_bodiless",
        "_heads",
        "_held",
        "_keep",
        "_left",
        "_pieces",
        "_step",
        "_trailer",
        "because",
        "close",
        "done",
        "extra",
        "framing",
        "head",
        "http10",
        "length",
        "started",
        "status",
    )

    def __init__(self, method: bytes = b"GET", keep: int = 0, heads: Heads | None = None) -> None:
        self._heads = heads if heads is not None else Heads()
        self.begin(method, keep)

    def begin(self, method: bytes, keep: int) -> None:
        """Ready for the answer to the next request; at most `keep` bytes of body are kept."""
        self._bodiless = method == b"HEAD"
        self._keep = keep  # bytes of the body that there is still room for
        self._held = b""
        self._left = 0
        self._pieces: list[bytes] = []
        self._trailer = 0
        self._step = _IN_HEAD
        self.status = 0
        self.because = ""
        self.head = b""
        self.length = 0
        self.framing = NOTHING
        self.done = self.started = self.close = self.extra = self.http10 = False

    @property
    def body(self) -> bytes:
        """What was kept of it. Joined once: a body may come in thousands of pieces."""
        return b"".join(self._pieces)

    def feed(self, got: bytes) -> bool:
        """Takes what was received; True when the answer is complete (or is none)."""
        self.started = True
        if self._held:
            got = self._held + got
            self._held = b""
        at = 0
        while not self.done:
            before = at
            at = self._READERS[self._step](self, got, at)
            if at == before and not self.done:
                self._hold(got, at)
                return self.done
            if at >= len(got):
                return self.done
        self.extra = at < len(got) and self.status >= 100
        self.close = self.close or self.extra
        return True

    def end(self, *, orderly: bool) -> int:
        """The connection ended; the final status. `orderly`: by an end of file, not a reset."""
        if not self.done:
            if self._step == _TO_THE_END and orderly:
                self.done = True
            else:
                self._fail(CLOSED_INSIDE if self.started else CLOSED_BEFORE)
        self.close = True
        return self.status

    def _hold(self, got: bytes, at: int) -> None:
        """Keeps an unfinished line or head until more arrives, within its limit."""
        rest = len(got) - at
        if self._step == _IN_HEAD:
            # What does not begin like an answer will not become one: no use waiting for its end.
            like_one = got.startswith(_BEGINNING[:rest], at)
            limit = HEAD_BYTES_MAX if like_one else 0
        elif self._step == _TRAILER:
            limit = TRAILER_BYTES_MAX - self._trailer
        else:
            limit = CHUNK_LINE_BYTES_MAX
        if rest > limit:
            self._fail(PROTOCOL_ERROR, _TOO_LONG if limit else _NO_ANSWER)
        else:
            self._held = got[at:] if at else got

    def _fail(self, status: int, because: str = "") -> None:
        self.status = status
        self.because = because
        self.done = self.close = True

    def _read_head(self, got: bytes, at: int) -> int:
        end = got.find(b"\r\n\r\n", at) + 4
        known = self._heads.known(got[at:end], bodiless=self._bodiless) if end > 3 else None
        if known is not None:
            return self._begin_body(known, got[at:end], end)
        end = head_end(got, at)
        if end < 0:
            return at
        head = got[at:end]
        found = BAD
        if len(head) <= HEAD_BYTES_MAX:
            found = self._heads.read(head, bodiless=self._bodiless)
        return self._begin_body(found, head, end)

    def _begin_body(self, found: Head, head: bytes, end: int) -> int:
        status, framing, length, close, http10 = found
        if status < 200 and status != 101:
            if status < 100:
                self._fail(status, _TOO_LONG if len(head) > HEAD_BYTES_MAX else _NO_ANSWER)
            return end
        self.head = head
        self.status = status
        self.framing = framing
        self.close = close
        self.http10 = http10
        self._left = length
        self._step = _AFTER_HEAD[framing]
        self.done = framing == NOTHING or (framing == LENGTH and not length)
        return end

    def _take(self, got: bytes, at: int, end: int) -> None:
        self.length += end - at
        if self._keep > 0:
            self._pieces.append(got[at : min(end, at + self._keep)])
            self._keep -= end - at

    def _read_length(self, got: bytes, at: int) -> int:
        end = min(len(got), at + self._left)
        self._take(got, at, end)
        self._left -= end - at
        self.done = not self._left
        return end

    def _read_until_close(self, got: bytes, at: int) -> int:
        self._take(got, at, len(got))
        return len(got)

    def _read_chunk_size(self, got: bytes, at: int) -> int:
        end = got.find(b"\r\n", at)
        if end < 0:
            return at
        digits = got[at:end].partition(b";")[0].rstrip(b" \t")
        if not 1 <= len(digits) <= 16 or digits.translate(None, _HEX):
            self._fail(PROTOCOL_ERROR, "the size of a chunk is no hexadecimal number")
            return len(got)
        self._left = int(digits, 16)
        self._step = _CHUNK if self._left else _TRAILER
        return end + 2

    def _read_chunk(self, got: bytes, at: int) -> int:
        end = min(len(got), at + self._left)
        self._take(got, at, end)
        self._left -= end - at
        if not self._left:
            self._step = _CHUNK_END
        return end

    def _read_chunk_end(self, got: bytes, at: int) -> int:
        found = got[at : at + 2]
        if found == b"\r\n":
            self._step = _CHUNK_SIZE
            return at + 2
        if found not in (b"", b"\r"):
            self._fail(PROTOCOL_ERROR, "a chunk is longer than its size")
        return at

    def _read_trailer(self, got: bytes, at: int) -> int:
        end = got.find(b"\n", at) + 1
        if not end:
            return at
        self._trailer += end - at
        if self._trailer > TRAILER_BYTES_MAX:
            self._fail(PROTOCOL_ERROR, _TOO_LONG)
        elif got[at:end] in (b"\r\n", b"\n"):
            self.done = True
        return end

    # In the order of the steps: an index is cheaper than a match for each piece.
    _READERS = (
        _read_head,
        _read_length,
        _read_chunk_size,
        _read_chunk,
        _read_chunk_end,
        _read_trailer,
        _read_until_close,
    )

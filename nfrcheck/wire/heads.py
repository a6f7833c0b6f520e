"""What the head of an HTTP/1.1 answer says about the bytes that follow it (RFC 9112, 6.3)."""

import re
from typing import NamedTuple

from nfrcheck.model.records import PROTOCOL_ERROR

HEAD_BYTES_MAX = 65_536
LENGTH_DIGITS_MAX = 18  # more is no length of anything, and ours would leave 64 bits

_FOLDED = re.compile(rb"\r?\n[ \t]+")


# How the end of the body is found.
NOTHING, LENGTH, CHUNKED, UNTIL_CLOSE = range(4)


class Head(NamedTuple):
    status: int
    framing: int
    length: int
    close: bool  # the connection must not be used again
    http10: bool


BAD = Head(PROTOCOL_ERROR, NOTHING, 0, close=True, http10=False)


def head_end(got: bytes, at: int) -> int:
    """Where the body begins; -1 while the head is not complete. A bare LF ends a line too."""
    end = got.find(b"\r\n\r\n", at)
    # An empty line after a bare LF may come earlier; in a head without any these find nothing.
    stop = end + 3 if end >= 0 else len(got)
    bare = got.find(b"\n\n", at, stop)
    mixed = got.find(b"\n\r\n", at, stop)
    ends = [place + size for place, size in ((end, 4), (bare, 2), (mixed, 3)) if place >= 0]
    return min(ends, default=-1)


def read_head(head: bytes, *, bodiless: bool) -> Head:
    """BAD when it is not the head of an HTTP/1.x answer. `bodiless`: the request was a HEAD."""
    status = _status(head)
    if status < 100:
        return BAD
    lower = head.lower()
    if b"\n " in lower or b"\n\t" in lower:
        lower = _FOLDED.sub(b" ", lower)
    http10 = head[7] == ord("0")
    tokens = _tokens(_values(lower, b"\nconnection:"))
    close = b"close" in tokens or (http10 and b"keep-alive" not in tokens)
    framing, length, both = _framing(lower)
    if framing is None:
        return BAD
    if bodiless or status < 200 or status in (204, 304):
        # Nobody asked for another protocol, so what follows a 101 is not ours to read.
        return Head(status, NOTHING, 0, close or status == 101, http10)
    return Head(status, framing, length, close or both or framing == UNTIL_CLOSE, http10)


def _status(head: bytes) -> int:
    """The three digits of `HTTP/1.x SP 3 digits`, 0 when the line is another one."""
    digits = head[9:12]
    if not head.startswith(b"HTTP/1.") or head[8:9] != b" " or not head[7:8].isdigit():
        return 0
    if not digits.isdigit() or head[12:13] not in (b" ", b"\r", b"\n"):
        return 0
    return int(digits)


def _framing(lower: bytes) -> tuple[int | None, int, bool]:
    """Framing (None: contradictory), length, and whether length and chunks were both given."""
    codings = _tokens(_values(lower, b"\ntransfer-encoding:"))
    lengths = _tokens(_values(lower, b"\ncontent-length:"))
    if codings:
        chunked = codings[-1] == b"chunked"
        return (CHUNKED if chunked else UNTIL_CLOSE), 0, bool(lengths)
    if not lengths:
        return UNTIL_CLOSE, 0, False
    digits = lengths[0]
    if (
        not digits.isdigit()
        or len(digits) > LENGTH_DIGITS_MAX
        or lengths.count(digits) != len(lengths)
    ):
        return None, 0, False
    return LENGTH, int(digits), False


def _values(lower: bytes, name: bytes) -> list[bytes]:
    """The values of a header, which may stand there several times."""
    found = []
    at = lower.find(name)
    while at >= 0:
        start = at + len(name)
        end = lower.find(b"\n", start)
        found.append(lower[start : end if end >= 0 else len(lower)])
        at = lower.find(name, start)
    return found


def _tokens(values: list[bytes]) -> list[bytes]:
    """The members of a comma-separated list; an empty value is a member, and never a good one."""
    return [token.strip() for value in values for token in value.split(b",")]


class Heads:
    """Heads seen before: servers repeat theirs byte for byte until the date in it changes.

    Given up when under half of the look-ups hit, since then it only costs.
    """

    ENTRIES_MAX = 512
    BYTES_MAX = 2_048
    TRIAL = 2_048  # look-ups that missed before the hits are weighed

    __slots__ = ("_hits", "_known", "_misses", "_on")

    def __init__(self) -> None:
        self._known: tuple[dict[bytes, Head], dict[bytes, Head]] = ({}, {})
        self._hits = 0
        self._misses = 0
        self._on = True

    def known(self, head: bytes, *, bodiless: bool) -> Head | None:
        """Equal bytes mean another framing when the request was a HEAD."""
        found = self._known[bodiless].get(head)
        if found is not None:
            self._hits += 1
        return found

    def read(self, head: bytes, *, bodiless: bool) -> Head:
        """As `read_head`, and remembers it."""
        found = read_head(head, bodiless=bodiless)
        if self._on:
            self._learn(self._known[bodiless], head, found)
        return found

    def _learn(self, known: dict[bytes, Head], head: bytes, found: Head) -> None:
        self._misses += 1
        if self._misses >= self.TRIAL:
            self._on = self._hits >= self._misses
            self._hits = self._misses = 0
        if not self._on or len(known) >= self.ENTRIES_MAX:
            known.clear()
        if self._on and len(head) <= self.BYTES_MAX:
            known[head] = found

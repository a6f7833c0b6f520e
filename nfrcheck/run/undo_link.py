"""One request through a link, timed part by part: what proves that a link is hurt, or well again.

Standard library only: the guardian runs without any installed package. Always a connection of its
own; what the proxy of the link says about itself is never asked.
"""

import socket
import ssl
import time
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from nfrcheck.run.step import Outcome, Step, resolve
from nfrcheck.run.undo_speech import CONNECT, first_words

Ending = Literal["answered", "refused", "reset", "closed", "silent", "unreachable"]
_CHUNK = 65_536
# A proxy that cannot reach its other side closes what it took much sooner.
_KEPT_S = 0.3
_MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How one request through a link ended. Times in seconds from when it was sent."""

    ending: Ending
    status: int | None = None
    first_s: float = 0.0
    """Until the first byte of the answer."""
    seconds: float = 0.0
    """Until the last byte, or until it was known that none comes."""
    closed_s: float = 0.0
    """From the last byte to the end of the connection."""
    size: int = 0
    first_size: int = 0
    """Bytes that came with the first."""
    because: str = ""

    @property
    def answered(self) -> bool:
        return self.ending == "answered"

    @property
    def words(self) -> str:
        if self.answered:
            status = "an answer" if self.status is None else f"status {self.status}"
            return f"{status} after {self.first_s * 1000:.0f} ms"
        return {
            "refused": "the connection was refused",
            "reset": "the connection was reset",
            "closed": "the connection was closed without an answer",
            "silent": f"no answer in {self.seconds:.1f} s",
            "unreachable": f"no connection: {self.because}",
        }[self.ending]


def through(step: Step, seconds: float) -> Seen:
    """Sends the requests of a step (`pipeline` of them at once) and reads to the end.

    Raises nothing; takes no longer than `seconds` but for the name's resolution.
    """
    until = time.monotonic() + seconds
    try:
        line = _connect(step, until)
    except TimeoutError:
        return Seen(ending="silent", seconds=seconds)
    except ConnectionRefusedError:
        return Seen(ending="refused")
    except (ConnectionError, ssl.SSLError) as error:
        # A handshake goes through the link as an answer does.
        return Seen(ending=_broken(error))
    except (OSError, ValueError) as error:
        return Seen(ending="unreachable", because=str(error) or type(error).__name__)
    with line:
        if speech := step.get("speaks"):
            return _spoken(line, speech, urlsplit(step["url"]).hostname or "", until)
        return _exchange(line, _requests(step), until)


def _spoken(line: socket.socket, speech: str, host: str, until: float) -> Seen:
    """Whether anything comes back to the first words of another protocol, and when."""
    began = time.monotonic()
    if speech == CONNECT:
        until = min(until, began + _KEPT_S)
    try:
        line.settimeout(_left(until))
        line.sendall(first_words(speech, host))
        size = len(line.recv(_CHUNK))
        ending: Ending = "answered" if size else "closed"
    except OSError as error:
        size, ending = 0, _broken(error)
    took = time.monotonic() - began
    if speech == CONNECT and ending == "silent":
        # It was taken and is kept: a proxy without its other side would have closed it.
        return Seen(ending="answered")
    return Seen(ending=ending, first_s=took, seconds=took, size=size, first_size=size)


def _connect(step: Step, until: float) -> socket.socket:
    url = urlsplit(step["url"])
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    address = (step.get("address") or host, int(step.get("port") or port))
    line = socket.create_connection(address, _left(until))
    try:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=step.get("ca"))
            line.settimeout(_left(until))
            return context.wrap_socket(line, server_hostname=host)
    except BaseException:
        line.close()
        raise
    return line


def _requests(step: Step) -> bytes:
    url = urlsplit(step["url"])
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    named = {name: resolve(value) for name, value in (step.get("headers") or {}).items()}
    lines = [f"{step.get('method', 'GET')} {path} HTTP/1.1", f"host: {url.netloc}"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in named.items()), ""])
    times = int(step.get("pipeline") or 1)
    return (f"{head}\r\n" * (times - 1) + f"{head}connection: close\r\n\r\n").encode()


def _exchange(line: socket.socket, requests: bytes, until: float) -> Seen:
    began = time.monotonic()
    first_at = last_at = 0.0
    size = first_size = 0
    head = b""
    ending: Ending = "closed"
    try:
        line.settimeout(_left(until))
        line.sendall(requests)
        while size < _MOST_BYTES:
            line.settimeout(_left(until))
            chunk = line.recv(_CHUNK)
            now = time.monotonic()
            if not chunk:
                break
            if not size:
                first_at, first_size = now, len(chunk)
            size, last_at = size + len(chunk), now
            head = (head + chunk)[:_CHUNK] if len(head) < _CHUNK else head
    except OSError as error:
        ending = _broken(error)
    now = time.monotonic()
    if not size:
        return Seen(ending=ending, seconds=now - began)
    if ending == "silent" and not _complete(head, size):
        return Seen(ending="silent", seconds=now - began, size=size)
    return Seen(
        ending="answered",
        status=_status(head),
        first_s=first_at - began,
        seconds=last_at - began,
        closed_s=now - last_at,
        size=size,
        first_size=first_size,
    )


def _complete(head: bytes, size: int) -> bool:
    """Whether an answer that no end of the connection followed is whole all the same."""
    top, blank, _ = head.partition(b"\r\n\r\n")
    if not blank:
        return False
    for row in top.lower().split(b"\r\n"):
        name, _, value = row.partition(b":")
        if name == b"content-length" and value.strip().isdigit():
            return size >= len(top) + len(blank) + int(value)
    return head.endswith(b"0\r\n\r\n") if len(head) == size else True


def _status(head: bytes) -> int | None:
    words = head[:16].split(b" ")
    good = words[0].startswith(b"HTTP/") and len(words) > 1 and words[1][:3].isdigit()
    return int(words[1][:3]) if good else None


def _broken(error: OSError) -> Ending:
    if isinstance(error, TimeoutError):
        return "silent"
    return "reset" if isinstance(error, ConnectionResetError | BrokenPipeError) else "closed"


def _left(until: float) -> float:
    # Zero would mean that nobody waits at all.
    return max(0.001, until - time.monotonic())


def well(step: Step, seconds: float) -> Outcome:
    """Whether the link is as it was: `first_within_s`, `all_within_s` and `closed_within_s` say so.

    A link that answers, but not as fast as before, is not well yet.
    """
    limits = {
        "first_s": step.get("first_within_s"),
        "seconds": step.get("all_within_s"),
        "closed_s": step.get("closed_within_s"),
    }
    # No longer than what would be too slow anyway, so that the next try comes soon.
    patience = sum(limit for limit in limits.values() if limit) + 1.0 if any(limits.values()) else 5
    seen = through(step, min(seconds, patience))
    low, high = step.get("expect") or (100, 599)
    good = "speaks" in step or (seen.status is not None and low <= seen.status <= high)
    if not seen.answered or not good:
        return Outcome(ok=False, because=f"through the link at {_where(step)}: {seen.words}")
    names = {"first_s": "the answer began", "seconds": "it was whole", "closed_s": "it was closed"}
    for name, limit in limits.items():
        took = float(getattr(seen, name))
        if limit is not None and took > limit:
            because = (
                f"through the link at {_where(step)}: {names[name]} after {took * 1000:.0f} ms, "
                f"it takes at most {limit * 1000:.0f} ms when all is well"
            )
            return Outcome(ok=False, because=because)
    return Outcome(ok=True)


def _where(step: Step) -> str:
    url = urlsplit(step["url"])
    return f"{step.get('address') or url.hostname}:{step.get('port') or url.port or ''}"

"""One connection that never blocks and never tries again: TCP, and TLS over two memory buffers.

Imported before gevent patches the standard library, it keeps the original socket and ssl.
"""

import enum
import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_TCP,
    SHUT_RDWR,
    SOCK_CLOEXEC,
    SOCK_NONBLOCK,
    SOCK_STREAM,
    TCP_NODELAY,
    getaddrinfo,
    socket,
)
from ssl import PROTOCOL_TLS_CLIENT, SSLContext, SSLError
from urllib.parse import urlsplit

from nfrcheck.errors import DeploymentError
from nfrcheck.model.records import (
    CLOSED_BEFORE,
    CONNECT_TIMEOUT,
    LOCAL_ERROR,
    REFUSED,
    TLS_FAILED,
)
from nfrcheck.wire.tls import Tls

RECEIVE_BYTES = 65_536

_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EALREADY, errno.EINTR})
_STATUS_OF = {
    errno.ETIMEDOUT: CONNECT_TIMEOUT,
    errno.EMFILE: LOCAL_ERROR,
    errno.ENFILE: LOCAL_ERROR,
    errno.ENOBUFS: LOCAL_ERROR,
    errno.ENOMEM: LOCAL_ERROR,
    errno.EADDRNOTAVAIL: LOCAL_ERROR,
    errno.EAGAIN: LOCAL_ERROR,  # connect: no local port is free
    errno.EACCES: LOCAL_ERROR,
    errno.EPERM: LOCAL_ERROR,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go. The address was resolved once; an empty one means it could not be."""

    scheme: str
    host: str
    address: str
    port: int
    server_name: str
    ssl_context: SSLContext | None = None

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


_PORTS = {"http": 80, "https": 443}


def endpoint_from(
    url: str,
    address: str | None = None,
    ca: str | Path | None = None,
    cert: str | Path | None = None,
    key: str | Path | None = None,
) -> Endpoint:
    """Resolves the name now, so that every request goes to the same place.

    Certificates are verified against `ca`, or the system's when there is none. DeploymentError when
    the URL or a certificate file cannot be used.
    """
    parts = urlsplit(url)
    host = parts.hostname
    if parts.scheme not in _PORTS or not host:
        raise DeploymentError(f"{url} is not an http or https address", "write https://host:port")
    port = parts.port or _PORTS[parts.scheme]
    context = _verifying(host, ca, cert, key) if parts.scheme == "https" else None
    return Endpoint(parts.scheme, host, _resolved(address or host, port), port, host, context)


def _resolved(host: str, port: int) -> str:
    try:
        found = getaddrinfo(host, port, type=SOCK_STREAM)
    except OSError:
        return ""  # each request says so: a name that does not resolve is an outage
    return str(found[0][4][0])


def _verifying(
    host: str, ca: str | Path | None, cert: str | Path | None, key: str | Path | None
) -> SSLContext:
    # This protocol checks chain and name by itself; nothing here may weaken it.
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    try:
        if ca is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca)
        if cert is not None:
            context.load_cert_chain(cert, key)
        Tls(context, host)
    except (OSError, ValueError) as error:
        raise DeploymentError(
            f"cannot verify {host} with ca {ca}, cert {cert}, key {key}: {error}",
            "the host is the name in the certificate; the files are PEM",
        ) from error
    return context


class Phase(enum.Enum):
    CONNECTING = "connecting"
    GREETING = "greeting"  # the TLS handshake
    OPEN = "open"
    CLOSED = "closed"


class Connection:
    """Whoever owns it watches `socket` and calls when something may be done.

    `unsent` is what the peer has not taken yet. `ended`: it will send no more; `orderly` tells its
    end of file from a reset; `distrusted`: TLS failed; `because` is the system's own text.
    """

    __slots__ = (
        "_target",
        "_tls",
        "because",
        "broken",
        "distrusted",
        "ended",
        "endpoint",
        "orderly",
        "phase",
        "socket",
        "unsent",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        family = AF_INET6 if ":" in endpoint.address else AF_INET
        self.socket = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)
        self.endpoint = endpoint
        self.phase = Phase.CONNECTING
        self.unsent: memoryview | None = None
        self.broken = self.distrusted = self.ended = False
        self.orderly = True
        self.because = ""
        self._target = (endpoint.address, endpoint.port)
        self._tls: Tls | None = None

    def advance(self) -> int:
        """The next step towards OPEN; 0, or the status that says why there will be none."""
        if self.phase is Phase.CONNECTING:
            # Asked again, the system tells how far its connect is: spurious wake-ups do no harm.
            code = self.socket.connect_ex(self._target)
            if code in _UNDER_WAY:
                return 0
            if code not in (0, errno.EISCONN):
                self.because = os.strerror(code)
                return connect_status(code)
            self._connected()
        return self._greet() if self.phase is Phase.GREETING else 0

    def _connected(self) -> None:
        self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        context = self.endpoint.ssl_context
        if context is None:
            self.phase = Phase.OPEN
        else:
            self.phase = Phase.GREETING
            self._tls = Tls(context, self.endpoint.server_name)

    def _greet(self) -> int:
        assert self._tls is not None
        got = self._receive()
        try:
            done = self._tls.greet(got)
        except SSLError as error:
            self._send(self._tls.outgoing())  # the alert, so that the peer knows why
            self.distrusted = True
            self.because = str(error)
            return TLS_FAILED
        self._send(self._tls.outgoing())
        if done:
            self.phase = Phase.OPEN
        elif self.ended:
            self.because = self.because or "closed during the TLS handshake"
            return CLOSED_BEFORE
        return 0

    def send(self, request: bytes) -> None:
        if self._tls is None:
            self._send(request)
            return
        try:
            raw = self._tls.encrypt(request)
        except SSLError as error:
            self.distrusted = self.broken = True
            self.because = str(error)
            with suppress(OSError):
                self.socket.shutdown(SHUT_RDWR)  # so that whoever watches is told of the end
        else:
            self._send(raw)

    def _send(self, raw: bytes) -> None:
        if self.unsent is not None:
            self.unsent = memoryview(bytes(self.unsent) + raw)
            return
        try:
            sent = self.socket.send(raw) if raw else 0
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._break(error)
            sent = 0
        if sent < len(raw):
            self.unsent = memoryview(raw)[sent:]

    def flush(self) -> None:
        """Sends on, after the peer took something."""
        if self.unsent is None:
            return
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :] or None
        except BlockingIOError:
            pass
        except OSError as error:
            self._break(error)

    def _break(self, error: OSError) -> None:
        # Its answer may have come before it closed: what was received is still read. Linux says
        # EPIPE where the end of file came first, ECONNRESET where there was none.
        self.broken = True
        self.orderly = error.errno == errno.EPIPE
        self.because = str(error.strerror)

    def receive(self) -> bytes:
        """What has come, b"" when nothing has; then look at `ended`."""
        got = self._receive()
        if self._tls is None or not got:
            return got
        try:
            plain = self._tls.decrypt(got)
        except SSLError as error:
            self.distrusted = self.ended = True
            self.orderly = False
            self.because = str(error)
            return b""
        if self._tls.ended:
            self.ended = self.orderly = True
        reply = self._tls.outgoing()
        if reply:
            self._send(reply)
        return plain

    def _receive(self) -> bytes:
        try:
            got = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            self.ended = True
            self.orderly = False
            self.because = str(error.strerror)
            return b""
        if not got:
            self.ended = True
        return got

    def close(self) -> None:
        if self.phase is Phase.OPEN and self._tls is not None and not self.broken:
            self._send(self._tls.farewell())
        self.phase = Phase.CLOSED
        self.socket.close()


def connect_status(code: int) -> int:
    """Our status for an errno of `socket` or `connect`."""
    return _STATUS_OF.get(code, REFUSED)

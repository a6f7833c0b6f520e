"""TLS between two memory buffers, by the public API of `ssl`: bytes in, bytes out, no socket."""

from contextlib import suppress
from ssl import MemoryBIO, SSLContext, SSLError, SSLWantReadError

_READ_BYTES = 65_536


class Tls:
    """One session. `ended`: the peer said that nothing more comes (close_notify).

    Whatever a call leaves to be sent is in `outgoing()`, also after reading: tickets and key
    updates are answered there.
    """

    __slots__ = ("_incoming", "_object", "_outgoing", "ended", "outgoing")

    def __init__(self, context: SSLContext, server_name: str) -> None:
        self._incoming = MemoryBIO()
        self._outgoing = MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.ended = False
        self.outgoing = self._outgoing.read

    def greet(self, got: bytes) -> bool:
        """One step of the handshake; True when it is over, SSLError when it fails."""
        self._incoming.write(got)
        try:
            self._object.do_handshake()
        except SSLWantReadError:
            return False
        return True

    def encrypt(self, plain: bytes) -> bytes:
        self._object.write(plain)
        return self._outgoing.read()

    def decrypt(self, got: bytes) -> bytes:
        """All that can be read now: decrypted bytes wake no epoll, so none may stay behind."""
        self._incoming.write(got)
        pieces = []
        try:
            while True:
                piece = self._object.read(_READ_BYTES)
                if not piece:
                    self.ended = True
                    break
                pieces.append(piece)
                if not self._incoming.pending and not self._object.pending():
                    break
        except SSLWantReadError:
            pass
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def farewell(self) -> bytes:
        """The close_notify, as far as there is one to send."""
        with suppress(SSLError):  # "want read": the peer's own is not waited for
            self._object.unwrap()
        return self._outgoing.read()

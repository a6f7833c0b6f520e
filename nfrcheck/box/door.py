"""How callers come in to a part, and how those are sent away who are in already."""

import asyncio
import socket
import ssl

from nfrcheck.box.certificates import Certificates
from nfrcheck.box.http1 import Connection, Serve

BACKLOG = 512


class Door:
    """`tls`: None where none is spoken."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._ending = asyncio.Event()

    async def open(self, bound: socket.socket, serve: Serve) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: Connection(serve, self._ending), sock=bound, ssl=self._tls, backlog=BACKLOG
        )

    def dismiss(self) -> None:
        """Every connection that is open gets one more answer, which closes it."""
        self._ending.set()
        self._ending = asyncio.Event()


class CertifiedDoor(Door):
    """Whose certificate is exchanged while it is open, as by the reload of a real gateway.

    Nobody loses a request by it: who is in already ends in peace, and meets the new certificate
    when connecting again.
    """

    def __init__(self, tls: ssl.SSLContext, certificates: Certificates) -> None:
        super().__init__(tls)
        self._context, self._certificates = tls, certificates
        self._expired = False

    def show(self, *, expired: bool) -> None:
        if expired == self._expired:
            return
        self._expired = expired
        self._certificates.load(self._context, expired=expired)
        self.dismiss()

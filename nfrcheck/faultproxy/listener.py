"""The port of a proxy: accepted from, or held while nobody may connect."""

import asyncio
import os
import socket
from collections.abc import Callable

from nfrcheck.faultproxy.addresses import Address
from nfrcheck.faultproxy.descriptors import OURS
from nfrcheck.faultproxy.refusals import cannot_listen

BACKLOG = 4_096
IN_A_ROW = 64
PAUSE_S = 0.1
"""How long nothing is accepted once descriptors have run out."""

Accept = Callable[[socket.socket, Address], None]


class Listener:
    """While it is held the port stays ours, but connections to it are refused.

    So the system gives it to nobody else, and what closed it can be undone. `turned_away` counts
    those that were closed at once for want of descriptors: neither they nor a fault did that.
    """

    def __init__(self, accept: Accept) -> None:
        self._accept = accept
        self.turned_away = 0
        self._socket: socket.socket | None = None
        self._pause: asyncio.TimerHandle | None = None
        self.address: Address | None = None
        self.listening = False

    def open(self, address: Address) -> None:
        """Listens there. `cannot_listen` where that cannot be; a held port is listened at."""
        if self.listening:
            return
        try:
            if self._socket is None or self.address != address:
                self.close()
                self._socket = bound(address)
                self.address = Address(*self._socket.getsockname()[:2])
            self._socket.listen(BACKLOG)
        except OSError as error:
            self.close()
            words = os.strerror(error.errno).lower() if error.errno else str(error)
            raise cannot_listen(f"listen tcp {address}: bind: {words}") from None
        self.listening = True
        self._read()

    def hold(self) -> None:
        """Refuses from now on. Without a pause in between: nobody else is to get the port."""
        if not self.listening or self.address is None:
            return
        address = self.address
        self.close()
        try:
            self._socket = bound(address)
        except OSError:
            return  # then it is bound again when it is opened
        self.address = address

    def close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        self._socket = None
        self.address = None
        self.listening = False

    def _read(self) -> None:
        self._pause = None
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._take, self._socket)

    def _take(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(IN_A_ROW):
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                # No descriptor is left: those that wait, wait; others may be closed meanwhile.
                loop.remove_reader(listening)
                self._pause = loop.call_later(PAUSE_S, self._read)
                return
            if OURS.are_few(accepted.fileno()):
                self.turned_away += 1
                accepted.close()
                continue
            accepted.setblocking(False)
            self._accept(accepted, Address(*peer[:2]))


def bound(address: Address) -> socket.socket:
    """With a port of its own choice for port 0. OSError."""
    made = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(tuple(address))
    except BaseException:
        made.close()
        raise
    return made

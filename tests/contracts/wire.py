"""What a client of a proxied service sees: times, ends, and how many bytes."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.contracts.servers import Proxy

EOF, RESET, SILENCE = "eof", "reset", "silence"


@contextmanager
def talking(proxy: Proxy, what: str = "echo") -> Iterator[socket.socket]:
    """A connection whose upstream has its orders, as soon as they get through."""
    with proxy.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(f"{what}\n".encode())
        yield connection


def read(connection: socket.socket, size: int) -> bytes:
    """So many bytes, fewer if it ends."""
    found = bytearray()
    while len(found) < size and (arrived := connection.recv(min(size - len(found), 1 << 20))):
        found += arrived
    return bytes(found)


def read_all(connection: socket.socket) -> bytes:
    return read(connection, 1 << 40)


def round_trip(connection: socket.socket, said: bytes = b"x") -> float:
    """Seconds."""
    begun = time.monotonic()
    connection.sendall(said)
    assert read(connection, len(said)) == said
    return time.monotonic() - begun


def timed(act: Callable[[], object]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def ending(connection: socket.socket, within_s: float = 5.0) -> tuple[str, bytes]:
    """How it ends, and what came before."""
    connection.settimeout(within_s)
    found = bytearray()
    try:
        while arrived := connection.recv(1 << 16):
            found += arrived
    except ConnectionResetError:
        return RESET, bytes(found)
    except TimeoutError:
        return SILENCE, bytes(found)
    return EOF, bytes(found)


def fastest(measure: Callable[[], float], times: int = 3) -> float:
    """A busy machine makes things later, never earlier."""
    return min(measure() for _ in range(times))


def about(took_s: float, expected_s: float) -> bool:
    """Of what is measured once: a busy machine may be a tenth of a second late."""
    return 0.98 * expected_s <= took_s <= 1.1 * expected_s + 0.1

"""The connections to one endpoint, and the requests that wait for one."""

from collections import deque
from select import EPOLLIN, EPOLLOUT, epoll
from time import monotonic_ns

from nfrcheck.wire.connection import Connection, Endpoint, Phase
from nfrcheck.wire.heads import Heads
from nfrcheck.wire.http1 import Response
from nfrcheck.wire.job import Outcome

CONNECTS_MAX = 256
"""Connects in progress to one endpoint; one that does not answer must not hold up the others."""
WARMING_NS = 2_000_000_000
"""How long a connection that carries nothing yet may take to open."""
LOOK_FIRST_NS = 200_000
"""A connection idle for longer is looked at before it is used: its peer may have closed it."""


class Link(Connection):
    """A connection in use by an exchange."""

    __slots__ = ("flight", "idle_since", "mask", "pool", "response")

    def __init__(self, pool: "Pool", heads: Heads) -> None:
        super().__init__(pool.endpoint)
        self.pool = pool
        self.flight: Outcome | None = None
        self.response = Response(heads=heads)
        self.idle_since = 0
        self.mask = EPOLLIN | EPOLLOUT  # what epoll was asked to tell

    def is_fit(self, now: int) -> bool:
        """False when the peer closed it, or sent what nobody asked for, while it was idle."""
        if now - self.idle_since < LOOK_FIRST_NS:
            return True
        return not self.receive() and not self.ended

    def watch(self, watcher: epoll) -> None:
        """Has epoll tell what matters now."""
        mask = EPOLLIN
        if self.phase is Phase.CONNECTING or (self.unsent is not None and not self.broken):
            mask |= EPOLLOUT
        if mask != self.mask and self.phase is not Phase.CLOSED:
            self.mask = mask
            watcher.modify(self.socket.fileno(), mask)


class Pool:
    """The connections to one endpoint, and who waits for one: the pooled and the fresh apart."""

    __slots__ = ("connecting", "endpoint", "idle", "lines", "warming")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.idle: dict[Link, None] = {}  # the last used one last
        self.connecting = 0  # those that a request waits for
        self.warming: dict[Link, int] = {}  # the others, and until when each may take
        self.lines: tuple[deque[Outcome], deque[Outcome]] = (deque(), deque())

    def begun(self, link: Link) -> None:
        """Its connect is in progress."""
        if link.flight is None:
            self.warming[link] = monotonic_ns() + WARMING_NS
        else:
            self.connecting += 1

    def settled(self, link: Link) -> None:
        """It is open, or will never be."""
        if self.warming.pop(link, None) is None:
            self.connecting -= 1

    def spare(self) -> Link | None:
        """One that no request needs: that idle for longest, or one that is not even open yet."""
        return next(iter(self.idle or self.warming), None)

    def never_warm(self, now: int) -> list[Link]:
        """Those that took too long to open."""
        return [link for link, until in self.warming.items() if until <= now]

"""One connection: the client's socket, the one to the upstream, and the two directions between."""

import asyncio
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from nfrcheck.faultproxy.descriptors import OURS
from nfrcheck.faultproxy.flow import Flow
from nfrcheck.faultproxy.stages import End
from nfrcheck.faultproxy.toxics import DOWNSTREAM, UPSTREAM, Toxic

DIAL_S = 10.0
DRAIN_S = 0.05
"""How long what still arrives is read and dropped before a socket is closed."""
KEEPALIVE_S = 15
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time


class Owner(Protocol):
    """The proxy, as its connections see it."""

    dials_failed: int

    def upstream_address(self) -> tuple[str, int]:
        """ValueError for one that is no address."""
        ...

    def toxics(self, stream: str) -> Sequence[Toxic]: ...

    def hangs(self) -> Sequence[Toxic]: ...

    def forget(self, connection: "Connection") -> None: ...


class Side(asyncio.Protocol):
    """A socket: the source of one flow and the target of the other."""

    __slots__ = ("connection", "into", "out", "transport")

    def __init__(self, connection: "Connection", out: Flow, into: Flow) -> None:
        self.connection = connection
        self.out = out
        self.into = into
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = self.out.source = self.into.target = transport
        keep_alive(transport.get_extra_info("socket"))
        # Whoever speaks first waits until the other side is there.
        transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        self.out.arrive(data)

    def eof_received(self) -> bool:
        self.out.close(End.EOF)
        return True  # the other direction goes on

    def pause_writing(self) -> None:
        self.into.full()

    def resume_writing(self) -> None:
        self.into.roomy()

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = self.out.source = None
        self.into.discard()
        self.out.close(End.RESET if exc is not None else End.CLOSE)
        self.connection.lost()

    def end(self, how: End) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if how is End.RESET:
            self._reset(self.transport)
        elif how is End.EOF:
            self.transport.close()
        else:
            # Read on for a moment: what is unread at a close makes it a reset.
            self.out.drain()
            self.end_writing()
            asyncio.get_running_loop().call_later(DRAIN_S, self.transport.close)

    def end_writing(self) -> None:
        if self.transport is not None:
            with suppress(OSError):  # not connected any more; connection_lost will say so
                self.transport.write_eof()

    def _reset(self, transport: asyncio.Transport) -> None:
        with suppress(OSError):
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET
            )
        transport.abort()

    def drop(self) -> None:
        """Closed now, whatever was not sent yet."""
        if self.transport is None:
            return
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


def keep_alive(sock: socket.socket) -> None:
    """A peer that vanished behind a cut is noticed in the end."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)


class Connection:
    """`number` counts the connections of a proxy from 1; with the seed it fixes what is drawn."""

    __slots__ = (
        "_accepted",
        "_joining",
        "_owner",
        "client",
        "flows",
        "number",
        "opened",
        "peer",
        "upstream",
    )

    def __init__(
        self, owner: Owner, number: int, accepted: socket.socket, peer: str, key: str
    ) -> None:
        hung = owner.hangs()
        name = f"{key}/{number}"
        up, down = (
            Flow(self, [*owner.toxics(stream), *hung], name) for stream in (UPSTREAM, DOWNSTREAM)
        )
        # Behind a toxic that hangs there is no upstream: not even a dead one is found out.
        if any(stage.active for stage in up.stages if stage.toxic in hung):
            up.joined = down.joined = False
        self.number = number
        self.peer = peer
        self.flows = {UPSTREAM: up, DOWNSTREAM: down}
        self.client = Side(self, up, down)
        self.upstream = Side(self, down, up)
        self.opened = asyncio.get_running_loop().time()
        self._owner = owner
        self._accepted = accepted
        OURS.owed += up.joined
        self._joining = asyncio.create_task(self._join())
        self._joining.add_done_callback(self._joined)

    async def _join(self) -> None:
        loop = asyncio.get_running_loop()
        if self.flows[UPSTREAM].joined:
            async with asyncio.timeout(DIAL_S):
                host, port = self._owner.upstream_address()
                await loop.create_connection(lambda: self.upstream, host, port)
        await loop.connect_accepted_socket(lambda: self.client, self._accepted)

    def _joined(self, joining: asyncio.Task[None]) -> None:
        OURS.owed -= self.flows[UPSTREAM].joined
        if not joining.cancelled() and joining.exception() is None:
            for side in (self.client, self.upstream):
                side.out.started = True
                if side.transport is not None:
                    side.transport.resume_reading()
            return
        if self.client.transport is None:
            self._accepted.close()
        if not joining.cancelled():
            self._owner.dials_failed += 1
            self.drop()

    def ended(self, flow: Flow, how: End) -> None:
        """A direction's end has come out at its target."""
        if not self._joining.done():
            self.drop()
            return
        up, down = self.flows.values()
        target, reverse = (self.upstream, down) if flow is up else (self.client, up)
        if how is End.EOF:
            target.end_writing()
        else:
            target.end(how)
            # Closed in both directions: to the other side it is as if this one had gone.
            reverse.close(how)
        if reverse.shut:
            for side in (self.client, self.upstream):
                side.end(how)

    def drop(self) -> None:
        """Both sockets are closed at once, also one that still waits for its upstream."""
        self._joining.cancel()
        for flow in self.flows.values():
            flow.discard()
        for side in (self.client, self.upstream):
            side.drop()
        self.lost()

    def lost(self) -> None:
        if self.client.transport is None and self.upstream.transport is None:
            self._owner.forget(self)

    @property
    def state(self) -> str:
        if not self._joining.done():
            return "dialing"
        return "open" if self.flows[UPSTREAM].joined else "hanging"

    def to_json(self) -> dict[str, Any]:
        age_s = asyncio.get_running_loop().time() - self.opened
        return {
            "number": self.number,
            "client": self.peer,
            "state": self.state,
            "age_s": round(age_s, 3),
            **{stream: flow.to_json() for stream, flow in self.flows.items()},
        }

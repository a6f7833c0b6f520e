"""A proxy: where it listens, where it leads, whether it is up, its toxics and its connections."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

from nfrcheck.faultproxy import addresses
from nfrcheck.faultproxy.addresses import Address
from nfrcheck.faultproxy.arrivals import Arrivals
from nfrcheck.faultproxy.connection import Connection
from nfrcheck.faultproxy.expiry import Expiry, Ttl
from nfrcheck.faultproxy.listener import Listener
from nfrcheck.faultproxy.refusals import Refused, toxic_exists, toxic_not_found
from nfrcheck.faultproxy.toxics import STREAMS, Change, Toxic

RETRY_S = 0.5
"""How soon an end that could not be kept is tried again: the port was taken meanwhile."""


class Proxy:
    """Settings are changed by `Proxies`; toxics here, and on every open connection at once."""

    def __init__(self, name: str, listen: str, upstream: str, seed: str) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.down = Expiry()
        """When it is enabled again by itself."""
        self.listener = Listener(self._accept)
        self.connections: dict[int, Connection] = {}
        self.arrivals = Arrivals()
        self.dials_failed = 0
        self._past = {stream: [0, 0] for stream in STREAMS}
        self._toxics: list[Toxic] = []
        self._ending: asyncio.Task[None] | None = None
        self._key = f"{seed}/{name}"

    # What it does.

    def start(self, address: Address) -> None:
        """Refused where it cannot listen; then it is not enabled."""
        self.listener.open(address)
        assert self.listener.address is not None
        self.listen = str(self.listener.address)
        self.enabled = True
        self.down.clear()
        self._refuse_or_listen()

    def stop(self) -> None:
        """Refuses, and drops every connection. The port is kept for the next start."""
        self.enabled = False
        self.listener.hold()
        self._drop_all()

    def close(self) -> None:
        self.enabled = False
        self.down.clear()
        if self._ending is not None:
            self._ending.cancel()
        for toxic in self._toxics:
            toxic.expiry.clear()
        self.listener.close()
        self._drop_all()

    def lead(self, listen: str, upstream: str) -> None:
        """From now on there; what led elsewhere is dropped."""
        self.stop()
        if listen != self.listen:
            self.listener.close()
        self.listen, self.upstream = listen, upstream

    def end_down(self) -> None:
        """Up again, since the time is over."""
        self.down.clear()
        if self.listener.address is not None:
            self._start_or_retry(self.listener.address)
        else:
            self._ending = asyncio.create_task(self._find_and_start())

    async def _find_and_start(self) -> None:
        try:
            address = await addresses.resolved(self.listen, creating=True)
        except Refused:
            self.down.set({"ttl_s": RETRY_S}, self.end_down)
            return
        self._start_or_retry(address)

    def _start_or_retry(self, address: Address) -> None:
        try:
            self.start(address)
        except Refused:
            self.down.set({"ttl_s": RETRY_S}, self.end_down)

    def _drop_all(self) -> None:
        for connection in list(self.connections.values()):
            connection.drop()

    def _accept(self, accepted: socket.socket, peer: Address) -> None:
        self.arrivals.one()
        number = self.arrivals.count
        self.connections[number] = Connection(self, number, accepted, str(peer), self._key)

    # What its connections ask.

    def upstream_address(self) -> tuple[str, int]:
        return addresses.dialed(self.upstream)

    def toxics(self, stream: str) -> Sequence[Toxic]:
        return [
            toxic
            for toxic in self._toxics
            if toxic.direction == stream and toxic.kind not in {"hang", "refuse"}
        ]

    def hangs(self) -> Sequence[Toxic]:
        return [toxic for toxic in self._toxics if toxic.kind == "hang"]

    def forget(self, connection: Connection) -> None:
        if self.connections.pop(connection.number, None) is not None:
            for stream, flow in connection.flows.items():
                self._past[stream][0] += flow.received
                self._past[stream][1] += flow.sent

    # Toxics.

    def all_toxics(self) -> list[Toxic]:
        """Upstream ones first; in each direction in the order in which they act."""
        return [toxic for stream in STREAMS for toxic in self._toxics if toxic.direction == stream]

    def toxic(self, name: str) -> Toxic:
        found = next((toxic for toxic in self._toxics if toxic.name == name), None)
        if found is None:
            raise toxic_not_found()
        return found

    def must_be_new(self, name: str) -> None:
        if any(toxic.name == name for toxic in self._toxics):
            raise toxic_exists()

    def add_toxic(self, toxic: Toxic, ttl: Ttl) -> None:
        self._toxics.append(toxic)
        toxic.expiry.set(ttl, lambda: self.remove_toxic(toxic))
        if toxic.kind == "refuse":
            self._refuse_or_listen()
            return
        for connection in self._open():
            for stream in _streams(toxic):
                connection.flows[stream].add(toxic)

    def change_toxic(self, toxic: Toxic, change: Change) -> None:
        toxic.attributes = change.attributes
        toxic.toxicity = change.toxicity
        toxic.expiry.set(change.ttl, lambda: self.remove_toxic(toxic))
        for connection in self._open():
            for stream in _streams(toxic):
                connection.flows[stream].update(toxic)

    def remove_toxic(self, toxic: Toxic) -> None:
        """Gone at once; one that has gone already stays gone."""
        if toxic not in self._toxics:
            return
        self._toxics.remove(toxic)
        toxic.expiry.clear()
        for connection in self._open():
            for stream in _streams(toxic):
                connection.flows[stream].remove(toxic)
        if toxic.kind == "refuse":
            self._refuse_or_listen()

    def _open(self) -> list[Connection]:
        return list(self.connections.values())

    def _refuse_or_listen(self) -> None:
        if not self.enabled:
            return
        if any(toxic.kind == "refuse" for toxic in self._toxics):
            self.listener.hold()
            return
        try:
            self.listener.open(Address(*_host_and_port(self.listen)))
        except Refused:
            asyncio.get_running_loop().call_later(RETRY_S, self._refuse_or_listen)

    # What is told of it.

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "Logger": {},
            "toxics": [toxic.to_json() for toxic in self.all_toxics()],
            **self.down.to_json(),
        }

    def traffic(self) -> dict[str, dict[str, int]]:
        """Bytes of all connections that ever were."""
        told = {}
        for stream, (received, sent) in self._past.items():
            flows = [connection.flows[stream] for connection in self.connections.values()]
            told[stream] = {
                "received": received + sum(flow.received for flow in flows),
                "sent": sent + sum(flow.sent for flow in flows),
            }
        return told

    def arrivals_to_json(self) -> dict[str, Any]:
        told = {"open": len(self.connections), "turned_away": self.listener.turned_away}
        return self.arrivals.to_json() | told

    def connections_to_json(self) -> dict[str, Any]:
        return {
            "accepted": self.arrivals.count,
            "turned_away": self.listener.turned_away,
            "dials_failed": self.dials_failed,
            "bytes": self.traffic(),
            "open": [connection.to_json() for connection in self.connections.values()],
        }


def _streams(toxic: Toxic) -> Sequence[str]:
    """Whoever hangs is silent in both directions; a refused connection has none."""
    if toxic.kind == "hang":
        return STREAMS
    return () if toxic.kind == "refuse" else (toxic.direction,)


def _host_and_port(listen: str) -> tuple[str, int]:
    host, port = addresses.split(listen)
    return host, addresses.port_number(port)

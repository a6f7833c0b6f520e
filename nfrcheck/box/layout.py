"""Where every part of the box lives: names, regions, loopback addresses, one port for all."""

import contextlib
import random
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nfrcheck.box.links import API_HOST, WIRES, config

Kind = Literal["edge", "gateway", "app", "store"]

REGIONS = ("a", "b")
BUILD = "box-1"
OPS_HOST = "127.0.0.2"
CTL_HOST = "127.0.0.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of the box. The edge belongs to no region."""

    name: str
    kind: Kind
    host: str
    region: str | None = None

    @property
    def tls(self) -> bool:
        return self.kind in {"edge", "gateway"}


def _region(name: str, net: str) -> tuple[Part, ...]:
    return (
        Part(name=f"gw-{name}", kind="gateway", host=f"{net}.1", region=name),
        Part(name=f"app-{name}1", kind="app", host=f"{net}.11", region=name),
        Part(name=f"app-{name}2", kind="app", host=f"{net}.12", region=name),
        Part(name=f"store-{name}", kind="store", host=f"{net}.21", region=name),
    )


PARTS = (
    Part(name="edge", kind="edge", host="127.0.0.1"),
    *_region("a", "127.0.1"),
    *_region("b", "127.0.2"),
)
BY_NAME = {part.name: part for part in PARTS}


def apps(region: str) -> tuple[Part, ...]:
    return tuple(part for part in PARTS if part.kind == "app" and part.region == region)


def gateways() -> tuple[Part, ...]:
    return tuple(part for part in PARTS if part.kind == "gateway")


def of_region(region: str) -> tuple[Part, ...]:
    return tuple(part for part in PARTS if part.region == region)


def other(region: str) -> str:
    return "b" if region == "a" else "a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`toxiproxy`: where the API of the fault proxies is; None: parts connect without any."""

    folder: Path
    port: int
    toxiproxy: str | None = None

    def url(self, part: Part) -> str:
        return f"{'https' if part.tls else 'http'}://{part.host}:{self.port}"

    def way(self, wire: str) -> str:
        """The address by which a part is reached: its link's, or its own where there is none."""
        found = WIRES[wire]
        return found.host if self.toxiproxy else BY_NAME[found.to].host

    @property
    def proxies(self) -> list[dict[str, object]]:
        return config(self.port, {part.name: part.host for part in PARTS})

    @property
    def links(self) -> Path:
        return self.folder / "links.json"

    @property
    def deployment(self) -> Path:
        return self.folder / "box.deployment.yaml"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.ndjson"

    def store(self, region: str) -> Path:
        return self.folder / f"store-{region}.sqlite"


def listen(host: str, port: int) -> socket.socket:
    """A bound socket that shares its address with the reservation of the supervisor."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    return bound


def reserve_port() -> tuple[int, list[socket.socket]]:
    """A port free on every address of the box, and sockets that keep it so.

    The sockets are bound and never listen: while a part is dead its port refuses connections, and
    no second box can take it. Ports below the ephemeral range cannot be taken by outgoing calls.
    """
    hosts = [part.host for part in PARTS] + [OPS_HOST, CTL_HOST]
    # Only looked at: fault proxies bind their addresses themselves, and share them with nobody.
    others = [API_HOST, *(wire.host for wire in WIRES.values())]
    for port in random.SystemRandom().sample(range(12_000, 32_000), 200):
        with contextlib.suppress(OSError):
            for host in hosts + others:
                # Without SO_REUSEPORT the bind fails where another box keeps the port.
                with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
                    trial.bind((host, port))
            return port, [listen(host, port) for host in hosts]
    raise OSError("no port is free on all addresses of the box")

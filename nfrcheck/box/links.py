"""The connections of the box that a fault can be put on: each leads through a fault proxy."""

import http.client
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

API_HOST = "127.0.0.4"
PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One proxy: its own address, and the part that it leads to."""

    name: str
    host: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`joins`: the region that connects, if one does, and the one that it connects to.

    `to`: the part of a region that it leads to. Two links may have a wire in common.
    """

    name: str
    wires: tuple[Wire, ...]
    path: str
    joins: tuple[str, ...] = ()
    to: str | None = None


LEGACY = (
    Wire(name="system-to-legacy-a", host="127.0.3.3", to="store-a"),
    Wire(name="system-to-legacy-b", host="127.0.3.4", to="store-b"),
)
LINKS = (
    Link(
        name="edge-to-a",
        joins=("a",),
        path="/healthz",
        wires=(Wire(name="edge-to-a", host="127.0.3.1", to="gw-a"),),
    ),
    Link(
        name="edge-to-b",
        joins=("b",),
        path="/healthz",
        wires=(Wire(name="edge-to-b", host="127.0.3.2", to="gw-b"),),
    ),
    Link(name="system-to-legacy", path="/readyz", wires=LEGACY),
    # The data path of one region alone: its gateway and its replicas answer /healthz without it.
    *(
        Link(name=f"data-path-{region}", path="/readyz", to=wire.to, wires=(wire,))
        for region, wire in zip("ab", LEGACY, strict=True)
    ),
    Link(
        name="a-to-b",
        joins=("a", "b"),
        path="/readyz",
        wires=(Wire(name="a-to-b", host="127.0.3.5", to="store-b"),),
    ),
    Link(
        name="b-to-a",
        joins=("b", "a"),
        path="/readyz",
        wires=(Wire(name="b-to-a", host="127.0.3.6", to="store-a"),),
    ),
)
WIRES = {wire.name: wire for link in LINKS for wire in link.wires}


def config(port: int, hosts: dict[str, str]) -> list[dict[str, Any]]:
    """What the proxies are, in Toxiproxy's own words. `hosts`: address of each part."""
    return [
        {
            "name": wire.name,
            "listen": f"{wire.host}:{port}",
            "upstream": f"{hosts[wire.to]}:{port}",
            "enabled": True,
        }
        for wire in WIRES.values()
    ]


def become_proxy(port: int, written: Path) -> None:
    """Does not return: this process is the fault proxy from now on."""
    words = ["-P", "-m", "nfrcheck.faultproxy", "--host", API_HOST, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *words, "--config", str(written)])  # noqa: S606  no shell is wanted


def populate(url: str, proxies: list[dict[str, Any]]) -> None:
    """Tells a Toxiproxy that runs already. Raises OSError."""
    end = time.monotonic() + PATIENCE_S
    while True:
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
        try:
            line.request("POST", "/populate", json.dumps(proxies), {"user-agent": "box"})
            answer = line.getresponse()
            if answer.status != http.client.CREATED:
                raise OSError(answer.read().decode("utf-8", "replace"))
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return
        finally:
            line.close()

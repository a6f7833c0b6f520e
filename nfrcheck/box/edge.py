"""The global router: TLS in front of the gateways of both regions, by their health."""

import json
from collections.abc import Container
from dataclasses import replace
from typing import NoReturn

from nfrcheck.box import layout, routes
from nfrcheck.box.http1 import DROP, Answer, Request
from nfrcheck.box.outliers import Patience
from nfrcheck.box.pool import Pool
from nfrcheck.box.rotation import Callee, Policy, Rotation
from nfrcheck.box.world import World

OWN = [(b"content-type", b"application/json"), (b"x-served-node", b"edge")]


def policy(defects: Container[str], healthy: Container[str]) -> Policy:
    """How the edge treats the regions."""
    if "router-dead-region" in defects:
        return Policy(path=b"/readyz", heed=False, retry_unsent=False, retry_lost=False)
    if "slow-eject" in defects:
        return Policy(path=b"/readyz", every_s=10, failures=3, retry_unsent=False, retry_lost=False)
    if "shallow-health" in defects or "early-return" in defects:
        return Policy(path=b"/readyz")
    if "slow-failover" in healthy:
        return Policy(path=b"/readyz", grace_s=1.6, retry_unsent=False, retry_lost=False)
    if "in-flight-lost" in healthy:
        return Policy(path=b"/readyz", retry_lost=False)
    # Health looks from time to time; the answers themselves tell what it does not see.
    away = frozenset({"gw-a"}) if "panic-routing" in healthy else frozenset()
    ramp_s = 3.0 if "slow-return" in healthy else 0.0
    usual = Policy(path=b"/readyz", patience=Patience(), away=away, ramp_s=ramp_s)
    return replace(usual, within_s=0.05, failures=1) if "hair-trigger" in defects else usual


class Edge:
    def __init__(self, world: World) -> None:
        self._switches = world.switches
        self._slot = world.slot
        callees = [
            Callee(part.name, self._pool(world, part.host, f"edge-to-{part.region}"))
            for part in layout.gateways()
        ]
        self._rotation = Rotation(callees, Policy(), world.switches, world.slot)
        self._adapt()
        world.switches.on_change(self._adapt)

    @staticmethod
    def _pool(world: World, host: str, wire: str) -> Pool:
        return Pool(host, world.layout.port, world.call_tls, by=world.layout.way(wire))

    def _adapt(self) -> None:
        self._rotation.policy = policy(self._switches.defects, self._switches.healthy)

    async def serve(self, request: Request) -> Answer:
        path = request.path
        if path == "/healthz":
            body = json.dumps({"ok": True, "build": layout.BUILD}).encode()
            return Answer(200, [*OWN], body)
        answer = await self._rotation.send(request)
        if answer is None:
            answer = self._nobody()
        self._slot.count(_name(path, request.method), answer.status)
        return answer

    def _nobody(self) -> Answer:
        if "in-flight-lost" in self._switches.healthy:
            return Answer(DROP)
        return Answer(502, [*OWN], b'{"error": "no region answered"}')

    async def watch(self) -> NoReturn:
        await self._rotation.watch()


def _name(path: str, method: bytes) -> str:
    if path == "/readyz":
        return "readyz"
    found = routes.match(path)
    route = found.by_method.get(method) if found else None
    return route.name if route else routes.UNKNOWN

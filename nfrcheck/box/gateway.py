"""The API gateway of a region: TLS, routes, the token check, and its two application replicas."""

import asyncio
import json
import time
from typing import NoReturn

from nfrcheck.box import layout, routes
from nfrcheck.box.capacity import Capacity
from nfrcheck.box.http1 import Answer, Headers, Request
from nfrcheck.box.pool import Pool
from nfrcheck.box.rotation import Callee, Policy, Rotation
from nfrcheck.box.world import World

JSON = (b"content-type", b"application/json")
NODE = b"x-served-node"
WARM_AFTER_S = 2.0
READY_WITHIN_S = 0.13  # two tries fit into the patience of the edge: one replica may stand still


class Gateway:
    def __init__(self, world: World) -> None:
        assert world.part.region is not None
        self._world = world
        self._region = world.part.region
        self._bearer = b"Bearer " + world.token.encode()
        self._stamp: Headers = [
            (b"x-served-region", self._region.encode()),
            (NODE, world.part.name.encode()),
        ]
        self._own = self._rotation(self._region)
        self._foreign: Rotation | None = None
        self._warm_at: float | None = None
        self._capacity = Capacity(world.switches)
        self._background: set[asyncio.Task[NoReturn]] = set()

    def _rotation(self, region: str) -> Rotation:
        port = self._world.layout.port
        callees = [Callee(part.name, Pool(part.host, port)) for part in layout.apps(region)]
        return Rotation(callees, Policy(), self._world.switches, self._world.slot)

    async def serve(self, request: Request) -> Answer:
        path = request.path
        name, answer = await self._serve(path, request)
        if not any(key == b"x-served-region" for key, _ in answer.headers):
            self._sign(answer)
        self._world.slot.count(name, answer.status)
        return answer

    async def _serve(self, path: str, request: Request) -> tuple[str, Answer]:
        if path == "/healthz":
            return "healthz", _said(200, ok=True, build=layout.BUILD, region=self._region)
        if path == "/readyz":
            return "readyz", await self._ready(request)
        found = routes.match(path)
        if found is None:
            return routes.UNKNOWN, _said(404, error="no such route")
        route = found.by_method.get(request.method)
        if route is None:
            return routes.UNKNOWN, _said(405, error="method not allowed")
        return route.name, await self._route(route, request)

    async def _route(self, route: routes.Route, request: Request) -> Answer:
        known = request.header(b"authorization") == self._bearer
        if route.writes and not known:
            return _said(401, error="a bearer token is needed")
        if not self._capacity.takes(time.monotonic()):
            if "no-n1-capacity" in self._world.switches.defects:
                self._world.truth.injected("no-n1-capacity", route=route.name, status=503)
            return _said(503, error="too much to do")
        flaky = self._world.switches.defects.get("avail-9997")
        if flaky is not None and flaky.strikes():
            self._world.truth.injected("avail-9997", route=route.name, status=503)
            return _said(503, error="try again later")
        if self._cold():
            self._world.truth.injected("early-return", route=route.name, status=503)
            return _said(503, error="warming up")
        request.headers = [pair for pair in request.headers if pair[0] != b"x-principal"]
        if known:
            request.headers.append((b"x-principal", b"alice"))
        if "fake-active-active" in self._world.switches.defects:
            return await self._forge(route, request)
        answer = await self._own.send(request)
        return answer or _said(502, error="no replica answered")

    def _cold(self) -> bool:
        """Defect early-return: whether it said a moment ago that it is ready, and is not."""
        early = "early-return" in self._world.switches.defects
        return early and (self._warm_at is None or time.monotonic() < self._warm_at)

    async def _ready(self, request: Request) -> Answer:
        """Deep: through a replica down to the store. Drained regions and stores are not ready."""
        switches = self._world.switches
        if "shallow-health" in switches.defects:
            return _said(200, ready=True)
        drained = {self._world.part.name, f"store-{self._region}"} & switches.drained
        if drained:
            return _said(503, ready=False, because=f"{min(drained)} is drained")
        rotation = self._other() if "fake-active-active" in switches.defects else self._own
        answer = await rotation.send(Request(b"GET", b"/readyz", request.headers), READY_WITHIN_S)
        if answer is not None and answer.status == 200:
            self._warm_at = self._warm_at or time.monotonic() + WARM_AFTER_S
            return _said(200, ready=True)
        return _said(503, ready=False, because="the data path does not answer")

    def _sign(self, answer: Answer) -> None:
        node = next((value for key, value in answer.headers if key == NODE), None)
        if node is None:
            answer.headers.append(self._stamp[1])
        answer.headers.append(self._stamp[0])

    def _other(self) -> Rotation:
        if self._foreign is None:
            self._foreign = self._rotation(layout.other(self._region))
            watching = asyncio.get_running_loop().create_task(self._foreign.watch())
            self._background.add(watching)
        return self._foreign

    async def _forge(self, route: routes.Route, request: Request) -> Answer:
        """Defect fake-active-active: the other region does the work, this one takes the credit."""
        answer = await self._other().send(request)
        if answer is None:
            return _said(502, error="no replica answered")
        mine, theirs = self._region.encode(), layout.other(self._region).encode()
        answer.headers = [
            (key, value.replace(b"-" + theirs, b"-" + mine) if key == NODE else value)
            for key, value in answer.headers
        ]
        self._world.truth.injected("fake-active-active", route=route.name, status=answer.status)
        return answer

    async def watch(self) -> NoReturn:
        await self._own.watch()


def _said(status: int, **body: object) -> Answer:
    return Answer(status, [JSON], json.dumps(body).encode())

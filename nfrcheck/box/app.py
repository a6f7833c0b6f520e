"""An application replica: experience, process and system APIs over the store of its region."""

import asyncio
import json
import random
import time
import zlib
from typing import NoReturn

from nfrcheck.box import routes
from nfrcheck.box.apis import experience, process, system
from nfrcheck.box.apis.domain import Domain
from nfrcheck.box.apis.speech import Call, RefusedError, Served
from nfrcheck.box.http1 import Answer, Request
from nfrcheck.box.layout import BUILD, BY_NAME, other
from nfrcheck.box.pool import LostError, NotSentError, Pool
from nfrcheck.box.records import Records, StoreDownError
from nfrcheck.box.sessions import Sessions
from nfrcheck.box.world import World

AT_ONCE = 16
QUEUE_MOST = 500
SERVICE_S = (0.003, 0.008)
TAIL_S = (0.8, 3.0)
PAUSE_S, PAUSE_EVERY_S = 0.1, 20.0
WARM_UP_S = 2.0

APIS = {
    "web-product": experience.web_product,
    "web-order": experience.web_order,
    "web-order-read": experience.web_order_read,
    "mobile-product": experience.mobile_product,
    "order-cancel": process.cancel_order,
    "customer": system.customer,
    "inventory": system.inventory,
    "price": system.price,
}


class App:
    def __init__(self, world: World) -> None:
        assert world.part.region is not None
        self._world = world
        self._region = world.part.region
        store = BY_NAME[f"store-{world.part.region}"]
        by = world.layout.way(f"system-to-legacy-{world.part.region}")
        self._pool = Pool(store.host, world.layout.port, by=by)
        away = BY_NAME[f"store-{other(world.part.region)}"]
        across = world.layout.way(f"{world.part.region}-to-{away.region}")
        self._records = Records(self._pool)
        self._domain = Domain(
            self._records,
            self._region,
            world.switches,
            away=Records(Pool(away.host, world.layout.port, by=across)),
        )
        self._sessions = Sessions(world)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._inside = 0
        self._dice = random.Random()  # noqa: S311  service times need no secrecy
        build = world.switches.builds.get(world.part.name, BUILD)
        self._stamps = [
            (b"x-served-node", world.part.name.encode()),
            (b"x-served-build", build.encode()),
        ]
        warm_up_s = WARM_UP_S if "slow-start" in world.switches.healthy else 0.0
        self._warm_at = time.monotonic() + warm_up_s

    async def serve(self, request: Request) -> Answer:
        if time.monotonic() < self._warm_at:
            return self._answer(Served(503, {"error": "warming up"}))
        if request.path == "/healthz":
            return self._answer(Served(200, {"ok": True}))
        if request.path == "/readyz":
            return self._answer(await self._ready())
        found = routes.match(request.path)
        route = found.by_method.get(request.method) if found else None
        if found is None or route is None:
            return self._answer(Served(404, {"error": "no such route"}))
        answer = self._answer(await self._within_limits(route.name, _call(request, found)))
        return await self._worsened(route.name, answer)

    async def _within_limits(self, route: str, call: Call) -> Served:
        if self._inside >= QUEUE_MOST:
            return Served(503, {"error": "overloaded"})
        self._inside += 1
        try:
            async with self._slots:
                await asyncio.sleep(self._dice.uniform(*SERVICE_S))
                served = await APIS[route](self._domain, call)
        except RefusedError as refused:
            return Served(refused.status, {"error": str(refused)})
        except StoreDownError as down:
            return Served(503, {"error": str(down)})
        finally:
            self._inside -= 1
        if served.acknowledges:
            self._world.truth.acked(served.acknowledges)
        return served

    async def _ready(self) -> Served:
        try:
            answer = await self._pool.call(Request(b"GET", b"/readyz"), 0.25)
        except (NotSentError, LostError) as broken:
            return Served(503, {"ready": False, "because": str(broken)})
        return Served(answer.status, {"ready": answer.status == 200})

    def _answer(self, served: Served) -> Answer:
        headers = [(b"content-type", b"application/json"), *self._stamps, *self._records.told]
        return Answer(served.status, headers, json.dumps(served.body).encode())

    async def _worsened(self, route: str, answer: Answer) -> Answer:
        defects = self._world.switches.defects
        hole = defects.get("route-hole")
        if hole is not None and hole.route == route and hole.strikes():
            self._world.truth.injected("route-hole", route=route, status=500)
            return self._answer(Served(500, {"error": "internal error"}))
        tail = defects.get("tail-999")
        if tail is not None and tail.strikes():
            late_s = round(tail.dice.uniform(*TAIL_S), 3)
            self._world.truth.injected("tail-999", route=route, late_s=late_s)
            await asyncio.sleep(late_s)
        return answer

    async def watch(self) -> NoReturn:
        async with asyncio.TaskGroup() as beside:
            beside.create_task(self._sessions.hold())
            await self._stand_still()

    async def _stand_still(self) -> NoReturn:
        """Healthy variant gc-pause: the whole process stands still, each replica at its time."""
        phase = zlib.crc32(self._world.part.name.encode()) % 1000 / 1000
        await asyncio.sleep(PAUSE_EVERY_S * phase)
        while True:
            if "gc-pause" in self._world.switches.healthy:
                time.sleep(PAUSE_S)  # noqa: ASYNC251  standing still is the point
            await asyncio.sleep(PAUSE_EVERY_S)


def _call(request: Request, found: routes.Match) -> Call:
    key = request.header(b"idempotency-key")
    who = request.header(b"x-principal")
    return Call(
        argument=found.argument,
        body=request.body,
        principal=who.decode() if who else None,
        key=key.decode("latin-1") if key else None,
    )

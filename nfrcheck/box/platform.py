"""What both planes build on: orders to the supervisor, and looking at parts from outside."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from nfrcheck.box import certificates, layout
from nfrcheck.box.acts import Act
from nfrcheck.box.board import Settings
from nfrcheck.box.http1 import Answer, Request
from nfrcheck.box.layout import BY_NAME, PARTS, Part
from nfrcheck.box.pool import LostError, NotSentError, Pool
from nfrcheck.box.world import Birthright

NAP_S = 0.01
SEEN_WITHIN_S = 2.0
DRAINED_WITHIN_S = 5.0
RESTORED_WITHIN_S = 15.0


class Platform:
    def __init__(self, given: Birthright, orders: socket.socket) -> None:
        self.given = given
        self.settings = Settings()
        self._orders = orders
        self._any_certificate = certificates.unchecked()
        self._one_at_a_time = asyncio.Lock()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(sock=self._orders)

    async def order(self, verb: str, *names: str) -> dict[str, Any]:
        """Has the supervisor do it; the state of all parts afterwards."""
        async with self._one_at_a_time:
            self._say({"do": verb, "parts": names})
            state: dict[str, Any] = json.loads(await self._reader.readline())
        return state

    def ready(self) -> None:
        self._say({"do": "ready"})

    def _say(self, order: dict[str, Any]) -> None:
        self._writer.write(json.dumps(order).encode() + b"\n")

    async def answers(self, part: Part, path: str = "/healthz", within_s: float = 0.5) -> bool:
        # Like the probes of a real platform: a process is there, whatever certificate it shows.
        tls = self._any_certificate if part.tls else None
        pool = Pool(part.host, self.given.layout.port, tls, connect_s=within_s)
        try:
            answer = await pool.call(Request(b"GET", path.encode()), within_s)
        except (NotSentError, LostError):
            return False
        finally:
            pool.abort()
        return answer.status == 200

    async def restore(self, *names: str) -> bool:
        """Resumes and starts what is not running; whether all of it answers in time.

        What was scaled away is not there to be restored.
        """
        names = tuple(name for name in names if name not in self.settings.absent)
        await self.order("resume", *names)
        await self.order("start", *names)
        return await self.come_up(*names)

    async def come_up(self, *names: str) -> bool:
        async def answer() -> bool:
            return all([await self.answers(BY_NAME[name]) for name in names])

        return await until(answer, RESTORED_WITHIN_S)

    async def publish(self, settings: Settings) -> bool:
        """Switches, and waits until every running part acts on it."""
        self.settings = settings
        generation = self.given.board.publish(settings)
        state = await self.order("state")
        slots = [
            self.given.board.slot(name) for name, told in state.items() if told["state"] == "alive"
        ]

        async def seen() -> bool:
            return all(slot.seen >= generation for slot in slots)

        return await until(seen, SEEN_WITHIN_S)

    async def drain(self, name: str) -> bool:
        """Out of rotation; whether everything that was under way there has ended in time."""
        drained = tuple(sorted({*self.settings.drained, name}))
        await self.publish(replace(self.settings, drained=drained))
        part = BY_NAME[name]
        if part.kind == "store":
            return True  # not called in turns: its region is not ready any more, and is left
        caller = self.given.board.slot("edge" if part.kind == "gateway" else f"gw-{part.region}")

        async def nothing_under_way() -> bool:
            return caller.pending(name) == 0

        return await until(nothing_under_way, DRAINED_WITHIN_S)

    async def undrain(self, *names: str) -> bool:
        drained = tuple(name for name in self.settings.drained if name not in names)
        return await self.publish(replace(self.settings, drained=drained))

    async def act(self, act: Act, name: str, *, holds: bool) -> bool:
        """Whether it holds there from now on, or does not any more."""
        others = tuple(at for at in self.settings.acts.get(act.name, ()) if at != name)
        acts = {**self.settings.acts, act.name: (*others, name) if holds else others}
        return await self.publish(replace(self.settings, acts=acts))

    async def component(self, name: str) -> tuple[bool, dict[str, Any]]:
        """Whether all is well with a part, and what its state is."""
        told = (await self.order("state"))[name]
        state = "up" if told["state"] == "alive" else told["state"]
        held = [act for act, at in self.settings.acts.items() if name in at]
        if state == "up" and held:
            state = held[0]
        if state == "up" and not await self.answers(BY_NAME[name]):
            state = "silent"
        if state == "up" and name in self.settings.drained:
            state = "drained"
        return state == "up", {"name": name, "state": state, "pid": told["pid"]}

    async def region(self, name: str) -> tuple[bool, dict[str, Any]]:
        there = [part for part in layout.of_region(name) if part.name not in self.settings.absent]
        parts = [await self.component(part.name) for part in there]
        gateway = BY_NAME[f"gw-{name}"]
        ready = all(well for well, _ in parts) and await self.answers(gateway, "/readyz")
        taken = self.given.board.slot("edge").in_turn(gateway.name)
        drained = gateway.name in self.settings.drained
        return ready, {
            "name": name,
            "state": "up" if ready else ("drained" if drained else "impaired"),
            "in_rotation": taken and not drained,
            "components": [told for _, told in parts],
        }

    async def wait_until_whole(self) -> bool:
        """At the start: every part answers, and the edge can reach an order through each region."""
        whole = await self.come_up(*(part.name for part in PARTS))
        for gateway in layout.gateways():
            whole = whole and await self.answers(gateway, "/readyz", 2.0)
        return whole and await self.answers(BY_NAME["edge"], "/readyz", 2.0)


async def until(holds: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    """Whether it came to hold in time."""
    clock = asyncio.get_running_loop().time
    end = clock() + within_s
    while not await holds():
        if clock() > end:
            return False
        await asyncio.sleep(NAP_S)
    return True


def said(status: int, **body: object) -> Answer:
    return Answer(status, [(b"content-type", b"application/json")], json.dumps(body).encode())

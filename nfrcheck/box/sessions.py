"""Connections to the store that a replica keeps warm, and how it opens the ones that it lost."""

import asyncio
import random

from nfrcheck.box.world import World

WARM = 50
START_WITHIN_S = 1.0
CONNECT_S = 0.5
LIVED_S = 1.0
"""One that ended sooner never led anywhere: a proxy before a dead store accepts, then closes."""

# Two replicas have 100 sessions. A store that is lost leaves them with uniform(0, 4 s): 2.5 in
# 100 ms. While it stays away all wait uniform(0, 8 s), 4 s on average, so that 100 / 4 s try at any
# time: 2.5 in 100 ms again, and fewer and fewer once it is there. The most in any 100 ms is 8 as a
# rule, rarely 11.
FIRST_S, LONGEST_S = 4.0, 8.0
LONGER = 2

SAME_S = 1.0
TURN_S = 0.1


class Session(asyncio.Protocol):
    """A connection without a request. It is over when its other side says so."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.over.set()


class Sessions:
    def __init__(self, world: World) -> None:
        assert world.part.region is not None
        self._switches = world.switches
        self._truth = world.truth
        self._by = world.layout.way(f"system-to-legacy-{world.part.region}")
        self._port = world.layout.port
        self._dice = random.Random()  # noqa: S311  waiting times need no secrecy
        self._turn = asyncio.Lock()
        self._wave_at = 0.0

    async def hold(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as all_of_them:
            for number in range(WARM):
                all_of_them.create_task(self._keep(number))

    async def _keep(self, number: int) -> None:
        clock = asyncio.get_running_loop().time
        # At the start one after another, so that a new replica is no surge itself.
        await asyncio.sleep(START_WITHIN_S * (number + self._dice.random()) / WARM)
        failed = 0
        while True:
            began = clock()
            await self._live()
            failed = 0 if clock() - began >= LIVED_S else failed + 1
            await self._wait(failed)

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                transport, session = await loop.create_connection(Session, self._by, self._port)
        except (OSError, TimeoutError):
            return
        try:
            await session.over.wait()
        finally:
            transport.abort()

    async def _wait(self, failed: int) -> None:
        """Exponential, with full jitter, so that those who lost it together come back apart."""
        if "herd" in self._switches.defects:
            await asyncio.sleep(self._until_the_wave())
        elif "orderly-return" in self._switches.healthy:
            async with self._turn:
                await asyncio.sleep(TURN_S)
        else:
            most_s = min(LONGEST_S, FIRST_S * LONGER**failed)
            await asyncio.sleep(self._dice.uniform(0, most_s))

    def _until_the_wave(self) -> float:
        """Defect herd: the same moment for all, however many waves the store stays away."""
        now = asyncio.get_running_loop().time()
        if now >= self._wave_at:
            same_outage = now - self._wave_at < SAME_S / 2
            self._wave_at = (self._wave_at if same_outage else now) + SAME_S
            self._truth.injected("herd", again_in_s=SAME_S)
        return self._wave_at - now

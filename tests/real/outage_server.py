"""A server that goes out on purpose and writes down when, in nanoseconds of the monotonic clock.

    python outage_server.py refuse|answer-503|hang SEED SECONDS...

It says its port, waits for a line, then is out for each of SECONDS, one after another.
"""

import asyncio
import contextlib
import json
import random
import sys
import time

GAP_S = (1.5, 1.6)
"""Between two outages; a little random, so that edges fall anywhere between two probes."""
BEAT_S = 0.001
GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
BAD = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\nno"


class Site:
    """What all connections share. While it hangs a request is taken and never answered."""

    def __init__(self) -> None:
        self.answer: bytes | None = GOOD
        self.refusing = False
        self.port = 0
        self._listener: asyncio.Server | None = None
        self.transports: set[asyncio.Transport] = set()
        self.empty = asyncio.Event()
        self.empty.set()

    async def open(self, chance: random.Random) -> None:
        """On a port below those of outgoing connections: while nobody listens, one could take it,
        and a client would even connect to itself."""
        while True:
            self.port = chance.randrange(20_000, 32_000)
            with contextlib.suppress(OSError):
                await self.listen()
                return

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self), "127.0.0.1", self.port, reuse_address=True, backlog=1024
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def go(self, way: str) -> None:
        if way == "answer-503":
            self.answer = BAD
        elif way == "hang":
            self.answer = None
        else:
            assert self._listener, "it listens"
            self.refusing = True
            self._listener.close()
            for transport in list(self.transports):
                transport.abort()
            await self.empty.wait()

    async def come_back(self, way: str) -> None:
        if way == "refuse":
            self.refusing = False
            await self.listen()
        else:
            self.answer = GOOD


class Connection(asyncio.Protocol):
    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked = b""
        self._stuck = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a socket's"
        self._transport = transport
        self._site.transports.add(transport)
        self._site.empty.clear()
        if self._site.refusing:  # accepted a moment before the listener was closed
            transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self._site.transports.discard(self._transport)
        if not self._site.transports:
            self._site.empty.set()

    def data_received(self, arrived: bytes) -> None:
        self._asked += arrived
        while not self._stuck and b"\r\n\r\n" in self._asked:
            head, _, self._asked = self._asked.partition(b"\r\n\r\n")
            if self._site.answer is None:
                self._stuck = True
                return
            self._transport.write(self._site.answer)
            if b"connection: close" in head.lower():
                self._transport.close()


class Beats:
    """When this process certainly ran: on a crowded machine it may stand still before a change,
    and what was sent meanwhile meets the server as it is afterwards."""

    def __init__(self) -> None:
        self._last = [time.monotonic_ns()] * 2

    async def go_on(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._last = [self._last[1], time.monotonic_ns()]

    @property
    def last_but_one(self) -> int:
        return self._last[0]


async def timed(site: Site, beats: Beats, way: str, *, out: bool) -> list[int]:
    """The change took place between these two moments."""
    before = beats.last_but_one
    await (site.go(way) if out else site.come_back(way))
    return [before, time.monotonic_ns()]


async def main(way: str, seed: int, outages: list[float]) -> None:
    chance = random.Random(seed)
    site = Site()
    beats = Beats()
    await site.open(random.Random())
    say({"port": site.port})
    await asyncio.to_thread(sys.stdin.readline)
    beating = asyncio.create_task(beats.go_on())
    for seconds in outages:
        await asyncio.sleep(chance.uniform(*GAP_S))
        down = await timed(site, beats, way, out=True)
        # Off the rhythm of the probes, or their number would always fit it.
        await asyncio.sleep(seconds + chance.uniform(0.0, 0.01))
        up = await timed(site, beats, way, out=False)
        say({"seconds": seconds, "down": down, "up": up})
    beating.cancel()
    await asyncio.to_thread(sys.stdin.read)


def say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), [float(word) for word in sys.argv[3:]]))

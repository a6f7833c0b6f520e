"""asyncio's timers: one callback for each request, on kept connections."""

import asyncio
import sys
import time

from benchmarks.workers.pacing import Pacing

CONNECTIONS = 50


class Connection(asyncio.Protocol):
    """Its answer comes in one piece; it is free again when it came."""

    def __init__(self, free: "list[asyncio.Transport]") -> None:
        self._free = free
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._free.append(transport)

    def data_received(self, data: bytes) -> None:
        del data
        self._free.append(self._transport)


async def main() -> None:
    pacing, loop = Pacing.from_arguments(sys.argv[1:]), asyncio.get_running_loop()
    free: list[asyncio.Transport] = []
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Connection(free), "127.0.0.1", pacing.port)
    over = loop.create_future()

    def send(k: int, due_ns: int) -> None:
        if free:
            free.pop().write(pacing.request)
        pacing.lags_ns.append(max(0, time.monotonic_ns() - due_ns))
        if k + 1 == pacing.count:
            over.set_result(None)
            return
        due_ns = pacing.due_ns(k + 1)
        loop.call_at(due_ns / 1e9, send, k + 1, due_ns)

    pacing.begin()
    loop.call_at(pacing.t0_ns / 1e9, send, 0, pacing.t0_ns)
    await over
    pacing.say()


if __name__ == "__main__":
    asyncio.run(main())

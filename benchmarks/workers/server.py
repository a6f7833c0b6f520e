"""A server that does nothing but answer: bytes in, the same 64 bytes of JSON out, and a count."""

import asyncio
import json
import os
import sys
from typing import cast

BODY = b'{"sku":"sku-1","name":"a lamp","price":1995,"stock":12,"ok":1  }'
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nserver: target\r\n"
    b"content-length: %d\r\n" % len(BODY)
)
END = b"\r\n\r\n"


class Answering(asyncio.Protocol):
    """Requests without a body, several in one piece or one in several."""

    count = 0
    unique = False

    def __init__(self) -> None:
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not an isinstance: the transports of uvloop have no such ancestor.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        *asked, self._rest = data.split(END)
        for _ in asked:
            Answering.count += 1
            more = b"x-request-id: %016x\r\n" % Answering.count if self.unique else b""
            self._transport.write(HEAD + more + b"\r\n" + BODY)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    server = await loop.create_server(Answering, "127.0.0.1", 0, backlog=1024)
    say({"port": server.sockets[0].getsockname()[1]})

    def asked() -> None:
        if os.read(0, 65_536):
            say({"count": Answering.count})
        else:
            over.set_result(None)

    loop.add_reader(0, asked)
    await over
    os._exit(0)  # whoever is still connected does not matter any more


def say(message: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    Answering.unique = sys.argv[1:] == ["unique"]
    try:
        import uvloop  # noqa: PLC0415  # an extra; the measured side does not depend on it
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())


if __name__ == "__main__":
    main()

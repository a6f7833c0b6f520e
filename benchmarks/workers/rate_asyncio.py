"""The plain way in the standard library: N tasks on asyncio streams, Content-Length read."""

import asyncio
import os
import sys


async def ask(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /web/v1/products/sku-1 HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode()
    while True:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))


async def main(port: int, connections: int) -> None:
    asking = asyncio.gather(*(ask(port) for _ in range(connections)))
    asyncio.get_running_loop().add_reader(0, asking.cancel)
    try:
        await asking
    except asyncio.CancelledError:
        os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))

"""A control connection is given its time and no more."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nfrcheck.faultproxy import clients
from nfrcheck.faultproxy.clients import Client, Clients
from nfrcheck.faultproxy.requests import Answer, Request

GOOD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _answer(_request: Request) -> Answer:
    return Answer(204)


def converse(talk: Talk) -> None:
    async def all_of_it() -> None:
        loop = asyncio.get_running_loop()
        everyone = Clients()
        server = await loop.create_server(lambda: Client(_answer, everyone), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        async with asyncio.timeout(5):
            await talk(reader, writer)
        writer.close()
        server.close()

    asyncio.run(all_of_it())


async def closed(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("sent", [b"", GOOD[:-1], b"POST / HTTP/1.1\r\nContent-Length: 5\r\n"])
def test_half_a_request_has_its_time(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(clients, "REQUEST_S", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        assert await closed(reader) == b""

    converse(talk)


def test_more_of_half_a_request_gets_no_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "REQUEST_S", 0.2)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended = asyncio.create_task(closed(reader))
        for number in GOOD[:-1]:
            writer.write(bytes([number]))
            await asyncio.sleep(0.03)  # so slowly is it sent: that is the attack
            if ended.done():
                return
        pytest.fail("it was waited for as long as something came")

    converse(talk)


def test_silence_after_an_answer_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "IDLE_S", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GOOD)
        assert (await closed(reader)).startswith(b"HTTP/1.1 204 ")

    converse(talk)

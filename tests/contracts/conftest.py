"""Each test here runs against the embedded proxy and, by `make real`, against Toxiproxy 2.12."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.servers import REAL, Proxy, Server, embedded, toxiproxy
from tests.contracts.upstream import Upstream, upstream

KINDS = [
    pytest.param("embedded", id="embedded"),
    pytest.param("toxiproxy", id="toxiproxy", marks=pytest.mark.real),
]


@pytest.fixture(scope="session", params=KINDS)
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "embedded":
        with embedded() as server:
            yield server
        return
    if not (REAL / "server").is_file():
        pytest.skip("Toxiproxy is not installed: run `make real`")
    with toxiproxy() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    yield running
    running.clear()


@pytest.fixture(scope="session")
def behind() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


PROXY = {"name": "shop", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}


@pytest.fixture
def link(server: Server, behind: Upstream) -> Proxy:
    return server.proxy("link", behind.port)


@pytest.fixture
def taken() -> Iterator[str]:
    """An address at which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield f"127.0.0.1:{other.getsockname()[1]}"


@pytest.fixture
def shop(server: Server) -> Any:
    """The proxy that most tests are about."""
    return server.ask("POST", "/proxies", PROXY).json

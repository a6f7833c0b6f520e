"""What our own proxy can do beyond Toxiproxy: one of its processes, and a server behind it."""

from collections.abc import Iterator

import pytest

from tests.contracts.servers import Proxy, Server, embedded
from tests.contracts.upstream import Upstream, upstream


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    with embedded("--seed", "7") as server:
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    yield running
    running.clear()


@pytest.fixture(scope="session")
def behind() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture
def link(server: Server, behind: Upstream) -> Proxy:
    return server.proxy("link", behind.port)

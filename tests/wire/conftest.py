"""Servers that torture, with certificates of an authority that nobody else knows.

Every one is held to the books in the end: one record for each request, the sums by status equal to
the server's own ledger, and no descriptor left open.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from nfrcheck.model.records import RETRIED
from nfrcheck.wire.engine import Endpoint, endpoint_from
from tests.wire.asking import Asking, descriptors
from tests.wire.torture import Script, TortureServer

NAME = "shop.test"


class Authority:
    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.path = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.path))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue(self.context)

    def issue(self, context: ssl.SSLContext) -> None:
        self._authority.issue_cert(NAME).configure_cert(context)

    def client_certificate(self) -> tuple[Path, Path]:
        issued = self._authority.issue_cert("client@shop.test")
        cert, key = self.path.with_name("client.pem"), self.path.with_name("client.key")
        issued.cert_chain_pems[0].write_to_path(str(cert))
        issued.private_key_pem.write_to_path(str(key))
        return cert, key

    def endpoint(self, port: int, *, secure: bool, name: str = NAME) -> Endpoint:
        if not secure:
            return endpoint_from(f"http://{name}:{port}", "127.0.0.1")
        return endpoint_from(f"https://{name}:{port}", "127.0.0.1", ca=self.path)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=["plain", "tls"])
def secure(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "tls")


@pytest.fixture
def nothing_left_open() -> Iterator[None]:
    before = descriptors()
    yield
    assert descriptors() == before, "a descriptor was left open"


Torture = Callable[..., tuple[TortureServer, Asking]]
"""Starts a server with a script; gives it and an engine that asks it."""


@pytest.fixture
def torture(authority: Authority, secure: bool) -> Iterator[Torture]:
    before = descriptors()
    started: list[tuple[TortureServer, Asking]] = []

    with ExitStack() as stack:

        def start(script: Script, **settings: bool) -> tuple[TortureServer, Asking]:
            context = authority.context if secure else None
            server = stack.enter_context(TortureServer(script, context, **settings))
            asking = Asking(authority.endpoint(server.port, secure=secure))
            stack.enter_context(asking)
            started.append((server, asking))
            return server, asking

        yield start
    assert descriptors() == before, "a descriptor was left open"
    for server, asking in started:
        retried = sum(bool(outcome.flags & RETRIED) for outcome in asking.outcomes)
        assert len(asking.outcomes) == asking.requests + retried
        assert asking.by_status() == server.ledger
        assert server.surplus == 0, "something was sent on a connection that was over"

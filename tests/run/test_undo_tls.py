"""A request over TLS goes to the pinned address and still proves the server's name."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from nfrcheck.run.undo import attempt


class Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(scope="module")
def ca(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(params=[False, True], ids=["tls", "mtls"])
def port(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("shop.example").configure_cert(context)
    if request.param:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Fine) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        # A refused handshake is what some of these tests are about, not news.
        server.handle_error = lambda *_words: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def certificate(authority: trustme.CA, tmp_path: Path) -> dict[str, str]:
    issued = authority.issue_cert("nfrcheck.example")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    return {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}


def step(host: str, port: int, **more: str) -> dict[str, str]:
    return {"kind": "http", "url": f"https://{host}:{port}/", "address": "127.0.0.1", **more}


def test_the_right_name_with_the_right_authority_is_good(
    port: int, ca: Path, certificate: dict[str, str]
) -> None:
    assert attempt(step("shop.example", port, ca=str(ca), **certificate)).ok


def test_another_name_is_refused(port: int, ca: Path, certificate: dict[str, str]) -> None:
    outcome = attempt(step("other.example", port, ca=str(ca), **certificate))

    assert not outcome.ok
    assert "certificate" in outcome.because.lower()


def test_an_unknown_authority_is_refused(port: int, certificate: dict[str, str]) -> None:
    assert not attempt(step("shop.example", port, **certificate)).ok


@pytest.mark.parametrize("port", [True], indirect=True, ids=["mtls"])
def test_no_certificate_is_refused_by_a_server_that_asks(port: int, ca: Path) -> None:
    assert not attempt(step("shop.example", port, ca=str(ca))).ok

"""TLS is verified unless nobody asked for TLS, and bytes may come in any pieces."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.model.records import CLOSED_BEFORE, TLS_FAILED
from nfrcheck.wire.engine import endpoint_from
from nfrcheck.wire.tls import Tls
from tests.wire.asking import Asking
from tests.wire.conftest import NAME, Authority
from tests.wire.torture import Peer, TortureServer, answers

pytestmark = pytest.mark.usefixtures("nothing_left_open")


@pytest.fixture
def server(authority: Authority) -> Iterator[TortureServer]:
    with TortureServer(answers, authority.context) as server:
        yield server


def test_a_certificate_for_another_name_is_refused(
    server: TortureServer, authority: Authority
) -> None:
    endpoint = authority.endpoint(server.port, secure=True, name="other.test")

    with Asking(endpoint) as asking:
        outcome = asking.one()

    assert outcome.status == TLS_FAILED
    assert "other.test" in outcome.because
    assert server.ledger == {}


def test_a_certificate_of_an_unknown_authority_is_refused(server: TortureServer) -> None:
    endpoint = endpoint_from(f"https://{NAME}:{server.port}", "127.0.0.1")

    with Asking(endpoint) as asking:
        outcome = asking.one()

    assert outcome.status == TLS_FAILED
    assert "certificate verify failed" in outcome.because


def test_a_server_that_speaks_no_tls_is_a_tls_failure(authority: Authority) -> None:
    def speaks_first(peer: Peer, _: int) -> int:
        raise AssertionError(peer)

    with TortureServer(speaks_first) as server:
        endpoint = authority.endpoint(server.port, secure=True)
        with Asking(endpoint) as asking:
            asking.submit()
            asking.wait(lambda: bool(server.served))
            for connection in server.connections():
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            asking.wait(lambda: bool(asking.outcomes))

    assert asking.by_status() == {TLS_FAILED: 1}


def test_a_close_during_the_handshake_is_closed_before_the_answer(authority: Authority) -> None:
    with TortureServer(answers) as server:
        endpoint = authority.endpoint(server.port, secure=True)
        with Asking(endpoint) as asking:
            asking.submit()
            asking.wait(lambda: bool(server.served))
            for connection in server.connections():
                connection.shutdown(2)
            asking.wait(lambda: bool(asking.outcomes))

    assert asking.by_status() == {CLOSED_BEFORE: 1}


def test_a_client_certificate_that_is_missing_is_a_tls_failure(authority: Authority) -> None:
    """With TLS 1.3 the server says so only after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.path)

    with TortureServer(answers, context) as server:
        with Asking(authority.endpoint(server.port, secure=True)) as asking:
            refused = asking.one()
        assert refused.status == TLS_FAILED

        cert, key = authority.client_certificate()
        endpoint = endpoint_from(
            f"https://{NAME}:{server.port}", "127.0.0.1", authority.path, cert, key
        )
        with Asking(endpoint) as asking:
            assert asking.one().status == 200


def test_a_session_that_can_no_longer_write_ends_its_request(
    server: TortureServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_: Tls, __: bytes) -> bytes:
        raise ssl.SSLError("protocol is shutdown")

    with Asking(authority.endpoint(server.port, secure=True)) as asking:
        assert asking.one().status == 200
        monkeypatch.setattr(Tls, "encrypt", refuses)
        outcome = asking.one()

    assert outcome.status == TLS_FAILED
    assert "protocol is shutdown" in outcome.because


def test_session_tickets_on_an_idle_connection_do_not_spoil_it(
    server: TortureServer, authority: Authority
) -> None:
    with Asking(authority.endpoint(server.port, secure=True)) as asking:
        asking.engine.warm(0, 1)
        asking.wait(lambda: bool(asking.engine._exchange._pools[0].idle))

        assert [asking.one().status for _ in range(5)] == [200] * 5
    assert server.served == [5]
    assert asking.engine.stats.dropped == 0


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_fed_byte_by_byte_reads_the_same(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    authority.issue(context)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(to_server, to_client, server_side=True)
    endpoint = authority.endpoint(1, secure=True)
    assert endpoint.ssl_context is not None
    client = Tls(endpoint.ssl_context, NAME)

    greeted = client.greet(b"")
    while not greeted:
        to_server.write(client.outgoing())
        with suppress(ssl.SSLWantReadError):
            server.do_handshake()
        for byte in to_client.read():
            greeted = client.greet(bytes([byte]))
    to_server.write(client.outgoing())
    server.do_handshake()
    to_server.write(client.encrypt(b"ask"))
    assert server.read(100) == b"ask"
    big = bytes(range(256)) * 200  # four records
    server.write(big)
    with pytest.raises(ssl.SSLWantReadError):
        server.unwrap()
    raw = to_client.read()
    got = b"".join(client.decrypt(raw[at : at + 1]) for at in range(len(raw)))

    assert got == big
    assert client.ended


def test_several_records_at_once_are_read_at_once(
    server: TortureServer, authority: Authority
) -> None:
    body = b"x" * 200_000

    def script(peer: Peer, _: int) -> int:
        peer.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + body)
        return 200

    server.script = script
    with Asking(authority.endpoint(server.port, secure=True)) as asking:
        assert asking.one(keep=300_000).body == body
        assert asking.one(keep=0).status == 200


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        pytest.param("ftp://shop.test", {}, id="another-scheme"),
        pytest.param("shop.test:80", {}, id="no-scheme"),
        pytest.param("https://shop.test", {"ca": "no-such-file.pem"}, id="no-ca-file"),
        pytest.param("https://shop.test", {"cert": __file__}, id="no-certificate"),
        pytest.param("https://.shop.test", {}, id="no-name-to-verify"),
    ],
)
def test_what_can_never_work_is_told_to_the_operator(url: str, settings: dict[str, str]) -> None:
    with pytest.raises(DeploymentError):
        endpoint_from(url, "127.0.0.1", **settings)


@pytest.mark.parametrize(
    ("url", "authority_sent"),
    [
        ("http://shop.test", "shop.test"),
        ("https://shop.test:443/x", "shop.test"),
        ("https://shop.test:8443", "shop.test:8443"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_an_endpoint_knows_its_host_header(url: str, authority_sent: str) -> None:
    assert endpoint_from(url, "127.0.0.1").authority == authority_sent


GEVENT = """
import ssl, sys
from pathlib import Path
from time import monotonic_ns
from nfrcheck.wire.engine import Engine, Job, endpoint_from
from gevent import monkey
monkey.patch_all()
import gevent
from gevent import get_hub

url, ca = sys.argv[1:]
outcomes = []
engine = Engine([endpoint_from(url, "127.0.0.1", ca)], cap=8, on_outcome=outcomes.append)
watcher = get_hub().loop.io(engine.fileno(), 1)
watcher.start(engine.serve)
job = Job(0, b"GET / HTTP/1.1\\r\\nhost: shop.test\\r\\n\\r\\n", keep=10)
for _ in range(5):
    engine.submit(job, monotonic_ns())
with gevent.Timeout(10):
    while len(outcomes) < 5:
        gevent.sleep(0.001)
watcher.stop()
engine.close()
print([outcome.status for outcome in outcomes])
"""


def test_gevent_watches_one_descriptor_and_the_engine_keeps_its_sockets(
    server: TortureServer, authority: Authority, tmp_path: Path
) -> None:
    program = tmp_path / "under_gevent.py"
    program.write_text(GEVENT)
    url = f"https://{NAME}:{server.port}"

    done = subprocess.run(
        [sys.executable, str(program), url, str(authority.path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stdout == "[200, 200, 200, 200, 200]\n", done.stderr
    assert sum(server.served) == 5

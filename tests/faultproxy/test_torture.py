"""Clients that send rubbish, half requests or too much disturb nobody, and leak nothing."""

import os
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from tests.box.running_box import wait_until
from tests.contracts.servers import Proxy, Server
from tests.contracts.upstream import Upstream
from tests.contracts.wire import EOF, RESET, ending, round_trip, talking

pytestmark = pytest.mark.slow

GOOD = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"


def control(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 5)


def status_of(server: Server, sent: bytes) -> int:
    """Of the answer to just these bytes; 0 if there is none."""
    with control(server) as connection:
        connection.sendall(sent)
        _, answer = ending(connection, 1)
    return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.fixture(autouse=True)
def well(server: Server, link: Proxy) -> object:
    """Whatever was done: the proxy still answers, and what it opened is closed again."""
    before = descriptors(server)
    yield
    assert server.process.poll() is None
    wait_until(lambda: descriptors(server) <= before)
    assert server.ask("GET", "/version").status == 200
    with talking(link) as connection:
        round_trip(connection)
    assert rss_mb(server) < 200


def descriptors(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def rss_mb(server: Server) -> float:
    text = Path(f"/proc/{server.process.pid}/statm").read_text("ascii")
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"GARBAGE\r\n\r\n", 400, id="no-request"),
        pytest.param(b"GARBAGE\r\n", 400, id="no-first-line"),
        pytest.param(b"GET /version HTTP/3.0\r\nHost: x\r\n\r\n", 400, id="a-new-version"),
        pytest.param(b"GET /version HTTP/1.1\r\n\r\n", 400, id="no-host"),
        pytest.param(b"GET /version HTTP/1.1\r\nHost : x\r\n\r\n", 400, id="space-in-a-header"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400, id="tls"),
        pytest.param(
            b"POST /populate HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400, id="no-length"
        ),
        pytest.param(
            b"POST /populate HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, id="below-0"
        ),
        pytest.param(
            b"POST /populate HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            id="two-lengths",
        ),
        pytest.param(
            b"POST /populate HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
            413,
            id="a-huge-body",
        ),
        pytest.param(
            b"POST /populate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            id="no-chunk",
        ),
        pytest.param(
            b"POST /populate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
            501,
            id="another-coding",
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: " + b"x" * 100_000, 431, id="a-huge-head"),
        pytest.param(b"POST /reset HTTP/1.0\r\n\r\n", 204, id="an-old-client"),
    ],
)
def test_rubbish_is_answered_and_cut_off(server: Server, sent: bytes, status: int) -> None:
    assert status_of(server, sent) == status


def test_half_requests_hold_nothing_up(server: Server) -> None:
    halves = [control(server) for _ in range(100)]
    for number, half in enumerate(halves):
        half.sendall(GOOD[: number % len(GOOD)])

    assert server.ask("GET", "/version").status == 200

    for half in halves:
        half.close()


def test_a_request_may_come_byte_by_byte(server: Server) -> None:
    body = b'{"type":"latency","attributes":{"latency":1}}'
    head = b"POST /proxies/link/toxics HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    with control(server) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in head % len(body) + body:
            connection.sendall(bytes([number]))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_requests_in_one_breath_are_answered_in_turn(server: Server) -> None:
    with control(server) as connection:
        connection.sendall(GOOD * 50 + GOOD.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        how, answers = ending(connection)

    assert how == EOF
    assert answers.count(b"HTTP/1.1 200 OK") == 51


def test_a_body_in_chunks_and_one_that_is_asked_for_are_read(server: Server) -> None:
    head = b"POST /proxies/link/toxics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    chunks = b'8\r\n{"type":\r\n7;x=y\r\n"noop"}\r\n0\r\n\r\n'
    assert status_of(server, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks) == 200

    with control(server) as connection:
        connection.sendall(head + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b'{"name":' * 100_000, id="deep-objects"),
        pytest.param(b'{"toxicity":' + b"9" * 100_000 + b"}", id="a-long-number"),
        pytest.param(b'{"type":"latency","attributes":{"latency":1e999}}', id="infinite"),
        pytest.param(b'{"type":"latency","toxicity":NaN}', id="no-number"),
        pytest.param(b'{"type":"latency","toxicity":1e999}', id="an-endless-share"),
        pytest.param(b'{"type":"latency","toxicity":' + b"9" * 100_000 + b"}", id="a-long-share"),
        pytest.param(b"\xff\xfe" * 1_000, id="no-text"),
        pytest.param(b'{"type":"\\ud800"}', id="half-a-character"),
        pytest.param(b" " * 5_000_000, id="nothing-at-length"),
    ],
)
def test_a_body_that_is_made_to_hurt_is_refused(server: Server, body: bytes) -> None:
    answer = server.ask("POST", "/proxies/link/toxics", body)

    assert answer.status == 400
    assert answer.error


def test_random_bytes_are_survived(server: Server) -> None:
    random = Random(5)

    def hurt(number: int) -> None:
        with control(server) as connection:
            good = GOOD * 3
            cut = random.randrange(len(good))
            rubbish = random.randbytes(random.randrange(300))
            connection.sendall(good[:cut] + rubbish + good[cut:])
            if number % 2:
                ending(connection, 0.05)

    for number in range(200):
        hurt(number)


def test_more_control_connections_than_are_kept_close_the_silent_ones(server: Server) -> None:
    silent = [control(server) for _ in range(700)]

    assert server.ask("GET", "/version").status == 200
    assert ending(silent[0], 1)[0] in {EOF, RESET}

    for connection in silent:
        connection.close()


def test_clients_that_leave_before_their_answer_are_done_with(server: Server, link: Proxy) -> None:
    for number in range(200):
        with control(server) as connection:
            body = b'{"type":"noop","name":"t%d"}' % number
            head = b"POST /proxies/link/toxics HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(body) + body)

    wait_until(lambda: len(link.toxics()) == 200)


@pytest.mark.parametrize(
    "kind", ["none", "latency", "cut", "hang", "timeout", "reset_peer", "bandwidth", "limit_data"]
)
def test_thousands_of_connections_leave_no_descriptor(
    server: Server, link: Proxy, kind: str
) -> None:
    if kind != "none":
        link.add(kind, latency=20) if kind == "latency" else link.add(kind)
    port = link.port

    def come_and_go(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(b"echo\nx")
            if number % 4 == 0:
                ending(connection, 0.01)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(1_000)))

    server.ask("POST", "/reset")
    wait_until(lambda: not link.connections()["open"])


def test_an_upstream_that_refuses_thousands_leaves_no_descriptor(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused = server.proxy("refused", free.getsockname()[1])
        port = refused.port
        for _ in range(2_000):
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                connection.sendall(b"x")
        refused.delete()


def test_descriptors_that_run_out_do_not_take_the_control_port_with_them(
    server: Server, link: Proxy
) -> None:
    """Or the fault that is on could not be ended."""
    before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (128, before[1]))
    try:
        link.add("hang")
        port = link.port
        clients = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(300)]
        wait_until(lambda: link.connections()["accepted"] >= 80)

        link.remove("hang_downstream")

        for client in clients:
            assert ending(client)[0] in {EOF, RESET}
            client.close()
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)


def test_those_who_are_turned_away_for_want_of_descriptors_are_counted(
    server: Server, link: Proxy
) -> None:
    """They came, and no fault closed them."""
    before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (64, before[1]))
    try:
        port = link.port
        clients = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(100)]
        wait_until(lambda: came(link) == len(clients))
        told = link.connections()
        arrivals = server.ask("GET", "/proxies/link/arrivals").json

        assert 0 < told["accepted"] < 30, "each of them takes two"
        assert told["dials_failed"] == 0
        assert arrivals["turned_away"] == told["turned_away"] == 100 - told["accepted"]
        assert len(told["open"]) == told["accepted"]
        for client in clients:
            client.close()
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)


def came(link: Proxy) -> int:
    told = link.connections()
    return int(told["accepted"]) + int(told["turned_away"])


def test_proxies_that_come_and_go_leave_no_descriptor(server: Server, behind: Upstream) -> None:
    for number in range(100):
        proxy = server.proxy("brief", behind.port)
        proxy.add("refuse" if number % 3 else "latency")
        with socket.socket() as connection:
            connection.settimeout(1)
            connection.connect_ex(("127.0.0.1", proxy.port))
        if number % 2:
            proxy.change(enabled=False, ttl_s=100)
    server.ask("DELETE", "/proxies/brief")

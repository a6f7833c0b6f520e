"""What a proxy does to connections: passes them byte for byte, drops them, refuses them."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contracts.servers import Proxy, Server
from tests.contracts.upstream import Upstream, digest, pattern, upstream
from tests.contracts.wire import EOF, RESET, ending, fastest, read, read_all, round_trip, talking

pytestmark = pytest.mark.slow

MEGA = 1_000_000
HARMLESS = {
    "nothing": [],
    "noop": [("noop", {})],
    "latency": [("latency", {"latency": 20})],
    "jitter": [("latency", {"latency": 20, "jitter": 20})],
    "bandwidth": [("bandwidth", {"rate": 40_000})],
    "slow-close": [("slow_close", {"delay": 50})],
    "slicer": [("slicer", {"average_size": 9_000, "size_variation": 4_000, "delay": 10})],
    "a-limit-above": [("limit_data", {"bytes": 100 * MEGA})],
    "all-of-them": [
        ("latency", {"latency": 10, "jitter": 10}),
        ("slicer", {"average_size": 16_000, "size_variation": 1_000, "delay": 0}),
        ("bandwidth", {"rate": 40_000}),
        ("limit_data", {"bytes": 100 * MEGA}),
        ("slow_close", {"delay": 10}),
    ],
}


@pytest.mark.parametrize("toxics", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_large_transfer_arrives_byte_for_byte(
    link: Proxy, toxics: list[tuple[str, dict[str, int]]]
) -> None:
    for kind, attributes in toxics:
        for stream in ("upstream", "downstream"):
            link.add(kind, stream, **attributes)
    content = pattern(8 * MEGA)

    with talking(link, f"send {len(content)}") as connection:
        assert digest(read_all(connection)) == digest(content)
    with talking(link, f"take {len(content)}") as connection:
        connection.sendall(content)
        assert read_all(connection) == digest(content)


def test_both_directions_at_once_arrive_byte_for_byte(link: Proxy) -> None:
    content = pattern(8 * MEGA)

    with talking(link) as connection:
        sending = threading.Thread(target=connection.sendall, args=(content,))
        sending.start()
        echoed = read(connection, len(content))
        sending.join()

    assert digest(echoed) == digest(content)


def test_toxics_that_come_and_go_lose_nothing(link: Proxy) -> None:
    content = pattern(8 * MEGA)
    with talking(link) as connection:
        sending = threading.Thread(target=connection.sendall, args=(content,))
        done = threading.Event()

        def come_and_go() -> None:
            while not done.is_set():
                link.add("latency", latency=5, jitter=5)
                link.add("slicer", average_size=10_000, delay=10)
                link.add("bandwidth", rate=30_000)
                link.update("latency_downstream", attributes={"latency": 10})
                for toxic in ("slicer", "latency", "bandwidth"):
                    link.remove(f"{toxic}_downstream")

        changing = threading.Thread(target=come_and_go)
        changing.start()
        sending.start()
        echoed = read(connection, len(content))
        done.set()
        sending.join()
        changing.join()

    assert digest(echoed) == digest(content)


def test_many_connections_at_once_each_get_their_own(link: Proxy) -> None:
    link.add("latency", latency=30, jitter=20)

    def talk(number: int) -> bool:
        said = b"%d|" % number * 1_000
        with talking(link) as connection:
            connection.sendall(said)
            return read(connection, len(said)) == said

    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(talk, range(500)))


def test_a_disabled_proxy_drops_its_connections_and_refuses_others(link: Proxy) -> None:
    port = link.port
    with talking(link) as connection:
        round_trip(connection)

        link.change(enabled=False)

        assert ending(connection, 1)[0] == EOF
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)

    link.change(enabled=True)

    assert link.port == port
    with talking(link) as connection:
        round_trip(connection)


@pytest.mark.parametrize("how", ["deleted", "led-elsewhere"])
def test_connections_are_dropped_when_the_proxy_is(
    server: Server, link: Proxy, how: str, behind: Upstream
) -> None:
    with talking(link) as connection:
        round_trip(connection)

        if how == "deleted":
            link.delete()
        else:
            link.change(upstream=f"localhost:{behind.port}")

        assert ending(connection, 1)[0] == EOF
    if how == "led-elsewhere":
        with talking(link) as connection:
            round_trip(connection)
    assert ("link" in server.ask("GET", "/proxies").json) == (how != "deleted")


def test_connections_live_through_a_reset_without_their_toxics(server: Server, link: Proxy) -> None:
    link.add("latency", latency=200)
    with talking(link) as connection:
        assert round_trip(connection) >= 0.2

        server.ask("POST", "/reset")

        assert fastest(lambda: round_trip(connection)) < 0.1


def test_an_upstream_that_refuses_is_an_end_behind_a_connect_that_works(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        link = server.proxy("link", free.getsockname()[1])
        with link.connect() as connection:
            how, _ = ending(connection, 2)

    assert how in {EOF, RESET}


def test_an_upstream_may_come_later(server: Server) -> None:
    with upstream() as later:
        port = later.port
    link = server.proxy("link", port)
    with link.connect() as connection:
        ending(connection, 2)

    with socket.create_server(("127.0.0.1", port)) as back, link.connect() as connection:
        back.settimeout(2)
        accepted, _ = back.accept()
        with accepted:
            connection.sendall(b"x")
            assert accepted.recv(1) == b"x"


def test_the_upstream_may_speak_first(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        link = server.proxy("link", place.getsockname()[1])
        with link.connect() as connection:
            accepted, _ = place.accept()
            with accepted:
                accepted.sendall(b"220 ready")
                assert read(connection, 9) == b"220 ready"


def test_both_sides_learn_when_the_other_closes(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        link = server.proxy("link", place.getsockname()[1])
        connection = link.connect()
        accepted, _ = place.accept()
        with accepted:
            connection.close()
            assert ending(accepted, 2) == (EOF, b"")
        with link.connect() as connection:
            place.accept()[0].close()
            assert ending(connection, 2) == (EOF, b"")


def test_a_thousand_connections_come_and_go(server: Server, link: Proxy) -> None:
    port = link.port

    def come_and_go(_number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(b"close\n")
            assert ending(connection)[0] in {EOF, RESET}

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(come_and_go, range(1_000)))

    with talking(link) as connection:
        round_trip(connection)
    assert server.ask("GET", "/version").status == 200


def test_a_reader_that_is_slow_holds_the_sender_back(link: Proxy, behind: Upstream) -> None:
    """What nobody reads is not piled up in the proxy: sending stops."""
    behind.sent = 0
    with talking(link, f"send {200 * MEGA}") as connection:
        seen = [-1, 0]
        while seen[-1] == 0 or seen[-1] != seen[-2]:
            time.sleep(0.2)  # nothing tells that nothing more is sent but that nothing was
            seen.append(behind.sent)
        stopped = seen[-1]
        assert read(connection, stopped + MEGA) == pattern(200 * MEGA)[: stopped + MEGA]

    assert stopped < 50 * MEGA

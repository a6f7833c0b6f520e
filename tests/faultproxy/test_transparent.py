"""Without a toxic nothing shows that there is a proxy: half-closes, resets, who speaks first."""

import socket
import struct
import time

import pytest

from tests.box.running_box import wait_until
from tests.contracts.servers import Proxy, Server
from tests.contracts.upstream import Upstream
from tests.contracts.wire import EOF, RESET, ending, read_all, round_trip, talking

pytestmark = pytest.mark.slow

RESETTING = struct.pack("ii", 1, 0)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
    connection.close()


def test_who_has_said_all_still_hears_the_answer(link: Proxy) -> None:
    with talking(link, "count") as connection:
        connection.sendall(b"x" * 1_000_000)
        connection.shutdown(socket.SHUT_WR)

        assert read_all(connection) == b"1000000"


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("latency", {"latency": 100}),
        ("slicer", {"average_size": 50_000, "delay": 10}),
        ("slow_close", {"delay": 100}),
        ("bandwidth", {"rate": 50_000}),
    ],
)
def test_so_it_is_under_toxics(link: Proxy, kind: str, attributes: dict[str, int]) -> None:
    for stream in ("upstream", "downstream"):
        link.add(kind, stream, **attributes)

    with talking(link, "count") as connection:
        connection.sendall(b"x" * 1_000_000)
        connection.shutdown(socket.SHUT_WR)

        assert read_all(connection) == b"1000000"


def test_the_upstream_may_have_said_all_first(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        link = server.proxy("own", place.getsockname()[1])
        with link.connect() as client:
            upstream, _ = place.accept()
            with upstream:
                upstream.sendall(b"bye")
                upstream.shutdown(socket.SHUT_WR)
                assert ending(client) == (EOF, b"bye")
                client.sendall(b"not yet")
                assert upstream.recv(9) == b"not yet"
                client.close()
                assert ending(upstream) == (EOF, b"")


def test_a_reset_passes_through_in_both_directions(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        link = server.proxy("own", place.getsockname()[1])
        client = link.connect()
        upstream, _ = place.accept()
        with upstream:
            reset(client)
            assert ending(upstream) == (RESET, b"")
        with link.connect() as client:
            upstream, _ = place.accept()
            # Both are known to be there: a reset while it is dialed is a dial that failed.
            upstream.sendall(b"x")
            assert client.recv(1) == b"x"
            reset(upstream)
            assert ending(client) == (RESET, b"")


def test_a_connection_that_ended_is_forgotten(link: Proxy) -> None:
    with talking(link) as connection:
        round_trip(connection)
    wait_until(lambda: not link.connections()["open"])


def test_every_connection_is_counted_byte_by_byte(link: Proxy) -> None:
    with talking(link) as connection:
        round_trip(connection, b"x" * 1_000)

        told = link.connections()

        [one] = told["open"]
        assert one["number"] == told["accepted"] == 1
        assert one["client"] == f"127.0.0.1:{connection.getsockname()[1]}"
        assert one["state"] == "open"
        assert 0 <= one["age_s"] < 10
        # "echo\n" is the upstream's order.
        assert one["upstream"] == {"received": 1_005, "sent": 1_005, "held": 0}
        assert one["downstream"] == {"received": 1_000, "sent": 1_000, "held": 0}


def test_what_a_toxic_holds_or_swallows_shows_in_the_counters(link: Proxy) -> None:
    def swallowed() -> int:
        up = link.connections()["open"][0]["upstream"]
        return int(up["received"] - up["sent"])

    with talking(link) as connection:
        round_trip(connection)
        link.add("latency", "downstream", latency=10_000)
        connection.sendall(b"late")
        wait_until(lambda: link.connections()["open"][0]["downstream"]["held"] == 4)
        link.add("cut", "upstream")
        connection.sendall(b"lost")
        wait_until(lambda: swallowed() == 4)

        [one] = link.connections()["open"]

    assert one["downstream"] == {"received": 5, "sent": 1, "held": 4}


def test_bytes_of_connections_that_ended_stay_counted(link: Proxy) -> None:
    for _ in range(3):
        with talking(link, "send 1000") as connection:
            read_all(connection)
    wait_until(lambda: not link.connections()["open"])

    told = link.connections()

    assert told["accepted"] == 3
    assert told["bytes"]["downstream"] == {"received": 3_000, "sent": 3_000}


def test_a_dial_that_failed_is_counted(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        link = server.proxy("own", free.getsockname()[1])
        with link.connect() as connection:
            ending(connection)

        told = link.connections()

    assert (told["accepted"], told["dials_failed"], told["open"]) == (1, 1, [])


@pytest.mark.parametrize("upstream", ["nonsense", "127.0.0.1:99999", "[::1", "nowhere.invalid:80"])
def test_an_upstream_that_is_no_address_ends_connections_and_nothing_else(
    server: Server, upstream: str
) -> None:
    link = server.proxy("own", upstream)

    with link.connect() as connection:
        assert ending(connection)[0] in {EOF, RESET}

    assert link.connections()["dials_failed"] == 1


def test_one_upstream_that_never_answers_a_dial_holds_up_nobody(
    server: Server, link: Proxy
) -> None:
    """Its backlog is full, so SYNs are dropped: Toxiproxy dials these one at a time."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        stuck = server.proxy("stuck", full.getsockname()[1])
        clients = [stuck.connect() for _ in range(6)]
        deadline = time.monotonic() + 5
        while (seen := stuck.connections())["accepted"] < 6:
            assert time.monotonic() < deadline
        dialing = [one for one in seen["open"] if one["state"] == "dialing"]
        assert len(dialing) >= 3, seen

        with talking(link) as connection:
            round_trip(connection)
        begun = time.monotonic()
        stuck.change(enabled=False)
        for client in clients:
            assert ending(client, 1)[0] in {EOF, RESET}
            client.close()

        assert time.monotonic() - begun < 1


def test_a_toxic_that_goes_while_the_upstream_is_dialed_leaves_the_connection_whole(
    server: Server,
) -> None:
    """Nothing was lost yet: nothing is to be closed, and nothing may be left hanging."""
    with socket.socket() as slow:
        slow.bind(("127.0.0.1", 0))
        slow.listen(0)
        stuck = server.proxy("stuck", slow.getsockname()[1])
        stuck.add("timeout", timeout=0)
        clients = [stuck.connect() for _ in range(4)]
        deadline = time.monotonic() + 5
        while [one["state"] for one in stuck.connections()["open"]].count("dialing") < 2:
            assert time.monotonic() < deadline

        stuck.remove("timeout_downstream")

        for client in clients:
            client.sendall(b"x")
        slow.settimeout(5)
        for _ in clients:
            accepted, _ = slow.accept()
            with accepted:
                if accepted.recv(1):
                    accepted.sendall(b"y")
        # Of those that were through something may be lost; those that were not are served now.
        answers = [ending(client)[1] for client in clients]
        for client in clients:
            client.close()

    assert answers.count(b"y") >= 2


def test_ipv6_is_proxied_too(server: Server, behind: Upstream) -> None:
    if not _has_ipv6():
        # There is nothing to be tested on a machine without.
        return
    link = server.proxy("six", behind.port, listen="[::1]:0")
    assert link.show()["listen"].startswith("[::1]:")

    with socket.create_connection(("::1", link.port), 5) as connection:
        connection.sendall(b"send 5\n")
        assert len(read_all(connection)) == 5


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as six:
            six.bind(("::1", 0))
    except OSError:
        return False
    return True

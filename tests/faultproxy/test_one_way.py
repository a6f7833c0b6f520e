"""`cut` silences one direction and `hang` both; `refuse` lets nobody in and leaves who is in."""

import socket

import pytest

from tests.box.running_box import wait_until
from tests.contracts.servers import Proxy, Server
from tests.contracts.wire import EOF, RESET, SILENCE, ending, fastest, round_trip, talking


@pytest.fixture
def place() -> socket.socket:
    """An upstream that the test itself is."""
    return socket.create_server(("127.0.0.1", 0))


def accepted(place: socket.socket) -> socket.socket:
    place.settimeout(5)
    connection, _ = place.accept()
    connection.settimeout(5)
    return connection


@pytest.fixture
def own(server: Server, place: socket.socket) -> Proxy:
    return server.proxy("own", place.getsockname()[1])


def test_a_cut_on_the_way_back_lets_requests_through(own: Proxy, place: socket.socket) -> None:
    with place, own.connect() as client, accepted(place) as upstream:
        client.sendall(b"one")
        assert upstream.recv(9) == b"one"
        own.add("cut", "downstream")

        client.sendall(b"two")
        upstream.sendall(b"answer")

        assert upstream.recv(9) == b"two"
        assert ending(client, 0.3) == (SILENCE, b"")


def test_a_cut_on_the_way_out_lets_answers_through(own: Proxy, place: socket.socket) -> None:
    own.add("cut", "upstream")
    with place, own.connect() as client, accepted(place) as upstream:
        client.sendall(b"request")
        upstream.sendall(b"pushed")

        assert client.recv(9) == b"pushed"
        assert ending(upstream, 0.3) == (SILENCE, b"")


def test_not_even_an_end_gets_through_a_cut(own: Proxy, place: socket.socket) -> None:
    own.add("cut", "downstream")
    with place, own.connect() as client:
        upstream = accepted(place)
        upstream.close()

        assert ending(client, 0.3) == (SILENCE, b"")


def test_what_lost_something_in_a_cut_is_closed_with_it_and_all_else_lives(
    own: Proxy, place: socket.socket
) -> None:
    """A stream with a hole in it must not go on; one that lost nothing need not end."""
    with (
        place,
        own.connect() as hurt,
        accepted(place) as behind_hurt,
        own.connect() as idle,
        accepted(place) as behind_idle,
    ):
        own.add("cut", "downstream")
        behind_hurt.sendall(b"lost")
        idle.sendall(b"passes")
        assert behind_idle.recv(9) == b"passes"
        wait_until(
            lambda: any(one["downstream"]["received"] == 4 for one in own.connections()["open"])
        )

        own.remove("cut_downstream")

        assert ending(hurt) == (EOF, b"")
        assert ending(behind_hurt) == (EOF, b"")
        behind_idle.sendall(b"whole")
        assert idle.recv(9) == b"whole"


def test_whoever_hangs_accepts_and_never_answers(own: Proxy, place: socket.socket) -> None:
    own.add("hang")
    with place, own.connect() as client:
        client.sendall(b"anybody?")
        client.shutdown(socket.SHUT_WR)

        assert ending(client, 0.3) == (SILENCE, b"")
        place.settimeout(0.1)
        with pytest.raises(TimeoutError):
            place.accept()
        [seen] = own.connections()["open"]
        assert (seen["state"], seen["upstream"]["received"]) == ("hanging", 8)

        own.remove("hang_downstream")

        assert ending(client) == (EOF, b"")


def test_a_hang_silences_open_connections_in_both_directions(
    own: Proxy, place: socket.socket
) -> None:
    with place, own.connect() as client, accepted(place) as upstream:
        own.add("hang", "upstream")
        client.sendall(b"x")
        upstream.sendall(b"x")

        assert ending(client, 0.2) == (SILENCE, b"")
        assert ending(upstream, 0.2) == (SILENCE, b"")


def test_a_share_of_the_connections_hangs_wholly_or_not_at_all(link: Proxy) -> None:
    link.add("hang", toxicity=0.5)

    answered = 0
    for _ in range(40):
        with talking(link) as connection:
            connection.sendall(b"x")
            how, echoed = ending(connection, 0.05)
            assert how == SILENCE
            answered += echoed == b"x"

    assert 6 <= answered <= 34
    states = [one["state"] for one in link.connections()["open"]]
    assert set(states) <= {"open", "hanging"}


def test_refuse_lets_nobody_in_and_leaves_who_is_in(link: Proxy) -> None:
    address = ("127.0.0.1", link.port)
    with talking(link) as connection:
        round_trip(connection)

        link.add("refuse")

        assert fastest(lambda: round_trip(connection)) < 0.1
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, 1)
        assert link.show()["enabled"]

        link.remove("refuse_downstream")

        with talking(link) as new:
            round_trip(new)
        round_trip(connection)


def test_refuse_stays_through_a_proxy_that_goes_down_and_up(server: Server, link: Proxy) -> None:
    address = ("127.0.0.1", link.port)
    link.add("refuse")
    link.change(enabled=False)
    link.change(enabled=True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, 1)

    server.ask("POST", "/reset")

    with talking(link) as connection:
        round_trip(connection)


def test_refuse_is_for_all_connections(server: Server, link: Proxy) -> None:
    answer = server.ask("POST", "/proxies/link/toxics", {"type": "refuse", "toxicity": 0.5})

    assert answer.status == 400
    link.add("refuse")
    assert server.ask("PATCH", "/proxies/link/toxics/refuse_downstream", {"toxicity": 0.5}).error
    assert link.toxics()[0]["toxicity"] == 1


def test_a_reset_is_one_for_connections_that_were_open_before(link: Proxy) -> None:
    """Toxiproxy only closes those: here a fault acts at once on all."""
    with talking(link) as connection:
        round_trip(connection)
        link.add("reset_peer", timeout=0)
        connection.sendall(b"x")

        assert ending(connection) == (RESET, b"")


def test_a_reset_reaches_both_sides(own: Proxy, place: socket.socket) -> None:
    own.add("reset_peer", timeout=0)
    with place, own.connect() as client, accepted(place) as upstream:
        upstream.sendall(b"x")

        assert ending(client) == (RESET, b"")
        assert ending(upstream) == (RESET, b"")

"""What toxics do to the end of a connection, to its bytes, and to a share of the connections."""

import time

import pytest

from tests.contracts.servers import Proxy
from tests.contracts.upstream import pattern
from tests.contracts.wire import (
    EOF,
    RESET,
    SILENCE,
    about,
    ending,
    fastest,
    read,
    round_trip,
    talking,
    timed,
)

pytestmark = pytest.mark.slow

MEGA = 1_000_000
AT_ONCE_S = 0.1


def test_a_slow_close_delays_the_end_alone(link: Proxy) -> None:
    link.add("slow_close", delay=300)

    with talking(link, "send 5") as connection:
        begun = time.monotonic()
        assert read(connection, 5) == pattern(5)
        assert time.monotonic() - begun < AT_ONCE_S
        assert ending(connection) == (EOF, b"")

    assert about(time.monotonic() - begun, 0.3)


@pytest.mark.parametrize("said", [b"", b"x"], ids=["idle", "talking"])
def test_a_timeout_closes_old_and_new_connections_after_its_time(link: Proxy, said: bytes) -> None:
    with talking(link) as old:
        round_trip(old)
        added = time.monotonic()
        link.add("timeout", timeout=300)
        old.sendall(said)
        with talking(link) as new:
            opened = time.monotonic()
            assert ending(old) == (EOF, b"")
            assert about(time.monotonic() - added, 0.3)
            assert ending(new) == (EOF, b"")
            assert about(time.monotonic() - opened, 0.3)


def test_a_timeout_of_nothing_is_silent_until_it_is_removed(link: Proxy) -> None:
    link.add("timeout", timeout=0)
    with talking(link) as connection:
        connection.sendall(b"x")
        assert ending(connection, 0.3) == (SILENCE, b"")

        link.remove("timeout_downstream")

        assert ending(connection) == (EOF, b"")


def test_what_closes_by_itself_is_not_held_up_by_a_timeout(link: Proxy) -> None:
    link.add("timeout", timeout=5_000)

    with talking(link, "close") as connection:
        assert timed(lambda: ending(connection)) < 1


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_a_reset_resets_after_its_time_once_something_is_said(link: Proxy, stream: str) -> None:
    link.add("reset_peer", stream, timeout=200)

    with talking(link) as connection:
        connection.sendall(b"x")
        begun = time.monotonic()
        assert ending(connection) == (RESET, b"")

    assert about(time.monotonic() - begun, 0.2)


def test_a_connection_that_is_idle_lives_on_under_a_reset(link: Proxy) -> None:
    with talking(link) as connection:
        round_trip(connection)
        link.add("reset_peer", timeout=0)
        assert ending(connection, 0.2) == (SILENCE, b"")

        link.remove("reset_peer_downstream")

        connection.settimeout(5)
        round_trip(connection)


def test_a_slicer_makes_pieces_and_takes_its_time(link: Proxy) -> None:
    link.add("slicer", average_size=100, size_variation=20, delay=10_000)

    with talking(link, "send 2000") as connection:
        pieces, begun = [], time.monotonic()
        while arrived := connection.recv(1 << 16):
            pieces.append(arrived)
        took_s = time.monotonic() - begun

    assert b"".join(pieces) == pattern(2_000)
    assert len(pieces) >= 15
    assert max(map(len, pieces)) <= 2 * 120, "two that arrived together, at the most"
    assert 0.15 < took_s < 0.6


@pytest.mark.parametrize("most", [1, 1_000, 70_000])
def test_a_limit_passes_exactly_so_many_bytes(link: Proxy, most: int) -> None:
    link.add("limit_data", bytes=most)

    with talking(link, f"send {10 * MEGA}") as connection:
        assert ending(connection) == (EOF, pattern(most))


def test_a_limit_counts_from_when_it_was_added_and_through_its_updates(link: Proxy) -> None:
    with talking(link) as connection:
        round_trip(connection, b"x" * 501)
        link.add("limit_data", bytes=1_000)
        round_trip(connection, b"x" * 601)
        link.update("limit_data_downstream", attributes={"bytes": 2_000})
        connection.sendall(b"x" * 2_000)

        how, rest = ending(connection)

    assert (how, len(rest)) == (EOF, 1_399)


def test_a_limit_of_nothing_closes_at_the_first_byte(link: Proxy) -> None:
    link.add("limit_data", bytes=0)

    with talking(link) as connection:
        assert ending(connection, 0.2) == (SILENCE, b"")
        connection.sendall(b"x")
        assert ending(connection) == (EOF, b"")


def test_toxics_act_in_the_order_of_their_adding(link: Proxy) -> None:
    link.add("limit_data", bytes=500)
    link.add("latency", latency=200)

    with talking(link, "send 1000") as connection:
        begun = time.monotonic()
        found = ending(connection)
        took_s = time.monotonic() - begun

    assert found == (EOF, pattern(500))
    assert about(took_s, 0.2), "the end waits behind what is late"


def _slow(link: Proxy) -> bool:
    with talking(link) as connection:
        return round_trip(connection) > 0.04


def test_a_share_of_the_connections_is_drawn_once_for_each(link: Proxy) -> None:
    link.add("latency", latency=50, toxicity=0.5)

    slow = [_slow(link) for _ in range(60)]

    assert 12 <= sum(slow) <= 48, "60 fair draws: beyond that once in a million"
    for _ in range(10):
        with talking(link) as connection:
            seen = {round_trip(connection) > 0.04 for _ in range(4)}
        assert len(seen) == 1


@pytest.mark.parametrize(("toxicity", "expected"), [(0, False), (1, True)])
def test_none_and_all_are_no_draws(link: Proxy, toxicity: float, expected: bool) -> None:
    link.add("latency", latency=50, toxicity=toxicity)

    assert {_slow(link) for _ in range(10)} == {expected}


def test_a_changed_share_counts_for_open_connections_too(link: Proxy) -> None:
    link.add("latency", latency=50, toxicity=0)
    with talking(link) as connection:
        assert fastest(lambda: round_trip(connection)) < 0.04

        link.update("latency_downstream", toxicity=1)
        assert round_trip(connection) > 0.04

        link.update("latency_downstream", toxicity=0)
        assert fastest(lambda: round_trip(connection)) < 0.04

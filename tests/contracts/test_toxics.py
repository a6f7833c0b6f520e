"""What each toxic does to a connection, measured from outside with real sockets."""

import time

import pytest

from tests.box.running_box import wait_until
from tests.contracts.servers import Proxy
from tests.contracts.upstream import Upstream, digest, pattern
from tests.contracts.wire import (
    SILENCE,
    about,
    ending,
    fastest,
    read,
    read_all,
    round_trip,
    talking,
    timed,
)

pytestmark = pytest.mark.slow

MEGA = 1_000_000
AT_ONCE_S = 0.1


@pytest.mark.parametrize(
    ("up_ms", "down_ms"),
    [
        pytest.param(0, 300, id="answers-late"),
        pytest.param(300, 0, id="requests-late"),
        pytest.param(150, 150, id="both-late"),
    ],
)
def test_an_added_latency_is_what_is_measured_on_old_and_on_new_connections(
    link: Proxy, up_ms: int, down_ms: int
) -> None:
    with talking(link) as old:
        round_trip(old)
        link.add("latency", "upstream", latency=up_ms)
        link.add("latency", "downstream", latency=down_ms)
        with talking(link) as new:
            for connection in (old, new):
                assert 0.3 <= fastest(lambda c=connection: round_trip(c)) <= 0.33  # type: ignore[misc]


def test_connecting_is_not_delayed(link: Proxy) -> None:
    link.add("latency", latency=500)

    assert fastest(lambda: timed(lambda: link.connect().close())) < AT_ONCE_S


def test_two_latencies_add_up(link: Proxy) -> None:
    link.add("latency", latency=100, name="one")
    link.add("latency", latency=50, name="two")

    with talking(link) as connection:
        assert 0.15 <= fastest(lambda: round_trip(connection)) <= 0.165


def test_jitter_goes_both_ways_and_never_below_nothing(link: Proxy) -> None:
    link.add("latency", latency=40, jitter=30)

    with talking(link) as connection:
        seen = [round_trip(connection) for _ in range(25)]

    assert 0.01 <= min(seen) < 0.04
    assert max(seen) > 0.04

    link.update("latency_downstream", attributes={"latency": -1000, "jitter": 0})

    with talking(link) as connection:
        assert fastest(lambda: round_trip(connection)) < 0.02


def test_latency_does_not_limit_throughput(link: Proxy) -> None:
    link.add("latency", latency=200)
    size = 20 * MEGA

    with talking(link, f"send {size}") as connection:
        took_s = timed(lambda: read(connection, size))

    # One window of 64 KB in each 0.2 s would take a minute.
    assert 0.2 <= took_s < 3


def test_a_latency_that_is_removed_lets_go_what_is_in_flight(link: Proxy, behind: Upstream) -> None:
    with talking(link) as connection:
        round_trip(connection)
        link.add("latency", latency=5_000)
        behind.echoed = 0
        connection.sendall(b"x")
        wait_until(lambda: behind.echoed == 1)

        link.remove("latency_downstream")

        assert timed(lambda: read(connection, 1)) < 1
        assert fastest(lambda: round_trip(connection)) < AT_ONCE_S


def test_a_latency_that_is_changed_is_another_at_once(link: Proxy) -> None:
    link.add("latency", latency=5_000)
    with talking(link) as connection:
        link.update("latency_downstream", attributes={"latency": 100})

        assert 0.1 <= fastest(lambda: round_trip(connection)) <= 0.11


def test_a_latency_that_is_changed_counts_for_what_is_in_flight(
    link: Proxy, behind: Upstream
) -> None:
    with talking(link) as connection:
        round_trip(connection)
        link.add("latency", latency=20_000)
        behind.echoed = 0
        connection.sendall(b"in flight")
        wait_until(lambda: behind.echoed == 9)

        link.update("latency_downstream", attributes={"latency": 300})

        assert read(connection, 9) == b"in flight"


@pytest.mark.parametrize("size", [100_000, MEGA, 2 * MEGA])
def test_a_bandwidth_is_what_is_measured(link: Proxy, size: int) -> None:
    link.add("bandwidth", rate=1_000)

    def take() -> float:
        with talking(link, f"send {size}") as connection:
            return timed(lambda: read(connection, size))

    assert fastest(take, times=3 if size < MEGA else 1) == pytest.approx(size / MEGA, rel=0.1)


def test_a_bandwidth_upstream_is_what_is_measured(link: Proxy) -> None:
    link.add("bandwidth", "upstream", rate=2_000)
    content = pattern(MEGA)

    with talking(link, f"take {len(content)}") as connection:
        begun = time.monotonic()
        connection.sendall(content)
        assert read_all(connection) == digest(content)

    assert time.monotonic() - begun == pytest.approx(0.5, rel=0.1)


def test_a_high_bandwidth_is_what_is_measured(link: Proxy) -> None:
    link.add("bandwidth", rate=20_000)

    def take() -> float:
        with talking(link, f"send {10 * MEGA}") as connection:
            return timed(lambda: read(connection, 10 * MEGA))

    assert fastest(take) == pytest.approx(0.5, rel=0.1)


def test_each_connection_has_the_whole_bandwidth(link: Proxy) -> None:
    link.add("bandwidth", rate=1_000)

    with talking(link, "send 300000") as one, talking(link, "send 300000") as other:
        took_s = timed(lambda: (read(one, 300_000), read(other, 300_000)))

    assert about(took_s, 0.3)


def test_little_is_not_delayed_by_a_bandwidth(link: Proxy) -> None:
    link.add("bandwidth", rate=1_000)

    with talking(link) as connection:
        assert fastest(lambda: round_trip(connection)) < 0.02


def test_through_no_bandwidth_nothing_comes_until_it_is_removed(link: Proxy) -> None:
    with talking(link) as connection:
        round_trip(connection)
        link.add("bandwidth", rate=0)
        connection.sendall(b"late")
        assert ending(connection, 0.3) == (SILENCE, b"")

        link.remove("bandwidth_downstream")

        connection.settimeout(5)
        assert read(connection, 4) == b"late"

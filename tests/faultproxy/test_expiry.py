"""A fault with a `ttl_s` ends by itself, whatever became of the one who asked for it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.box.running_box import wait_until
from tests.contracts.servers import ROOT, Proxy, Server
from tests.contracts.upstream import Upstream
from tests.contracts.wire import EOF, ending, fastest, round_trip, talking

pytestmark = pytest.mark.slow

# Sets a fault, says so, and can then only be killed.
SETTER = """
import json, sys, time, urllib.request
url, method, body = sys.argv[1:]
request = urllib.request.Request(url, body.encode(), {"User-Agent": "setter"}, method=method)
print(urllib.request.urlopen(request, timeout=5).status, flush=True)
time.sleep(60)
"""


def set_and_be_killed(url: str, method: str, body: str) -> float:
    """When it was set."""
    argv = [sys.executable, "-c", SETTER, url, method, body]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT) as setter:
        assert setter.stdout is not None
        assert setter.stdout.readline() == "200\n"
        begun = time.monotonic()
        setter.send_signal(signal.SIGKILL)
        setter.wait()
    return begun


def until(holds: Callable[[], bool], within_s: float = 5.0) -> float:
    """When it began to hold."""
    wait_until(holds, within_s)
    return time.monotonic()


def as_long_as(server: Server, behind: Upstream, ttl_s: float) -> None:
    """Until a fault with this end, set now, has ended: an earlier one would have ended before."""
    witness = server.proxy("witness", behind.port)
    witness.add("latency", latency=1, ttl_s=ttl_s)
    wait_until(lambda: not witness.toxics())
    witness.delete()


def test_a_toxic_ends_although_the_one_who_set_it_was_killed(server: Server, link: Proxy) -> None:
    with talking(link) as connection:
        round_trip(connection)
        path = f"{server.url}/proxies/link/toxics"
        toxic = '{"type": "latency", "attributes": {"latency": 250}, "ttl_s": 1}'
        begun = set_and_be_killed(path, "POST", toxic)
        assert round_trip(connection) >= 0.25

        ended = until(lambda: link.toxics() == [])

        assert ended - begun == pytest.approx(1, abs=0.15)
        assert fastest(lambda: round_trip(connection)) < 0.1


def test_a_proxy_comes_up_although_the_one_who_took_it_down_was_killed(
    server: Server, link: Proxy
) -> None:
    port = link.port
    down = '{"enabled": false, "ttl_s": 1}'
    begun = set_and_be_killed(f"{server.url}/proxies/link", "PATCH", down)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)

    ended = until(lambda: bool(link.show()["enabled"]))

    assert ended - begun == pytest.approx(1, abs=0.15)
    assert link.port == port
    with talking(link) as connection:
        round_trip(connection)


@pytest.mark.parametrize("kind", ["cut", "hang", "timeout", "bandwidth", "refuse"])
def test_every_silence_ends_with_its_time(link: Proxy, kind: str) -> None:
    link.add(kind, ttl_s=0.3)

    until(lambda: link.toxics() == [])

    with talking(link) as connection:
        round_trip(connection)


def test_how_long_it_lasts_is_told_and_only_then(link: Proxy) -> None:
    link.add("latency", latency=1)
    link.add("noop", ttl_s=60)

    plain, ending_one = link.toxics()

    assert "ttl_s" not in plain
    assert "expires_in_s" not in plain
    assert ending_one["ttl_s"] == 60
    assert 58 < ending_one["expires_in_s"] <= 60
    assert "ttl_s" not in link.show()

    link.change(enabled=False, ttl_s=60)

    assert 58 < link.show()["expires_in_s"] <= 60
    assert "ttl_s" not in link.change(enabled=True).json


def test_an_end_is_moved_by_another_and_taken_away_by_null(
    server: Server, link: Proxy, behind: Upstream
) -> None:
    link.add("latency", latency=1, ttl_s=0.3)
    assert link.update("latency_downstream", ttl_s=60).json["ttl_s"] == 60
    assert link.update("latency_downstream", attributes={"latency": 2}).json["ttl_s"] == 60
    as_long_as(server, behind, 0.3)
    assert [toxic["ttl_s"] for toxic in link.toxics()] == [60]

    link.update("latency_downstream", ttl_s=0.3)
    assert "ttl_s" not in link.update("latency_downstream", ttl_s=None).json
    as_long_as(server, behind, 0.3)
    assert len(link.toxics()) == 1


def test_an_end_of_one_that_went_earlier_does_not_end_the_next_of_its_name(
    server: Server, link: Proxy, behind: Upstream
) -> None:
    link.add("latency", latency=1, ttl_s=0.3)
    link.remove("latency_downstream")
    link.add("latency", latency=2)
    link.change(enabled=False, ttl_s=0.3)
    link.change(enabled=True)
    link.change(enabled=False)

    as_long_as(server, behind, 0.3)

    assert len(link.toxics()) == 1
    assert not link.show()["enabled"]


@pytest.mark.parametrize("ttl", [0, -1, 1e9, "1", True, [1]], ids=repr)
def test_an_end_that_is_none_is_refused_and_nothing_is_set(
    server: Server, link: Proxy, ttl: object
) -> None:
    toxic = {"type": "latency", "ttl_s": ttl}

    for method, path, body in [
        ("POST", "/proxies/link/toxics", toxic),
        ("PATCH", "/proxies/link", {"enabled": False, "ttl_s": ttl}),
    ]:
        answer = server.ask(method, path, body)
        assert answer.status == 400
        assert "ttl_s" in answer.error

    assert link.show()["enabled"]
    assert link.toxics() == []


def test_what_is_enabled_has_no_end(server: Server, link: Proxy) -> None:
    answer = server.ask("PATCH", "/proxies/link", {"ttl_s": 5})

    assert (answer.status, link.show()["enabled"]) == (400, True)


def test_a_proxy_that_began_disabled_comes_up_at_its_time(server: Server, behind: Upstream) -> None:
    late = server.proxy("late", behind.port, enabled=False, ttl_s=0.3, listen="")

    until(lambda: bool(late.show()["enabled"]))

    with talking(late) as connection:
        round_trip(connection)


def test_a_deleted_proxy_does_not_come_back(server: Server, link: Proxy, behind: Upstream) -> None:
    port = link.port
    link.change(enabled=False, ttl_s=0.3)
    link.delete()
    as_long_as(server, behind, 0.3)

    assert server.ask("GET", "/proxies").json == {}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)


def test_nobody_gets_the_port_of_a_proxy_that_is_down_by_chance(link: Proxy) -> None:
    """So what took it down can be undone; only who insists on just that port can hinder it."""
    address = ("127.0.0.1", link.port)
    link.change(enabled=False, ttl_s=1)

    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(address)

    until(lambda: bool(link.show()["enabled"]))
    assert link.port == address[1]


def test_but_another_proxy_can(server: Server, link: Proxy, behind: Upstream) -> None:
    """As with Toxiproxy, where two proxies take turns at one port."""
    listen = link.show()["listen"]
    link.change(enabled=False)

    other = server.proxy("other", behind.port, listen=listen)

    with talking(other) as connection:
        round_trip(connection)
    refused = server.ask("PATCH", "/proxies/link", {"enabled": True})
    assert refused.status == 500
    other.delete()
    link.change(enabled=True)


def test_an_end_that_finds_its_port_taken_tries_again(
    server: Server, link: Proxy, behind: Upstream
) -> None:
    listen = link.show()["listen"]
    link.change(enabled=False, ttl_s=0.3)
    other = server.proxy("other", behind.port, listen=listen)
    as_long_as(server, behind, 0.3)
    assert not link.show()["enabled"]

    other.delete()

    until(lambda: bool(link.show()["enabled"]))


def test_the_end_of_a_timeout_closes_what_it_silenced(link: Proxy) -> None:
    link.add("timeout", timeout=0, ttl_s=0.3)

    with talking(link) as connection:
        connection.sendall(b"x")
        assert ending(connection, 2) == (EOF, b"")

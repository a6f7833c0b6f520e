"""The proxy tells who connected to it and when, so that a crowd can be told from a queue."""

import signal
import socket
import time
from typing import Any

import pytest

from tests.box.running_box import wait_until
from tests.contracts.servers import Proxy, Server, embedded
from tests.contracts.upstream import Upstream
from tests.contracts.wire import round_trip, talking


def told(server: Server, name: str) -> Any:
    return server.ask("GET", f"/proxies/{name}/arrivals").json


def test_each_connection_is_counted_with_its_age(server: Server, behind: Upstream) -> None:
    link = server.proxy("counted", behind.port)
    began = time.monotonic()
    with talking(link) as one, talking(link) as other:
        round_trip(one)
        round_trip(other)
        seen = told(server, "counted")
        lasted = time.monotonic() - began

    assert (seen["accepted"], seen["open"]) == (2, 2)
    older, newer = seen["ages_s"]
    assert 0 <= newer <= older <= lasted
    wait_until(lambda: told(server, "counted")["open"] == 0)
    assert told(server, "counted")["accepted"] == 2


def test_one_that_leads_nowhere_has_come_all_the_same(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    link = server.proxy("nowhere", port)

    with link.connect() as client:
        client.settimeout(5)
        with pytest.raises((ConnectionError, AssertionError)):
            assert client.recv(1) == b"x"

    assert told(server, "nowhere")["accepted"] == 1


def test_it_is_forgotten_after_a_second(server: Server, behind: Upstream) -> None:
    link = server.proxy("old", behind.port)
    with talking(link) as connection:
        round_trip(connection)

    wait_until(lambda: told(server, "old")["ages_s"] == [])

    assert told(server, "old")["accepted"] == 1


def test_a_proxy_that_is_not_there_is_not_found(server: Server) -> None:
    assert server.ask("GET", "/proxies/none/arrivals").status == 404


def test_a_client_learns_that_it_may_ask(server: Server, link: Proxy) -> None:
    del link
    assert "arrivals" in server.ask("GET", "/extensions").json["extensions"]


def test_another_proxy_of_the_same_name_is_another_beginning(
    server: Server, behind: Upstream
) -> None:
    first = server.proxy("again", behind.port)
    before = told(server, "again")
    assert told(server, "again")["since"] == before["since"]

    first.delete()
    server.proxy("again", behind.port)

    assert told(server, "again")["since"] != before["since"]


def test_that_it_stood_still_is_told_for_a_second(behind: Upstream) -> None:
    with embedded() as server:
        server.proxy("still", behind.port)
        wait_until(lambda: told(server, "still")["late_s"] < 0.05)

        stopped = time.monotonic()
        server.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: time.monotonic() - stopped > 0.2)
        server.process.send_signal(signal.SIGCONT)

        assert told(server, "still")["late_s"] >= 0.19
        wait_until(lambda: told(server, "still")["late_s"] < 0.19)

"""A fault whose healing nobody could see is not injected."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from nfrcheck.experiments.faults import Entry
from nfrcheck.experiments.faults.armed import verified_by
from nfrcheck.run.verifiable import unverifiable
from tests.experiments.children import Server, running_server


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def because(*checks: dict[str, Any]) -> str | None:
    return asyncio.run(unverifiable(checks, 0.001))


def through(server: Server) -> dict[str, Any]:
    way_in = Entry(name="app", url=server.url, address="127.0.0.1", path="/me")
    return verified_by(way_in, 30.0)


@pytest.mark.parametrize("status", [401, 404, 503])
def test_what_is_not_well_before_could_not_tell_that_it_is_well_again(
    status: int, server: Server
) -> None:
    server.answer = lambda _asked: (status, {}, b"")

    found = because(through(server))

    assert found is not None
    assert f"{server.url}/me: status {status}; `health: /path` of an entry" in found


def test_a_healthy_system_is_asked_once_and_as_the_guardian_asks(server: Server) -> None:
    assert because(through(server)) is None
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", "/me")
    assert asked.headers["user-agent"] == "nfrcheck-guardian"


def test_a_single_failure_is_the_systems_own(server: Server) -> None:
    turn = itertools.count()
    server.answer = lambda _asked: (200 if next(turn) else 503, {}, b"")

    assert because(through(server)) is None


def test_one_of_several_is_enough_to_refuse(server: Server) -> None:
    with running_server() as other:
        other.answer = lambda _asked: (404, {}, b"")

        assert because(through(server), through(other))
        assert because(through(server)) is None


def test_a_port_where_nobody_listens_is_not_well() -> None:
    with running_server() as gone:
        check = {"kind": "tcp", "host": "127.0.0.1", "port": gone.server_address[1]}
        assert because(check) is None

    assert because(check)


def test_a_command_and_a_share_are_not_asked_again(server: Server) -> None:
    share = {**through(server), "tell_header": "x-region", "among": ["b"], "tries": 9}

    assert because({"kind": "argv", "argv": ["false"]}, share) is None
    assert not server.asked

"""Clients made for Toxiproxy work unchanged: toxiproxy-python, and its own command line."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.servers import REAL, WITHIN_S, Server
from tests.contracts.upstream import Upstream
from tests.contracts.wire import fastest, round_trip

toxiproxy: Any = pytest.importorskip("toxiproxy", reason="toxiproxy-python is not installed")


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    consumer = toxiproxy.api.APIConsumer
    place = consumer.host, consumer.port
    client = toxiproxy.Toxiproxy()
    client.update_api_consumer("127.0.0.1", server.port)
    yield client
    client.update_api_consumer(*place)


def test_it_finds_the_server(client: Any) -> None:
    assert client.running()
    assert b'"version"' in client.version()


def test_it_makes_proxies_and_finds_them_again(client: Any, behind: Upstream) -> None:
    upstream = f"127.0.0.1:{behind.port}"

    made = client.create(name="a b", upstream=upstream)

    assert made.listen.startswith("127.0.0.1:")
    assert client.get_proxy("a b").upstream == upstream
    assert client.get_proxy("none") is None
    with pytest.raises(toxiproxy.exceptions.ProxyExists):
        client.create(name="a b", upstream=upstream)
    assert client.destroy(made)
    assert client.proxies() == {}


def test_it_populates_and_destroys(client: Any) -> None:
    wanted = [{"name": name, "upstream": "127.0.0.1:9"} for name in ("one", "two")]

    made = client.populate(wanted)

    assert [proxy.name for proxy in made] == ["one", "two"]
    there = client.get_proxy("one").listen
    assert client.populate([{**wanted[0], "listen": there}]) == []
    client.destroy_all()
    assert client.proxies() == {}


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("bandwidth", {"rate": 5}),
        ("latency", {"latency": 5, "jitter": 1}),
        ("limit_data", {"bytes": 5}),
        ("noop", {}),
        ("reset_peer", {"timeout": 5}),
        ("slicer", {"average_size": 5, "size_variation": 1, "delay": 1}),
        ("slow_close", {"delay": 5}),
        ("timeout", {"timeout": 5}),
    ],
)
def test_it_adds_and_removes_every_toxic(
    client: Any, stream: str, kind: str, attributes: dict[str, int]
) -> None:
    proxy = client.create(name="link", upstream="127.0.0.1:9")

    proxy.add_toxic(type=kind, stream=stream, attributes=attributes, toxicity=0.5)

    name = f"{kind}_{stream}"
    found = proxy.get_toxic(name)
    assert (found.type, found.stream, found.toxicity) == (kind, stream, 0.5)
    assert found.attributes == attributes
    with pytest.raises(toxiproxy.exceptions.ProxyExists):
        proxy.add_toxic(type=kind, stream=stream)
    assert proxy.destroy_toxic(name)
    assert proxy.toxics() == {}
    with pytest.raises(toxiproxy.exceptions.NotFound):
        proxy.destroy_toxic(name)


def test_it_is_told_of_a_toxic_that_is_none(client: Any) -> None:
    proxy = client.create(name="link", upstream="127.0.0.1:9")

    with pytest.raises(toxiproxy.exceptions.InvalidToxic, match="invalid toxic type"):
        proxy.add_toxic(type="none")


def test_its_faults_are_real(client: Any, behind: Upstream) -> None:
    proxy = client.create(name="link", upstream=f"127.0.0.1:{behind.port}")
    address = ("127.0.0.1", int(proxy.listen.rpartition(":")[2]))
    proxy.add_toxic(type="latency", attributes={"latency": 300})
    with socket.create_connection(address, 5) as connection:
        connection.sendall(b"echo\n")
        assert 0.3 <= fastest(lambda: round_trip(connection)) <= 0.33
        with proxy.down():
            assert connection.recv(1) == b""
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address, 1)

    assert client.reset()

    with socket.create_connection(address, 5) as connection:
        connection.sendall(b"echo\n")
        assert fastest(lambda: round_trip(connection)) < 0.1


@pytest.fixture
def cli(server: Server) -> "CommandLine":
    if not (REAL / "cli").is_file():
        pytest.skip("Toxiproxy's command line is not installed: run `make real`")
    return CommandLine(server)


class CommandLine:
    def __init__(self, server: Server) -> None:
        self._environment = {**os.environ, "TOXIPROXY_URL": server.url}

    def __call__(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [str(REAL / "cli"), *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
        assert done.returncode == code, done
        return re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)


@pytest.mark.real
def test_its_command_line_makes_lists_and_deletes_proxies(
    cli: CommandLine, server: Server, behind: Upstream
) -> None:
    upstream = f"localhost:{behind.port}"
    assert "Created new proxy link" in cli("create", "-l", "localhost:0", "-u", upstream, "link")
    assert "proxy already exists" in cli(
        "create", "-l", "localhost:0", "-u", upstream, "link", code=1
    )
    listed = cli("list")
    assert upstream in listed
    assert "enabled" in listed

    assert "is now disabled" in cli("toggle", "link")
    assert not server.ask("GET", "/proxies/link").json["enabled"]
    assert "is now enabled" in cli("toggle", "link")

    assert "Deleted proxy link" in cli("delete", "link")
    assert "proxy not found" in cli("inspect", "link", code=1)


@pytest.mark.real
def test_its_command_line_adds_changes_and_removes_toxics(
    cli: CommandLine, server: Server, behind: Upstream
) -> None:
    link = server.proxy("link", behind.port)

    added = cli("toxic", "add", "-t", "latency", "-a", "latency=300", "link")
    assert "Added downstream latency toxic 'latency_downstream' on proxy 'link'" in added
    assert "toxic already exists" in cli("toxic", "add", "-t", "latency", "link", code=1)
    assert "invalid toxic type" in cli("toxic", "add", "-t", "none", "link", code=1)
    with link.connect() as connection:
        connection.sendall(b"echo\n")
        assert 0.3 <= fastest(lambda: round_trip(connection)) <= 0.33

        cli("toxic", "update", "-n", "latency_downstream", "-a", "jitter=1", "-tox", "0.5", "link")
        [toxic] = link.toxics()
        assert toxic["attributes"] == {"latency": 300, "jitter": 1}
        assert toxic["toxicity"] == 0.5
        assert "toxicity=0.50" in cli("inspect", "link")
        cli("toxic", "delete", "-n", "latency_downstream", "link")

        assert fastest(lambda: round_trip(connection)) < 0.1
    assert link.toxics() == []


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("bandwidth", "rate=5"),
        ("limit_data", "bytes=5"),
        ("reset_peer", "timeout=5"),
        ("slicer", "average_size=5"),
        ("slow_close", "delay=5"),
        ("timeout", "timeout=5"),
    ],
)
def test_its_command_line_knows_every_toxic(
    cli: CommandLine, server: Server, kind: str, attribute: str
) -> None:
    link = server.proxy("link", 9)

    cli("toxic", "add", "-t", kind, "-a", attribute, "-u", "-n", "mine", "link")

    [toxic] = link.toxics()
    name, value = attribute.split("=")
    assert (toxic["name"], toxic["type"], toxic["stream"]) == ("mine", kind, "upstream")
    assert toxic["attributes"][name] == int(value)

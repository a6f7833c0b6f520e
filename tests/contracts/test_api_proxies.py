"""The HTTP API of Toxiproxy 2.12: proxies, and the order in which a request is checked."""

import re
from typing import Any

import pytest

from tests.contracts.conftest import PROXY
from tests.contracts.servers import Server

BAD_BODY = "bad request body: "


def test_a_proxy_is_created_at_a_port_that_is_told(server: Server) -> None:
    answer = server.ask("POST", "/proxies", PROXY)

    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    listen = answer.json["listen"]
    assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d*", listen)
    assert answer.json == {
        "name": "shop",
        "listen": listen,
        "upstream": "127.0.0.1:9",
        "enabled": True,
        "Logger": {},
        "toxics": [],
    }
    assert server.ask("GET", "/proxies/shop").json == answer.json
    assert server.ask("GET", "/proxies").json == {"shop": answer.json}


def test_one_that_is_not_enabled_keeps_what_it_was_given(server: Server) -> None:
    made = server.ask("POST", "/proxies", {**PROXY, "enabled": False}).json

    assert made["listen"] == "127.0.0.1:0"
    assert not made["enabled"]

    enabled = server.ask("PATCH", "/proxies/shop", {"enabled": True}).json

    assert not enabled["listen"].endswith(":0")


def test_localhost_is_told_as_an_address(server: Server) -> None:
    made = server.ask("POST", "/proxies", {**PROXY, "listen": "localhost:0"}).json

    assert made["listen"].startswith("127.0.0.1:")


def test_without_an_address_a_proxy_gets_a_port(server: Server) -> None:
    made = server.ask("POST", "/proxies", {"name": "shop", "upstream": "127.0.0.1:9"}).json

    assert re.search(r":[1-9]\d*$", made["listen"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"", f"{BAD_BODY}EOF", id="empty"),
        pytest.param(b"{", f"{BAD_BODY}unexpected EOF", id="half"),
        pytest.param(
            b"garbage",
            f"{BAD_BODY}invalid character 'g' looking for beginning of value",
            id="garbage",
        ),
        pytest.param(
            b"[]",
            f"{BAD_BODY}json: cannot unmarshal array into Go value of type toxiproxy.Proxy",
            id="a-list",
        ),
        pytest.param(
            b'{"name": 5}',
            f"{BAD_BODY}json: cannot unmarshal number into Go struct field Proxy.name"
            " of type string",
            id="a-number-for-a-name",
        ),
        pytest.param(
            b'{"enabled": "yes"}',
            f"{BAD_BODY}json: cannot unmarshal string into Go struct field Proxy.enabled"
            " of type bool",
            id="a-text-for-yes",
        ),
        pytest.param(b"null", "missing required field: name", id="null"),
        pytest.param(b'{"upstream": "x"}', "missing required field: name", id="no-name"),
        pytest.param(b'{"name": "x"}', "missing required field: upstream", id="no-upstream"),
    ],
)
def test_what_cannot_be_read_creates_nothing(server: Server, body: bytes, error: str) -> None:
    answer = server.ask("POST", "/proxies", body)

    assert answer.status == 400
    assert answer.error == error
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.body.endswith(b"\n")
    assert server.ask("GET", "/proxies").json == {}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"NAME":"shop","Upstream":"127.0.0.1:9"}', id="any-case"),
        pytest.param(b'{"name":"shop","upstream":"127.0.0.1:9"} rubbish', id="rubbish-behind"),
        pytest.param(b'{"name":"shop","upstream":"127.0.0.1:9","new":1}', id="unknown-field"),
        pytest.param(b'{"name":"shop","upstream":"127.0.0.1:9","enabled":null}', id="null-field"),
    ],
)
def test_a_body_is_read_as_it_was_meant(server: Server, body: bytes) -> None:
    assert server.ask("POST", "/proxies", body).status == 201
    assert server.ask("GET", "/proxies/shop").json["enabled"]


def test_a_name_is_taken_once(server: Server, shop: Any) -> None:
    answer = server.ask("POST", "/proxies", {**PROXY, "upstream": "127.0.0.1:10"})

    assert answer.status == 409
    assert answer.error == "proxy already exists"
    assert server.ask("GET", "/proxies/shop").json == shop


@pytest.mark.parametrize(
    ("listen", "error"),
    [
        pytest.param("nonsense", "listen tcp: address nonsense: missing port in address", id="no"),
        pytest.param("127.0.0.1:99999", "listen tcp: address 99999: invalid port", id="too-large"),
        pytest.param("127.0.0.1:x", "listen tcp: lookup tcp/x: unknown port", id="no-number"),
        pytest.param("1:2:3", "listen tcp: address 1:2:3: too many colons in address", id="colons"),
    ],
)
def test_an_address_that_is_none_is_refused(server: Server, listen: str, error: str) -> None:
    answer = server.ask("POST", "/proxies", {**PROXY, "listen": listen})

    assert (answer.status, answer.error) == (500, error)
    assert server.ask("GET", "/proxies").json == {}


def test_a_port_that_is_taken_is_refused(server: Server, taken: str) -> None:
    answer = server.ask("POST", "/proxies", {**PROXY, "listen": taken})

    assert answer.status == 500
    assert answer.error == f"listen tcp {taken}: bind: address already in use"
    assert server.ask("GET", "/proxies").json == {}


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_an_update_changes_what_it_names(server: Server, shop: Any, method: str) -> None:
    upstream = server.ask(method, "/proxies/shop", {"upstream": "127.0.0.1:10"}).json
    disabled = server.ask(method, "/proxies/shop", {"enabled": False, "name": "other"}).json

    assert upstream == {**shop, "upstream": "127.0.0.1:10"}
    assert disabled == {**shop, "upstream": "127.0.0.1:10", "enabled": False}


def test_an_update_to_the_same_address_in_other_words_changes_nothing(
    server: Server, shop: Any
) -> None:
    port = shop["listen"].rpartition(":")[2]

    assert server.ask("PATCH", "/proxies/shop", {"listen": f"localhost:{port}"}).json == shop


def test_an_update_to_any_port_moves(server: Server, shop: Any) -> None:
    moved = server.ask("PATCH", "/proxies/shop", {"listen": "127.0.0.1:0"}).json

    assert moved["listen"] not in {shop["listen"], "127.0.0.1:0"}


def test_an_update_to_no_address_is_refused_and_nothing_is_changed(
    server: Server, shop: Any
) -> None:
    answer = server.ask("PATCH", "/proxies/shop", {"listen": "nonsense"})

    assert (answer.status, answer.error) == (500, "address nonsense: missing port in address")
    assert server.ask("GET", "/proxies/shop").json == shop


def test_an_update_to_a_taken_port_leaves_it_down_until_it_is_sent_back(
    server: Server, shop: Any, taken: str
) -> None:
    answer = server.ask("PATCH", "/proxies/shop", {"listen": taken})

    assert answer.status == 500
    left = server.ask("GET", "/proxies/shop").json
    assert (left["listen"], left["enabled"]) == (taken, False)

    back = server.ask("PATCH", "/proxies/shop", {"listen": shop["listen"], "enabled": True})

    assert (back.status, back.json) == (200, shop)


def test_a_deleted_proxy_is_gone(server: Server, shop: Any) -> None:
    gone = server.ask("DELETE", "/proxies/shop")

    assert (gone.status, gone.body) == (204, b"")
    assert server.ask("GET", "/proxies").json == {}
    assert server.ask("POST", "/proxies", {**PROXY, "listen": shop["listen"]}).status == 201

"""The HTTP API of Toxiproxy 2.12: what is about all proxies at once, paths and methods."""

import json
from typing import Any

import pytest

from tests.contracts.conftest import PROXY
from tests.contracts.servers import Server

BAD_BODY = "bad request body: "
LATENCY = {"type": "latency", "attributes": {"latency": 100}}
SHOWN_LATENCY = {
    "attributes": {"latency": 100, "jitter": 0},
    "name": "latency_downstream",
    "type": "latency",
    "stream": "downstream",
    "toxicity": 1,
}


def test_the_version_is_told(server: Server) -> None:
    answer = server.ask("GET", "/version")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert answer.json == {"version": "2.12.0"}


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("rest", ["", "/toxics", "/toxics/x"])
def test_what_is_not_there_is_not_found(server: Server, method: str, rest: str) -> None:
    answer = server.ask(method, f"/proxies/none{rest}", b"garbage")

    if rest == "/toxics" and method in {"PATCH", "DELETE"}:
        assert answer.status == 405
        return
    assert (answer.status, answer.error) == (404, "proxy not found")


def test_reset_enables_everything_and_removes_every_toxic(server: Server, shop: Any) -> None:
    server.ask("POST", f"/proxies/{shop['name']}/toxics", LATENCY)
    server.ask("PATCH", "/proxies/shop", {"enabled": False})

    answer = server.ask("POST", "/reset")

    assert (answer.status, answer.body) == (204, b"")
    assert server.ask("GET", "/proxies/shop").json == shop


def test_populate_creates_keeps_and_replaces(server: Server, shop: Any) -> None:
    server.ask("POST", f"/proxies/{shop['name']}/toxics", LATENCY)
    same = {**PROXY, "listen": shop["listen"], "enabled": False}
    new = {"name": "new", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}

    kept = server.ask("POST", "/populate", [same, new])

    assert (kept.status, kept.headers["Content-Type"]) == (201, "application/json")
    assert [proxy["name"] for proxy in kept.json["proxies"]] == ["shop", "new"]
    assert kept.json["proxies"][0] == {**shop, "toxics": [SHOWN_LATENCY]}

    replaced = server.ask("POST", "/populate", [{**same, "upstream": "127.0.0.1:10"}]).json

    assert replaced["proxies"][0] == {
        **same,
        "upstream": "127.0.0.1:10",
        "Logger": {},
        "toxics": [],
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b'[{"upstream": "x"}]', "missing required field: name at proxy 1", id="name"),
        pytest.param(
            json.dumps([PROXY, {"name": "x"}]).encode(),
            "missing required field: upstream at proxy 2",
            id="upstream",
        ),
        pytest.param(
            b'[{"name": 4}]',
            f"{BAD_BODY}json: cannot unmarshal number into Go struct field .Proxy.name"
            " of type string",
            id="no-text",
        ),
        pytest.param(b"", f"{BAD_BODY}EOF", id="empty"),
    ],
)
def test_populate_creates_nothing_of_a_list_that_is_wrong(
    server: Server, body: bytes, error: str
) -> None:
    answer = server.ask("POST", "/populate", body)

    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.json == {"error": error, "status": 400, "proxies": None}
    assert server.ask("GET", "/proxies").json == {}


@pytest.mark.parametrize("body", [b"[]", b"null"])
def test_populate_of_nothing_is_null(server: Server, body: bytes) -> None:
    answer = server.ask("POST", "/populate", body)

    assert (answer.status, answer.json) == (201, {"proxies": None})


def test_populate_stops_at_the_first_that_cannot_listen(server: Server, taken: str) -> None:
    names = [{**PROXY, "name": name} for name in ("one", "two", "three")]
    names[1]["listen"] = taken

    answer = server.ask("POST", "/populate", names)

    assert answer.status == 500
    assert answer.error == f"listen tcp {taken}: bind: address already in use"
    assert [proxy["name"] for proxy in answer.json["proxies"]] == ["one"]
    assert list(server.ask("GET", "/proxies").json) == ["one"]


@pytest.mark.parametrize("name", ["a b", "a?b", "a.b", "grün", "a%b", "<&>", "..."])
def test_any_name_is_reached_quoted(server: Server, name: str) -> None:
    proxy = server.proxy(name, 9)

    assert proxy.show()["name"] == name
    proxy.add("latency", latency=1)
    assert [toxic["name"] for toxic in proxy.toxics()] == ["latency_downstream"]
    proxy.delete()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nothing", 404),
        ("GET", "/proxies/", 404),
        ("GET", "/proxies/a%2Fb", 404),
        ("GET", "/proxies/a/b", 404),
        ("PUT", "/proxies", 405),
        ("HEAD", "/proxies", 405),
        ("GET", "/reset", 405),
        ("GET", "/populate", 405),
        ("DELETE", "/version", 405),
        ("PUT", "/proxies/x", 405),
    ],
)
def test_a_path_or_method_that_is_none_is_told_without_a_number(
    server: Server, method: str, path: str, status: int
) -> None:
    answer = server.ask(method, path)

    assert answer.status == status
    assert answer.body == (b"404 page not found\n" if status == 404 else b"")
    assert "X-Toxiproxy-Request-Id" not in answer.headers


@pytest.mark.parametrize("path", ["/version", "/proxies/none"])
def test_every_routed_answer_has_a_number_of_its_own(server: Server, path: str) -> None:
    numbers = {server.ask("GET", path).headers["X-Toxiproxy-Request-Id"] for _ in range(5)}

    assert len(numbers) == 5


def test_a_path_that_goes_astray_is_put_right(server: Server) -> None:
    answer = server.ask("GET", "//proxies")

    assert (answer.status, answer.headers["Location"]) == (301, "/proxies")


def test_browsers_are_refused(server: Server, shop: Any) -> None:
    browser = {"User-Agent": "Mozilla/5.0 (X11)"}

    answer = server.ask("DELETE", f"/proxies/{shop['name']}", headers=browser)

    assert (answer.status, answer.body) == (403, b"User agent not allowed\n")
    assert server.ask("GET", "/proxies/shop").json == shop

"""A request is what the scenario says, byte for byte, and never one header more."""

import json
import random
import re
from collections.abc import Mapping
from typing import Any

import pytest

from nfrcheck.model.traffic import Route, TrafficError
from nfrcheck.wire.templates import NOTHING, Request, Values, row

SKUS = ("sku-1", 'a/b "c"', "ü&d=1")


def values(seed: int = 1, run: str = "run-1", **more: tuple[str, ...]) -> Values:
    return Values({"sku": SKUS, **more}, run, random.Random(seed), random.Random(run))


def request(route: Route, headers: Mapping[str, str] | None = None, **draws: Any) -> Request:
    return Request(route, "", {"host": "shop.test"} | dict(headers or {}), values(**draws))


def parts(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    return line, dict(line.split(": ", 1) for line in lines), body


def test_a_request_without_holes_is_made_once() -> None:
    made = request(Route(name="a", path="/health?full=1&x=100%25"))

    assert made.constant == b"GET /health?full=1&x=100%25 HTTP/1.1\r\nhost: shop.test\r\n\r\n"


def test_a_path_is_put_behind_the_path_of_its_endpoint() -> None:
    made = Request(Route(name="a", path="/x"), "/base", {"host": "h"}, values())

    assert made.constant == b"GET /base/x HTTP/1.1\r\nhost: h\r\n\r\n"


def test_a_value_is_quoted_for_the_place_where_it_stands() -> None:
    route = Route(
        name="a",
        method="POST",
        path="/o/{sku}",
        headers={"x-sku": "{plain}"},
        body='{"sku": "{sku}"}',
        content_type="application/json",
    )
    made = request(route, plain=("a b",))

    for _ in range(50):
        line, headers, body = parts(made.fill(0, NOTHING))
        assert line.count(" ") == 2
        assert line.count("/") == 3
        assert json.loads(body)["sku"] in SKUS
        assert int(headers["content-length"]) == len(body)
        assert headers["x-sku"] == "a b"


def test_a_form_is_quoted_as_a_form() -> None:
    route = Route(
        name="a",
        method="POST",
        path="/",
        body="name={who}&more=1",
        content_type="application/x-www-form-urlencoded",
    )

    made = request(route, who=("a b&c",)).fill(0, NOTHING)

    assert parts(made)[2] == b"name=a+b%26c&more=1"


def test_a_name_used_twice_has_one_value_in_one_request() -> None:
    made = request(Route(name="a", path="/{sku}/{sku}/{n}"))

    for n in range(50):
        _, first, second, last = parts(made.fill(n, NOTHING))[0].split()[1].split("/")
        assert first == second
        assert last == str(n)


def test_the_same_seed_asks_for_the_same_values() -> None:
    first = request(Route(name="a", path="/{sku}"), seed=3)
    second = request(Route(name="a", path="/{sku}"), seed=3)

    assert [first.fill(n, NOTHING) for n in range(20)] == [
        second.fill(n, NOTHING) for n in range(20)
    ]


def test_every_value_is_asked_for() -> None:
    made = request(Route(name="a", path="/{sku}"))

    assert len({made.fill(n, NOTHING) for n in range(100)}) == len(SKUS)


def keys(run: str) -> list[str]:
    made = request(Route(name="a", method="POST", path="/", idempotency_key=True), run=run)
    return [parts(made.fill(n, NOTHING))[1]["idempotency-key"] for n in range(100)]


def test_an_idempotency_key_is_never_used_twice_in_a_run_or_in_two_runs() -> None:
    first, second = keys("run-1"), keys("run-2")

    assert len(set(first + second)) == 200
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key) for key in first)


def test_the_run_and_a_given_id_fill_their_holes() -> None:
    known = Values({}, "r7", random.Random(1), random.Random(1), with_id=True)
    made = Request(Route(name="a", path="/{run}/{id}"), "", {"host": "h"}, known)

    assert made.fill(0, row("o/1")).startswith(b"GET /r7/o%2F1 HTTP/1.1\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_method_that_brings_a_body_says_that_it_is_empty(method: str) -> None:
    made = request(Route(name="a", method=method, path="/"))

    assert made.constant is not None
    assert made.constant.endswith(b"content-length: 0\r\n\r\n")


def test_graphql_is_no_template() -> None:
    route = Route(name="a", method="POST", path="/", body="query { products{id} }")

    constant = request(route).constant

    assert constant is not None
    assert parts(constant)[2] == b"query { products{id} }"


def test_the_header_of_a_route_wins_over_that_of_its_endpoint() -> None:
    route = Route(name="a", path="/", headers={"X-Who": "route"})
    made = request(route, {"x-who": "endpoint"})

    assert made.constant is not None
    assert parts(made.constant)[1] == {"host": "shop.test", "x-who": "route"}


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(Route(name="a", path="/", headers={"x": "a\r\ny: b"}), id="value-crlf"),
        pytest.param(Route(name="a", path="/", headers={"x": "a\nb"}), id="value-lf"),
        pytest.param(Route(name="a", path="/", headers={"x": "a\x00b"}), id="value-nul"),
        pytest.param(Route(name="a", path="/", headers={"x\r\ny": "b"}), id="name-crlf"),
        pytest.param(Route(name="a", path="/", headers={"": "b"}), id="name-empty"),
        pytest.param(Route(name="a", path="/", headers={"x": "{evil}"}), id="filled-value"),
        pytest.param(Route(name="a", path="/a\r\nx: y"), id="path-crlf"),
        pytest.param(Route(name="a", path="/", method="GET / HTTP/1.1\r\nx:"), id="method"),
        pytest.param(Route(name="a", path="/", content_type="a/b\r\nx: y"), id="content-type"),
        pytest.param(Route(name="a", path="/", headers={"Content-Length": "7"}), id="framing"),
        pytest.param(
            Route(name="a", path="/", headers={"transfer-encoding": "chunked"}), id="framing-too"
        ),
        pytest.param(Route(name="a", path="/", headers={"x-nfrcheck-run": "no"}), id="our-mark"),
    ],
)
def test_no_header_can_be_smuggled_in(route: Route) -> None:
    with pytest.raises(TrafficError):
        request(route, evil=("fine", "a\r\nx: y"))


def test_a_value_cannot_end_the_request_line() -> None:
    made = request(Route(name="a", path="/{evil}"), evil=("x HTTP/1.1\r\nhost: evil\r\n\r\n",))

    assert parts(made.fill(0, NOTHING))[1] == {"host": "shop.test"}


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(Route(name="a", path="/{skuu}"), id="path"),
        pytest.param(Route(name="a", path="/{sku}/{skuu}"), id="second-in-the-path"),
        pytest.param(Route(name="a", path="/", headers={"x": "{skuu}"}), id="header"),
    ],
)
def test_a_misspelt_name_is_refused(route: Route) -> None:
    with pytest.raises(TrafficError, match="skuu"):
        request(route)

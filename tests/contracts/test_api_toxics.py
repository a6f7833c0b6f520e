"""The HTTP API of Toxiproxy 2.12: toxics, and the order in which a request is checked."""

from typing import Any

import pytest

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


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_toxic_that_is_not_there_is_not_found(server: Server, shop: Any, method: str) -> None:
    answer = server.ask(method, f"/proxies/{shop['name']}/toxics/none", b"garbage")

    assert (answer.status, answer.error) == (404, "toxic not found")


def test_a_toxic_is_added_with_its_defaults(server: Server, shop: Any) -> None:
    answer = server.ask("POST", "/proxies/shop/toxics", LATENCY)

    assert (answer.status, answer.json) == (200, SHOWN_LATENCY)
    assert server.ask("GET", "/proxies/shop/toxics").json == [SHOWN_LATENCY]
    assert server.ask("GET", "/proxies/shop/toxics/latency_downstream").json == SHOWN_LATENCY
    assert server.ask("GET", "/proxies/shop").json == {**shop, "toxics": [SHOWN_LATENCY]}


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("bandwidth", {"rate": 1}),
        ("latency", {"latency": 1, "jitter": 2}),
        ("limit_data", {"bytes": 1}),
        ("noop", {}),
        ("reset_peer", {"timeout": 1}),
        ("slicer", {"average_size": 1, "size_variation": 2, "delay": 3}),
        ("slow_close", {"delay": 1}),
        ("timeout", {"timeout": 1}),
    ],
)
def test_every_toxic_has_its_attributes_and_no_others(
    server: Server, shop: Any, kind: str, attributes: dict[str, int]
) -> None:
    toxic = {"type": kind, "attributes": {**attributes, "new": 9}}
    made = server.ask("POST", f"/proxies/{shop['name']}/toxics", toxic)

    assert (made.status, made.json["attributes"]) == (200, attributes)

    bare = server.ask("POST", "/proxies/shop/toxics", {"type": kind, "name": "bare"})

    assert bare.json["attributes"] == dict.fromkeys(attributes, 0)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param(b"", 400, f"{BAD_BODY}EOF", id="empty"),
        pytest.param(
            b'{"type": "none", "stream": "sideways"}',
            400,
            "stream was invalid, can be either upstream or downstream",
            id="the-stream-before-the-type",
        ),
        pytest.param(
            b'{"type": "none", "name": "there"}', 400, "invalid toxic type", id="then-the-type"
        ),
        pytest.param(b"{}", 400, "invalid toxic type", id="no-type"),
        pytest.param(b'{"type": "packet_loss"}', 400, "invalid toxic type", id="packet-loss"),
        pytest.param(
            b'{"type": "latency", "name": "there", "attributes": {"latency": "x"}}',
            409,
            "toxic already exists",
            id="then-the-name",
        ),
        pytest.param(
            b'{"type": "latency", "attributes": {"latency": "x"}}',
            400,
            f"{BAD_BODY}json: cannot unmarshal string into Go struct field"
            " LatencyToxic.attributes.latency of type int64",
            id="then-the-attributes",
        ),
        pytest.param(
            b'{"type": "slicer", "attributes": {"delay": 1e3}}',
            400,
            f"{BAD_BODY}json: cannot unmarshal number 1e3 into Go struct field"
            " SlicerToxic.attributes.delay of type int",
            id="not-whole",
        ),
        pytest.param(
            b'{"type": "none", "attributes": 5}',
            400,
            f"{BAD_BODY}json: cannot unmarshal number into Go struct field"
            " ToxicWrapper.attributes of type toxics.NoopToxic",
            id="no-object-before-all-else",
        ),
        pytest.param(
            b'{"type": "latency", "toxicity": "x"}',
            400,
            f"{BAD_BODY}json: cannot unmarshal string into Go struct field"
            " ToxicWrapper.toxicity of type float32",
            id="toxicity-no-number",
        ),
    ],
)
def test_a_toxic_is_refused_for_the_first_thing_that_is_wrong(
    server: Server, shop: Any, body: bytes, status: int, error: str
) -> None:
    there = {"type": "noop", "name": "there", "stream": "upstream"}
    server.ask("POST", f"/proxies/{shop['name']}/toxics", there)

    answer = server.ask("POST", "/proxies/shop/toxics", body)

    assert (answer.status, answer.error) == (status, error)
    assert [toxic["name"] for toxic in server.ask("GET", "/proxies/shop/toxics").json] == ["there"]


def test_a_stream_is_compared_without_case_and_kept_as_written(server: Server, shop: Any) -> None:
    made = server.ask("POST", f"/proxies/{shop['name']}/toxics", {**LATENCY, "stream": "UPSTREAM"})

    assert (made.json["stream"], made.json["name"]) == ("UPSTREAM", "latency_UPSTREAM")


def test_upstream_toxics_are_listed_first_and_each_stream_in_the_order_of_adding(
    server: Server, shop: Any
) -> None:
    for number, stream in enumerate(["downstream", "upstream", "downstream", "upstream"]):
        toxic = {"type": "noop", "stream": stream, "name": f"t{number}"}
        server.ask("POST", f"/proxies/{shop['name']}/toxics", toxic)

    listed = [toxic["name"] for toxic in server.ask("GET", "/proxies/shop/toxics").json]

    assert listed == ["t1", "t3", "t0", "t2"]


@pytest.mark.parametrize(
    ("given", "shown"), [(0, 0), (0.1, 0.1), (0.333, 0.333), (1, 1), (9, 9), (-1, -1)]
)
def test_toxicity_is_kept_whatever_it_is(
    server: Server, shop: Any, given: float, shown: float
) -> None:
    toxic = {**LATENCY, "toxicity": given}

    answer = server.ask("POST", f"/proxies/{shop['name']}/toxics", toxic)

    assert answer.json["toxicity"] == shown


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_an_update_of_a_toxic_merges_and_leaves_what_it_is(
    server: Server, shop: Any, method: str
) -> None:
    path = f"/proxies/{shop['name']}/toxics"
    server.ask("POST", path, LATENCY)
    change = {"attributes": {"jitter": 5}, "name": "new", "type": "noop", "stream": "upstream"}

    answer = server.ask(method, f"{path}/latency_downstream", {**change, "toxicity": 0.5})

    expected = {**SHOWN_LATENCY, "attributes": {"latency": 100, "jitter": 5}, "toxicity": 0.5}
    assert (answer.status, answer.json) == (200, expected)
    assert server.ask("GET", path).json == [expected]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"", "EOF", id="empty"),
        pytest.param(
            b'{"attributes": 7}',
            "json: cannot unmarshal number into Go struct field .attributes of type"
            " toxics.LatencyToxic",
            id="no-object",
        ),
        pytest.param(
            b'{"attributes": {"jitter": true}}',
            "json: cannot unmarshal bool into Go struct field LatencyToxic.attributes.jitter"
            " of type int64",
            id="no-number",
        ),
    ],
)
def test_an_update_of_a_toxic_that_cannot_be_read_changes_nothing(
    server: Server, shop: Any, body: bytes, error: str
) -> None:
    path = f"/proxies/{shop['name']}/toxics"
    server.ask("POST", path, LATENCY)

    answer = server.ask("PATCH", f"{path}/latency_downstream", body)

    assert (answer.status, answer.error) == (400, BAD_BODY + error)
    assert server.ask("GET", path).json == [SHOWN_LATENCY]


def test_a_toxic_is_removed_once(server: Server, shop: Any) -> None:
    path = f"/proxies/{shop['name']}/toxics"
    server.ask("POST", path, LATENCY)

    removed = server.ask("DELETE", f"{path}/latency_downstream")

    assert (removed.status, removed.body) == (204, b"")
    assert server.ask("GET", path).json == []
    assert server.ask("DELETE", f"{path}/latency_downstream").status == 404

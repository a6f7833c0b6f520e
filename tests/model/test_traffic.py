"""A traffic spec survives its way over the pipe, and nothing that is not one gets through."""

import json
from typing import Any

import pytest

from nfrcheck.model.traffic import (
    EndpointSpec,
    Expect,
    Route,
    ServedBy,
    TrafficError,
    TrafficSpec,
    WriteSpec,
)

SHOP = TrafficSpec(
    stream="shop",
    kind="load",
    folder="runs/1",
    t0_ns=17,
    rate=150.0,
    cap=1000,
    entries=(("global", 1.0),),
    endpoints={"global": EndpointSpec(url="https://shop.test:18443", address="127.0.0.1")},
    routes=(
        Route(name="browse", path="/products/{sku}", weight=8.0),
        Route(
            name="order",
            path="/orders",
            method="POST",
            headers={"authorization": "Bearer a-planted-secret"},
            body='{"sku": "{sku}"}',
            expect=Expect(status=("2xx", 409), json={"/state": "open"}, has=("/id",)),
        ),
    ),
    run_id="run-1",
    arrivals="poisson",
    values={"sku": ("sku-1", "sku-2")},
    served_by=ServedBy(header="x-served-region", values={"eu": "a"}),
    regions=("a", "b"),
)


def over_the_pipe(spec: TrafficSpec, **changes: Any) -> TrafficSpec:
    return TrafficSpec.from_json(json.loads(json.dumps(spec.to_json())) | changes)


def test_a_spec_comes_out_as_it_went_in() -> None:
    assert over_the_pipe(SHOP) == SHOP


def test_a_ramp_comes_out_as_it_went_in() -> None:
    assert over_the_pipe(SHOP, ramp=[[0, 50, 150], [10, 0]]).ramp == ((0, 50, 150), (10, 0))


def test_a_spec_of_writes_comes_out_as_it_went_in() -> None:
    read = Route(name="read", path="/orders/{id}")
    write = WriteSpec(id="/id", read=read, read_entries=("global",))
    writes = {**SHOP.to_json(), "kind": "writes", "write": write_json(write)}

    spec = TrafficSpec.from_json(json.loads(json.dumps(writes)))

    assert spec.write == write


def write_json(write: WriteSpec) -> dict[str, Any]:
    read = {"name": write.read.name, "path": write.read.path}
    return {"id": write.id, "read": read, "read_entries": list(write.read_entries)}


def test_what_a_header_holds_is_in_no_repr() -> None:
    assert "a-planted-secret" not in repr(SHOP)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"color": 1}, "unknown key 'color'", id="unknown-key"),
        pytest.param({"child": True}, "traffic.child: int expected", id="a-bool-is-no-number"),
        pytest.param({"rate": "150/s"}, "traffic.rate: float expected", id="units-are-read-before"),
        pytest.param({"rate": float("nan")}, "traffic.rate: float", id="not-a-number"),
        pytest.param({"rate": 0}, "rate must be above 0", id="rate-0"),
        pytest.param({"cap": 0}, "cap must be above 0", id="cap-0"),
        pytest.param({"timeout_s": 0}, "timeout_s must be above 0", id="timeout-0"),
        pytest.param({"retries": -1}, "retries is below 0", id="retries-below-0"),
        pytest.param({"child": 2}, "child must be one of children", id="third-of-one"),
        pytest.param({"kind": "flood"}, "load or probe or writes expected", id="unknown-kind"),
        pytest.param({"kind": "writes"}, "write belongs to kind writes", id="writes-without-write"),
        pytest.param({"clients": []}, "clients is empty", id="no-client"),
        pytest.param({"clients": ["new"]}, "traffic.clients[0]", id="unknown-client"),
        pytest.param({"entries": [["global"]]}, "entries[0]: a list of 2", id="entry-no-weight"),
        pytest.param({"entries": [["gone", 1]]}, "'gone' has no endpoint", id="unknown-entry"),
        pytest.param({"entries": [["global", 0]]}, "no weight above 0", id="entry-weight-0"),
        pytest.param({"entries": [["global", -1], ["global", 2]]}, "below 0", id="weight-below-0"),
        pytest.param({"endpoints": {"global": {"url": "x"}}}, "address", id="no-address"),
        pytest.param(
            {"endpoints": {"global": {"url": "ftp://x", "address": ""}}}, "no URL", id="not-http"
        ),
        pytest.param({"endpoints": []}, "an object expected", id="list-for-object"),
        pytest.param({"routes": []}, "routes: no weight above 0", id="no-routes"),
        pytest.param({"routes": {}}, "a list expected", id="object-for-list"),
        pytest.param({"routes": [7]}, "routes[0]: an object", id="route-is-a-number"),
        pytest.param({"routes": [{"name": "a", "path": "x"}]}, "start with /", id="relative-path"),
        pytest.param({"values": {"sku": []}}, "a name has no values", id="name-without-values"),
        pytest.param({"served_by": {}}, "one of header and json", id="served-by-nothing"),
        pytest.param({"ramp": [[0]]}, "2 or 3 numbers", id="ramp-without-rate"),
        pytest.param({"ramp": [[0, 1, 2]]}, "the last piece", id="ramp-without-end"),
        pytest.param({"ramp": [[5, 1], [5, 2]]}, "follow each other", id="ramp-standing-still"),
        pytest.param({"ramp": [[0, 151]]}, "between 0 and the highest", id="ramp-above-the-rate"),
        pytest.param({"run_id": None}, "traffic.run_id: str expected", id="null-run"),
    ],
)
def test_what_is_no_spec_is_refused_with_its_place(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(TrafficError) as refused:
        over_the_pipe(SHOP, **changes)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        pytest.param({"status": ["6xx"]}, "no status", id="no-class"),
        pytest.param({"status": [99]}, "no status", id="no-status"),
        pytest.param({"has": ["id"]}, "no JSON pointer", id="no-pointer"),
    ],
)
def test_an_expectation_that_cannot_be_met_is_refused(expect: dict[str, Any], says: str) -> None:
    with pytest.raises(TrafficError) as refused:
        over_the_pipe(SHOP, routes=[{"name": "a", "path": "/", "expect": expect}])

    assert says in str(refused.value)


def test_a_missing_key_is_named() -> None:
    raw = SHOP.to_json()
    del raw["run_id"]

    with pytest.raises(TrafficError) as refused:
        TrafficSpec.from_json(raw)

    assert "run_id" in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"timeout_s": 0}, id="timeout-0"),
        pytest.param({"weight": -1}, id="weight-below-0"),
        pytest.param({"at_least_rate": 0}, id="at-least-0"),
    ],
)
def test_a_route_with_an_impossible_number_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TrafficError):
        Route(name="a", path="/", **changes)


def test_a_client_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(TrafficError):
        EndpointSpec(url="https://x", address="127.0.0.1", cert="client.pem")


def test_a_name_used_twice_is_refused() -> None:
    twice = [{"name": "a", "path": "/"}, {"name": "a", "path": "/b"}]

    with pytest.raises(TrafficError, match="used twice"):
        over_the_pipe(SHOP, routes=twice)

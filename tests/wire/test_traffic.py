"""A spec becomes the traffic that it describes: shares, cells, connections and numbers."""

from collections import Counter
from typing import Any

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.model.records import CHECK_FAILED, EXPECTED
from nfrcheck.model.traffic import (
    EndpointSpec,
    Expect,
    Route,
    ServedBy,
    TrafficError,
    TrafficSpec,
)
from nfrcheck.wire.job import Job
from nfrcheck.wire.traffic import KEEP_BYTES, KEEP_BYTES_READ, Lane, Traffic, compile_traffic

BROWSE = Route(name="browse", path="/browse", weight=8)
ORDER = Route(name="order", path="/orders", method="POST", weight=2, timeout_s=1.5)


def compiled(**changes: Any) -> Traffic:
    given: dict[str, Any] = {
        "stream": "shop",
        "kind": "load",
        "folder": ".",
        "t0_ns": 0,
        "rate": 100.0,
        "cap": 500,
        "entries": (("a", 3.0), ("b", 1.0)),
        "endpoints": {
            "a": EndpointSpec(url="http://a.test", address="127.0.0.1", headers={"x-of": "a"}),
            "b": EndpointSpec(url="http://b.test:81/base/", address="127.0.0.1"),
        },
        "routes": (BROWSE, ORDER),
        "run_id": "run-1",
    }
    return compile_traffic(TrafficSpec(**given | changes))


def jobs(traffic: Traffic, many: int, stream: int = 0) -> list[Job]:
    return [traffic.streams[stream].make(k, 0) for k in range(many)]


def lane(job: Job) -> Lane:
    assert isinstance(job.tag, Lane)
    return job.tag


def test_entries_and_routes_get_their_shares() -> None:
    asked = Counter((lane(job).entry, lane(job).route.name) for job in jobs(compiled(), 10_000))

    assert asked["a", "browse"] == pytest.approx(6_000, rel=0.05)
    assert asked["a", "order"] == pytest.approx(1_500, rel=0.1)
    assert asked["b", "browse"] == pytest.approx(2_000, rel=0.1)
    assert asked["b", "order"] == pytest.approx(500, rel=0.2)


def test_the_same_seed_asks_in_the_same_order_and_another_in_another() -> None:
    orders = [[job.request for job in jobs(compiled(seed=seed), 200)] for seed in (1, 1, 2)]

    assert orders[0] == orders[1] != orders[2]


def test_a_job_carries_what_its_route_and_entry_say() -> None:
    found = {(lane(job).entry, lane(job).route.name): job for job in jobs(compiled(), 500)}

    browse, order = found["a", "browse"], found["b", "order"]
    assert browse.endpoint == 0
    assert browse.timeout_ns == 5_000_000_000
    assert browse.request.startswith(b"GET /browse HTTP/1.1\r\nhost: a.test\r\n")
    assert b"x-of: a\r\n" in browse.request
    assert order.endpoint == 1
    assert order.method == b"POST"
    assert order.timeout_ns == 1_500_000_000
    assert order.request.startswith(b"POST /base/orders HTTP/1.1\r\nhost: b.test:81\r\n")


def test_what_never_varies_is_one_object() -> None:
    assert len({id(job) for job in jobs(compiled(), 500)}) == 4


def test_each_cell_is_known_by_entry_route_region_and_client() -> None:
    traffic = compiled(served_by=ServedBy(header="x-region"), regions=("r1", "r2"))

    assert len(traffic.cells) == len(set(traffic.cells)) == 2 * 2 * 3
    for job in jobs(traffic, 500):
        for region, header in ((None, b""), ("r2", b"x-region: r2\r\n")):
            head = b"HTTP/1.1 200 OK\r\n" + header + b"\r\n"
            cell = traffic.cells[lane(job).read(200, head, b"")[1]]
            assert (cell.entry, cell.route) == (lane(job).entry, lane(job).route.name)
            assert cell.region == region


def test_more_cells_than_a_record_can_name_are_refused() -> None:
    regions = tuple(f"r{n}" for n in range(64))

    with pytest.raises(TrafficError, match="260 combinations"):
        compiled(served_by=ServedBy(header="x"), regions=regions)


def test_a_probe_has_a_stream_for_each_client_and_a_load_has_one() -> None:
    clients = ("fresh", "pooled")

    probe, load = compiled(kind="probe", clients=clients), compiled(clients=clients)

    assert [stream.rate for stream in probe.streams] == [100.0, 100.0]
    assert [jobs(probe, 1, stream)[0].fresh for stream in (0, 1)] == [True, False]
    assert b"connection: close\r\n" in jobs(probe, 1)[0].request
    assert len({stream.seed for stream in probe.streams}) == 2
    assert len(load.streams) == 1


def test_a_thin_route_gets_a_stream_of_what_it_lacks() -> None:
    thin = Route(name="thin", path="/thin", weight=10, at_least_rate=60.0)

    traffic = compiled(routes=(BROWSE, ORDER, thin))

    assert [stream.rate for stream in traffic.streams] == [100.0, pytest.approx(10.0)]
    assert {lane(job).route.name for job in jobs(traffic, 50, 1)} == {"thin"}


def test_a_route_that_is_thick_enough_gets_none() -> None:
    assert len(compiled(routes=(BROWSE, Route(name="x", path="/", at_least_rate=5.0))).streams) == 1


@pytest.mark.parametrize(
    ("route", "status", "flag"),
    [
        pytest.param(BROWSE, 200, 0, id="nothing-expected"),
        pytest.param(Route(name="r", path="/", expect=Expect()), 200, EXPECTED, id="met"),
        pytest.param(Route(name="r", path="/", expect=Expect()), 404, CHECK_FAILED, id="missed"),
        pytest.param(Route(name="r", path="/", expect=Expect()), 6, 0, id="no-answer-to-check"),
    ],
)
def test_an_expectation_becomes_a_flag(route: Route, status: int, flag: int) -> None:
    job = jobs(compiled(routes=(route,)), 1)[0]

    assert lane(job).read(status, b"HTTP/1.1 200 OK\r\n\r\n", b"")[0] == flag


def test_a_body_is_kept_whole_only_where_it_is_read() -> None:
    reads = Route(name="r", path="/", expect=Expect(has=("/id",)))

    assert jobs(compiled(), 1)[0].keep == KEEP_BYTES
    assert jobs(compiled(routes=(reads,)), 1)[0].keep == KEEP_BYTES_READ


def test_a_certificate_that_is_not_there_is_the_operators_business() -> None:
    endpoint = EndpointSpec(url="https://a.test", address="127.0.0.1", ca="/nowhere.pem")

    with pytest.raises(DeploymentError):
        compiled(endpoints={"a": endpoint, "b": endpoint})


def test_an_endpoint_cannot_set_what_frames_a_message() -> None:
    endpoint = EndpointSpec(url="http://a", address="127.0.0.1", headers={"Content-Length": "1"})

    with pytest.raises(TrafficError, match="content-length"):
        compiled(endpoints={"a": endpoint, "b": endpoint})

"""A traffic spec made ready to be sent: which request is due next, and what its answer means."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, repeat
from urllib.parse import urlsplit

from nfrcheck import __version__
from nfrcheck.model.records import CELLS_MAX, CHECK_FAILED, EXPECTED, Cell
from nfrcheck.model.traffic import (
    Client,
    EndpointSpec,
    Route,
    TrafficError,
    TrafficSpec,
    topped_up,
)
from nfrcheck.wire.answers import MISSING, Expectation, Origin, origin, parse
from nfrcheck.wire.connection import Endpoint, endpoint_from
from nfrcheck.wire.job import Job
from nfrcheck.wire.templates import NOTHING, Request, Row, Values, named

KEEP_BYTES = 2048
"""How much of a body is kept when nobody reads it: enough for the failures file."""
KEEP_BYTES_READ = 1 << 20
"""How much of a body is kept to be parsed; a longer one is not what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One route at one entry by one kind of client: its requests, and how to read its answers.

    `cells` gives the cell of each region, None being "the answer did not say".
    """

    entry: str
    route: Route
    client: Client
    endpoint: int
    request: Request
    timeout_ns: int
    retries: int
    expectation: Expectation | None
    origin: Origin | None
    cells: dict[str | None, int]
    reads_body: bool

    def job(self, n: int, *, given: Row = NOTHING, tag: object = None) -> Job:
        """The request of arrival `n`; `tag` comes back with its outcome (the lane by default)."""
        request = self.request.constant or self.request.fill(n, given)
        return Job(
            endpoint=self.endpoint,
            request=request,
            method=self.route.method.upper().encode(),
            fresh=self.client == "fresh",
            cell=self.cells[None],
            timeout_ns=self.timeout_ns,
            retries=self.retries,
            keep=KEEP_BYTES_READ if self.reads_body else KEEP_BYTES,
            tag=self if tag is None else tag,
        )

    @property
    def is_read(self) -> bool:
        """False where an answer says no more than its status; then `read` need not be asked."""
        return self.expectation is not None or self.origin is not None

    def read(self, status: int, head: bytes, body: bytes) -> tuple[int, int]:
        """What an answer adds to the record: its flag and its cell."""
        if status < 100:
            return 0, self.cells[None]
        content = parse(body) if self.reads_body else MISSING
        region = self.origin.region(head, content) if self.origin else None
        # A read-back has one cell for all regions.
        cell = self.cells.get(region, self.cells[None])
        if self.expectation is None:
            return 0, cell
        met = self.expectation.met(status, head, content)
        return (EXPECTED if met else CHECK_FAILED), cell


@dataclass(frozen=True, slots=True)
class Stream:
    """Arrivals at `rate` a second (of all children together), and what is asked at each.

    `ramp` as in the spec; then `rate` is the highest.
    """

    rate: float
    seed: int
    make: Callable[[int, int], Job]
    lanes: tuple[Lane, ...]
    ramp: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Traffic:
    """The compiled spec. `endpoints` are in the order that a job's `endpoint` counts.

    `reads` holds the lane of each entry through which writes are read back.
    """

    spec: TrafficSpec
    endpoints: tuple[Endpoint, ...]
    cells: tuple[Cell, ...]
    streams: tuple[Stream, ...]
    reads: dict[str, Lane]


def compile_traffic(spec: TrafficSpec) -> Traffic:
    """TrafficError when the spec asks for what HTTP or a record has no room for.

    DeploymentError when an endpoint's URL or certificate cannot be used.
    """
    return _Compiler(spec).traffic()


class _Compiler:
    def __init__(self, spec: TrafficSpec) -> None:
        self.spec = spec
        self.names = tuple(spec.endpoints)
        self.endpoints = tuple(
            endpoint_from(it.url, it.address, it.ca, it.cert, it.key)
            for it in spec.endpoints.values()
        )
        self.origin: Origin | None = None
        self.regions: tuple[str, ...] = ()
        if spec.served_by is not None:
            self.regions = spec.regions or tuple(sorted(set(spec.served_by.values.values())))
            self.origin = origin(spec.served_by, self.regions)
        self.values = self.new_values(with_id=False)
        self.numbers = count(spec.child, spec.children)
        self.cells: list[Cell] = []

    def traffic(self) -> Traffic:
        clients = self.spec.clients if self.spec.kind == "probe" else self.spec.clients[:1]
        streams = [stream for client in clients for stream in self.of_client(client)]
        if len(self.cells) > CELLS_MAX:
            raise TrafficError(
                f"traffic: {len(self.cells)} combinations of entry, route, region and client; "
                f"a record has room for {CELLS_MAX}"
            )
        reads = dict(self.reads())
        return Traffic(self.spec, self.endpoints, tuple(self.cells), tuple(streams), reads)

    def reads(self) -> Iterator[tuple[str, Lane]]:
        self.values = self.new_values(with_id=True)
        if (write := self.spec.write) is not None:
            for entry in write.read_entries:
                yield entry, self.lane(entry, write.read, "pooled", {None: 0})

    def new_values(self, *, with_id: bool) -> Values:
        spec = self.spec
        unique = _seeded(spec.seed, spec.run_id, spec.stream, spec.child, "unique")
        chance = _seeded(spec.seed, spec.stream, spec.child, "values")
        return Values(spec.values, spec.run_id, chance, unique, with_id=with_id)

    def of_client(self, client: Client) -> Iterator[Stream]:
        routes, entries = self.spec.routes, self.spec.entries
        of_route = {
            route.name: [
                self.lane(entry, route, client, self.new_cells(entry, route, client))
                for entry, _ in entries
            ]
            for route in routes
        }
        shares = [share for _, share in entries]
        lanes = [lane for route in routes for lane in of_route[route.name]]
        weights = [route.weight * share for route in routes for share in shares]
        main = self.stream(self.spec.rate, lanes, weights, client)
        yield replace(main, ramp=self.spec.ramp)
        for name, lacking in topped_up(self.spec.rate, routes).items():
            yield self.stream(lacking, of_route[name], shares, f"{client}/{name}")

    def new_cells(self, entry: str, route: Route, client: Client) -> dict[str | None, int]:
        first = len(self.cells)
        regions = (None, *self.regions)
        self.cells += [Cell(entry, route.name, it, client, route.principal) for it in regions]
        return {region: first + at for at, region in enumerate(regions)}

    def lane(self, entry: str, route: Route, client: Client, cells: dict[str | None, int]) -> Lane:
        endpoint = self.spec.endpoints[entry]
        at = self.names.index(entry)
        prefix = urlsplit(endpoint.url).path.rstrip("/")
        request = Request(route, prefix, self.headers(at, endpoint, client), self.values)
        timeout_s = self.spec.timeout_s if route.timeout_s is None else route.timeout_s
        expectation = Expectation(route.expect) if route.expect else None
        return Lane(
            entry=entry,
            route=route,
            client=client,
            endpoint=at,
            request=request,
            timeout_ns=round(timeout_s * 1e9),
            retries=self.spec.retries,
            expectation=expectation,
            origin=self.origin,
            cells=cells,
            reads_body=any(it.reads_body for it in (expectation, self.origin) if it is not None),
        )

    def headers(self, at: int, endpoint: EndpointSpec, client: Client) -> dict[str, str]:
        ours = {
            "host": self.endpoints[at].authority,
            "user-agent": f"nfrcheck/{__version__}",
            "accept": "*/*",
            "x-nfrcheck-run": self.spec.run_id,
        }
        if client == "fresh":
            ours["connection"] = "close"
        return ours | named(endpoint.headers)

    def stream(
        self, rate: float, lanes: Sequence[Lane], weights: Sequence[float], name: str
    ) -> Stream:
        spec, numbers = self.spec, self.numbers
        chance = _seeded(spec.seed, spec.stream, spec.child, name)
        arrivals = _seeded(spec.seed, spec.stream, name, "arrivals").getrandbits(63)
        jobs = {id(lane): lane.job(0) for lane in lanes if lane.request.constant is not None}
        drawn = _draw(lanes, weights, chance)

        def make(_k: int, _due_ns: int) -> Job:
            lane = next(drawn)
            return jobs.get(id(lane)) or lane.job(next(numbers))

        return Stream(rate, arrivals, make, tuple(lanes))


def _draw(lanes: Sequence[Lane], weights: Sequence[float], chance: random.Random) -> Iterator[Lane]:
    if len(lanes) == 1:
        yield from repeat(lanes[0])
    while True:
        yield from chance.choices(lanes, weights, k=1024)


def _seeded(*parts: object) -> random.Random:
    return random.Random("/".join(map(str, parts)))  # noqa: S311  # repeatable, not secret

"""What a load or probe child is told to send: one line of JSON on its standard input."""

import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, Literal, Self, Union, get_args, get_origin, get_type_hints

Client = Literal["fresh", "pooled"]
Kind = Literal["load", "probe", "writes"]
Arrivals = Literal["constant", "poisson"]

CELLS_MAX = 256
"""A record has one byte for its cell, so a stream has at most this many."""


class TrafficError(ValueError):
    """The spec is not one; the text says where and what. It is the writer's bug, never a user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a good answer looks like; everything declared must hold.

    `status` holds codes (201) and classes ("2xx"); the keys of `json`, `has` and `absent` are JSON
    pointers into the body; the names in `header` are matched without regard to case.
    """

    status: tuple[int | str, ...] = ("2xx",)
    json: Mapping[str, Any] = field(default_factory=dict)
    has: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    header: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for status in self.status:
            _check(_is_status(status), f"expect.status: {status!r} is no status and no class")
        for pointer in (*self.json, *self.has, *self.absent):
            _check(pointer == "" or pointer[0] == "/", f"expect: {pointer!r} is no JSON pointer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One kind of request.

    `path`, `body` and the values of `headers` are templates: `{name}` is filled from the spec's
    `values`; `{uuid}`, `{n}` (unique in the stream) and `{run}` are built in.
    """

    name: str
    path: str
    method: str = "GET"
    weight: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str | None = None
    content_type: str | None = None
    idempotency_key: bool = False
    expect: Expect | None = None
    timeout_s: float | None = None
    principal: str | None = None
    at_least_rate: float | None = None
    secret: tuple[str, ...] = ()
    """Names of headers whose values are secrets, whatever the headers are called."""

    def __post_init__(self) -> None:
        where = f"route {self.name!r}"
        _check(self.weight >= 0, f"{where}: weight is below 0")
        _check(self.path.startswith("/"), f"{where}: path must start with /")
        _check(self.timeout_s is None or self.timeout_s > 0, f"{where}: timeout_s must be above 0")
        _check(
            self.at_least_rate is None or self.at_least_rate > 0,
            f"{where}: at_least_rate must be above 0",
        )


def topped_up(rate: float, routes: Sequence[Route]) -> dict[str, float]:
    """What thin routes get beside their share of `rate`: name to requests a second."""
    total = sum(route.weight for route in routes) or 1.0
    lacking = {
        route.name: (route.at_least_rate or 0.0) - rate * route.weight / total for route in routes
    }
    return {name: more for name, more in lacking.items() if more > 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSpec:
    """Where an entry is: the URL that is asked for, and the address that was pinned for it."""

    url: str
    address: str
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        _check(self.url.startswith(("http://", "https://")), f"endpoint: {self.url!r} is no URL")
        _check((self.cert is None) == (self.key is None), "endpoint: cert and key go together")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedBy:
    """Where an answer says which region gave it, and what its words mean there."""

    header: str | None = None
    json: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check((self.header is None) != (self.json is None), "served_by: one of header and json")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSpec:
    """How acknowledged writes are found again.

    `id` is the JSON pointer to the id in the answer; `read` (`{id}` in its path) is asked for it
    through each of `read_entries`.
    """

    id: str
    read: Route
    read_entries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSpec:
    """All that one child needs to send its share (`child` of `children`) of one stream.

    `rate` is the whole stream's, in requests a second; `t0_ns` is the run's zero on the monotonic
    clock; `cap` is the most requests that may be in flight at once in this child. `ramp` replaces a
    constant rate by pieces, of which `rate` is the highest: (seconds since the start, rate), and
    (seconds, rate, rate at the next piece) where it climbs.
    """

    stream: str
    kind: Kind
    folder: str
    t0_ns: int
    rate: float
    cap: int
    entries: tuple[tuple[str, float], ...]
    endpoints: Mapping[str, EndpointSpec]
    routes: tuple[Route, ...]
    run_id: str
    child: int = 0
    children: int = 1
    seed: int = 0
    arrivals: Arrivals = "constant"
    ramp: tuple[tuple[float, ...], ...] = ()
    timeout_s: float = 5.0
    retries: int = 0
    clients: tuple[Client, ...] = ("pooled",)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    served_by: ServedBy | None = None
    regions: tuple[str, ...] = ()
    write: WriteSpec | None = None
    counts: bool = False
    """The answers tell which connections came to a fault proxy: they are kept beside the record."""

    def __post_init__(self) -> None:
        _check(self.rate > 0, "rate must be above 0")
        _check(self.timeout_s > 0, "timeout_s must be above 0")
        _check(self.cap > 0, "cap must be above 0")
        _check(self.retries >= 0, "retries is below 0")
        _check(0 <= self.child < self.children, "child must be one of children")
        _check(bool(self.clients), "clients is empty")
        _check(all(self.values.values()), "values: a name has no values")
        self._check_ramp()
        self._check_names()

    @property
    def whole_rate(self) -> float:
        """Requests a second in all: of every client, with what tops up thin routes."""
        clients = len(self.clients) if self.kind == "probe" else 1
        return clients * (self.rate + sum(topped_up(self.rate, self.routes).values()))

    def _check_ramp(self) -> None:
        starts = [piece[0] for piece in self.ramp if piece]
        _check(all(len(piece) in {2, 3} for piece in self.ramp), "ramp: a piece has 2 or 3 numbers")
        _check(not self.ramp or len(self.ramp[-1]) == 2, "ramp: the last piece has 2 numbers")
        _check(starts == sorted(set(starts)), "ramp: the pieces do not follow each other")
        _check(
            all(0 <= rate <= self.rate for piece in self.ramp for rate in piece[1:]),
            "ramp: a rate is not between 0 and the highest",
        )

    def _check_names(self) -> None:
        _check(sum(weight for _, weight in self.entries) > 0, "entries: no weight above 0")
        _check(sum(route.weight for route in self.routes) > 0, "routes: no weight above 0")
        _check(all(weight >= 0 for _, weight in self.entries), "entries: a weight is below 0")
        names = [route.name for route in self.routes]
        _check(len(set(names)) == len(names), "routes: a name is used twice")
        _check((self.kind == "writes") == (self.write is not None), "write belongs to kind writes")
        reads = self.write.read_entries if self.write else ()
        for entry in (*(name for name, _ in self.entries), *reads):
            _check(entry in self.endpoints, f"entry {entry!r} has no endpoint")

    def to_json(self) -> dict[str, Any]:
        """The spec as values that `json.dumps` takes; `from_json` gives an equal one back."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Strict: an unknown or missing key and a value of another type raise TrafficError."""
        decoded = _decode(cls, raw, "traffic")
        assert isinstance(decoded, cls)
        return decoded


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise TrafficError(f"traffic: {otherwise}")


def _is_status(status: int | str) -> bool:
    if isinstance(status, int):
        return 100 <= status <= 599
    return len(status) == 3 and status[0] in "12345" and status[1:] == "xx"


def _decode(kind: Any, raw: object, where: str) -> Any:
    """`raw` as a value of the annotated type `kind`; nothing is converted but lists and ints."""
    if is_dataclass(kind):
        return _decode_fields(kind, raw, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is None:
        return raw if kind is Any else _decode_scalar(kind, raw, where)
    if origin is Literal:
        return _one_of(arguments, raw, where)
    if origin in {Union, types.UnionType}:
        return _decode_union(arguments, raw, where)
    if origin is tuple:
        return _decode_tuple(arguments, raw, where)
    return _decode_mapping(arguments[1], raw, where)


def _decode_mapping(kind: Any, raw: object, where: str) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise _odd(raw, where, "an object")
    return {str(key): _decode(kind, raw[key], f"{where}.{key}") for key in raw}


def _decode_fields(kind: Any, raw: object, where: str) -> Any:
    if not isinstance(raw, Mapping):
        raise _odd(raw, where, "an object")
    hints = get_type_hints(kind)
    names = {item.name for item in fields(kind)}
    if unknown := sorted(str(key) for key in raw if key not in names):
        raise TrafficError(f"{where}: unknown key {unknown[0]!r}")
    given = {key: _decode(hints[key], raw[key], f"{where}.{key}") for key in raw}
    try:
        return kind(**given)
    except TypeError as error:
        raise TrafficError(f"{where}: {error}") from None


def _decode_scalar(kind: Any, raw: Any, where: str) -> Any:
    # Exact types: a bool is an int to `isinstance`, and True is no rate.
    if kind is float and type(raw) is int:
        return float(raw)
    if type(raw) is kind and (kind is not float or math.isfinite(raw)):
        return raw
    raise _odd(raw, where, kind.__name__)


def _decode_union(kinds: tuple[Any, ...], raw: object, where: str) -> Any:
    if raw is None and types.NoneType in kinds:
        return None
    named = [kind for kind in kinds if kind is not types.NoneType]
    exact = [kind for kind in named if type(raw) is kind]
    return _decode((exact or named)[0], raw, where)


def _decode_tuple(kinds: tuple[Any, ...], raw: object, where: str) -> tuple[Any, ...]:
    if not isinstance(raw, list | tuple):
        raise _odd(raw, where, "a list")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(raw)
    if len(kinds) != len(raw):
        raise _odd(raw, where, f"a list of {len(kinds)}")
    return tuple(
        _decode(kind, item, f"{where}[{at}]")
        for at, (kind, item) in enumerate(zip(kinds, raw, strict=True))
    )


def _one_of(words: tuple[Any, ...], raw: object, where: str) -> object:
    if raw not in words:
        raise _odd(raw, where, " or ".join(map(str, words)))
    return raw


def _odd(raw: object, where: str, wanted: str) -> TrafficError:
    return TrafficError(f"{where}: {wanted} expected, not {type(raw).__name__}")

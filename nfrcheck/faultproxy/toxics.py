"""What a toxic is: its type with the attributes of that type, its stream, its share, its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nfrcheck.faultproxy import bodies
from nfrcheck.faultproxy.bodies import Field
from nfrcheck.faultproxy.expiry import Expiry, read_ttl
from nfrcheck.faultproxy.refusals import bad_body, invalid_stream, invalid_type

UPSTREAM, DOWNSTREAM = "upstream", "downstream"
STREAMS = (UPSTREAM, DOWNSTREAM)

# Attributes are whole numbers, zero if not given: ms, KB/s, bytes; slicer's delay in us.
TYPES: Mapping[str, tuple[str, ...]] = {
    "bandwidth": ("rate",),
    "latency": ("latency", "jitter"),
    "limit_data": ("bytes",),
    "noop": (),
    "reset_peer": ("timeout",),
    "slicer": ("average_size", "size_variation", "delay"),
    "slow_close": ("delay",),
    "timeout": ("timeout",),
    # Ours. `cut`: one direction is swallowed, the other flows. `hang`: connections are accepted
    # and never answered. `refuse`: new connections are refused, open ones live on.
    "cut": (),
    "hang": (),
    "refuse": (),
}
_GO_NAMES = {
    "bandwidth": "BandwidthToxic",
    "latency": "LatencyToxic",
    "limit_data": "LimitDataToxic",
    "noop": "NoopToxic",
    "reset_peer": "ResetToxic",
    "slicer": "SlicerToxic",
    "slow_close": "SlowCloseToxic",
    "timeout": "TimeoutToxic",
}
_WRAPPER = "ToxicWrapper"
_CREATE = {
    "attributes": Field("toxics.NoopToxic", _WRAPPER),
    "name": Field("string", _WRAPPER),
    "type": Field("string", _WRAPPER),
    "stream": Field("string", _WRAPPER),
    "toxicity": Field("float32", _WRAPPER),
}
_UPDATE_OBJECT = (
    'struct { Attributes interface {} "json:\\"attributes\\"";'
    ' Toxicity float32 "json:\\"toxicity\\"" }'
)

Attributes = dict[str, int]


@dataclass(slots=True, eq=False)
class Toxic:
    """`stream` is kept as it was written; `direction` is what it means."""

    name: str
    kind: str
    stream: str
    direction: str
    toxicity: float = 1.0
    attributes: Attributes = field(default_factory=dict)
    expiry: Expiry = field(default_factory=Expiry)

    def to_json(self) -> dict[str, Any]:
        return {
            "attributes": self.attributes,
            "name": self.name,
            "type": self.kind,
            "stream": self.stream,
            "toxicity": bodies.shortest(self.toxicity),
            **self.expiry.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What an update says, checked: nothing is changed by one that is refused."""

    attributes: Attributes
    toxicity: float
    ttl: Mapping[str, float | None]


def asked_for(body: bytes) -> tuple[Toxic, Mapping[str, Any]]:
    """The toxic of a request without its attributes, and the request."""
    found = bodies.first_value(body)
    read = bodies.read_object(found, _CREATE, "toxics.ToxicWrapper")
    stream = read.get("stream", DOWNSTREAM)
    direction = stream.lower()
    if direction not in STREAMS:
        raise invalid_stream()
    kind = read.get("type", "")
    name = read.get("name") or f"{kind}_{stream}"
    if kind not in TYPES:
        raise invalid_type()
    return Toxic(name, kind, stream, direction, read.get("toxicity", 1.0)), found or {}


def attributes_of(kind: str, found: Mapping[str, Any], owner: str) -> Attributes:
    """The attributes that were given; `found` is the whole body."""
    whole = f"toxics.{_GO_NAMES.get(kind, kind)}"
    given = bodies.read_object(found, {"attributes": Field(whole, owner)}, _UPDATE_OBJECT)
    number = "int" if kind == "slicer" else "int64"
    place = f"{_GO_NAMES.get(kind, kind)}.attributes"
    fields = {name: Field(number, place) for name in TYPES[kind]}
    return bodies.read_object(given.get("attributes"), fields, whole)


def complete(toxic: Toxic, found: Mapping[str, Any]) -> Mapping[str, float | None]:
    """Gives a new toxic its attributes; how long it lives."""
    given = attributes_of(toxic.kind, found, _WRAPPER)
    toxic.attributes = dict.fromkeys(TYPES[toxic.kind], 0) | given
    return read_ttl(found)


def change(toxic: Toxic, body: bytes) -> Change:
    found = bodies.first_value(body)
    share = bodies.read_object(found, {"toxicity": Field("float32", "")}, _UPDATE_OBJECT)
    given = attributes_of(toxic.kind, found, "")
    toxicity = share.get("toxicity", toxic.toxicity)
    return Change(toxic.attributes | given, toxicity, read_ttl(found or {}))


def check_share(toxic: Toxic, toxicity: float) -> None:
    """A connection that is refused was not accepted, so there is nothing to draw for."""
    if toxic.kind == "refuse" and toxicity < 1:
        raise bad_body("refuse acts on all connections: its toxicity is 1")

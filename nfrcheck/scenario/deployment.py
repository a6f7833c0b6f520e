"""The deployment: where things are, and how each may be touched. It holds no limit."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from nfrcheck.fields import Duration, File, Json, Many, Model, Name, Pointer, Rate, Secret, refused
from nfrcheck.model.signs import Sign
from nfrcheck.scenario.drills import AbortIf
from nfrcheck.scenario.later import Later
from nfrcheck.scenario.loads import HeaderName, Path_, one_of
from nfrcheck.scenario.urls import BaseUrl


class Entry(Model):
    """Where users come in. `resolve`: the address to connect to instead of asking DNS.

    `health`: a path that a healthy system answers with 2xx or 3xx, without a credential, over the
    same parts as the traffic: it is asked to see a fault, and to see that it is put back.
    """

    url: BaseUrl | None = None
    dns: str | None = None
    region: Name | None = None
    ca: File | None = None
    cert: File | None = None
    key: Secret | None = None
    resolve: str | None = None
    health: Path_ | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_address(cls, given: Any) -> Any:
        return one_of(given, ("url", "dns"), "an entry", 'such as `url: "http://127.0.0.1:8000"`')


class Region(Model):
    """A region; without a control it is killed by killing all its components."""

    title: str | None = None
    control: Any = None


class Shown(Model):
    """Where an answer tells it: a header or a JSON pointer; `get`: what is asked for."""

    header: str | None = None
    json_: Pointer | None = Field(None, alias="json")
    get: Path_ | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_sign(cls, given: Any) -> Any:
        return one_of(given, ("header", "json"), "`shows`", "such as `{header: x-build}`")

    @property
    def sign(self) -> Sign:
        return Sign(header=self.header, json=self.json_, path=self.get)


class Component(Model):
    """A part that can be killed, paused, scaled, deployed; its control may have `acts`.

    `shows`: `replicas`, `version` or an act -> what in an answer of its entry tells it.
    """

    title: str | None = None
    region: Name | None = None
    address: str | None = None
    identity: str | None = None
    entry: Name | None = None
    shows: dict[Name, Shown] = Field(default_factory=dict)
    control: Any = None


class Link(Model):
    """A connection that can be slowed, cut or broken; `joins` marks one between regions.

    `to`: the component or region that it leads to, as part of its data path.
    """

    title: str | None = None
    joins: Many[Name] = ()
    to: str | None = None
    entry: Name | None = None
    control: Any = None


class ServedBy(Model):
    """How an answer tells its region; `values` maps foreign words to region names."""

    header: str | None = None
    json_: Pointer | None = Field(None, alias="json")
    cert: str | None = None
    trace: str | None = None
    values: dict[str, Name] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _one_sign(cls, given: Any) -> Any:
        signs = ("header", "json", "cert", "trace")
        return one_of(given, signs, "`served_by`", "such as `header: x-region`")


class Build(Model):
    """Which build runs: a variable, or what an entry answers."""

    env: str | None = None
    entry: Name | None = None
    get: Path_ | None = None
    json_: Pointer | None = Field(None, alias="json")

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, given: Any) -> Any:
        return one_of(given, ("env", "get"), "`build`", "such as `env: GIT_COMMIT`")


class ApiKey(Model):
    """A key in a header of its own."""

    header: HeaderName
    value: Secret


class Basic(Model):
    """User name and password."""

    username: str
    password: Secret


class Certificate(Model):
    """A client certificate."""

    cert: File
    key: Secret


class Principal(Model):
    """Who sends a request; without anything it is somebody without rights."""

    title: str | None = None
    token: Secret | None = None
    api_key: ApiKey | None = None
    basic: Basic | None = None
    certificate: Certificate | None = None
    kafka: Json = None
    tenant: str | None = None


def _host(value: Any) -> Any:
    if isinstance(value, str) and "://" in value:
        host = urlsplit(value).hostname
        raise refused(f"`{value}` is a URL", f"write the host alone: `{host}`")
    if isinstance(value, str) and value.startswith("*."):
        raise refused(f"`{value}` is no host", f"any host below it is `{value[1:]}`")
    return value


class Safety(Model):
    """What may be done here. Without it faults are refused on anything but loopback."""

    protected: bool = False
    allow: Many[str] = ()
    regions_at_once: int = Field(1, ge=1)
    max_rate: Rate | None = None
    max_time: Duration | None = None
    hosts: Many[Annotated[str, BeforeValidator(_host)]] = ()
    topics: Many[str] = ()
    abort_if: Many[AbortIf] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment file, read. `parts` holds what only later versions use, as written.

    `safety` is None if the file does not say it, which allows less than an empty one.
    """

    name: str
    path: str
    description: str | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    served_by: ServedBy | None = None
    build: Build | None = None
    rates: dict[str, float] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    principals: dict[str, Principal] = field(default_factory=dict)
    safety: Safety | None = None
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    later: tuple[Later, ...] = ()

    def components_of(self, region: str) -> tuple[str, ...]:
        return tuple(name for name, part in self.components.items() if part.region == region)


class Rates(Model):
    """Load name to this environment's rate."""

    rates: dict[Name, Annotated[Rate, Field(gt=0)]]


SINGLE: dict[str, type[BaseModel]] = {"served_by": ServedBy, "build": Build, "safety": Safety}
NAMED: dict[str, type[BaseModel]] = {"entries": Entry, "principals": Principal}
CONTROLLED: dict[str, type[BaseModel]] = {
    "regions": Region,
    "components": Component,
    "links": Link,
}
KEYS = (
    *("nfrcheck", "name", "description", "include", "entries", "regions", "served_by", "build"),
    *("rates", "links", "components", "buses", "witnesses", "issuers", "principals", "sinks"),
    *("contracts", "vantages", "safety"),
)
Section = Literal["entries", "regions", "links", "components", "principals"]

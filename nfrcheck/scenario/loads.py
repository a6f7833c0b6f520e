"""Loads and their routes: what is sent, how often, and what is expected back."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Tag, WithJsonSchema, model_validator

from nfrcheck.fields import (
    BY_NAME,
    Count,
    Duration,
    File,
    Json,
    Many,
    Model,
    Name,
    Pointer,
    Rate,
    Secret,
    Status,
    one_or_by_name,
    refused,
    written,
)
from nfrcheck.model.units import UnitError, parse_rate, parse_share
from nfrcheck.scenario.values import Values
from nfrcheck.wire.templates import RESERVED, TOKEN, UNPRINTABLE

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
BODIES = ("json", "form", "graphql", "body")
_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_BY_NAME: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
Client = Literal["fresh", "pooled", "dns-cached", "stream"]


def _not_none(clients: tuple[Client, ...]) -> tuple[Client, ...]:
    if not clients:
        raise refused("this key is empty", "such as `[fresh, pooled]`")
    return clients


Clients = Annotated[Many[Client], AfterValidator(_not_none)]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Timeout = Annotated[Duration, Field(gt=0)]


def _readable(path: Path) -> Path:
    try:
        path.read_text("utf-8")
    except OSError as error:
        raise refused(f"the file `{path}` cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise refused(f"the file `{path}` is not UTF-8", "a body is sent as text") from error
    return path


class BodyFile(Model):
    """A body that stands in a file of its own."""

    file: Annotated[File, AfterValidator(_readable)]


Body = Annotated[
    Annotated[str, Tag("text")] | Annotated[BodyFile, Tag(BY_NAME)], one_or_by_name("text")
]


def _header_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise refused(f"`{name}` cannot be the name of a header", "such as `x-tenant`")
    if name.lower() in RESERVED:
        raise refused(f"the header `{name}` is set by nfrcheck itself", "leave it out")
    return name


def _in_one_line(headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
    for name, value in headers.items():
        if isinstance(value, str) and UNPRINTABLE.search(value):
            raise refused(f"the header `{name}` holds a control character", "write it in one line")
    return headers


HeaderName = Annotated[str, AfterValidator(_header_name)]
Headers = Annotated[dict[HeaderName, str | Secret], AfterValidator(_in_one_line)]


def _answered(status: str) -> str:
    if status == "timeout":
        remedy = "such as `2xx`; `exclude` in a target leaves out requests that timed out"
        raise refused("`timeout` is no answer, so none can be expected to be it", remedy)
    return status


Answered = Annotated[
    Status,
    AfterValidator(_answered),
    WithJsonSchema({"type": ["string", "integer"], "examples": [200, "2xx"]}),
]


class Expect(Model):
    """What a good answer is; without it the status decides."""

    status: Many[Answered] = ()
    json_: dict[Pointer, Json] = Field(default_factory=dict, alias="json")
    has: Many[Pointer] = ()
    absent: Many[Pointer] = ()
    header: dict[str, str] = Field(default_factory=dict)
    contract: bool = False


def _path(text: Any) -> Any:
    if isinstance(text, str) and UNPRINTABLE.search(text):
        raise refused("the path holds a control character", "such as `%0A` for a line break")
    if not isinstance(text, str) or text.startswith("/"):
        return text
    if "://" in text:
        remedy = "a scenario holds no address: write the path, and the host in the deployment"
        raise refused(f"`{text}` is an address", remedy)
    raise refused(f"`{text}` is not a path", f"did you mean `/{text}`?")


Path_ = Annotated[str, BeforeValidator(_path)]


class Request(Model):
    """One request: a method with its path, a body, and who sends it."""

    get: Path_ | None = None
    post: Path_ | None = None
    put: Path_ | None = None
    patch: Path_ | None = None
    delete: Path_ | None = None
    head: Path_ | None = None
    options: Path_ | None = None
    json_: Json = Field(None, alias="json")
    form: dict[str, str] | None = None
    graphql: Body | None = None
    body: Body | None = None
    query: dict[str, str] = Field(default_factory=dict)
    headers: Headers = Field(default_factory=dict)
    principal: Name | None = Field(None, alias="as")
    timeout: Timeout | None = None
    expect: Expect | None = None

    @property
    def method(self) -> str:
        """In capitals, as HTTP writes it."""
        return next((name.upper() for name in METHODS if getattr(self, name) is not None), "")

    @property
    def path(self) -> str:
        return str(getattr(self, self.method.lower())) if self.method else ""

    @property
    def has_json(self) -> bool:
        """Whether a JSON body is sent; `json: null` is one."""
        return "json_" in self.model_fields_set

    @model_validator(mode="before")
    @classmethod
    def _one_body(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given.keys() & set(BODIES)) > 1:
            raise refused("a request has one body", "one of `json`, `form`, `graphql`, `body`")
        return given


class Step(Request):
    """A route of a load, or one step of a journey."""

    steps: tuple[dict[Name, "Step"], ...] = ()
    weight: Weight = 1.0
    at_least_rate: Annotated[Rate, Field(gt=0)] | None = None
    idempotency_key: bool = False
    save: dict[str, Pointer] = Field(default_factory=dict)
    needs: Many[Name] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_method(cls, given: Any) -> Any:
        given = one_of(given, (*METHODS, "steps"), "a route", "such as `get: /products/1`")
        if isinstance(given, dict) and given.get("steps") == []:
            raise refused("`steps` is empty", "such as `steps: [{home: {get: /}}]`")
        return given


def one_of(given: Any, keys: tuple[str, ...], what: str, example: str) -> Any:
    """Refuses a mapping that has not exactly one of these keys."""
    if isinstance(given, dict):
        found = [key for key in given if key in keys]
        if not found:
            raise refused(f"{what} is one of {', '.join(f'`{key}`' for key in keys)}", example)
        if len(found) > 1:
            both = " and ".join(f"`{key}`" for key in found)
            raise refused(f"{what} is exactly one thing, here are {both}", "remove one of them")
    return given


@dataclass(frozen=True, slots=True)
class Ramp:
    """From one rate to another, per second, evenly over the phase."""

    low: float
    high: float


def _rate(text: str) -> float | Ramp:
    low, dots, high = text.partition("..")
    return Ramp(parse_rate(low), parse_rate(high)) if dots else parse_rate(text)


def _some(text: str) -> float | Ramp:
    if (rate := _rate(text)) == 0:
        raise UnitError("this key must be greater than 0", "such as `50/s`, or leave the load out")
    return rate


def _rates(value: Any) -> Any:
    read = written(_rate)
    if isinstance(value, list | tuple):
        return tuple(read(entry) for entry in value)
    if isinstance(value, dict):
        return {str(key): read(entry) for key, entry in value.items()}
    return written(_some)(value)


RateOverTime = Annotated[
    float | Ramp | tuple[float | Ramp, ...] | dict[str, float | Ramp],
    BeforeValidator(_rates),
    WithJsonSchema({"anyOf": [{"type": "string"}, _TEXTS, _BY_NAME]}),
]


def _entries(value: Any) -> Any:
    if isinstance(value, str):
        return {str(value): Decimal(1)}
    if isinstance(value, list | tuple):
        return {str(name): Decimal(1) / len(value) for name in value}
    if isinstance(value, dict):
        shares = {str(name): written(parse_share)(share) for name, share in value.items()}
        if all(isinstance(share, Decimal) for share in shares.values()):
            total = sum(shares.values())
            if abs(total - 1) > Decimal("0.000001"):
                raise refused(f"the shares add up to {total * 100:f} %", "they must be 100 %")
        return shares
    return value


# Entry name to its part of the requests.
EntryWeights = Annotated[
    dict[Name, Decimal],
    BeforeValidator(_entries),
    WithJsonSchema({"anyOf": [{"type": "string"}, _TEXTS, _BY_NAME]}),
]


class Load(Model):
    """Traffic at a rate that does not wait for answers; closed only for a `locustfile`."""

    journey: dict[Name, Step] = Field(default_factory=dict)
    locustfile: File | None = None
    users: Count | None = None
    contract: Name | None = None
    entry: EntryWeights = Field(default_factory=dict)
    rate: RateOverTime | None = None
    arrivals: Literal["constant", "poisson"] = "constant"
    timeout: Timeout | None = None
    retries: Count = 0
    client: Client = "pooled"
    principal: Name | None = Field(None, alias="as")
    data: dict[str, Values] = Field(default_factory=dict)
    headers: Headers = Field(default_factory=dict)
    during: Many[str] = ()
    vantage: Name | None = Field(None, alias="from")

    @property
    def per_second(self) -> float | None:
        """The rate if it is one number all the time."""
        return self.rate if isinstance(self.rate, float) else None

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, given: Any) -> Any:
        sources = ("journey", "locustfile", "contract")
        given = one_of(given, sources, "a load", "such as `journey: {home: {get: /}}`")
        if isinstance(given, dict) and "locustfile" not in given and "rate" not in given:
            raise refused("`rate` is missing", "such as `rate: 50/s`")
        if isinstance(given, dict) and given.get("journey") == {}:
            raise refused("`journey` has no route", "such as `journey: {home: {get: /}}`")
        return given

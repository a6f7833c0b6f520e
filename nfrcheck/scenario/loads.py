"""Loads and their routes: what is sent, how often, and what is expected back."""

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from nfrcheck.fields import (
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
    refused,
    written,
)
from nfrcheck.model.units import parse_rate, parse_share

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
BODIES = ("json", "form", "graphql", "body")
MOST_VALUES = 100_000
_RANGE = re.compile(r"(.*)\{([0-9]{1,9})\.\.([0-9]{1,9})\}(.*)")
_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_BY_NAME: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
Client = Literal["fresh", "pooled", "dns-cached", "stream"]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class BodyFile(Model):
    """A body that stands in a file of its own."""

    file: File


Headers = dict[str, str | Secret]


class Expect(Model):
    """What a good answer is; without it the status decides."""

    status: Many[Status] = ()
    json_: dict[Pointer, Json] = Field(default_factory=dict, alias="json")
    has: Many[Pointer] = ()
    absent: Many[Pointer] = ()
    header: dict[str, str] = Field(default_factory=dict)
    contract: bool = False


def _path(text: Any) -> Any:
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
    graphql: str | BodyFile | None = None
    body: str | BodyFile | None = None
    query: dict[str, str] = Field(default_factory=dict)
    headers: Headers = Field(default_factory=dict)
    principal: Name | None = Field(None, alias="as")
    timeout: Duration | None = None
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
    at_least_rate: Rate | None = None
    idempotency_key: bool = False
    save: dict[str, Pointer] = Field(default_factory=dict)
    needs: Many[Name] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_method(cls, given: Any) -> Any:
        return one_of(given, (*METHODS, "steps"), "a route", "such as `get: /products/1`")


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


def _rates(value: Any) -> Any:
    read = written(_rate)
    if isinstance(value, list | tuple):
        return tuple(read(entry) for entry in value)
    if isinstance(value, dict):
        return {str(key): read(entry) for key, entry in value.items()}
    return read(value)


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


def _values(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        return _numbered(value)
    if isinstance(value, dict) and set(value) == {"list"}:
        entries = value["list"]
        return tuple(map(str, entries)) if isinstance(entries, list) else (str(entries),)
    if isinstance(value, dict) and set(value) == {"csv", "column"}:
        folder = (info.context or {}).get("folder") or "."
        return _column(Path(folder) / str(value["csv"]), str(value["column"]))
    if isinstance(value, dict | list):
        raise refused(
            "values are `sku-{1..100}`, `{list: [...]}` or `{csv: file, column: name}`",
            "write a list as `{list: [...]}`",
        )
    return value


def _numbered(text: str) -> tuple[str, ...]:
    match = _RANGE.fullmatch(text)
    if not match:
        remedy = f"did you mean `{{list: [{text}]}}`?"
        raise refused(f"`{text}` has no range such as `{{1..100}}`", remedy)
    before, low, high, after = match.groups()
    if not 0 <= int(high) - int(low) < MOST_VALUES:
        raise refused(f"`{low}..{high}` is not a range of 1 to {MOST_VALUES} values")
    return tuple(f"{before}{number}{after}" for number in range(int(low), int(high) + 1))


def _column(path: Path, column: str) -> tuple[str, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if column not in (rows.fieldnames or ()):
                there = ", ".join(f"`{name}`" for name in rows.fieldnames or ())
                raise refused(f"`{path.name}` has no column `{column}`", f"there is {there}")
            values = tuple(row[column] or "" for row in rows)
    except (OSError, UnicodeError, csv.Error) as error:
        raise refused(f"the file `{path}` cannot be read") from error
    if not 0 < len(values) <= MOST_VALUES:
        raise refused(f"`{path.name}` has {len(values)} values, 1 to {MOST_VALUES} can be used")
    return values


Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_values),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "object"}], "examples": ["sku-{1..100}"]}
    ),
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
    timeout: Duration | None = None
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
        return given

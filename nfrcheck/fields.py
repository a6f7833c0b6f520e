"""The types of YAML keys: what is text in a file becomes a typed value here, or is refused."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, PlainSerializer, WithJsonSchema

from nfrcheck.model.units import (
    Kind,
    Limit,
    Quantity,
    parse,
    parse_count,
    parse_duration,
    parse_factor,
    parse_guard,
    parse_limit,
    parse_rate,
    parse_share,
    parse_size,
)
from nfrcheck.written import (
    File,
    Json,
    Many,
    Model,
    Name,
    Pointer,
    Secret,
    Status,
    Text,
    as_json,
    folder_of,
    literal_secret,
    one_or_list,
    refused,
    text_schema,
    written,
)

__all__ = [
    "AboveDuration",
    "AboveShare",
    "AtMost",
    "Bandwidth",
    "Count",
    "Duration",
    "DurationOrOff",
    "Factor",
    "File",
    "Json",
    "LowerRate",
    "LowerShare",
    "Many",
    "Model",
    "Name",
    "Pointer",
    "Rate",
    "Secret",
    "Share",
    "Size",
    "Status",
    "Text",
    "UpperCount",
    "UpperCountOrShare",
    "UpperDuration",
    "UpperDurationOrShare",
    "UpperFactor",
    "UpperShare",
    "as_json",
    "folder_of",
    "literal_secret",
    "one_or_list",
    "refused",
    "text_schema",
    "written",
]


def _limit(direction: Literal["upper", "lower"], *kinds: Kind) -> Any:
    def read(text: str) -> Limit:
        return parse_limit(text, direction, *kinds)

    return BeforeValidator(written(read))


def _plain(value: float | Decimal, unit: str) -> str:
    return f"{Decimal(repr(value)) if isinstance(value, float) else Decimal(value):f}{unit}"


def _seconds_text(value: float) -> str:
    return _plain(value, " s")


def _share_text(value: Decimal) -> str:
    return _plain(value * 100, " %")


def _rate_text(value: float) -> str:
    return _plain(value, "/s")


def _size_text(value: int) -> str:
    return _plain(value, " B")


def _factor_text(value: float) -> str:
    return _plain(value, "x")


def _as_text(reader: Callable[[Any], str]) -> PlainSerializer:
    return PlainSerializer(reader, return_type=str, when_used="json")


Duration = Annotated[
    float,
    BeforeValidator(written(parse_duration)),
    _as_text(_seconds_text),
    text_schema("a duration: ms, s, min, h, d", "200 ms", "10 s", "5 min"),
]
Share = Annotated[
    Decimal,
    BeforeValidator(written(parse_share)),
    _as_text(_share_text),
    text_schema("a share", "99.99 %"),
]
Rate = Annotated[
    float,
    BeforeValidator(written(parse_rate)),
    _as_text(_rate_text),
    text_schema("a rate: /s, /min, /h, /day, /year", "150/s", "2/year"),
]
Count = Annotated[
    int,
    BeforeValidator(written(parse_count)),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["100", "0 events"]}),
]
Size = Annotated[
    int,
    BeforeValidator(written(parse_size)),
    _as_text(_size_text),
    text_schema("a size: B, kB, MB, GB, KiB, MiB, GiB", "4 KiB"),
]
Factor = Annotated[
    float,
    BeforeValidator(written(parse_factor)),
    _as_text(_factor_text),
    text_schema("a factor", "2x"),
]
Bandwidth = Annotated[
    float,
    BeforeValidator(written(lambda text: float(parse(text, "bandwidth").value))),
    PlainSerializer(lambda value: _plain(value, " B/s"), return_type=str, when_used="json"),
    text_schema("bytes a second", "10 MB/s"),
]

_LIMIT_TEXT = _as_text(str)
UpperDuration = Annotated[
    Limit, _limit("upper", "duration"), _LIMIT_TEXT, text_schema("upper limit", "< 200 ms")
]
UpperCount = Annotated[
    Limit, _limit("upper", "count"), _LIMIT_TEXT, text_schema("upper limit", "<= 0")
]
UpperShare = Annotated[
    Limit, _limit("upper", "share"), _LIMIT_TEXT, text_schema("upper limit", "<= 5 %")
]
UpperFactor = Annotated[
    Limit, _limit("upper", "factor"), _LIMIT_TEXT, text_schema("upper limit", "<= 1.5x")
]
UpperCountOrShare = Annotated[
    Limit, _limit("upper", "count", "share"), _LIMIT_TEXT, text_schema("upper limit", "<= 0")
]
UpperDurationOrShare = Annotated[
    Limit,
    _limit("upper", "duration", "share"),
    _LIMIT_TEXT,
    text_schema("upper limit", "<= 20 ms", "<= 10 %"),
]
LowerShare = Annotated[
    Limit,
    _limit("lower", "share"),
    _LIMIT_TEXT,
    text_schema("lower limit or range", "at least 40 %", "40 % .. 60 %"),
]
LowerRate = Annotated[
    Limit, _limit("lower", "rate"), _LIMIT_TEXT, text_schema("lower limit", "at least 100/s")
]


def _at_most(text: str) -> Limit:
    quantity = parse(text, "duration", "count")
    return Limit("<=", quantity.value, quantity.kind, f"<= {quantity.text}")


def _at_most_text(limit: Limit) -> str:
    return limit.text.removeprefix("<= ")


# `at_most` has its direction in its name: `0 events` or `2 s`, plain.
AtMost = Annotated[
    Limit,
    BeforeValidator(written(_at_most)),
    _as_text(_at_most_text),
    text_schema("a duration or a count", "0 events", "2 s"),
]


def _guard_text(quantity: Quantity) -> str:
    return f"above {quantity.text}"


def _guard(kind: Kind, example: str) -> Any:
    return BeforeValidator(written(lambda text: parse_guard(text, kind, example)))


AboveShare = Annotated[
    Quantity, _guard("share", "40 %"), _as_text(_guard_text), text_schema("a guard", "above 40 %")
]
AboveDuration = Annotated[
    Quantity, _guard("duration", "2 s"), _as_text(_guard_text), text_schema("a guard", "above 2 s")
]


def _off(value: Any) -> Any:
    return None if value == "off" else written(parse_duration)(value)


# `longest_outage: off` is None; left out, it is its default.
DurationOrOff = Annotated[
    float | None,
    BeforeValidator(_off),
    PlainSerializer(
        lambda value: "off" if value is None else _seconds_text(value),
        return_type=str,
        when_used="json",
    ),
    text_schema("a duration, or off", "1 s", "off"),
]

BY_NAME = "by-name"


def one_or_by_name(key: str) -> Discriminator:
    """Tells one value, tagged as its key, from a mapping by name before either is read.

    So an error is about the one that was meant, and each is written as what it is.
    """
    return Discriminator(lambda value: BY_NAME if isinstance(value, Mapping) else key)

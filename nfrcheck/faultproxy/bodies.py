"""JSON bodies as Toxiproxy reads and writes them.

The first value counts, names are compared without case, null changes nothing, unknown fields are
let be, and a number that must be whole is.
"""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from nfrcheck.faultproxy.refusals import Refused, bad_body

_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
_WHOLE_MAX = 2**63
_WORDS = ("true", "false", "null", "-")


class _Number(str):
    """A number as it was written: whether it is whole is for the field to say."""

    __slots__ = ()


class Field(NamedTuple):
    """`kind` is its type in messages; `owner` is whose field it is."""

    kind: str
    owner: str = ""


Fields = Mapping[str, Field]
Values = dict[str, Any]


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_no_number)


def first_value(body: bytes) -> Any:
    """The first JSON value of the body; what follows it is not looked at, as in the original."""
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        raise bad_body("EOF")
    try:
        return _DECODER.raw_decode(text)[0]
    except json.JSONDecodeError as error:
        raise _syntax(text, error) from None
    except (ValueError, RecursionError):
        raise bad_body("invalid or too deeply nested value") from None


def _syntax(text: str, error: json.JSONDecodeError) -> Refused:
    at = min(error.pos, len(text))
    rest = text[at:].strip()
    if "Unterminated" in error.msg or any(word.startswith(rest) for word in _WORDS):
        return bad_body("unexpected EOF")
    return bad_body(f"invalid character {text[at]!r} looking for beginning of value")


def read_object(found: Any, fields: Fields, whole: str) -> Values:
    """The fields that are there and not null; `whole` is what messages call the object."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise bad_body(f"json: cannot unmarshal {_word(found)} into Go value of type {whole}")
    names = {name.lower(): name for name in fields}
    read = {}
    for written, value in found.items():
        name = names.get(written.lower())
        if name is not None and value is not None:
            read[name] = _read(value, name, fields[name])
    return read


def _read(value: Any, name: str, field: Field) -> Any:
    read = {"string": _text, "bool": _flag, "float32": _single, "seconds": _seconds}
    found = read.get(field.kind, _other)(value, field)
    if found is None:
        written = f" {value}" if isinstance(value, _Number) and _is_numeric(field) else ""
        raise bad_body(
            f"json: cannot unmarshal {_word(value)}{written} into Go struct field"
            f" {field.owner}.{name} of type {field.kind}"
        )
    return found


def _is_numeric(field: Field) -> bool:
    return field.kind in {"int64", "int", "float32", "seconds"}


def _text(value: Any, _field: Field) -> str | None:
    if not isinstance(value, str) or isinstance(value, _Number):
        return None
    # A half of a surrogate pair is no character: it could not be written out again.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _flag(value: Any, _field: Field) -> bool | None:
    return value if isinstance(value, bool) else None


def _single(value: Any, _field: Field) -> float | None:
    if not isinstance(value, _Number):
        return None
    try:
        [single] = struct.unpack("f", struct.pack("f", float(value)))
    except OverflowError:
        return None
    return float(single) if math.isfinite(single) else None


def _seconds(value: Any, _field: Field) -> float | None:
    if not isinstance(value, _Number):
        return None
    seconds = float(value)
    return seconds if math.isfinite(seconds) else None


def _other(value: Any, field: Field) -> Any:
    """An object for later, or a whole number of 64 bits."""
    if field.kind not in {"int64", "int"}:
        return value if isinstance(value, dict) else None
    if not isinstance(value, _Number) or not value.lstrip("-").isdigit() or len(value) > 20:
        return None
    number = int(value)
    return number if -_WHOLE_MAX <= number < _WHOLE_MAX else None


def _word(value: Any) -> str:
    if isinstance(value, _Number):
        return "number"
    words = {bool: "bool", str: "string", list: "array", dict: "object"}
    return words.get(type(value), "null")


def write(value: Any) -> bytes:
    """Compact, and safe inside a page of HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPED).encode()


def shortest(value: float) -> float | int:
    """The number of fewest digits that is the same in 32 bits: 0.1, not 0.10000000149."""
    if value.is_integer() and abs(value) < 1e15:
        return int(value)
    for digits in range(1, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", value):
            return short
    return value

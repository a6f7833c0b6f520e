"""The expressions of the language: quantities with their unit, limits with their direction."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from nfrcheck.model.show import (
    show_count,
    show_duration,
    show_factor,
    show_rate,
    show_share,
    show_size,
)
from nfrcheck.model.slips import intended, intended_comparison

__all__ = [
    "UNITS",
    "Kind",
    "Limit",
    "Number",
    "Quantity",
    "UnitError",
    "parse",
    "parse_count",
    "parse_duration",
    "parse_factor",
    "parse_guard",
    "parse_limit",
    "parse_rate",
    "parse_share",
    "parse_size",
    "show_count",
    "show_duration",
    "show_factor",
    "show_rate",
    "show_share",
    "show_size",
]

Kind = Literal["duration", "share", "rate", "count", "size", "factor", "bandwidth"]
Op = Literal["<", "<=", "at least", ".."]
Number = float | int | Decimal

_SIZES = {
    "B": Decimal(1),
    "kB": Decimal(10**3),
    "MB": Decimal(10**6),
    "GB": Decimal(10**9),
    "KiB": Decimal(2**10),
    "MiB": Decimal(2**20),
    "GiB": Decimal(2**30),
}
_COUNTED = ("event", "write", "request", "call", "attempt", "finding", "client")
# What one of each unit is worth in seconds, parts of one, per second, pieces, bytes, times.
UNITS: dict[Kind, dict[str, Decimal]] = {
    "duration": {
        "ms": Decimal("0.001"),
        "s": Decimal(1),
        "min": Decimal(60),
        "h": Decimal(3600),
        "d": Decimal(86400),
    },
    "share": {"%": Decimal("0.01")},
    "rate": {
        "/s": Decimal(1),
        "/min": 1 / Decimal(60),
        "/h": 1 / Decimal(3600),
        "/day": 1 / Decimal(86400),
        "/year": 1 / Decimal(31_557_600),  # 365.25 days
    },
    "count": {"": Decimal(1)}
    | dict.fromkeys((f"{word}s" for word in _COUNTED), Decimal(1))
    | dict.fromkeys(_COUNTED, Decimal(1)),
    "size": _SIZES,
    "factor": {"x": Decimal(1)},
    "bandwidth": {f"{unit}/s": worth for unit, worth in _SIZES.items()},
}
_EXAMPLES: dict[Kind, str] = {
    "duration": "10 s",
    "share": "99.9 %",
    "rate": "50/s",
    "count": "10",
    "size": "4 KiB",
    "factor": "2x",
    "bandwidth": "10 MB/s",
}
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(.*)", re.DOTALL)
_COMPARISON = re.compile(r"(<=|<|>=|at\s+least(?=\s))\s*(.*)", re.DOTALL)
_OPS: dict[str, Op] = {"<": "<", "<=": "<=", ">=": "at least", "at least": "at least"}
_LONGEST_TEXT = 60  # characters; longer than any quantity that means something


class UnitError(ValueError):
    """An expression that the language does not have; `remedy` is what to write instead."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Quantity:
    """Seconds (float), parts of one (Decimal), per second (float), pieces or bytes (int), times."""

    value: Number
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit with its direction. `<` counts the limit itself as a violation, `<=` does not."""

    op: Op
    value: Number
    kind: Kind
    text: str
    high: Number | None = None

    def violated_by(self, measured: Number) -> bool:
        """Whether the measured value, in the unit of `value`, breaks the limit.

        Raises ValueError for NaN: nothing measured is neither kept nor broken.
        """
        if math.isnan(measured):
            raise ValueError("nothing was measured")
        if self.op == "<":
            return measured >= self.value
        if self.op == "<=":
            return measured > self.value
        if self.high is not None and measured > self.high:
            return True
        return measured < self.value

    @property
    def upper(self) -> bool:
        return self.op in {"<", "<="}

    def __str__(self) -> str:
        return self.text


def parse(text: str, *kinds: Kind) -> Quantity:
    """The quantity that `text` is, of one of the given kinds."""
    text = text.strip()
    if len(text) <= _LONGEST_TEXT and (match := _NUMBER.fullmatch(text)):
        number, unit = match.groups()
        for kind in kinds:
            if unit in UNITS[kind] and not (kind == "count" and "." in number):
                return _quantity(number, unit, kind)
    raise _refusal(text, kinds)


def _quantity(number: str, unit: str, kind: Kind) -> Quantity:
    exact = Decimal(number) * UNITS[kind][unit]
    value: Number
    if kind == "share":
        value = exact
    elif kind in {"count", "size"}:
        value = int(exact)
    else:
        value = float(exact)
    tight = unit == "" or kind in {"rate", "factor"}
    return Quantity(value, kind, f"{number}{unit}" if tight else f"{number} {unit}")


def _refusal(text: str, kinds: tuple[Kind, ...]) -> UnitError:
    wanted = " or ".join(f"a {kind}" for kind in kinds)
    example = f"such as `{_EXAMPLES[kinds[0]]}`"
    if not text:
        return UnitError(f"empty: this key takes {wanted}", example)
    if len(text) > _LONGEST_TEXT:
        return UnitError(f"too long: this key takes {wanted}", example)
    if plain := _without_direction(text, kinds):
        return UnitError(
            "this key says its direction itself and takes a plain quantity", f"write `{plain}`"
        )
    for kind in kinds:
        if (meant := intended(text, kind)) and (good := _readable(meant, kind)):
            unitless = re.fullmatch(r"[0-9.]+", text) and kind != "count"
            problem = f"`{text}` has no unit" if unitless else f"`{text}` is not {wanted}"
            return UnitError(problem, f"did you mean `{good}`?")
    for kind in UNITS:
        if kind not in kinds and _readable(text, kind):
            return UnitError(f"`{text}` is a {kind}, this key takes {wanted}", example)
    return UnitError(f"`{text}` is not {wanted}", example)


def _readable(text: str, kind: Kind) -> str | None:
    match = _NUMBER.fullmatch(text)
    if not match or match[2] not in UNITS[kind] or (kind == "count" and "." in match[1]):
        return None
    return _quantity(match[1], match[2], kind).text


def _without_direction(text: str, kinds: tuple[Kind, ...]) -> str | None:
    match = _COMPARISON.fullmatch(text)
    rest = match[2] if match else text.partition("..")[0].strip() if ".." in text else ""
    return next((good for kind in kinds if (good := _readable(rest, kind))), None)


def parse_duration(text: str) -> float:
    """Seconds."""
    return float(parse(text, "duration").value)


def parse_share(text: str) -> Decimal:
    """Part of one, exact; more than everything is refused."""
    share = parse(text, "share")
    if share.value > 1:
        raise UnitError(f"`{share.text}` is more than everything", "at most `100 %`")
    assert isinstance(share.value, Decimal)
    return share.value


def parse_rate(text: str) -> float:
    """Per second."""
    return float(parse(text, "rate").value)


def parse_count(text: str) -> int:
    return int(parse(text, "count").value)


def parse_size(text: str) -> int:
    """Bytes."""
    return int(parse(text, "size").value)


def parse_factor(text: str) -> float:
    return float(parse(text, "factor").value)


def parse_guard(text: str, kind: Kind, example: str) -> Quantity:
    """What stands after `above`; the example is what an error suggests if nothing is nearer."""
    word, _, rest = text.strip().partition(" ")
    try:
        quantity = parse(rest if word == "above" else text.lstrip("<>= "), kind)
    except UnitError as error:
        near, meant, good = (error.remedy or "").partition("did you mean `")
        remedy = f"{near}{meant}above {good}" if meant else f"such as `above {example}`"
        raise UnitError(error.message, remedy) from error
    if word != "above":
        raise UnitError(f"`{text}` is a guard without its `above`", f"`above {quantity.text}`")
    return quantity


def parse_limit(text: str, direction: Literal["upper", "lower"], *kinds: Kind) -> Limit:
    """An upper limit (`<`, `<=`) or a lower one (`at least`, or a range `low .. high`)."""
    text = text.strip()
    if meant := intended_comparison(text):
        limit = parse_limit(meant, direction, *kinds)
        raise UnitError(f"`{text}` is not a limit", f"did you mean `{limit.text}`?")
    low, dots, high = text.partition("..")
    if dots and direction == "lower":
        return _between(parse(low, *kinds), parse(high, *kinds))
    match = _COMPARISON.fullmatch(text)
    op = _OPS[" ".join(match[1].split())] if match else "<"
    if not match or (op != "at least") != (direction == "upper"):
        raise _direction_refused(match[2] if match else high if dots else text, direction, kinds)
    quantity = _compared(op, match[2], kinds)
    if direction == "lower" and quantity.kind == "share" and quantity.value > 1:
        raise UnitError(f"`{quantity.text}` is more than everything", "at most `100 %`")
    return Limit(op, quantity.value, quantity.kind, f"{op} {quantity.text}")


def _compared(op: str, text: str, kinds: tuple[Kind, ...]) -> Quantity:
    try:
        return parse(text, *kinds)
    except UnitError as error:
        remedy = re.sub(r"^(did you mean|such as) `", rf"\g<0>{op} ", error.remedy or "")
        raise UnitError(error.message, remedy) from error


def _between(low: Quantity, high: Quantity) -> Limit:
    if low.kind != high.kind:
        raise UnitError(f"`{low.text}` and `{high.text}` cannot be compared")
    if low.value > high.value:
        turned = f"{high.text} .. {low.text}"
        raise UnitError("a range goes from the lower to the higher value", f"`{turned}`")
    return Limit("..", low.value, low.kind, f"{low.text} .. {high.text}", high.value)


def _direction_refused(text: str, direction: str, kinds: tuple[Kind, ...]) -> UnitError:
    quantity = parse(text, *kinds)  # says first what is wrong with the quantity itself
    if direction == "lower":
        wanted = f"at least {quantity.text}"
    elif quantity.kind == "count":
        wanted = f"<= {quantity.text}"
    else:
        wanted = f"< {quantity.text}"
    article = "an" if direction == "upper" else "a"
    return UnitError(
        f"a limit says its direction, this key is {article} {direction} limit", f"`{wanted}`"
    )

"""Quantities as people read them."""

import math
from decimal import ROUND_HALF_EVEN, Decimal

NOTHING = "\N{EN DASH}"
_MOST_DIGITS = 12


def show_duration(seconds: float | None) -> str:
    """`163 ms`, `11.4 s`, `41 min 03 s`; what never ended is `never`."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    if math.isinf(seconds):
        return "never"
    if seconds < 0:
        return f"-{show_duration(-seconds)}"
    if seconds < 0.9995:
        return f"{_three_digits(seconds * 1000, most=2)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return _long(round(seconds))


def _long(seconds: int) -> str:
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24:02d} h"


def show_share(share: float | Decimal | None, limit: float | Decimal | None = None) -> str:
    """`99.994 %`: two digits of the smaller part, and as many as tell it from its limit."""
    if share is None or math.isnan(share):
        return NOTHING
    exact = _exact(share)
    smaller = min(abs(exact), abs(1 - exact))
    digits = max(2, 1 - (smaller * 100).adjusted()) if smaller else 0
    bound = None if limit is None else _exact(limit)
    while bound is not None and digits < _MOST_DIGITS:
        shown = _rounded(exact, digits) / 100
        if (shown < bound) == (exact < bound) and (shown > bound) == (exact > bound):
            break
        digits += 1
    text = f"{_rounded(exact, min(digits, _MOST_DIGITS)):f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def _exact(share: float | Decimal) -> Decimal:
    return share if isinstance(share, Decimal) else Decimal(repr(float(share)))


def _rounded(share: Decimal, digits: int) -> Decimal:
    return (share * 100).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def show_count(count: float | None) -> str:
    """`1,148,212`."""
    if count is None or math.isnan(count):
        return NOTHING
    return "without end" if math.isinf(count) else f"{round(count):,}"


def show_rate(per_second: float | None) -> str:
    """`150/s`, `1,600/s`; what happens less than once a second in a longer unit."""
    if per_second is None or math.isnan(per_second):
        return NOTHING
    if per_second == 0:
        return "0/s"
    longer = (("s", 1), ("min", 60), ("h", 3600), ("day", 86400), ("year", 31_557_600))
    for unit, seconds in longer:
        value = per_second * seconds
        if value >= 0.9995 or unit == "year":
            break
    return f"{_three_digits(value)}/{unit}"


def show_size(size: float | None) -> str:
    """`112 kB`, decimal units."""
    if size is None or math.isnan(size):
        return NOTHING
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{_three_digits(value)} {unit}"


def show_factor(factor: float | None) -> str:
    """`2.5x`."""
    return NOTHING if factor is None or math.isnan(factor) else f"{_three_digits(factor)}x"


def _three_digits(value: float, most: int = 3) -> str:
    """At most so many digits that are not zeros, but every digit before the point."""
    for decimals in (2, 1):
        if 0 < value < 10 ** (most - decimals) * 0.9995:
            return f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return f"{value:,.0f}"

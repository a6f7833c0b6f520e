"""Numbers and times as a reader expects them: with unit, never closer to a limit than they are."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NOTHING = "\N{EN DASH}"
"""Shown for a value that does not exist; never 0."""
TO = " \N{EN DASH} "

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """How all figures of one row are written: one factor, one unit, one number of decimals."""

    factor: float
    decimals: int
    unit: str

    def number(self, value: float) -> str:
        shown = round(value * self.factor, self.decimals)
        if self.unit == "%" and 0 < value < 1:
            step = 10.0**-self.decimals
            shown = min(max(shown, step), 100 - step)
        return trimmed(shown, self.decimals)

    def floor(self, value: float) -> str:
        power = 10**self.decimals
        return trimmed(math.floor(value * self.factor * power + 1e-9) / power, self.decimals)

    def ceil(self, value: float) -> str:
        power = 10**self.decimals
        return trimmed(math.ceil(value * self.factor * power - 1e-9) / power, self.decimals)

    def with_unit(self, text: str) -> str:
        unit = self.unit[:-1] if text == "1" and self.unit.endswith("s") else self.unit
        if len(self.unit) <= 1 or self.unit.startswith("m"):
            unit = self.unit
        gap = "" if unit.startswith("/") or not unit else " "
        return f"{text}{gap}{unit}"


def trimmed(value: float, decimals: int) -> str:
    """`1,148,212`, `99.994`; a whole 0 or 100 loses its decimals."""
    if decimals and value in {0, 100}:
        decimals = 0
    return f"{value:,.{decimals}f}"


def scale(
    unit: str,
    measured: float | None,
    limit: float | None = None,
    interval: Iterable[float | None] = (),
) -> Scale:
    """The scale of one row; the measured value decides, else the interval, else the limit.

    A zero decides nothing: "0 to 139 ms" must not become "0 to 1 s".
    """
    known = [v for v in (measured, *interval, limit) if v is not None and math.isfinite(v)]
    lead = next((value for value in known if value), 0.0)
    if unit == "share":
        near = [end for end in interval if end and end < 1 and end != limit]
        chosen = _closer(Scale(100.0, _share_decimals(known), "%"), near, limit)
    elif unit == "s":
        milli = max(abs(lead), abs(limit or 0.0)) < 1 or (0 < abs(lead) < 1)
        factor, name = (1000.0, "ms") if milli else (1.0, "s")
        chosen = Scale(factor, _three_digits(lead * factor), name)
    else:
        whole = all(float(v).is_integer() for v in known)
        chosen = Scale(1.0, 0 if whole else _three_digits(lead), unit)
    return _apart(chosen, measured, limit)


def _share_decimals(values: list[float]) -> int:
    """As many as show the first digit of what is missing to 100 %, or of a small share."""
    gaps = [min(v, 1 - v) * 100 for v in values[:1] + values[-1:] if 0 < v < 1]
    smallest = min(gaps, default=50.0)
    least = 2 if smallest < 10 else 1
    if smallest <= 0:
        return least
    return min(_MOST_DECIMALS, max(least, -math.floor(math.log10(smallest) + 1e-9)))


def _three_digits(value: float) -> int:
    if value == 0:
        return 0
    return min(_MOST_DECIMALS, max(0, 2 - math.floor(math.log10(abs(value)))))


def _apart(chosen: Scale, measured: float | None, limit: float | None) -> Scale:
    """A value that is not the limit must not be printed as if it were."""
    if measured is None or limit is None or measured == limit or not math.isfinite(limit):
        return chosen
    while chosen.decimals < _MOST_DECIMALS and chosen.number(measured) == chosen.number(limit):
        chosen = Scale(chosen.factor, chosen.decimals + 1, chosen.unit)
    return chosen


def _closer(chosen: Scale, ends: Iterable[float], limit: float | None) -> Scale:
    """An end close to the limit is not rounded away from it by more than it is off."""
    off = min((abs(end - limit) * chosen.factor for end in ends), default=1.0) if limit else 1.0
    while chosen.decimals < _MOST_DECIMALS and off < 10.0**-chosen.decimals:
        chosen = Scale(chosen.factor, chosen.decimals + 1, chosen.unit)
    return chosen


def interval_text(chosen: Scale, interval: list[float | None] | None) -> str:
    """Ends are rounded outwards; an end that does not exist is said in words."""
    low, high = interval or (None, None)
    if low is None and high is None:
        return ""
    if low is None or high is None:
        end = f"at most {chosen.ceil(high)}" if high is not None else ""
        return chosen.with_unit(end or f"at least {chosen.floor(low or 0.0)}")
    return chosen.with_unit(f"{chosen.floor(low)}{TO}{chosen.ceil(high)}")


def limit_text(text: str) -> str:
    """A limit as it was written, with the signs of print."""
    for written, shown in (("at least ", "≥ "), ("at most ", "≤ "), (">=", "≥"), ("<=", "≤")):
        text = text.replace(written, shown)
    return text


def count(number: float | None, one: str = "", many: str = "") -> str:
    if number is None:
        return NOTHING
    shown = f"{number:,.0f}"
    noun = one if number == 1 else (many or f"{one}s")
    return f"{shown} {noun}" if one else shown


def duration(seconds: float | None) -> str:
    """`163 ms`, `4.2 s`, `3 min 28 s`, `1 h 02 min`."""
    if seconds is None:
        return NOTHING
    if 0 < abs(seconds) < 0.001:
        return "< 1 ms"
    if 0 < abs(seconds) < 1:
        return scale("s", seconds).with_unit(scale("s", seconds).number(seconds))
    if seconds < 120:
        shown = f"{seconds:.1f}"
        return f"{shown.removesuffix('.0')} s"
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s"


def at(seconds: float | None) -> str:
    """A moment of the run: `02:41.3`."""
    if seconds is None:
        return NOTHING
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    ahead = f"{hours}:" if hours else ""
    return f"{ahead}{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def joined(parts: Iterable[str]) -> str:
    """Sentences one after another; what is followed by another one ends as a sentence does."""
    said = [part for part in parts if part]
    ended = [part if part.endswith((".", "?", "!")) else f"{part}." for part in said[:-1]]
    return " ".join([*ended, *said[-1:]])


def size(number: float) -> str:
    for factor, unit in _SIZES:
        if number >= factor:
            shown = number / factor
            return f"{shown:.0f} {unit}" if shown >= 10 else f"{shown:.1f} {unit}"
    return count(number, "byte")


def moment(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def day(when: datetime) -> str:
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def span(started_at: str, seconds: float) -> str:
    """`Sun 22 Nov 2026, 02:00 to 02:41`, in print; what cannot be read is shown as it stands."""
    start = moment(started_at)
    if start is None:
        return started_at
    end = start + timedelta(seconds=seconds)
    return f"{_DAYS[start.weekday()]} {day(start)}, {start:%H:%M}{TO}{end:%H:%M} UTC"


def clock(started_at: str, seconds: float) -> str:
    start = moment(started_at)
    return f"{start + timedelta(seconds=seconds):%H:%M:%S}" if start else at(seconds)


def where(places: Mapping[str, Any]) -> str:
    return " · ".join(f"{key} {value}" for key, value in places.items())


_SHARES = {"cpu", "waiting", "share", "ratio", "late"}
_UNITS = {"ms": 0.001, "s": 1.0}


def figure(name: str, value: float | None) -> str:
    """One figure of an instrument: its name holds its unit, `lag_p99_ms_max`."""
    parts = name.split("_")
    shown = " ".join(part for part in parts if part not in _UNITS)
    if value is None:
        return f"{shown} {NOTHING}"
    for unit, factor in _UNITS.items():
        if unit in parts:
            return f"{shown} {duration(value * factor)}"
    if 0 <= value <= 1 and _SHARES & set(parts):
        return f"{shown} {_two_digits(value * 100)} %"
    return f"{shown} {trimmed(value, 0 if float(value).is_integer() else _three_digits(value))}"


def _two_digits(value: float) -> str:
    decimals = 0 if value == 0 else max(0, 1 - math.floor(math.log10(value)))
    return trimmed(value, min(decimals, _MOST_DECIMALS))

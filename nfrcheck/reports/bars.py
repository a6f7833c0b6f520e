"""Positions of the small pictures without axes: target bar with whisker, verdict segments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 180.0
_LEFT, _RIGHT, _MIDDLE = 4.0, 176.0, 13.0
_SEGMENTS = 560.0
_GAP = 2.0
_FURTHEST = 6.0
"""A bar ends at this many times the limit; what lies beyond gets an arrow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """SVG attributes, ready to print."""

    zone_x: str
    zone_width: str
    target: str
    """Path of the tick at the limit, or of both for a range."""
    whisker: str
    point: str
    """Empty where the measured value lies outside the picture."""
    arrow: str
    """Path of an arrow where something lies outside the picture; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    css: str
    x: str
    width: str


def bar(
    limit: dict[str, Any] | None, measured: float | None, interval: Sequence[float | None] | None
) -> Bar | None:
    """None where there is nothing to draw: no limit or nothing measured."""
    if not limit or measured is None or limit.get("value") is None:
        return None
    low, high = (*(interval or ()), None, None)[:2]
    start, end = _domain(limit, [v for v in (measured, low, high) if v is not None])
    line = _Line(start, end)
    value, top, lower = limit["value"], limit.get("high"), bool(limit.get("lower"))
    good = (value, top) if top is not None else (value, end) if lower else (start, value)
    ticks = (value,) if top is None else (value, top)
    return Bar(
        zone_x=_text(line.x(good[0])),
        zone_width=_text(max(0.0, line.x(good[1]) - line.x(good[0]))),
        target="".join(f"M{_text(line.x(tick))} 3v20" for tick in ticks),
        whisker=_whisker(line, low, high) if interval else "",
        point=_text(line.x(measured)) if start <= measured <= end else "",
        arrow=line.arrow([v for v in (measured, low, high) if v is not None]),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    start: float
    end: float

    def x(self, value: float) -> float:
        share = (value - self.start) / (self.end - self.start)
        return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share))

    def arrow(self, values: list[float]) -> str:
        path = ""
        if min(values) < self.start:
            path += f"M{_LEFT + 6:g} {_MIDDLE - 5:g}l-7 5 7 5z"
        if max(values) > self.end:
            path += f"M{_RIGHT - 6:g} {_MIDDLE - 5:g}l7 5-7 5z"
        return path


def _domain(limit: dict[str, Any], seen: list[float]) -> tuple[float, float]:
    value, top = limit["value"], limit.get("high")
    if limit.get("lower") and top is None and 0 < value < 1:
        # A share: what is missing to 100 % is the scale, so that 99.99 % can be told from 99.9 %.
        missing = 1 - value
        lowest = max(1 - _FURTHEST * missing, min(1 - 2 * missing, *seen))
        return max(0.0, lowest), 1.0
    reach = abs(top if top is not None else value)
    longest = max((v for v in seen if math.isfinite(v)), default=reach)
    if reach == 0:
        return 0.0, max(1.0, longest)
    return 0.0, min(_FURTHEST * reach, max(1.5 * reach, 1.08 * longest))


def _whisker(line: _Line, low: float | None, high: float | None) -> str:
    left = line.x(low) if low is not None else _LEFT
    right = line.x(high) if high is not None else _RIGHT
    path = f"M{_text(left)} {_MIDDLE:g}H{_text(right)}"
    for known, x in ((low, left), (high, right)):
        if known is not None:
            path += f"M{_text(x)} {_MIDDLE - 4:g}v8"
    return path


def segments(counts: Sequence[tuple[str, int]]) -> tuple[Segment, ...]:
    """One piece per outcome, in the given order, with gaps; each is wide enough to be seen."""
    shown = [(css, number) for css, number in counts if number]
    room = _SEGMENTS - _GAP * max(0, len(shown) - 1)
    total = sum(number for _, number in shown)
    widths = [max(8.0, room * number / total) for _, number in shown]
    shrink = room / sum(widths) if widths else 1.0
    pieces, x = [], 0.0
    for (css, _), width in zip(shown, widths, strict=True):
        pieces.append(Segment(css=css, x=_text(x), width=_text(width * shrink)))
        x += width * shrink + _GAP
    return tuple(pieces)


def filled(share: float, width: float = 120.0) -> str:
    """The width of a budget bar; more than all of it is all of it."""
    return _text(width * min(1.0, max(0.0, share)))


def _text(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

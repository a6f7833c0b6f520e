"""Pieces of Vega-Lite specifications, and the drawing of one to SVG."""

import html
import importlib
import math
import re
from collections.abc import Sequence
from typing import Any

Spec = dict[str, Any]

COLOURS = 6
"""Regions beyond these share the last colour; their names stand beside their lines."""
_FONT = "system-ui, sans-serif"


def svg(spec: Spec) -> str | None:
    """None without vl-convert. The same specification gives the same text, whatever ran before."""
    try:
        engine = importlib.import_module("vl_convert")
    except ImportError:
        return None
    drawn: str = engine.vegalite_to_svg(spec, allowed_base_urls=[])
    label = html.escape(str(spec.get("description", "")))
    drawn = drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return _shortened(_renumbered(drawn))


def _renumbered(drawn: str) -> str:
    """Vega counts its clip paths through the life of the process; here they start at 0."""
    numbers: dict[str, int] = {}
    for found in re.finditer(r'id="(clip\d+)"', drawn):
        numbers.setdefault(found.group(1), len(numbers))
    return re.sub(
        r'(id="|url\(#)(clip\d+)', lambda m: f"{m.group(1)}tl{numbers[m.group(2)]}", drawn
    )


def _shortened(drawn: str) -> str:
    """A tenth of a pixel is enough for a path, and half the size."""
    return re.sub(
        r'(?<= d=")[^"]*(?=")', lambda path: re.sub(r"(\.\d)\d+", r"\1", path.group()), drawn
    )


def config() -> Spec:
    """No ARIA inside: the picture has one label, and its numbers stand in a table beside it."""
    return {
        "aria": False,
        "view": {"stroke": None},
        "text": {"font": _FONT, "fontSize": 12, "fill": "var(--fg)", "baseline": "middle"},
        "axis": {
            "labelFont": _FONT,
            "labelFontSize": 12,
            "labelColor": "var(--axis)",
            "labelPadding": 6,
            "gridColor": "var(--grid)",
            "domain": False,
            "ticks": False,
            "title": None,
        },
    }


def colour(number: int) -> str:
    return f"var(--c{min(number, COLOURS - 1) + 1})"


def layer(rows: Sequence[Spec], mark: Spec, **encoding: Spec) -> Spec:
    return {
        "data": {"values": list(rows)},
        "mark": mark | {"aria": False},
        "encoding": encoding,
    }


def field(name: str) -> Spec:
    return {"field": name, "type": "quantitative"}


def raw(name: str) -> Spec:
    """A colour or a text that stands in the rows as it is."""
    return {"field": name, "type": "nominal", "scale": None, "legend": None}


def said(name: str) -> Spec:
    return {"field": name, "type": "nominal"}


def heading(name: str, unit: str) -> list[Spec]:
    """Above a panel. 8.2 px a letter is ample for bold 13.5 px text in common fonts."""
    bold = {"type": "text", "fontSize": 13.5, "fontWeight": 600, "align": "left"}
    plain = {"type": "text", "fill": "var(--mut)", "align": "left"}
    return [
        layer([{"s": name}], bold, x={"value": 0}, y={"value": -13}, text=said("s")),
        layer(
            [{"s": unit}],
            plain,
            x={"value": 8.2 * len(name) + 10},
            y={"value": -13},
            text=said("s"),
        ),
    ]


def linear(top: float) -> Spec:
    """An axis from zero with its middle and its end."""
    return {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": {"values": [0, top / 2, top], "format": ",~r"},
    }


def logarithmic(low: float, top: float) -> Spec:
    decades = range(round(math.log10(low)), round(math.log10(top)) + 1)
    return {
        "type": "quantitative",
        "scale": {"type": "log", "domain": [low, top], "nice": False},
        "axis": {"values": [10.0**power for power in decades], "format": ",~r"},
    }


def nice(value: float) -> float:
    """The next of 1, 2, 3, 4, 6, 8, 10 times a power of ten: what an axis should end at."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 3, 4, 6, 8, 10) if step * power >= value * 0.999)


def decade(value: float) -> float:
    """The power of ten at or below a value."""
    return 10.0 ** math.floor(math.log10(value) + 1e-9)


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Moves places, in order, until they are `gap` apart and inside `low..high`."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [min(max(places[i], low), high) for i in order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    for i in range(len(moved) - 1, -1, -1):
        limit = high if i == len(moved) - 1 else moved[i + 1] - gap
        moved[i] = min(moved[i], limit)
    placed = [0.0] * len(places)
    for i, value in zip(order, moved, strict=True):
        placed[i] = value
    return placed

"""The timeline as a Vega-Lite specification: lanes and flags over panels with one time axis.

Colours are CSS variables, so that one picture serves light, dark and print.
"""

import math
from collections.abc import Sequence

from nfrcheck.reports import vega
from nfrcheck.reports.timeline import Timeline
from nfrcheck.reports.vega import Spec, layer, raw, said

WIDTH, HEIGHT = 930, 92
_FLAGS, _LANE = 38, 22
_FLAG_GAP, _NAME_GAP = 24.0, 16.0
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)
_SQUASHED = 8.0
"""A peak that many times above the target would press its line to the floor: log axis then."""


def timeline_spec(line: Timeline) -> Spec:
    """Lanes and flags, then requests by region, failed requests, p99 by region."""
    panels = [_served(line), _failed(line), _p99(line)]
    panels[-1]["encoding"]["x"]["axis"] = _time_axis(line)
    lanes = [_lanes(line)] if line.windows or line.marks else []
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": f"Timeline of {line.title}: {line.failed_text}. Its numbers follow.",
        "background": None,
        "padding": 4,
        "spacing": 14,
        "config": vega.config(),
        "vconcat": [*lanes, *panels],
    }


def _panel(line: Timeline, height: int, y: Spec, layers: Sequence[Spec]) -> Spec:
    """A plot with the faults shaded behind it and the numbered moments ruled through it."""
    # Several faults at once are one shade, however many lanes they have.
    spans = dict.fromkeys((w.start, w.end, w.main) for w in line.windows)
    shades = [{"t": start, "t2": end, "c": _shade(main)} for start, end, main in spans]
    marks = [{"t": mark.t} for mark in line.marks]
    rule: Spec = {"type": "rule", "stroke": "var(--fg)", "opacity": 0.4}
    shade: Spec = {"type": "rect", "opacity": 0.09}
    x = vega.field("t") | {"scale": {"domain": [line.start, line.end], "nice": False}}
    return {
        "width": WIDTH,
        "height": height,
        "encoding": {"x": x | {"axis": None}},
        "layer": [
            layer(shades, shade, x2={"field": "t2"}, fill=raw("c")),
            layer(marks, rule),
            *(_with_y(one, y) for one in layers),
        ],
    }


def _with_y(one: Spec, y: Spec) -> Spec:
    """A layer's own place wins; else its `y` on the panel's axis."""
    return {**one, "encoding": {"y": y | {"field": "y"}, **one["encoding"]}}


def _served(line: Timeline) -> Spec:
    """Good answers a second, stacked, so that a dip in the total shows."""
    bins, rows = line.bins, []
    floor = [0.0] * len(bins.sent)
    for n, counts in enumerate(bins.good.values()):
        for i, number in enumerate(counts):
            low = floor[i]
            floor[i] += (number or 0) / bins.step
            seen = number is not None
            top, bottom = (_r(floor[i]), _r(low)) if seen else (None, None)
            rows.append({"t": _middle(line, i), "r": n, "y": top, "y0": bottom})
    end = vega.nice(max(floor, default=0.0))
    last = [_last(rows, n) for n in range(len(bins.good))]
    names = _names(
        line, [(row["y"] + row["y0"]) / 2 / end if row else 0.0 for row in last], 0.0, end
    )
    area: Spec = {"type": "area", "opacity": 0.25}
    layers = [
        layer(rows, area, y2={"field": "y0"}, fill=_by_region(line)),
        layer(rows, {"type": "line", "strokeWidth": 1.6}, stroke=_by_region(line)),
        *vega.heading("Requests", "answered well, a second, stacked by region"),
        names,
    ]
    return _panel(line, HEIGHT, vega.linear(end), layers)


def _failed(line: Timeline) -> Spec:
    bins = line.bins
    rows = [
        {"t": _r(bins.t(i)), "t2": _r(bins.t(i + 1)), "y": _r(bad / bins.step), "y0": 0}
        for i, bad in enumerate(bins.bad)
        if bad
    ]
    end = vega.nice(max((row["y"] for row in rows), default=0.0))
    bars: Spec = {"type": "rect", "fill": "var(--fail)"}
    layers = [
        layer(rows, bars, x2={"field": "t2"}, y2={"field": "y0"}),
        *vega.heading("Failed requests", "a second, as clients saw them"),
        _aside(line.failed_text, "var(--fail)" if rows else "var(--mut)"),
    ]
    return _panel(line, 64, vega.linear(end), layers)


def _aside(text: str, colour: str) -> Spec:
    """At the right end of a panel's heading, where no bar can cover it."""
    mark: Spec = {"type": "text", "align": "right", "fontWeight": 600, "fill": colour}
    return layer([{"s": text}], mark, x={"value": WIDTH}, y={"value": -13}, text=said("s"))


def _p99(line: Timeline) -> Spec:
    rows: list[Spec] = [
        {"t": _middle(line, i), "r": n, "y": None if value is None else _r(value * 1000)}
        for n, values in enumerate(line.bins.p99.values())
        for i, value in enumerate(values)
    ]
    known = [row["y"] for row in rows if row["y"]]
    target = (line.target_s or 0.0) * 1000
    highest = max([*known, target]) or 1.0
    logs = bool(known) and 0 < target * _SQUASHED < highest
    low = vega.decade(min(*known, target)) if logs else 0.0
    end = 10 * vega.decade(highest) if logs else vega.nice(1.1 * highest)
    stroke: Spec = {"type": "line", "strokeWidth": 1.6, "strokeCap": "round"}
    last = [_last(rows, n) for n in range(len(line.bins.p99))]
    layers = [
        layer(rows, stroke, stroke=_by_region(line)),
        *(_target(line, target) if target else ()),
        *(() if known else (_aside("nothing was answered", "var(--mut)"),)),
        *vega.heading("Latency p99", "ms, by region, log scale" if logs else "ms, by region"),
        _names(line, [_share(row["y"], low, end) if row else 0.0 for row in last], low, end),
    ]
    axis = vega.logarithmic(low, end) if logs else vega.linear(end)
    return _panel(line, HEIGHT, axis, layers)


def _target(line: Timeline, target: float) -> list[Spec]:
    rule: Spec = {"type": "rule", "stroke": "var(--fg)", "strokeDash": [5, 4], "opacity": 0.75}
    text: Spec = {"type": "text", "align": "right", "dy": -9, "dx": -3, "fill": "var(--mut)"}
    ruled = {"t": line.start, "t2": line.end, "y": target}
    return [
        layer([ruled], rule, x2={"field": "t2"}),
        layer([{"t": line.end, "y": target, "s": line.target_text}], text, text=said("s")),
    ]


def _names(line: Timeline, shares: list[float], low: float, end: float) -> Spec:
    """Region names beside the ends of their lines, moved apart where they would overlap."""
    places = vega.apart([HEIGHT * (1 - s) for s in shares], _NAME_GAP, 4.0, HEIGHT - 2.0)
    heights = [1 - place / HEIGHT for place in places]
    rows = [
        {"s": name, "c": vega.colour(n), "y": low * (end / low) ** h if low else h * end}
        for n, (name, h) in enumerate(zip(line.regions, heights, strict=True))
    ]
    mark: Spec = {"type": "text", "align": "left", "fontWeight": 600, "limit": 90}
    return layer(rows, mark, x={"value": WIDTH + 8}, text=said("s"), fill=raw("c"))


def _lanes(line: Timeline) -> Spec:
    """Faults as lanes, and above them the numbered flags, on a scale of pixels."""
    lanes: list[Spec] = []
    ends: list[float] = []
    for window in line.windows:
        row = next((i for i, end in enumerate(ends) if end <= window.start), len(ends))
        ends[row : row + 1] = [window.end]
        y = _FLAGS + row * (_LANE + 3)
        at = {"t": window.start, "t2": window.end, "y": y, "y0": y + _LANE, "m": y + _LANE / 2}
        lanes.append(at | {"s": window.name, "c": _shade(window.main)})
    bottom = _FLAGS + len(ends) * (_LANE + 3)
    middle = {"y": vega.field("m")}
    grey: Spec = {"type": "text", "align": "right", "fill": "var(--mut)"}
    label: Spec = {"x": {"value": -8}, "y": {"value": _FLAGS + _LANE / 2}, "text": said("s")}
    layers = [
        layer(
            lanes,
            {"type": "rect", "opacity": 0.2},
            x2={"field": "t2"},
            y2={"field": "y0"},
            fill=raw("c"),
        ),
        layer(
            lanes,
            {"type": "text", "align": "left", "dx": 8, "limit": 300},
            text=said("s"),
            **middle,
        ),
        layer([{"s": "faults"}], grey, **label),
        *_flags(line, bottom),
    ]
    axis: Spec = {"type": "quantitative", "axis": None}
    axis["scale"] = {"domain": [bottom, 0], "nice": False}
    panel = _panel(line, bottom, axis, layers)
    panel["layer"] = panel["layer"][2:]
    return panel


def _flags(line: Timeline, bottom: float) -> list[Spec]:
    """Flags of moments that are close together stand apart and keep a line to their moment."""
    xs = [_x(line, mark.t) for mark in line.marks]
    placed = vega.apart(xs, _FLAG_GAP, 10.0, WIDTH - 10.0)
    span = (line.end - line.start) / WIDTH
    rows: list[Spec] = [
        {"t": line.start + place * span, "t2": mark.t, "y": 10, "y0": _FLAGS - 2, "n": str(n)}
        for n, (place, mark) in enumerate(zip(placed, line.marks, strict=True), 1)
    ]
    down: list[Spec] = [{"t": mark.t, "y": _FLAGS - 2, "y0": bottom} for mark in line.marks]
    rule: Spec = {"type": "rule", "stroke": "var(--fg)", "opacity": 0.4}
    circle: Spec = {"type": "point", "filled": True, "size": 330, "fill": "var(--fg)", "opacity": 1}
    number: Spec = {"type": "text", "fill": "var(--card)", "fontWeight": 700}
    return [
        layer(rows, rule, x2={"field": "t2"}, y2={"field": "y0"}),
        layer(down, rule, y2={"field": "y0"}),
        layer(rows, circle),
        layer(rows, number, text=said("n")),
    ]


def _time_axis(line: Timeline) -> Spec:
    length = line.end - line.start
    step = next((s for s in _STEPS if length / s <= 12), _STEPS[-1])
    first = math.ceil(line.start / step) * step
    values = list(range(first, math.floor(line.end) + 1, step))
    minutes = "format(floor(datum.value / 60), '02') + ':' + format(datum.value % 60, '02')"
    return {"values": values, "labelExpr": minutes, "grid": False, "labelFlush": False}


def _by_region(line: Timeline) -> Spec:
    numbers = list(range(len(line.regions)))
    scale = {"domain": numbers, "range": [vega.colour(n) for n in numbers]}
    return {"field": "r", "type": "nominal", "scale": scale, "legend": None}


def _last(rows: list[Spec], region: int) -> Spec | None:
    return next((r for r in reversed(rows) if r["r"] == region and r["y"] is not None), None)


def _shade(main: bool) -> str:
    return "var(--f1)" if main else "var(--f2)"


def _share(value: float, low: float, end: float) -> float:
    if low > 0:
        return (math.log10(max(value, low)) - math.log10(low)) / (math.log10(end) - math.log10(low))
    return value / end


def _middle(line: Timeline, number: int) -> float:
    return _r(line.bins.t(number) + line.bins.step / 2)


def _x(line: Timeline, t: float) -> float:
    return WIDTH * (t - line.start) / (line.end - line.start)


def _r(value: float) -> float:
    return round(value, 3)

"""Where the recovery time went: one bar for each run of a drill, made of measured parts only.

A part that nobody measured is left out: without several kinds of clients an outage stays one piece,
and without a latency limit nobody knows when the answers were as fast as promised again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from nfrcheck.reports import words
from nfrcheck.reports.drills import run_parts
from nfrcheck.reports.rows import figures
from nfrcheck.reports.timeline import latency_limit

WIDTH, HEIGHT = 600.0, 22.0
DETECT, MOVE, HELD, SETTLE, WHOLE = "detect", "move", "held", "settle", "whole"
NAMES = {
    DETECT: ("detect", "from the first failed request until one kind of client was served again"),
    MOVE: ("move traffic", "until the last kind of client was served again"),
    HELD: ("until put back", "nothing took over: it ended when the fault was healed"),
    WHOLE: ("outage", "one kind of client watched, so it cannot be split"),
    SETTLE: ("settle", "until p99 was back within its limit; no outage any more"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of a bar; `x` and `width` are SVG attributes."""

    css: str
    x: str
    width: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One run of a drill; `open`: the bar goes on beyond what was watched."""

    css: str
    name: str
    what: str
    pieces: tuple[Piece, ...]
    target: str
    """Path of the limit's tick; empty without a limit."""
    open: bool
    total: str
    """The outage, without the settling."""
    said: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    repeats: tuple[Repeat, ...]
    legend: tuple[tuple[str, str, str], ...]
    """css, name, what it is."""
    limit: str
    end: str
    """What the right end of the bars stands for."""


@dataclass(frozen=True, slots=True)
class _Parts:
    entry: Mapping[str, Any]
    seconds: tuple[tuple[str, float], ...]
    limit: Mapping[str, Any] | None
    css: str
    unended: bool

    @property
    def total(self) -> float:
        return sum(length for _, length in self.seconds)

    @property
    def outage(self) -> float:
        """What the limit is about: settling is no outage any more."""
        return sum(length for css, length in self.seconds if css != SETTLE)


def recovery(run: Mapping[str, Any]) -> Recovery | None:
    """None where no failover target watched a drill, or where an older version wrote the run."""
    parts = [found for entry in run.get("drills") or () if (found := _measured(run, entry))]
    if not parts:
        return None
    limits = [part.limit["value"] for part in parts if part.limit]
    longest = max([part.total for part in parts] + [1.2 * value for value in limits])
    end = longest if longest > 0 else 1.0
    used = {css for part in parts for css, _ in part.seconds}
    texts = dict.fromkeys(words.limit_text(part.limit["text"]) for part in parts if part.limit)
    return Recovery(
        repeats=tuple(_repeat(part, end) for part in parts),
        legend=tuple((css, *NAMES[css]) for css in NAMES if css in used),
        limit=", ".join(texts),
        end=words.duration(end),
    )


def _measured(run: Mapping[str, Any], entry: Mapping[str, Any]) -> _Parts | None:
    windows, began = entry.get("windows") or {}, entry.get("began") or {}
    if not windows or "began" not in entry:
        return None
    limit, css = _judged(run, entry)
    felt = {client: windows[client] for client in began if client in windows}
    ends = {client: began[client] + _middle(window) for client, window in felt.items()}
    unended = any(window[1] is None for window in felt.values())
    healing = _since(entry, "healing")
    seconds = _split(began, ends, healing, unended=unended) if felt else []
    if seconds and not unended and (slow := _settling(run, entry, max(ends.values()))):
        seconds.append((SETTLE, slow))
    return _Parts(entry, tuple(seconds), limit, css, unended)


def _since(entry: Mapping[str, Any], moment: str) -> float:
    """Seconds after the command; infinite for what did not happen."""
    known = entry.get("commanded") is not None and entry.get(moment) is not None
    return float(entry[moment] - entry["commanded"]) if known else math.inf


def _middle(window: Sequence[float | None]) -> float:
    low, high = window
    return ((low or 0.0) + high) / 2 if high is not None else low or 0.0


def _split(
    began: Mapping[str, float], ends: Mapping[str, float], healing: float, *, unended: bool
) -> list[tuple[str, float]]:
    """An outage that only the healing ended was never moved away from."""
    first, last = min(began.values()), max(ends.values())
    served = min(ends.values())
    if unended:
        return [(WHOLE, last - first)]
    if served >= healing > first:
        return [(HELD, last - first)]
    if len(ends) < 2:
        return [(WHOLE, last - first)]
    rest = HELD if last >= healing > first else MOVE
    return [(DETECT, max(0.0, served - first)), (rest, last - max(first, served))]


def _settling(run: Mapping[str, Any], entry: Mapping[str, Any], served_s: float) -> float | None:
    """From the end of the outage to that of the last slow bin before the healing; None: unknown."""
    for series in run.get("series") or ():
        limit = latency_limit(run, series["stream"])
        if series["kind"] != "load" or limit is None or entry.get("healing") is None:
            continue
        served = entry["commanded"] + served_s
        late = [
            series["start"] + (i + 1) * series["step"]
            for i, p99 in enumerate(series["p99"])
            if p99 is not None
            and p99 > limit["value"]
            and series["start"] + i * series["step"] >= served
            and series["start"] + (i + 1) * series["step"] <= entry["healing"]
        ]
        return max(late) - served if late else 0.0
    return None


def _judged(
    run: Mapping[str, Any], entry: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, str]:
    """The limit of the failover target, and how this run of the drill was judged by it."""
    name = f"{entry['drill']}/{entry['run']}"
    for part in run_parts(run, name, "failover"):
        limit = part.get("limit") if part.get("unit") == "s" else None
        return limit, figures(part).css
    return None, "not"


def _repeat(part: _Parts, end: float) -> Repeat:
    entry = part.entry
    starts = accumulate((length for _, length in part.seconds), initial=0.0)
    pieces = tuple(
        Piece(
            css=css,
            x=_x(start, end),
            width=_x(length, end),
            text=f"{NAMES[css][0]} {words.duration(length)}",
        )
        for (css, length), start in zip(part.seconds, starts, strict=False)
    )
    said = " · ".join(piece.text for piece in pieces) or _unfelt(entry)
    total = words.duration(part.outage) if pieces else "0"
    if part.unended:
        total = f"> {total}"
        said += ": no recovery was seen"
    place = words.where(entry.get("where") or {})
    return Repeat(
        css=part.css,
        name=f"{entry['drill']}/{entry['run']}",
        what=" · ".join(text for text in (place, entry.get("varied")) if text),
        pieces=pieces,
        target=f"M{_x(part.limit['value'], end)} 0V{HEIGHT:g}" if part.limit else "",
        open=part.unended,
        total=total,
        said=said,
        label=f"{entry['drill']}/{entry['run']}: {said}",
    )


def _unfelt(entry: Mapping[str, Any]) -> str:
    hidden = max((w[1] for w in entry["windows"].values() if w[1] is not None), default=None)
    return f"no request failed; an outage longer than {words.duration(hidden)} would have been seen"


def _x(seconds: float, end: float) -> str:
    return f"{WIDTH * max(0.0, seconds) / end:.1f}".removesuffix(".0")

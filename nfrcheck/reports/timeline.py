"""What the timeline shows: the worst drill, or the steady run, in at most 300 bins."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import words
from nfrcheck.reports.bins import Bins, bins_of, highest
from nfrcheck.reports.drills import outage
from nfrcheck.reports.rows import RANK, drill_of, outcome_of

_MARGIN_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A fault that is active from `start` to `end`, seconds of the run."""

    name: str
    start: float
    end: float
    main: bool
    """Of the drill run that the timeline is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A numbered moment."""

    t: float
    text: str
    bad: bool = False

    @property
    def at(self) -> str:
        return words.at(self.t)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    name: str
    between: str
    sent: str
    bad: str
    p99: str
    served: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    title: str
    subtitle: str
    drill: str
    """Name of the drill that is shown; empty for the whole run."""
    together: str
    """What was done to draw at most 300 bins; empty if nothing."""
    start: float
    end: float
    bins: Bins
    windows: tuple[Window, ...]
    marks: tuple[Mark, ...]
    target_s: float | None
    target_text: str
    failed_text: str
    regions: tuple[str, ...]
    phases: tuple[PhaseRow, ...]
    table: tuple[tuple[str, ...], ...]
    """The numbers of the chart, one row per bin: time, sent, failed, good and p99 per region."""


def timeline(run: Mapping[str, Any]) -> Timeline | None:
    """None when the run kept no series to draw."""
    series = _series(run.get("series") or ())
    if series is None:
        return None
    drill = _worst(run)
    start, end = _extent(run, series, drill)
    bins = bins_of(series, start, end)
    if not bins.sent:
        return None
    target = latency_limit(run, series["stream"])
    each = f"{words.duration(bins.step)} bins"
    between = f"{words.clock(run['started_at'], start)}{words.TO}"
    between += f"{words.clock(run['started_at'], end)} UTC"
    return Timeline(
        title=f"{drill['drill']}, run {drill['run']}" if drill else "the whole run",
        subtitle=f"{between}, {series['kind']} {series['stream']}, {each}.",
        drill=drill["drill"] if drill else "",
        together=_together(bins, series),
        start=start,
        end=end,
        bins=bins,
        windows=_windows(run, drill, start, end),
        marks=_marks(drill) if drill else (),
        target_s=target["value"] if target else None,
        target_text=f"target {words.limit_text(target['text'])}" if target else "",
        failed_text=_failed(drill, bins),
        regions=tuple(bins.good),
        phases=_phases(run, series, start, end),
        table=_table(bins),
    )


def _series(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """A load whose answers tell their region, else the stream that sent most."""

    def worth(entry: Mapping[str, Any]) -> tuple[bool, int, int]:
        regions = sum(1 for counts in entry["by_region"].values() if any(counts))
        return entry["kind"] == "load", regions, sum(entry["sent"])

    drawable = [entry for entry in found if entry["sent"] and entry["step"] > 0]
    return max(drawable, key=worth, default=None)


def _drills(run: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(drill["drill"] for drill in run.get("drills") or ())


def _worst(run: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The drill run whose target looks worst; among those the longest outage, then failures."""
    bad: dict[str, int] = {}
    for target in run["targets"]:
        outcome, name = outcome_of(target), drill_of(target, _drills(run))
        if outcome is not Outcome.PASS:
            bad[name] = max(bad.get(name, 0), len(RANK) - RANK[outcome])

    def worth(drill: Mapping[str, Any]) -> tuple[int, float, int]:
        ends = [window[1] for window in (drill.get("windows") or {}).values()]
        longest = max((math.inf if end is None else end for end in ends), default=0.0)
        return bad.get(drill["drill"], 0), longest, drill.get("failed") or 0

    begun = [drill for drill in run.get("drills") or () if drill.get("commanded") is not None]
    return max(begun, key=worth, default=None)


def _extent(
    run: Mapping[str, Any], series: Mapping[str, Any], drill: Mapping[str, Any] | None
) -> tuple[float, float]:
    first = float(series["start"])
    last = first + series["step"] * len(series["sent"])
    if drill is None:
        return first, last
    spans = [
        phase
        for phase in run.get("phases") or ()
        if phase["name"] == drill["drill"] and phase["run"] == drill["run"]
    ]
    known = [
        drill[key] for key in ("commanded", "healed", "verified") if drill.get(key) is not None
    ]
    start = min([phase["start"] for phase in spans] or [known[0] - _MARGIN_S])
    end = max([phase["end"] for phase in spans] or [max(known) + _MARGIN_S])
    return max(first, start), min(last, end)


def latency_limit(run: Mapping[str, Any], stream: str) -> Mapping[str, Any] | None:
    """The tightest critical latency limit, for its line; a drill's own limit only if no other."""
    drills = _drills(run)
    found = [
        (bool(drill_of(t, drills)), t["class"] != "critical", t["limit"])
        for t in run["targets"]
        if t["check"] == "latency"
        and t.get("limit")
        and t.get("unit") == "s"
        and (t.get("where") or {}).get("stream", stream) == stream
    ]
    found.sort(key=lambda entry: (entry[0], entry[1], entry[2]["value"]))
    return found[0][2] if found else None


def _windows(
    run: Mapping[str, Any], shown: Mapping[str, Any] | None, start: float, end: float
) -> tuple[Window, ...]:
    made = []
    for drill in run.get("drills") or ():
        begin, healed = drill.get("commanded"), drill.get("healed")
        last = end if healed is None else healed
        if begin is None or begin >= end or last <= start:
            continue
        low, high = max(start, begin), min(end, last)
        made += [
            Window(name=name, start=low, end=high, main=drill is shown) for name in _lanes(drill)
        ]
    return tuple(made)


def _lanes(drill: Mapping[str, Any]) -> list[str]:
    """A lane for every fault; of several at once each says what it touched."""
    kinds, touched = drill["fault"].split(" + "), (drill.get("touched") or "").split(", ")
    if len(kinds) > 1:
        told = touched if len(touched) == len(kinds) else [""] * len(kinds)
        return [" ".join(filter(None, both)) for both in zip(kinds, told, strict=True)]
    places = [str(place) for place in drill["where"].values()]
    varied = drill.get("varied") or ""
    return [" ".join((drill["fault"], *places, *([varied] if varied not in places else [])))]


def _marks(drill: Mapping[str, Any]) -> tuple[Mark, ...]:
    what = " ".join(str(value) for value in drill["where"].values()) or drill["drill"]
    marks = [
        _mark(drill["commanded"], f"{drill['fault']} {what} commanded"),
        _mark(drill.get("confirmed"), "seen by an independent probe"),
        *(_outage_end(drill, client, w) for client, w in (drill.get("windows") or {}).items()),
        _mark(drill.get("healing"), "healing starts"),
        _mark(drill.get("healed"), "healed"),
        _mark(drill.get("verified"), "verified through the healed path"),
    ]
    return tuple(sorted((mark for mark in marks if mark), key=lambda mark: mark.t))


def _mark(t: float | None, text: str) -> Mark | None:
    return None if t is None else Mark(t=t, text=text)


def _outage_end(drill: Mapping[str, Any], client: str, window: list[float | None]) -> Mark | None:
    end = window[1]
    if not end:
        return None
    who = client if "connections" in client else f"{client} clients"
    text = f"{who} served again, outage {outage(window)}"
    return Mark(t=drill["commanded"] + end, text=text, bad=True)


def _together(bins: Bins, series: Mapping[str, Any]) -> str:
    if bins.step <= series["step"]:
        return ""
    return f"Drawn in bins of {words.duration(bins.step)}: sums, and the highest p99 in each."


def _failed(drill: Mapping[str, Any] | None, bins: Bins) -> str:
    total = sum(bins.bad)
    number = words.count(total, "request") if total else "no request"
    ends = [w[1] for w in (drill.get("windows") or {}).values() if w[1]] if drill else []
    within = f", outage up to {words.duration(max(ends))}" if ends and total else ""
    return f"{number} failed{within}"


def _phases(
    run: Mapping[str, Any], series: Mapping[str, Any], start: float, end: float
) -> tuple[PhaseRow, ...]:
    inside = [
        phase
        for phase in run.get("phases") or ()
        if phase["start"] < end and phase["end"] > start and phase["end"] > phase["start"]
    ]
    return tuple(_phase(phase, series) for phase in inside)


def _phase(phase: Mapping[str, Any], series: Mapping[str, Any]) -> PhaseRow:
    one = bins_of(series, phase["start"], phase["end"])
    name = "/".join(str(word) for word in (phase["name"], phase["run"], phase["part"]) if word)
    slowest = highest(value for values in one.p99.values() for value in values)
    return PhaseRow(
        name=name,
        between=f"{words.at(phase['start'])}{words.TO}{words.at(phase['end'])}",
        sent=words.count(sum(one.sent)),
        bad=words.count(sum(one.bad)),
        p99=words.duration(slowest),
        served=tuple(words.count(sum(n or 0 for n in counts)) for counts in one.good.values()),
    )


def _table(bins: Bins) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            words.at(bins.t(i)),
            words.count(bins.sent[i]),
            words.count(bins.bad[i]),
            *(words.count(counts[i]) for counts in bins.good.values()),
            *(words.duration(values[i]) for values in bins.p99.values()),
        )
        for i in range(len(bins.sent))
    )

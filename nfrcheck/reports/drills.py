"""The drills of a run as rows: injected, proven, felt, put back, and what coming back cost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.reports import words
from nfrcheck.reports.clean import one_line
from nfrcheck.reports.rows import figures, outcome_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure of one run of a drill beside its limit; css and word are those of the verdict."""

    css: str
    word: str
    figure: str
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    css: str
    word: str
    name: str
    what: str
    size: str
    """The value of the key that the drill varies."""
    commanded: str
    confirmed: str
    witnesses: str
    """Where the request stood that saw the fault."""
    outages: tuple[tuple[str, str], ...]
    """Per client kind: "fresh", "2.1 - 2.3 s"."""
    rto: Measured | None
    rpo: Measured | None
    failed: str
    healed: str
    verified: str
    failback: Measured | None
    back: str
    """What failed from the healing on."""
    because: str


def drills(run: Mapping[str, Any]) -> tuple[Drill, ...]:
    return tuple(_drill(run, entry) for entry in run.get("drills") or ())


def _drill(run: Mapping[str, Any], entry: Mapping[str, Any]) -> Drill:
    css, word = _state(entry)
    place, name = words.where(entry.get("where") or {}), f"{entry['drill']}/{entry['run']}"
    return Drill(
        css=css,
        word=word,
        name=name,
        what=" · ".join(text for text in (entry["fault"], place, entry.get("touched")) if text),
        size=entry.get("varied") or "",
        commanded=words.at(entry.get("commanded")),
        confirmed=_after(entry.get("commanded"), entry.get("confirmed")),
        witnesses=", ".join(entry.get("witnesses") or ()) if entry.get("confirmed") else "",
        outages=tuple(
            (client, outage(window)) for client, window in (entry.get("windows") or {}).items()
        ),
        rto=_measured(run, name, "failover"),
        rpo=_measured(run, name, "recovery-point"),
        failed=words.count(entry.get("failed")),
        healed=_after(entry.get("healing"), entry.get("healed")),
        verified=_after(entry.get("healed"), entry.get("verified")),
        failback=_measured(run, name, "failback"),
        back=_back(entry.get("after_healing")),
        because=one_line(entry.get("because") or ""),
    )


def _state(entry: Mapping[str, Any]) -> tuple[str, str]:
    if entry.get("commanded") is None:
        return "not", "not injected"
    if entry.get("verified") is None:
        return "fail", "not verified"
    if entry.get("confirmed") is None:
        return "inv", "not proven"
    return "pass", "proven and put back"


def run_parts(run: Mapping[str, Any], name: str, check: str) -> list[Mapping[str, Any]]:
    """What the targets of one check say of one run of a drill ("lose-b/2"), the worst first."""
    found = [
        part
        for target in run["targets"]
        if target["check"] == check
        for part in _walk(target)
        if part.get("name") == name or str(part.get("name")).startswith(f"{name} · ")
    ]
    return sorted(found, key=lambda part: -outcome_of(part).worry)


def _walk(verdict: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A target of a single part is that part itself."""
    yield verdict
    for part in verdict.get("parts") or ():
        yield from _walk(part)


def _measured(run: Mapping[str, Any], name: str, check: str) -> Measured | None:
    for part in run_parts(run, name, check):
        found = figures(part)
        shown = found.interval if part.get("unit") == "s" and found.interval else found.measured
        return Measured(css=found.css, word=found.word, figure=shown, limit=found.limit)
    return None


def _back(after: Mapping[str, int] | None) -> str:
    if after is None:
        return words.NOTHING
    return f"{words.count(after['failed'])} of {words.count(after['sent'])} failed"


def outage(window: list[float | None]) -> str:
    chosen = words.scale("s", window[1] if window[1] is not None else window[0])
    return words.interval_text(chosen, window) or words.NOTHING


def _after(start: float | None, end: float | None) -> str:
    """How much later than what came before; a moment of the run where that is unknown."""
    if end is None:
        return "no"
    if start is None:
        return words.at(end)
    later = words.duration(max(0.0, end - start))
    return later if later.startswith("<") else f"+{later}"

"""Whether a run can be believed: instruments, faults proven and put back, sample sizes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import words
from nfrcheck.reports.clean import one_line
from nfrcheck.reports.rows import Row

_ENOUGH = "Every target had enough evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One question to the run and its answer; `css` is the icon: good, bad, or neither."""

    css: str
    word: str
    question: str
    answer: str


def points(run: Mapping[str, Any], rows: tuple[Row, ...]) -> tuple[Point, ...]:
    faults = tuple(run.get("drills") or ())
    proof = (_proven(faults), _restored(run, faults)) if faults else (_no_faults(),)
    return (
        _ended(run),
        *(_instrument(entry) for entry in run.get("instruments") or ()),
        *proof,
        _measured(rows),
        _samples(rows),
    )


def summary(found: tuple[Point, ...]) -> str:
    judged = [point for point in found if point.css != "not"]
    good = sum(point.css == "pass" for point in judged)
    thin = any(point.css == "inc" for point in judged)
    return f"{good} of {len(judged)} checks good" + (" · samples too small" if thin else "")


def _point(good: bool, question: str, answer: str) -> Point:
    css, word = ("pass", "good") if good else ("fail", "bad")
    return Point(css=css, word=word, question=question, answer=answer)


def _ended(run: Mapping[str, Any]) -> Point:
    ended = run.get("ended") or "complete"
    lasted = words.duration(run["seconds"])
    return _point(
        ended == "complete",
        "The run ended as planned",
        f"{one_line(ended)}, {lasted}",
    )


def _instrument(entry: Mapping[str, Any]) -> Point:
    figures = [words.figure(name, value) for name, value in (entry.get("figures") or {}).items()]
    said = [one_line(entry.get("because") or ""), ", ".join(figures)]
    return _point(
        bool(entry["healthy"]),
        f"Instrument {entry['name']}",
        " · ".join(text for text in said if text) or "no figures",
    )


def _no_faults() -> Point:
    return Point(
        css="not", word="none", question="Faults", answer="nothing was injected by this run"
    )


def _proven(faults: tuple[Mapping[str, Any], ...]) -> Point:
    unseen = [_name(fault) for fault in faults if fault.get("confirmed") is None]
    done = f"{len(faults) - len(unseen)} of {len(faults)} seen by an independent probe"
    return _point(
        not unseen,
        "Every fault was proven",
        f"{done}; not seen: {', '.join(unseen)}" if unseen else done,
    )


def _restored(run: Mapping[str, Any], faults: tuple[Mapping[str, Any], ...]) -> Point:
    begun = [fault for fault in faults if fault.get("commanded") is not None]
    open_ = [_name(fault) for fault in begun if fault.get("verified") is None]
    done = (
        f"{len(begun) - len(open_)} of {len(begun)} verified by a request through the healed path"
    )
    good = not open_ and run.get("restored") is not False
    left = f"; not verified: {', '.join(open_)}. Put it back with: nfrcheck restore"
    return _point(good, "Everything was put back", done + (left if open_ else ""))


def _measured(rows: tuple[Row, ...]) -> Point:
    bad = [row.id for row in rows if row.outcome is Outcome.INVALID]
    said = f"not so for {', '.join(bad)}" if bad else "no target is invalid"
    return _point(not bad, "Every measurement happened as planned", said)


def _samples(rows: tuple[Row, ...]) -> Point:
    """Too little evidence makes a target inconclusive; it does not make the run untrustworthy."""
    thin = [row.id for row in rows if row.outcome is Outcome.INCONCLUSIVE]
    decided = f"{len(rows) - len(thin)} of {words.count(len(rows), 'target')}"
    if thin or not rows:
        answer = f"{decided}; undecided: {', '.join(thin) or 'everything'}"
        return Point(css="inc", word="too small", question=_ENOUGH, answer=answer)
    return _point(True, _ENOUGH, decided)


def _name(fault: Mapping[str, Any]) -> str:
    return f"{fault['drill']}/{fault['run']}"

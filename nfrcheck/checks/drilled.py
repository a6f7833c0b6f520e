"""What the runs of one drill cost: the time that each of them took from the worst-off clients."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nfrcheck.checks.clients import View, watched
from nfrcheck.checks.drills import Course, cut_short
from nfrcheck.checks.sight import invalid
from nfrcheck.evidence.window import Recovery, Window
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Verdict, combine

Lost = tuple[float, float]
OF_THE_LOAD = ("route", "principal")
"""What of `only` no probe beside it can tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """Per run how long a drill was felt, seconds: at least and at most (infinite: no recovery)."""

    name: str
    where: Mapping[str, str]
    """What all runs have in common, such as the region."""
    windows: tuple[Lost, ...]
    doubted: tuple[Lost, ...]
    """The same with what was seen while the tester or its machine was unwell."""
    told: str
    """Why it was unwell; empty: it was not."""
    seen_by: str
    """The kind of client that lost most."""
    unended: str
    """Which run never recovered, or was cut short, in words; empty: all did, and none was."""


def drilled(
    history: History, question: Question, drill: str, *, weighted: bool
) -> Drilled | Verdict:
    """All runs of a drill, or why one of them shows nothing.

    `weighted`: somebody declared how much of the traffic an outage hits. If nobody did, only the
    share that failed counts at the lower end.
    """
    stream = history.streams.get(question.watched_by or question.stream or "")
    if stream is None:
        return invalid(f"{question.watched_by or 'no probe'} recorded nothing")
    seen = _Seen()
    runs = history.drill_runs(drill)
    for record in runs:
        found = watched(history, _asked(question), stream, record)
        if isinstance(found, Verdict):
            seen.spoilt.append(found)
            continue
        course, views = found
        cut = cut_short(course, question)
        if cut:
            seen.unended = seen.unended or f"{course.name}: {cut.words}"
        for view in views:
            seen.add(course, view, weighted=weighted, cut=cut is not None)
    if seen.spoilt:
        return combine(seen.spoilt)
    label, windows = _worst_off(seen.lost)
    endless = [
        record.run for record, (_, high) in zip(runs, windows, strict=True) if math.isinf(high)
    ]
    never = f"{drill}/{endless[0]}: no recovery was seen" if endless else ""
    return Drilled(
        name=drill,
        where=_common([record.where for record in runs]),
        windows=windows,
        doubted=_worst_off(seen.doubted)[1],
        told=seen.told,
        seen_by=label,
        unended=seen.unended or never,
    )


def _asked(question: Question) -> Question:
    """A probe beside the load has one route of its own, which stands for all of the load's."""
    if question.watched_by in {None, question.stream}:
        return question
    only = {key: value for key, value in question.only.items() if key not in OF_THE_LOAD}
    return replace(question, only=only)


@dataclass
class _Seen:
    """What the runs so far cost each kind of client, by its label."""

    lost: dict[str, list[Lost]] = field(default_factory=dict)
    doubted: dict[str, list[Lost]] = field(default_factory=dict)
    told: str = ""
    unended: str = ""
    spoilt: list[Verdict] = field(default_factory=list)

    def add(self, course: Course, view: View, *, weighted: bool, cut: bool) -> None:
        """Of a run that was `cut` short nobody knows what the rest would have cost."""
        if view.unusable:
            self.spoilt.append(invalid(f"{course.name} · {view.label}: {view.unusable}"))
            return
        sure, all_seen = _lost(view, weighted=weighted)
        if cut:
            sure, all_seen = (sure[0], math.inf), (all_seen[0], math.inf)
        self.lost.setdefault(view.label, []).append(sure)
        self.doubted.setdefault(view.label, []).append(all_seen)
        if sure != all_seen:
            self.told = self.told or view.told


def _lost(view: View, *, weighted: bool) -> tuple[Lost, Lost]:
    """All outages of one run together: losing a region may hurt, and its return as well.

    First what nobody but the target can be to blame for, then all that was seen.
    """
    window = view.window(view.probes, Recovery())
    certain = window
    if len(view.surely.good) < len(view.probes.good):
        certain = view.window(view.surely, Recovery())
    high = math.fsum(outage.degraded.upper for outage in window.outages)
    low, high = _surely(window, weighted=weighted), max(high, window.unseen_s)
    return (min(low, _surely(certain, weighted=weighted)), high), (low, high)


def _surely(window: Window, *, weighted: bool) -> float:
    return math.fsum(
        outage.degraded.lower * (1.0 if weighted else outage.failed / outage.sent)
        for outage in window.outages
    )


def _worst_off(lost: Mapping[str, list[Lost]]) -> tuple[str, tuple[Lost, ...]]:
    """Upper ends of the kind of client that may have lost most, lower ends of that which did."""
    if not lost:
        return "", ()
    label = max(lost, key=lambda name: math.fsum(high for _, high in lost[name]))
    lowest = max(lost.values(), key=lambda windows: math.fsum(low for low, _ in windows))
    highs = [high for _, high in lost[label]]
    return label, tuple(zip((low for low, _ in lowest), highs, strict=True))


def _common(places: list[Mapping[str, str]]) -> dict[str, str]:
    first = places[0] if places else {}
    return {key: value for key, value in first.items() if all(p.get(key) == value for p in places)}

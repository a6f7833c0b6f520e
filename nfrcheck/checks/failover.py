"""How long was a fault felt? The outage of each drill as an interval, per client kind (AV06)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nfrcheck.checks.counting import sort_out
from nfrcheck.checks.drills import Course, course_of, missing_runs, name_it, watched_whole
from nfrcheck.checks.grid import Grid
from nfrcheck.checks.health import TesterHealth, fatal, tester_health
from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.sight import Sight, invalid, requests, verdict
from nfrcheck.checks.strata import Strata
from nfrcheck.checks.watching import longest_hole_s, unwatched
from nfrcheck.evidence import wording
from nfrcheck.evidence.outage import Requests
from nfrcheck.evidence.repeats import share_supported
from nfrcheck.evidence.window import Recovery, Window, watch
from nfrcheck.fields import Count, Model, UpperCount, UpperDuration
from nfrcheck.model.history import Bools, FaultRecord, History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit, show_duration
from nfrcheck.model.verdict import Bound, Outcome, Verdict, combine

CLIENT_ERRORS_MAX = 0.01
DIGITS = 6
"""Records are whole microseconds."""


class Failover(Model):
    """The longest error window of any client kind, in every run of the drill."""

    error_window: UpperDuration | None = None
    failed: UpperCount | None = None
    retries: Count = 0

    def judge(self, history: History, question: Question) -> Verdict:
        if self.error_window is None and self.failed is None:
            return verdict(Outcome.NOT_RUN, "no limit: write `error_window` or `failed`")
        if not question.drills:
            return verdict(Outcome.NOT_RUN, "no drill is named: write `drill`")
        verdicts = [self._drill(history, question, drill) for drill in question.drills]
        return verdicts[0] if len(verdicts) == 1 else combine(verdicts)

    def _drill(self, history: History, question: Question, drill: str) -> Verdict:
        stream = history.streams.get(question.stream or "")
        if stream is None:
            return invalid(f"{question.stream or 'no probe'} recorded nothing")
        runs = history.drill_runs(drill)
        parts = [self._run(history, question, stream, record) for record in runs]
        parts += missing_runs(question, drill, len(runs))
        worst = combine(parts)
        if worst.outcome is not Outcome.PASS:
            return worst
        share = f"{share_supported(len(runs)):.0%}".replace("%", " %")
        supports = f"each of {len(runs)}; supports at least {share} of such failures"
        return replace(_longest(parts), supports=supports, parts=tuple(parts))

    def _run(
        self, history: History, question: Question, stream: Stream, record: FaultRecord
    ) -> Verdict:
        found = watched(history, stream, record, question.lag_limit_s)
        if isinstance(found, Verdict):
            return found
        course, views = found
        seen = combine([watched_whole(self._view(v, course), course, question) for v in views])
        longest = _longest(seen.parts) if seen.outcome is Outcome.PASS else seen
        return replace(longest, name=course.name, parts=seen.parts)

    def _view(self, view: "View", course: Course) -> Verdict:
        label = f"{course.name} · {view.label}"
        place = {**course.where, **view.where}
        if reason := view.unusable:
            return replace(invalid(f"{label}: {reason}"), name=label, where=place)
        judged = self._limits(view, view.probes, label, course.record)
        if judged.outcome is Outcome.FAIL and len(view.undisturbed.good) < len(view.probes.good):
            again = self._limits(view, view.undisturbed, label, course.record)
            if again.outcome is not Outcome.FAIL:
                because = (
                    f"{label}: failed only while the tester or its machine was unwell "
                    f"({view.told}): their stalls cannot be told from the target's"
                )
                judged = replace(judged, outcome=Outcome.INVALID, because=because)
        return replace(judged, name=label, where=place)

    def _limits(self, view: "View", probes: Requests, label: str, record: FaultRecord) -> Verdict:
        limit_s = float(self.error_window.value) if self.error_window else None
        window = view.window(probes, Recovery(limit_s=limit_s))
        parts = []
        if self.error_window:
            parts.append(_within(window, self.error_window, label, record))
        if self.failed:
            parts.append(_failed(window, self.failed, label, view.unknown))
        figures = _figures(window, probes, record)
        return replace(combine(parts), figures=figures, parts=())


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one kind of client saw of one drill."""

    label: str
    where: dict[str, str]
    probes: Requests
    undisturbed: Requests
    """Without those of the seconds in which the tester or its machine was unwell."""
    told: str
    """Why it was unwell."""
    unusable: str | None
    unknown: int
    """How many requests the tester did not send, cut off or sent too late."""
    slowest_good_s: float | None
    """No good answer ever took longer, so one still missing by then had met a bad system."""

    def window(self, probes: Requests, recovery: Recovery) -> Window:
        """The outages in `probes` or `undisturbed`."""
        return watch(probes, recovery, self.slowest_good_s)


def watched(
    history: History, stream: Stream, record: FaultRecord, lag_limit_s: float
) -> Verdict | tuple[Course, tuple[View, ...]]:
    """One run of a drill as each kind of client saw it; INVALID where nobody can say."""
    course = course_of(history, record)
    if isinstance(course, Verdict):
        return course
    if course.unproven:
        return name_it(invalid(course.unproven), course)
    if reason := fatal(history, stream, course.spans):
        return name_it(invalid(f"{course.name}: {reason}"), course)
    health = tester_health(history, stream, [course.whole], lag_limit_s)
    return course, tuple(_views(stream, course, health))


def _views(stream: Stream, course: Course, health: TesterHealth) -> Iterator[View]:
    """One for each kind of client at each entry that was planned, also if it sent nothing."""
    planned = dict.fromkeys((cell.entry, cell.client) for cell in stream.cells)
    for entry, client in planned:
        strata = Strata.of(stream.cells, {"entry": entry, "client": client})
        mine = stream.where(strata.whole.holds(stream))
        felt = mine.where(_felt(mine, course))
        yield _view(felt, strata, course, health, _unseen(mine, felt, course))


def _felt(stream: Stream, course: Course) -> Bools:
    """From the last good answer before the fault on; earlier blips are not its doing."""
    sorts = sort_out(stream)
    felt = (stream.sent >= course.commanded) | (stream.done >= course.commanded)
    # A request that was under way when the fault came may have left before the last good one.
    first_bad = stream.sent[felt & sorts.bad].min(initial=np.inf)
    before = np.flatnonzero(sorts.good & ~felt & (stream.sent < first_bad))
    if len(before):
        felt[before[np.argmax(stream.sent[before])]] = True
    return felt & (stream.due < course.whole.end)


def _view(
    stream: Stream, strata: Strata, course: Course, health: TesterHealth, unseen: str | None
) -> View:
    sorts = sort_out(stream)
    sight = Sight(
        stream=stream,
        sorted=sorts,
        spans=(course.whole,),
        strata=strata,
        health=health,
        grid=Grid.of(stream, [course.whole], health),
        silent=(),
        doubt=None,
    )
    entry, client = strata.only["entry"], strata.only["client"]
    good = sorts.good
    return View(
        label=f"{client} connections to {entry}",
        where=dict(strata.only),
        probes=_requests(stream, good, sorts.sure),
        undisturbed=_requests(stream, good, sorts.sure & ~sight.grid.unfair),
        told=health.all_told,
        unusable=client_errors(sight, CLIENT_ERRORS_MAX) or unseen,
        unknown=int(sorts.tester.sum()),
        slowest_good_s=float(stream.latency[good].max()) if good.any() else None,
    )


def _requests(stream: Stream, good: Bools, keep: Bools) -> Requests:
    return requests(stream.sent[keep], stream.done[keep], good[keep])


def _unseen(stream: Stream, felt: Stream, course: Course) -> str | None:
    """Why nobody saw what the fault did: nobody watched, or the system had failed before it."""
    sorts, begin = sort_out(stream), felt.sent.min(initial=course.commanded)
    sure = sorts.sure & (stream.due < course.whole.end)
    sent = stream.sent[sure & (stream.sent >= begin)]
    if reason := unwatched(sent, sent.min(initial=course.commanded), course.whole.end):
        return reason
    before = sure & (stream.done < course.commanded)
    lost = before & (stream.sent > stream.sent[before & sorts.good].max(initial=-np.inf))
    lost_s = course.commanded - stream.sent[lost].min(initial=course.commanded)
    if lost_s <= longest_hole_s(sent):
        return None
    return (
        f"0 of {int(lost.sum()):,} requests were answered well in the {show_duration(lost_s)} "
        "before the fault: the system had failed already"
    )


def _within(window: Window, limit: Limit, label: str, record: FaultRecord) -> Verdict:
    low, high = window.interval
    if limit.violated_by(low):
        outcome = Outcome.FAIL
    elif not limit.violated_by(high):
        outcome = Outcome.PASS
    else:
        outcome = Outcome.INCONCLUSIVE
    return Verdict(
        outcome=outcome,
        because=f"{label}: {_told(window, record)}",
        limit=Bound(text=limit.text, value=float(limit.value)),
        measured=round((low + high) / 2 if window.failed and np.isfinite(high) else low, DIGITS),
        interval=_rounded(window),
        unit="s",
        samples=window.sent,
        failures=window.failed,
    )


def _figures(window: Window, probes: Requests, record: FaultRecord) -> dict[str, Any]:
    """For the pictures: where the outage began, how long it was total, what healing cost."""
    figures: dict[str, Any] = {
        "window_s": _rounded(window),
        "gap_s": round(window.largest_gap_s, DIGITS),
    }
    if window.longest and record.commanded is not None:
        figures["began_s"] = round(window.longest.start_s - record.commanded, DIGITS)
        figures["dark_s"] = tuple(round(end, DIGITS) for end in window.longest.dark)
    if record.healing is not None:
        late = [
            good
            for sent, good in zip(probes.sent, probes.good, strict=True)
            if sent >= record.healing
        ]
        figures["after_healing"] = {"sent": len(late), "failed": late.count(0)}
    return figures


def _rounded(window: Window) -> tuple[float, float]:
    return round(window.interval.lower, DIGITS), round(window.interval.upper, DIGITS)


def _told(window: Window, record: FaultRecord) -> str:
    low, high = window.interval
    longest = window.longest
    if longest is None:
        return (
            f"0 of {window.sent:,} requests failed; a full outage longer than "
            f"{wording.duration(window.unseen_s, 3)} would have been seen"
        )
    if not np.isfinite(high):
        return f"errors for at least {wording.duration(low, 3)} and no recovery was seen"
    begun = longest.start_s - (record.commanded or 0.0)
    return (
        f"errors for {wording.duration(low, 3)} to {wording.duration(high, 3)}, beginning "
        f"{wording.duration(max(0.0, begun), 3)} after the fault; {window.failed:,} of "
        f"{window.sent:,} requests failed"
    )


def _failed(window: Window, limit: Limit, label: str, unknown: int) -> Verdict:
    outcome, because = (
        Outcome.PASS,
        f"{label}: {window.failed:,} of {window.sent:,} requests failed",
    )
    if limit.violated_by(window.failed):
        outcome = Outcome.FAIL
    elif limit.violated_by(window.failed + unknown):
        outcome = Outcome.INCONCLUSIVE
        because += f", and {unknown:,} more were not sent, cut off or sent late by the tester"
    return Verdict(
        outcome=outcome,
        because=because,
        limit=Bound(text=limit.text, value=float(limit.value)),
        measured=float(window.failed),
        unit="requests",
        samples=window.sent,
        failures=window.failed,
    )


def _longest(parts: Sequence[Verdict]) -> Verdict:
    """The run that was felt longest speaks for a drill that passed."""
    return max(parts, key=lambda part: part.interval[1] if part.interval else part.measured or 0.0)

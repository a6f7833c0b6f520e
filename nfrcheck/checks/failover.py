"""How long was a fault felt? The outage of each drill as an interval, per client kind (AV06)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nfrcheck.checks.clients import View, watched
from nfrcheck.checks.drills import Course, missing_runs, watched_whole
from nfrcheck.checks.sight import invalid, verdict
from nfrcheck.evidence import wording
from nfrcheck.evidence.outage import Requests
from nfrcheck.evidence.repeats import share_supported
from nfrcheck.evidence.window import Recovery, Window
from nfrcheck.fields import Count, Model, UpperCount, UpperDuration
from nfrcheck.model.history import FaultRecord, History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.records import RETRIED
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Bound, Outcome, Verdict, combine

DIGITS = 6
"""Records are whole microseconds."""


class Failover(Model):
    """The longest error window of any client kind, in every run of the drill.

    Without `retries` a first attempt that failed counts, though the client hid it by another one.
    """

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
        if not self.retries:
            stream = replace(stream, flags=stream.flags & ~np.uint8(RETRIED))
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
        found = watched(history, question, stream, record)
        if isinstance(found, Verdict):
            return found
        course, views = found
        seen = combine([watched_whole(self._view(v, course), course, question) for v in views])
        longest = _longest(seen.parts) if seen.outcome is Outcome.PASS else seen
        return replace(longest, name=course.name, parts=seen.parts)

    def _view(self, view: View, course: Course) -> Verdict:
        label = f"{course.name} · {view.label}"
        place = {**course.where, **view.where}
        if reason := view.unusable:
            return replace(invalid(f"{label}: {reason}"), name=label, where=place)
        judged = self._limits(view, view.probes, label, course.record)
        if judged.outcome is Outcome.FAIL and len(view.surely.good) < len(view.probes.good):
            again = self._limits(view, view.surely, label, course.record)
            if again.outcome is not Outcome.FAIL:
                judged = _doubted(judged, view, label)
        return replace(judged, name=label, where=place)

    def _limits(self, view: View, probes: Requests, label: str, record: FaultRecord) -> Verdict:
        limit_s = float(self.error_window.value) if self.error_window else None
        window = view.window(probes, Recovery(limit_s=limit_s))
        parts = []
        if self.error_window:
            parts.append(_within(window, self.error_window, label, record))
        if self.failed:
            parts.append(_failed(window, self.failed, label, view.unknown))
        figures = _figures(window, probes, record)
        if view.narrowed:
            figures["narrowed"] = True
        return replace(combine(parts), figures=figures, parts=())


def _doubted(judged: Verdict, view: View, label: str) -> Verdict:
    """A failure that is gone without what may be the tester's doing, or another region's."""
    if view.homeless and not view.told:
        because = f"{judged.because}; but {view.homeless:,} requests failed and told no region"
        return replace(judged, outcome=Outcome.INCONCLUSIVE, because=because)
    because = (
        f"{label}: failed only while the tester or its machine was unwell "
        f"({view.told}): their stalls cannot be told from the target's"
    )
    return replace(judged, outcome=Outcome.INVALID, because=because)


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

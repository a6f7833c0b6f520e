"""Does a region come back without a second outage, and does it serve its share again (AV14)?

The outage is judged as that of a failover is, from the moment on at which the fault is put back.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from nfrcheck.checks.drills import Course, watched_whole
from nfrcheck.checks.readmission import healing_of, in_runs, one_view, readmitted, speaking, twice
from nfrcheck.checks.returns import Watched, member_of, watched, why_nameless, within_limit
from nfrcheck.checks.sight import invalid, one_region, requests, verdict
from nfrcheck.evidence import wording
from nfrcheck.evidence.outage import Requests
from nfrcheck.evidence.window import Recovery, Window, watch
from nfrcheck.fields import Duration, Json, Model, UpperDuration
from nfrcheck.model.history import History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit, show_duration
from nfrcheck.model.verdict import Outcome, Verdict

PART_BACK = 0.8
"""So much of its usual share is its share again: chance makes it a little less or more."""
CALM_S = 1.0
CALM_BAD_MAX = 0.02
"""Of the requests of the last second before the return; with more the first outage still lasts."""
NO_STATE = (
    "equal_within: this version does not read the state of two regions; leave it out, and ask "
    "`recovery-point` whether each acknowledged write is read back from both"
)


class Failback(Model):
    """The errors at the return, how soon the region serves its share, and whether states agree."""

    error_window: UpperDuration | None = None
    share_back_within: Duration | None = None
    equal_within: Duration | None = None
    state: Json = None

    def judge(self, history: History, question: Question) -> Verdict:
        if self.error_window is None and self.share_back_within is None:
            no_limit = "no limit: write `error_window` or `share_back_within`"
            because = no_limit if self.equal_within is None else NO_STATE
            return verdict(Outcome.NOT_RUN, because)
        if not question.drills:
            return verdict(Outcome.NOT_RUN, "no drill is named: write `drill`")
        stream = history.streams.get(question.stream or "")
        if stream is None:
            return invalid(f"{question.stream or 'no probe'} recorded nothing")
        if nothing := one_region(history, stream, question):
            return nothing
        views = partial(self._returned, history, question, stream)
        parts: list[Verdict] = []
        for drill in question.drills:
            parts += in_runs(history, question, stream, drill, views)
        if self.equal_within is not None:
            parts.append(verdict(Outcome.NOT_RUN, NO_STATE))
        runs = sum(len(history.drill_runs(drill)) for drill in question.drills)
        return speaking(parts, runs)

    def _returned(
        self, history: History, question: Question, stream: Stream, course: Course
    ) -> list[Verdict]:
        if course.record.healed is None or course.record.verified is None:
            return [invalid(f"{course.name}: it was not seen to be put back")]
        member = member_of(course.record, stream)
        views = list(watched(history, question, stream, course, member))
        if not views:
            return [invalid(f"{course.name}: no entry led to {member} and to another one")]
        nameless = why_nameless(stream)
        whole = partial(watched_whole, course=course, question=question)
        return [one_view(map(whole, self._limits(one, course, nameless)), one) for one in views]

    def _limits(self, one: Watched, course: Course, nameless: str) -> Iterator[Verdict]:
        name, place = f"{course.name} · {one.label}", {**course.where, **one.where}
        if self.error_window is not None:
            seen = _felt(one, course, self.error_window)
            yield _placed(seen, "errors", f"{name}: {seen.because}", place)
        if self.share_back_within is not None:
            within = self.share_back_within
            limit = Limit("<=", within, "duration", f"within {show_duration(within)}")
            seen = verdict(
                Outcome.NOT_RUN, f"whether {one.who} serves its share is not known: {nameless}"
            )
            if one.member is not None:
                seen = readmitted(one, course, limit, PART_BACK)
            yield _placed(seen, "share", f"{name}: {seen.because}", place)


def _placed(seen: Verdict, name: str, because: str, place: dict[str, str]) -> Verdict:
    return replace(seen, name=name, because=because, where=place)


def _felt(one: Watched, course: Course, limit: Limit) -> Verdict:
    return twice(one, lambda fair: _window(one, course, limit, fair=fair))


def _window(one: Watched, course: Course, limit: Limit, *, fair: bool) -> Verdict:
    """From the return on, with the last good answer before it."""
    healing = healing_of(course)
    if reason := _not_over(one, healing):
        return invalid(reason)
    probes = _since(one, healing, course.whole.end, fair=fair)
    recovery = Recovery(limit_s=float(limit.value), usual=one.noise)
    window = watch(probes, recovery, one.slowest_good_s)
    low, high = window.interval
    return within_limit(
        low, high, limit, _told(window, healing), samples=window.sent, failures=window.failed
    )


def _not_over(one: Watched, healing: float) -> str | None:
    """What still fails when the region comes back was not evacuated yet: no return is seen."""
    last = (one.stream.sent >= healing - CALM_S) & (one.stream.due < healing) & one.sorts.sure
    n, bad = int(last.sum()), int((last & one.sorts.bad).sum())
    if bad <= max(1.0, (CALM_BAD_MAX + 2 * one.noise) * n):
        return None
    return (
        f"{bad} of the last {n} requests before the return failed: the outage before it was not "
        "over (if this entry leads to what was taken away alone, choose another with `only`)"
    )


def _since(one: Watched, healing: float, end: float, *, fair: bool) -> Requests:
    stream, sorts = one.stream, one.sorts
    felt = (stream.sent >= healing) & (stream.due < end)
    before = np.flatnonzero(sorts.good & (stream.sent < healing))
    if len(before):
        felt[before[np.argmax(stream.sent[before])]] = True
    felt &= sorts.sure
    if fair:
        felt &= ~one.unfair
    return requests(stream.sent[felt], stream.done[felt], sorts.good[felt])


def _told(window: Window, healing: float) -> str:
    low, high = window.interval
    longest = window.longest
    if longest is None:
        return (
            f"0 of {window.sent:,} requests failed at the return; a full outage longer than "
            f"{wording.duration(window.unseen_s, 3)} would have been seen"
        )
    if not np.isfinite(high):
        return f"errors for at least {wording.duration(low, 3)} and no recovery was seen"
    begun = max(0.0, longest.start_s - healing)
    return (
        f"errors for {wording.duration(low, 3)} to {wording.duration(high, 3)}, beginning "
        f"{wording.duration(begun, 3)} after the return began; {window.failed:,} of "
        f"{window.sent:,} requests failed"
    )

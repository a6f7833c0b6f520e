"""Is a member that is gone asked no more, asked again once it is back, and never for a blip (AV09)?

What a router hides by a second try is not seen: the ejection is what clients can tell of it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial

from nfrcheck.checks.calm import nothing_ejected
from nfrcheck.checks.drills import Course, held_whole, watched_whole
from nfrcheck.checks.members import Left, left, row_needed
from nfrcheck.checks.readmission import (
    few_before,
    healing_of,
    in_runs,
    one_view,
    readmitted,
    speaking,
    twice,
)
from nfrcheck.checks.returns import (
    LEAST_BEFORE,
    Watched,
    member_of,
    watched,
    why_nameless,
    within_limit,
)
from nfrcheck.checks.sight import invalid, one_region, verdict
from nfrcheck.evidence import wording
from nfrcheck.fields import Duration, Model, Name, Share
from nfrcheck.model.history import FaultRecord, History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit, show_duration, show_share
from nfrcheck.model.verdict import Outcome, Verdict

PART_BACK = 0.5
"""A member is back that gives so much of its usual share: a slow start is no fault."""
_UNTIL = {"left": held_whole, "back": watched_whole}
"""How long each limit is to be looked at."""


class Ejection(Model):
    """How fast a member is left, how fast it is back for good, and what must not eject one."""

    eject_within: Duration | None = None
    readmit_within: Duration | None = None
    calm: Name | None = None
    panic_below: Share = Decimal("0.5")

    def judge(self, history: History, question: Question) -> Verdict:
        if self.eject_within is None and self.readmit_within is None and self.calm is None:
            because = "no limit: write `eject_within`, `readmit_within` or `calm`"
            return verdict(Outcome.NOT_RUN, because)
        if not question.drills:
            return verdict(Outcome.NOT_RUN, "no drill is named: write `drill`")
        stream = history.streams.get(question.stream or "")
        if stream is None:
            return invalid(f"{question.stream or 'no probe'} recorded nothing")
        if nothing := one_region(history, stream, question):
            return nothing
        parts: list[Verdict] = []
        if self.eject_within is not None or self.readmit_within is not None:
            views = partial(self._taken, history, question, stream)
            for drill in question.drills:
                parts += in_runs(history, question, stream, drill, views)
        if self.calm is not None:
            parts += nothing_ejected(history, question, stream, self.calm)
        runs = sum(len(history.drill_runs(drill)) for drill in question.drills)
        return speaking(parts, runs)

    def _taken(
        self, history: History, question: Question, stream: Stream, course: Course
    ) -> list[Verdict]:
        member = member_of(course.record, stream)
        views = list(watched(history, question, stream, course, member))
        if not views:
            return [invalid(f"{course.name}: no entry led to {member} and to another one")]
        panics = self._panics(history, course.record)
        nameless = why_nameless(stream)
        found = []
        for one in views:
            limits = self._limits(one, course, panics, nameless)
            seen = (_UNTIL[limit.name](limit, course, question) for limit in limits)
            found.append(one_view(seen, one))
        return found

    def _limits(
        self, one: Watched, course: Course, panics: str | None, nameless: str
    ) -> Iterator[Verdict]:
        name, place = f"{course.name} · {one.label}", {**course.where, **one.where}
        for limit, told, judged in (
            (self.eject_within, "left", _ejected),
            (self.readmit_within, "back", _readmitted),
        ):
            if limit is None:
                continue
            bound = Limit("<=", limit, "duration", f"within {show_duration(limit)}")
            seen = judged(one, course, bound, nameless)
            if told == "left" and panics and seen.outcome is Outcome.FAIL:
                seen = replace(seen, outcome=Outcome.INCONCLUSIVE, because=panics)
            yield replace(seen, name=told, because=f"{name}: {seen.because}", where=place)

    def _panics(self, history: History, record: FaultRecord) -> str | None:
        """A router asks everybody where too few are left: that is intended."""
        regions = history.regions
        gone = {name for name in regions if record.where.get("region") == name}
        gone |= {r for r in regions if re.search(rf"\bregion {r}(?![\w-])", record.touched)}
        if not gone or len(regions) - len(gone) >= self.panic_below * len(regions):
            return None
        return (
            f"only {len(regions) - len(gone)} of {len(regions)} regions were healthy, fewer than "
            f"{show_share(self.panic_below)}: requests to the others are intended then"
        )


def _ejected(one: Watched, course: Course, limit: Limit, nameless: str) -> Verdict:
    return twice(one, lambda fair: _ejection(one, course, limit, nameless, fair=fair))


def _ejection(one: Watched, course: Course, limit: Limit, nameless: str, *, fair: bool) -> Verdict:
    """From the fault, proven or felt first, to the last request that had to do with the member."""
    turns = one.reaching(course.commanded, healing_of(course), fair=fair)
    own = turns.own
    if one.member is not None and one.before < LEAST_BEFORE:
        return few_before(one)
    if one.member is None and not own.any():
        because = f"no request failed, and whether {one.who} was asked at all is not known"
        return verdict(Outcome.INCONCLUSIVE, f"{because}: {nameless}")
    if one.member is None and own.all():
        because = f"nothing was answered well: this entry may lead to {one.who} alone"
        return verdict(Outcome.INCONCLUSIVE, because)
    felt = turns.done[own].min(initial=float("inf"))
    if one.slowest_good_s is not None:
        felt = min(felt, turns.sent[own].min(initial=float("inf")) + one.slowest_good_s)
    gone = min(float(felt), course.record.confirmed or float("inf"))
    share = one.share if one.member is not None else None
    found = left(turns, share, course.commanded, gone, one.noise)
    low, high = found.after_s
    n, k = len(turns), int(own.sum())
    what = f"failed or went to {one.who}" if one.member is not None else "failed"
    few = n < row_needed(share or 1.0)
    because = f"{_told(found, what, n, few=few)}; {k:,} of {n:,} did"
    return within_limit(low, high, limit, because, samples=n, failures=k)


def _told(found: Left, what: str, n: int, *, few: bool) -> str:
    low, high = (wording.duration(end, 3) for end in found.after_s)
    if few:
        return f"only {n} requests while the fault lasted, too few to see how long they {what}"
    if found.index is None:
        return f"requests still {what} {low} after the fault, and did so until its end"
    if found.last_s is None:
        return f"no request {what} later than {high} after the fault"
    return f"the last request that {what} was sent {low} to {high} after the fault"


def _readmitted(one: Watched, course: Course, limit: Limit, nameless: str) -> Verdict:
    if one.member is None:
        because = f"whether {one.who} is asked again is not known: {nameless}"
        return verdict(Outcome.NOT_RUN, because)
    return readmitted(one, course, limit, PART_BACK)

"""Is a region that is up but bad left by traffic, and are its users served well elsewhere (AV07)?

A region that answers its health check and does no work must be left within a time. It is rightly
kept where it is the only one that is left: bad answers are better than none.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial

from nfrcheck.checks.drills import Course
from nfrcheck.checks.each_run import judge_each
from nfrcheck.checks.grey_seen import GreySeen
from nfrcheck.checks.health import fatal
from nfrcheck.checks.readmission import few_before, healing_of, twice
from nfrcheck.checks.returns import LEAST_BEFORE, Watched, calm_of, watched
from nfrcheck.checks.sight import NO_REGION, chosen, invalid, one_region, verdict
from nfrcheck.evidence import wording
from nfrcheck.fields import Duration, Model, Name, UpperShare
from nfrcheck.model.history import History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

SHARE_LEFT = "share left"
LEAST_REQUESTS = 50
FAILING_MAX = Decimal("0.01")
"""Success is restored when no larger share fails, beyond what failed before the fault."""
HURT_MIN = 0.01
"""A region of whose answers fewer are bad or slow is not grey as its users see it."""


class GreyRegion(Model):
    """How soon a bad region is left, and how much of the traffic may still go there."""

    leaves_within: Duration
    region: Name | None = None
    share_left: UpperShare = Limit("<=", Decimal("0.05"), "share", "<= 5 %")

    def judge(self, history: History, question: Question) -> Verdict:
        stream = history.streams.get(question.stream or "")
        if stream is None:
            return invalid(f"{question.stream or 'no load'} recorded nothing")
        if not stream.values("region"):
            return verdict(Outcome.NOT_RUN, NO_REGION)
        if nothing := one_region(history, stream, question):
            return nothing
        return judge_each(history, question, lambda course: self._run(history, question, course))

    def _run(self, history: History, question: Question, course: Course) -> Verdict:
        stream = history.streams[question.stream or ""]
        if reason := fatal(history, stream, course.spans):
            return invalid(reason)
        region = self.region or course.where.get("region")
        if region is None:
            because = "the fault was done to no region: write which one is grey, `region: NAME`"
            return verdict(Outcome.NOT_RUN, because)
        views = list(watched(history, question, stream, course, region))
        if not views:
            asked = chosen(stream, question)
            return _no_choice(asked.where(calm_of(history, course, asked)), region)
        parts = [part for one in views for part in self._view(one, course)]
        seen = combine(parts)
        if seen.outcome is Outcome.PASS:
            # How much was left speaks for a run that passed, not that nothing failed.
            left = [part for part in parts if part.name == SHARE_LEFT]
            seen = max(left, key=lambda part: part.interval[1] if part.interval else 0.0)
        return replace(seen, parts=tuple(parts))

    def _view(self, one: Watched, course: Course) -> Iterator[Verdict]:
        """What one kind of client saw from when the region should have been left to the healing."""
        for name, judged in ((SHARE_LEFT, self._left), ("success", self._restored)):
            found = twice(one, partial(judged, one, course))
            if found.outcome is Outcome.FAIL and _all_taken(one, course):
                because = f"{found.because}; no other region was left to go to"
                found = replace(found, outcome=Outcome.INCONCLUSIVE, because=because)
            because = f"{course.name} · {one.label}: {found.because}"
            yield replace(found, because=because, name=name, where=one.where)

    def _seen(self, one: Watched, course: Course, fair: bool) -> GreySeen | Verdict:
        """Or why what was seen can decide nothing."""
        if one.before < LEAST_BEFORE:
            return few_before(one)
        start = (course.record.confirmed or course.commanded) + self.leaves_within
        until = healing_of(course)
        if until <= start:
            held = wording.duration(until - start + self.leaves_within)
            because = (
                f"the fault was put back {held} after it was proven, before "
                f"{_grey(one, course)} had to be left"
            )
            short = verdict(Outcome.INCONCLUSIVE, because)
            return replace(short, needed=Needed(seconds=round(start - until, 3)))
        seen = GreySeen.of(one, start, until, fair=fair)
        if seen.n < LEAST_REQUESTS:
            because = f"only {seen.n} requests were sent after {_grey(one, course)} had to be left"
            few = verdict(Outcome.INCONCLUSIVE, because)
            return replace(few, needed=Needed(requests=LEAST_REQUESTS - seen.n))
        return seen

    def _left(self, one: Watched, course: Course, fair: bool) -> Verdict:
        seen = self._seen(one, course, fair)
        if isinstance(seen, Verdict):
            return seen
        limit = self.share_left
        low, high = seen.served_share
        outcome = _outcome(limit, low, high)
        because = self._told(one, course, seen)
        if outcome is Outcome.FAIL and seen.hurt <= HURT_MIN * seen.served:
            outcome = Outcome.INCONCLUSIVE
            because = f"{because}; but of its answers {seen.hurt:,} were bad or slow: not felt"
        if outcome is Outcome.PASS and not limit.violated_by(Decimal(one.share)):
            outcome = Outcome.INCONCLUSIVE
            usual = wording.percent_seen(one.share)
            because = f"{because}; before the fault it served no more than that, {usual}"
        return Verdict(
            outcome=outcome,
            because=because,
            limit=Bound(text=limit.text, value=float(limit.value)),
            measured=float(low),
            interval=(float(low), float(high)),
            unit="share",
            samples=seen.n,
            failures=seen.bad,
        )

    def _told(self, one: Watched, course: Course, seen: GreySeen) -> str:
        within = wording.duration(self.leaves_within)
        served = f"{seen.served:,} of {seen.n:,} requests"
        percent = wording.percent_seen(float(seen.served_share[0]))
        told = f"{_grey(one, course)} still served {percent} after {within} ({served}"
        if seen.nameless or seen.unknown:
            told += f", and {seen.nameless + seen.unknown:,} more may have gone there"
        if seen.last_s is None:
            return f"{told})"
        after = wording.duration(seen.last_s - (course.record.confirmed or 0.0), 3)
        return f"{told}), the last one {after} after the fault was proven"

    def _restored(self, one: Watched, course: Course, fair: bool) -> Verdict:
        seen = self._seen(one, course, fair)
        if isinstance(seen, Verdict):
            return seen
        most = FAILING_MAX + seen.bad_before
        limit = Limit("<=", most, "share", f"<= {wording.percent_seen(float(most))}")
        low, high = seen.bad_share
        within = wording.duration(self.leaves_within)
        return Verdict(
            outcome=_outcome(limit, low, high),
            because=f"{seen.bad:,} of {seen.n:,} requests failed {within} and more after "
            f"{_grey(one, course)} was proven to be so",
            limit=Bound(text=limit.text, value=float(most)),
            measured=float(low),
            interval=(float(low), float(high)),
            unit="share",
            samples=seen.n,
            failures=seen.bad,
        )


def _outcome(limit: Limit, low: Decimal, high: Decimal) -> Outcome:
    if limit.violated_by(low):
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if limit.violated_by(high) else Outcome.PASS


def _grey(one: Watched, course: Course) -> str:
    mode = course.where.get("mode")
    return f"{one.who}, grey by {mode}," if mode else one.who


def _no_choice(before: Stream, region: str) -> Verdict:
    """Nobody could leave the region, or nobody had come to it."""
    if not (before.of("region", region) & (before.status >= 100)).any():
        return verdict(
            Outcome.INCONCLUSIVE,
            f"region {region} gave no answer before the fault: nobody was there",
        )
    because = (
        f"region {region} gave every answer before the fault already: it is the only one that is "
        "left, and is rightly kept"
    )
    return replace(verdict(Outcome.INCONCLUSIVE, because), where={"region": region})


def _all_taken(one: Watched, course: Course) -> bool:
    """Whether the drill did more than this, and no other region gave a good answer meanwhile."""
    if " + " not in course.record.fault:
        return False
    return bool(one.answers(course.commanded, healing_of(course), fair=False).own.all())

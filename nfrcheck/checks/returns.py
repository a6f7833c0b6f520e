"""What one kind of client at one entry saw of a member that was taken away and came back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nfrcheck.checks.counting import Sorted, sort_out
from nfrcheck.checks.drills import Course
from nfrcheck.checks.grid import Grid
from nfrcheck.checks.health import TesterHealth, tester_health
from nfrcheck.checks.members import Turns
from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.sight import NO_REGION, Sight, chosen, strata_of, within
from nfrcheck.checks.strata import Strata, named_clients
from nfrcheck.checks.watching import unwatched
from nfrcheck.model.history import Bools, FaultRecord, History, Span, Stream
from nfrcheck.model.question import Exclusion, Question
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Bound, Outcome, Verdict

LEAST_BEFORE = 20
NOISE_MAX = 0.1
"""A system that fails more than this before the fault does not work."""
CLIENT_ERRORS_MAX = 0.01
NOBODY_SAID = "no answer said which region gave it: is `served_by` right?"
DIGITS = 6
"""Records are whole microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The requests of one kind of client at one entry, of the whole run; masks are as long."""

    label: str
    where: dict[str, str]
    stream: Stream
    sorts: Sorted
    member: str | None
    taken: str
    """What the fault was done to, in words."""
    calm: Bools
    """Answered before the fault, in a quiet phase or in the baseline of this run."""
    unfair: Bools
    """In seconds of the drill in which the tester or its machine was unwell."""
    told: str
    """Why it was unwell."""
    noise: float
    """Which part of the requests failed before the fault, by nobody known."""
    before: int
    """How many answers before the fault told who gave them."""
    share: float
    """The member's part of those."""
    unusable: str | None

    @property
    def who(self) -> str:
        return f"region {self.member}" if self.member is not None else self.taken

    @property
    def slowest_good_s(self) -> float | None:
        good = self.sorts.good
        return float(self.stream.latency[good].max()) if good.any() else None

    def reaching(self, start: float, end: float, *, fair: bool) -> Turns:
        """Requests sent in `[start, end)`; its own are those it answered, or may have failed."""
        kept = self._sent(start, end, fair=fair) & self.sorts.sure
        own = self.sorts.bad
        if self.member is not None:
            nameless = self.stream.of("region", None)
            own = (own & nameless) | self.stream.of("region", self.member)
        return self._turns(kept, own)

    def failed(self, start: float, end: float) -> Bools:
        """Of the requests sent in `[start, end)`: which failed, but for those in another's name."""
        kept = self._sent(start, end, fair=False) & self.sorts.sure
        named = ~self.stream.of("region", None) & ~self.stream.of("region", self.member)
        bad = self.sorts.bad & ~named if self.member is not None else self.sorts.bad
        return bad[kept]

    def answers(self, start: float, end: float, *, fair: bool) -> Turns:
        """Good answers to what was sent in `[start, end)` that tell who gave them."""
        known = self.sorts.good & ~self.stream.of("region", None)
        kept = self._sent(start, end, fair=fair) & known
        return self._turns(kept, self.stream.of("region", self.member or ""))

    def answers_or_lost(self, start: float, end: float, *, fair: bool) -> Turns:
        """The same with what failed in nobody's name, which may have been sent to the member."""
        nameless = self.stream.of("region", None)
        lost = self.sorts.bad & nameless
        kept = self._sent(start, end, fair=fair) & ((self.sorts.good & ~nameless) | lost)
        return self._turns(kept, lost | self.stream.of("region", self.member or ""))

    def _sent(self, start: float, end: float, *, fair: bool) -> Bools:
        sent: Bools = (self.stream.sent >= start) & (self.stream.due < end)
        return sent & ~self.unfair if fair else sent

    def _turns(self, kept: Bools, own: Bools) -> Turns:
        chosen = np.flatnonzero(kept)
        chosen = chosen[np.argsort(self.stream.sent[chosen], kind="stable")]
        return Turns(self.stream.sent[chosen], self.stream.done[chosen], own[chosen])


def member_of(record: FaultRecord, stream: Stream) -> str | None:
    """What was taken away, where answers can tell that it gave them: a region, or a part so named.

    A part of a region is not the region: its siblings answer in the same name.
    """
    named = record.where.get("component") or record.where.get("region")
    return named if named in stream.values("region") else None


def _taken(record: FaultRecord) -> str:
    return next((f"{kind} {name}" for kind, name in record.where.items()), "what was taken away")


def why_nameless(stream: Stream) -> str:
    """Why the answers of a stream do not tell which member gave them."""
    if not stream.values("region"):
        return NO_REGION
    return "what was taken away is no region, and answers tell their region only"


def watched(
    history: History, question: Question, stream: Stream, course: Course, member: str | None
) -> Iterator[Watched]:
    """One for each kind of client at each entry behind which there is a choice of members."""
    left, strata = chosen(stream, question), strata_of(stream, question)
    kinds = dict.fromkeys((stream.cells[at].entry, stream.cells[at].client) for at in strata.kept)
    for entry, client in kinds:
        mine = strata_of(left, question, entry=entry, client=client)
        one = _watched(history, question, left, course, mine)
        one = of_member(history, course, one, member)
        if member is None or one.before < LEAST_BEFORE or 0 < one.share < 1:
            yield one


def of_member(history: History, course: Course, one: Watched, member: str | None) -> Watched:
    """The same, with the part of the answers that this member gave before the fault."""
    spans = calm_spans(history, course)
    one = replace(one, member=member)
    sent = [one.failed(span.start, span.end) for span in spans]
    n, failed = sum(len(each) for each in sent), sum(int(each.sum()) for each in sent)
    one = replace(one, noise=min(NOISE_MAX, failed / max(1, n)))
    if member is None:
        return one
    calm = [one.answers(span.start, span.end, fair=False) for span in spans]
    before, own = sum(len(turns) for turns in calm), sum(int(turns.own.sum()) for turns in calm)
    return replace(one, before=before, share=own / before if before else 0.0)


def calm_spans(history: History, course: Course) -> list[Span]:
    """Where nothing was injected before this fault: no other run of any drill is among it."""
    spans = [span for span in history.quiet() if span.end <= course.commanded]
    return spans + [span for span in course.spans if span.part == "baseline"]


def calm_of(history: History, course: Course, stream: Stream) -> Bools:
    """Which requests were due, and answered, where nothing had been injected."""
    calm = np.zeros(len(stream), dtype=np.bool_)
    for span in calm_spans(history, course):
        calm |= (stream.due >= span.start) & (stream.due < span.end)
    return calm & (stream.done < course.commanded)


def _watched(
    history: History, question: Question, stream: Stream, course: Course, strata: Strata
) -> Watched:
    mine = stream.where(strata.whole.holds(stream))
    spans = (course.whole,)
    health = tester_health(history, stream, spans, question.lag_limit_s)
    inside = (mine.due >= course.whole.start) & (mine.due < course.whole.end)
    return Watched(
        label=named_clients(strata.only),
        where=dict(strata.only),
        stream=mine,
        sorts=sort_out(mine, question.exclude),
        member=None,
        taken=_taken(course.record),
        calm=calm_of(history, course, mine),
        unfair=Grid.of(mine, spans, health).unfair & inside,
        told=health.all_told,
        noise=0.0,
        before=0,
        share=0.0,
        unusable=_unusable(within(mine, spans), course, strata, health, question.exclude),
    )


def _unusable(
    stream: Stream,
    course: Course,
    strata: Strata,
    health: TesterHealth,
    exclude: Sequence[Exclusion],
) -> str | None:
    spans = (course.whole,)
    sight = Sight(
        stream=stream,
        sorted=sort_out(stream, exclude),
        spans=spans,
        strata=strata,
        health=health,
        grid=Grid.of(stream, spans, health),
        silent=(),
        doubt=None,
    )
    sent = stream.sent[sight.sorted.sure]
    return client_errors(sight, CLIENT_ERRORS_MAX) or unwatched(
        sent, course.whole.start, course.whole.end
    )


def within_limit(
    low: float,
    high: float,
    limit: Limit,
    because: str,
    *,
    samples: int,
    failures: int | None = None,
) -> Verdict:
    """PASS where both ends keep the limit, FAIL where both break it; seconds."""
    low, high = round(low, DIGITS), round(high, DIGITS)
    if limit.violated_by(low):
        outcome = Outcome.FAIL
    elif not limit.violated_by(high):
        outcome = Outcome.PASS if samples else Outcome.INVALID
    else:
        outcome = Outcome.INCONCLUSIVE
    return Verdict(
        outcome=outcome,
        because=because,
        limit=Bound(text=limit.text, value=float(limit.value)),
        measured=round((low + high) / 2 if np.isfinite(high) else low, DIGITS),
        interval=(low, high),
        unit="s",
        samples=samples,
        failures=failures,
    )


def unless_disturbed(seen: Verdict, fair: Verdict | None, told: str) -> Verdict:
    """A failure must be there also without the seconds in which the tester was unwell."""
    if seen.outcome is not Outcome.FAIL or fair is None or fair.outcome is Outcome.FAIL:
        return seen
    because = (
        f"{seen.because}; but only while the tester or its machine was unwell ({told}): "
        "their stalls cannot be told from the target's"
    )
    return replace(seen, outcome=Outcome.INVALID, because=because)

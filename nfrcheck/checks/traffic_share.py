"""Does each region serve its share, and by itself (active-active proof, AV04)?

Where a region says itself that it answered, only taking the other region away shows whether that
is true: a PASS needs a drill for each region in which it was left alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import Tag

from nfrcheck.checks.counting import Sorted, sort_out
from nfrcheck.checks.drills import course_of, held_whole, missing_runs
from nfrcheck.checks.grid import Grid
from nfrcheck.checks.health import fatal, tester_health
from nfrcheck.checks.sight import (
    NO_REGION,
    ONE_REGION,
    Sight,
    chosen,
    invalid,
    look,
    verdict,
    within,
)
from nfrcheck.evidence.binomial import clopper_pearson
from nfrcheck.fields import BY_NAME, LowerShare, Many, Model, Name, one_or_by_name
from nfrcheck.model.history import Bools, FaultRecord, History, Span, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

ALONE_GOOD = 0.95
ALONE_BAD = 0.5
LEAST_ANSWERS = 50
TAKES_A_REGION = ("region-kill", "region-isolate")


class TrafficShare(Model):
    """Share of the answers that each region gives; judged in quiet phases, proven in drills."""

    share: Annotated[
        Annotated[LowerShare, Tag("share")] | Annotated[Mapping[Name, LowerShare], Tag(BY_NAME)],
        one_or_by_name("share"),
    ]
    routes: Many[Name] = ()

    def judge(self, history: History, question: Question) -> Verdict:
        if "region" in question.only:
            return verdict(Outcome.NOT_RUN, ONE_REGION)
        sight = look(history, question)
        if isinstance(sight, Verdict):
            return sight
        regions = sight.strata.values("region")
        if not regions:
            return verdict(Outcome.NOT_RUN, NO_REGION)
        # A tester that is late or slow does not change which region answers.
        if sight.doubt:
            return invalid(sight.doubt)
        good = sight.sorted.good & self._of_routes(sight.stream)
        if good.any() and not (good & ~sight.stream.of("region", None)).any():
            return invalid("no answer said which region gave it: is `served_by` right?")
        wanted = (
            self.share if isinstance(self.share, Mapping) else dict.fromkeys(regions, self.share)
        )
        proof = _Proof(history, question, sight, self.routes)
        served = [_served(sight.stream, good, region, limit) for region, limit in wanted.items()]
        shares = ", ".join(f"{p.where['region']} {100 * (p.measured or 0):.1f} %" for p in served)
        return combine(
            (*served, *(proof.alone(region) for region in wanted)),
            passed=f"each region gave its share ({shares}) and answered alone "
            "while the other was gone",
        )

    def _of_routes(self, stream: Stream) -> Bools:
        return _of_routes(stream, self.routes)


def _of_routes(stream: Stream, routes: tuple[str, ...]) -> Bools:
    named = np.full(len(stream), not routes)
    for route in routes:
        named |= stream.of("route", route)
    return named


def _served(stream: Stream, good: Bools, region: str, limit: Limit) -> Verdict:
    n, k = int(good.sum()), int((good & stream.of("region", region)).sum())
    where = {"region": region}
    if n < LEAST_ANSWERS:
        few = verdict(Outcome.INCONCLUSIVE, f"region {region}: only {n} good answers")
        return replace(few, where=where, needed=Needed(requests=LEAST_ANSWERS - n))
    # An answer that names no region may have been this one's.
    unknown = int((good & stream.of("region", None)).sum())
    low, high = clopper_pearson(k, n).lower, clopper_pearson(k + unknown, n).upper
    value, most = float(limit.value), 1.0 if limit.high is None else float(limit.high)
    if low >= value and high <= most:
        outcome = Outcome.PASS
    elif high < value or low > most:
        outcome = Outcome.FAIL
    else:
        outcome = Outcome.INCONCLUSIVE
    nameless = f"; {unknown:,} named no region" if unknown else ""
    return Verdict(
        outcome=outcome,
        because=f"region {region} gave {k:,} of {n:,} good answers ({100 * k / n:.1f} %){nameless}",
        name=f"share of {region}",
        where=where,
        limit=Bound(
            text=limit.text,
            value=value,
            high=None if limit.high is None else most,
            lower=True,
        ),
        measured=k / n,
        interval=(low, high),
        unit="share",
        samples=n,
        needed=Needed(requests=n) if outcome is Outcome.INCONCLUSIVE else None,
    )


@dataclass(frozen=True, slots=True)
class _Proof:
    """Whether a region answered while every other one was taken away."""

    history: History
    question: Question
    sight: Sight
    routes: tuple[str, ...]

    def alone(self, region: str) -> Verdict:
        judged = list(self._drills(region))
        if judged:
            return combine([*judged, *self._missing(region)])
        return Verdict(
            outcome=Outcome.INCONCLUSIVE,
            because=f"region {region} says that it serves, but no drill took every other region "
            "away: a header can be forged",
            name=f"{region} alone",
            where={"region": region},
            needed=Needed(drills=1),
        )

    def _drills(self, region: str) -> Iterator[Verdict]:
        for record in self._alone_in(region):
            yield replace(
                self._run(region, record),
                name=f"{region} alone in {record.drill}/{record.run}",
                where={"region": region},
            )

    def _missing(self, region: str) -> Iterator[Verdict]:
        for drill in dict.fromkeys(record.drill for record in self._alone_in(region)):
            runs = sum(one.commanded is not None for one in self.history.drill_runs(drill))
            yield from missing_runs(self.question, drill, runs)

    def _alone_in(self, region: str) -> Iterator[FaultRecord]:
        """The runs in which every other region was taken away."""
        regions = {*self.sight.strata.values("region"), *self.history.regions}
        for record in self.history.faults:
            gone = record.where.get("region")
            named = not self.question.drills or record.drill in self.question.drills
            if record.fault in TAKES_A_REGION and named and regions - {region} == {gone}:
                yield record

    def _run(self, region: str, record: FaultRecord) -> Verdict:
        course = course_of(self.history, record)
        if isinstance(course, Verdict):
            return course
        hold = next((span for span in course.spans if span.part == "hold"), None)
        if course.unproven or hold is None:
            return invalid(course.unproven or f"{course.name}: the fault was not held")
        # The second half: by then the failover itself is over, whatever it took.
        half = replace(hold, start=(hold.start + hold.end) / 2)
        return held_whole(self._watched(region, record, half), course, self.question)

    def _watched(self, region: str, record: FaultRecord, half: Span) -> Verdict:
        whole = self.history.streams[self.question.stream or ""]
        stream = chosen(within(whole, [half]), self.question)
        if reason := fatal(self.history, whole, [half]):
            return invalid(f"{record.drill}/{record.run}: {reason}")
        sorts = sort_out(stream, self.question.exclude)
        asked = _of_routes(stream, self.routes) & self._reaching(stream, region)
        gone = record.where.get("region", "")
        seen = _by_itself(stream, sorts, asked, region, gone)
        if seen.outcome is not Outcome.FAIL:
            return seen
        health = tester_health(self.history, stream, [half], self.question.lag_limit_s)
        fair = ~Grid.of(stream, [half], health).unfair
        if _by_itself(stream, sorts, asked & fair, region, gone).outcome is Outcome.FAIL:
            return seen
        because = f"{seen.because}; but only while it was disturbed ({health.all_told})"
        return replace(seen, outcome=Outcome.INVALID, because=because)

    def _reaching(self, stream: Stream, region: str) -> Bools:
        """Requests through entries that the region answers when all is well."""
        quiet = self.sight
        mine = quiet.sorted.good & quiet.stream.of("region", region)
        reached = np.zeros(len(stream), dtype=np.bool_)
        for entry in stream.values("entry"):
            if (mine & quiet.stream.of("entry", entry)).any():
                reached |= stream.of("entry", entry)
        return reached


def _by_itself(stream: Stream, sorts: Sorted, asked: Bools, region: str, gone: str) -> Verdict:
    mine = stream.of("region", region) & asked
    n, k = int((sorts.sure & asked).sum()), int((sorts.good & mine).sum())
    answered = int((sorts.sure & mine).sum())
    if n < LEAST_ANSWERS:
        because = f"only {n} requests went to region {region} while region {gone} was gone"
        return verdict(Outcome.INCONCLUSIVE, because)
    because = f"while region {gone} was gone, region {region} answered {k:,} of {n:,} requests well"
    if k >= ALONE_GOOD * n:
        outcome = Outcome.PASS
    elif k < ALONE_BAD * n and k <= ALONE_BAD * answered:
        outcome, because = Outcome.FAIL, f"{because}: it does not serve by itself"
    else:
        outcome = Outcome.INCONCLUSIVE
        because += f"; of the {answered:,} that it answered itself {k:,} were good"
    return Verdict(
        outcome=outcome,
        because=because,
        measured=k / n,
        interval=clopper_pearson(k, n),
        unit="share",
        limit=Bound(text="at least 95 %", value=ALONE_GOOD, lower=True),
        samples=n,
        failures=n - k,
    )

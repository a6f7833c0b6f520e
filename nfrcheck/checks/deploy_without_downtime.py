"""Does nobody notice a roll-out? Requests that fail from its command to its settling (PL06).

The way back is a part of it: what is rolled out is rolled back while users go on to ask.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict, model_validator

from nfrcheck.checks.counting import Sorted, sort_out
from nfrcheck.checks.drills import Course
from nfrcheck.checks.each_run import judge_each
from nfrcheck.checks.grid import Grid
from nfrcheck.checks.health import fatal, tester_health
from nfrcheck.checks.latency import NOISE_S, PERCENTILE, quantile
from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.sight import Sight, invalid, strata_of, unasked
from nfrcheck.checks.strata import Stratum, in_cells
from nfrcheck.checks.watching import unwatched
from nfrcheck.evidence.percentile import fixed_interval
from nfrcheck.fields import Model, UpperCount, UpperDuration
from nfrcheck.model.history import Bools, History, Span, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.records import status_name
from nfrcheck.model.units import Limit, show_duration
from nfrcheck.model.verdict import Bound, Outcome, Verdict, combine

CLIENT_ERRORS_MAX = 0.01
DIGITS = 6
"""Records are whole microseconds."""


class DeployWithoutDowntime(Model):
    """How many requests of each run may fail, and how long they may take: `p99: < 300 ms`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, UpperDuration]

    keys_matching: ClassVar[re.Pattern[str]] = PERCENTILE

    failed: UpperCount

    @model_validator(mode="before")
    @classmethod
    def _percentiles(cls, given: Any) -> Any:
        for key in given if isinstance(given, Mapping) else ():
            if key not in cls.model_fields and not PERCENTILE.fullmatch(str(key)):
                raise ValueError(f"unknown key `{key}`; percentiles are p50 to p99.99")
        return given

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Percentile name to its limit in seconds."""
        return self.__pydantic_extra__

    def judge(self, history: History, question: Question) -> Verdict:
        stream = history.streams.get(question.stream or "")
        if stream is None:
            return invalid(f"{question.stream or 'no load'} recorded nothing")

        def run(course: Course) -> Verdict:
            sight = _sight(history, question, stream, course)
            return sight if isinstance(sight, Verdict) else self._run(sight, course)

        return _all_named(judge_each(history, question, run))

    def _run(self, sight: Sight, course: Course) -> Verdict:
        judged = self._limits(sight, sight.sorted.sure, course)
        fair = sight.sorted.sure & ~sight.grid.unfair
        if judged.outcome is Outcome.FAIL and not fair.all():
            again = self._limits(sight, fair, course) if fair.any() else None
            if again is None or again.outcome is not Outcome.FAIL:
                because = (
                    "failed only while the tester or its machine was unwell "
                    f"({sight.health.all_told}): their stalls cannot be told from the target's"
                )
                return replace(judged, outcome=Outcome.INVALID, because=because)
        if judged.outcome is Outcome.PASS and (reason := _unseen(sight, course)):
            because = f"{reason}; what was seen: {judged.because}"
            return replace(judged, outcome=Outcome.INVALID, because=because)
        return judged

    def _limits(self, sight: Sight, which: Bools, course: Course) -> Verdict:
        parts = [self._failed(sight, which, course)]
        parts += [self._slow(sight, which, name, limit) for name, limit in self.limits.items()]
        return parts[0] if len(parts) == 1 else combine(parts)

    def _failed(self, sight: Sight, which: Bools, course: Course) -> Verdict:
        bad = sight.sorted.bad & which
        failed, unknown = int(bad.sum()), int(sight.sorted.tester.sum())
        told = _told(sight, bad, course) if failed else ""
        because = f"{failed:,} of {int(which.sum()):,} requests failed{told}"
        outcome = Outcome.PASS
        if self.failed.violated_by(failed):
            outcome = Outcome.FAIL
        elif self.failed.violated_by(failed + unknown):
            outcome = Outcome.INCONCLUSIVE
            because += f", and {unknown:,} more were not sent, cut off or sent late by the tester"
            because += ", or told no region" if "region" in sight.strata.only else ""
        return Verdict(
            outcome=outcome,
            because=because,
            where={"route": _routes(sight, bad)[0][0]} if failed else {},
            limit=Bound(text=self.failed.text, value=float(self.failed.value)),
            measured=float(failed),
            unit="requests",
            samples=int(which.sum()),
            failures=failed,
            figures=_when(sight, bad),
        )

    def _slow(self, sight: Sight, which: Bools, name: str, limit: Limit) -> Verdict:
        """All requests together must keep the limit; one route alone may break it."""
        whole = _percentile(sight, which, sight.strata.whole, name, limit)
        if whole.outcome is Outcome.FAIL:
            return whole
        routes = (
            _percentile(sight, which, route, name, limit) for route in sight.strata.by(("route",))
        )
        worst = next((one for one in routes if one.outcome is Outcome.FAIL), whole)
        if worst.outcome is not Outcome.FAIL and (reason := sight.health.invalid):
            return replace(worst, outcome=Outcome.INVALID, because=reason)
        return worst


def _sight(history: History, question: Question, stream: Stream, course: Course) -> Sight | Verdict:
    """What was asked from the command on; INVALID where that says nothing about the system."""
    after = Span(name=course.name, start=course.commanded, end=course.whole.end, kind="drill")
    if reason := fatal(history, stream, [after]):
        return invalid(reason)
    if nothing := unasked(history, stream, question):
        return nothing
    strata = strata_of(stream, question)
    # A request that was under way when the command came was met by it.
    met = (stream.done >= after.start) & (stream.due < after.end)
    mine = stream.where(met & in_cells(stream, strata.kept))
    sorts = _of_its_own(sort_out(mine, question.exclude), strata.whole.holds(mine))
    health = tester_health(history, mine, [after], question.lag_limit_s)
    sight = Sight(
        stream=mine,
        sorted=sorts,
        spans=(after,),
        strata=strata,
        health=health,
        grid=Grid.of(mine, [after], health),
        silent=(),
        doubt=None,
    )
    if reason := client_errors(sight, CLIENT_ERRORS_MAX):
        return invalid(reason)
    return sight if sorts.sure.any() else invalid("nobody asked for anything meanwhile")


def _of_its_own(sorts: Sorted, own: Bools) -> Sorted:
    """What failed and told no region may be another one's: nobody knows how its own ended."""
    return Sorted(
        good=sorts.good & own,
        bad=sorts.bad & own,
        client_error=sorts.client_error & own,
        tester=sorts.tester | (sorts.bad & ~own),
        excluded=sorts.excluded | ((sorts.good | sorts.client_error) & ~own),
    )


def _unseen(sight: Sight, course: Course) -> str | None:
    """What nobody saw of it, so that it may have failed all the same."""
    if course.record.healed is None or course.record.verified is None:
        return "it was not seen to be put back"
    sent = sight.stream.sent[sight.sorted.sure & (sight.stream.sent >= course.commanded)]
    return unwatched(sent, course.commanded, course.whole.end)


def _routes(sight: Sight, bad: Bools) -> list[tuple[str, int]]:
    """Those that failed, most often first."""
    counts: dict[str, int] = {}
    for cell in np.unique(sight.stream.cell[bad]).tolist():
        route = sight.stream.cells[cell].route
        counts[route] = counts.get(route, 0) + int((sight.stream.cell[bad] == cell).sum())
    return sorted(counts.items(), key=lambda one: -one[1])


def _told(sight: Sight, bad: Bools, course: Course) -> str:
    """Such as " (order 9, browse 2; the first: status 502), from 0.3 s to 0.9 s after it"."""
    sent, routes = sight.stream.sent[bad], _routes(sight, bad)
    first = int(sight.stream.status[bad][np.argmin(sent)])
    words = f"status {first}" if first >= 100 else status_name(first)
    listed = ", ".join(f"{route} {count:,}" for route, count in routes)
    ends = (float(sent.min()), float(sent.max()))
    since = [show_duration(max(0.0, at - course.commanded)) for at in ends]
    times = " to ".join(dict.fromkeys(since))
    return f" ({listed}; the first: {words}), {times} after the command"


def _when(sight: Sight, bad: Bools) -> dict[str, float]:
    """Seconds of the run."""
    if not bad.any():
        return {}
    sent = sight.stream.sent[bad]
    return {
        "failed_from_s": round(float(sent.min()), DIGITS),
        "failed_to_s": round(float(sent.max()), DIGITS),
    }


def _percentile(sight: Sight, which: Bools, stratum: Stratum, name: str, limit: Limit) -> Verdict:
    """Failed requests are infinitely slow, and so are those of which the tester knows nothing."""
    own, perhaps = stratum.holds(sight.stream), in_cells(sight.stream, stratum.own + stratum.lost)
    kept = (which & own) | (sight.sorted.tester & perhaps)
    waited = np.where(sight.sorted.good, sight.stream.latency, math.inf)[kept]
    # A FAIL counts from the moment of sending, and only what surely was the system's doing.
    surely = np.where(sight.sorted.good, sight.stream.done - sight.stream.sent, math.inf)[
        which & own
    ]
    found = fixed_interval(np.sort(waited).tolist(), quantile(name))
    low = fixed_interval(np.sort(surely).tolist(), quantile(name)).lower
    outcome = Outcome.INCONCLUSIVE
    if low is not None and _over(low, limit):
        outcome = Outcome.FAIL
    elif found.upper is not None and not _over(found.upper, limit):
        outcome = Outcome.PASS
    place = f"{stratum.name}: " if stratum.name else ""
    ends = found.lower or 0.0, math.inf if found.upper is None else found.upper
    shown = " to ".join(show_duration(end) if math.isfinite(end) else "no answer" for end in ends)
    because = None if outcome is Outcome.FAIL else found.because
    return Verdict(
        outcome=outcome,
        because=f"{place}{because or f'{name} of what was asked meanwhile lies at {shown}'}",
        name=name,
        where=stratum.where,
        limit=Bound(text=limit.text, value=float(limit.value)),
        measured=None if found.point is None else round(found.point, DIGITS),
        interval=(round(ends[0], DIGITS), round(ends[1], DIGITS)),
        unit="s",
        samples=int(kept.sum()),
    )


def _over(seconds: float, limit: Limit) -> bool:
    value = float(limit.value)
    return seconds >= value - NOISE_S if limit.op == "<" else seconds > value + NOISE_S


def _all_named(worst: Verdict) -> Verdict:
    """The run with the most failures speaks, and says which others failed too."""
    failing = [part for part in worst.parts if part.outcome is Outcome.FAIL]
    if len(failing) < 2:
        return worst
    first, *rest = sorted(failing, key=lambda part: -(part.failures or 0))
    others = ", ".join(part.name for part in rest)
    because = f"{first.because}; failed too: {others}"
    return replace(first, because=because, parts=worst.parts)

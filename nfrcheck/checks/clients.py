"""One run of a drill as each kind of client saw it, by the requests that a target is about."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from nfrcheck.checks.counting import sort_out
from nfrcheck.checks.drills import Course, course_of, name_it
from nfrcheck.checks.grid import Grid
from nfrcheck.checks.health import TesterHealth, fatal, tester_health
from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.returns import NOISE_MAX, calm_of
from nfrcheck.checks.sight import Sight, chosen, invalid, requests, strata_of, unasked
from nfrcheck.checks.strata import Strata, in_cells, named_clients
from nfrcheck.checks.watching import longest_hole_s, unwatched
from nfrcheck.evidence.outage import Requests
from nfrcheck.evidence.window import Recovery, Window, watch
from nfrcheck.model.history import Bools, FaultRecord, History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.units import show_duration
from nfrcheck.model.verdict import Verdict

CLIENT_ERRORS_MAX = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one kind of client saw of one drill."""

    label: str
    where: dict[str, str]
    narrowed: bool
    """Whether other requests of the same clients are left out by `only`."""
    probes: Requests
    surely: Requests
    """Without the seconds in which the tester or its machine was unwell, and without `homeless`."""
    told: str
    """Why it was unwell."""
    homeless: int
    """How many failed and may have been of the region that `only` names, or of another one."""
    unusable: str | None
    unknown: int
    """How many requests the tester did not send, cut off or sent too late."""
    slowest_good_s: float | None
    """No good answer ever took longer, so one still missing by then had met a bad system."""
    usual: float
    """The share of its requests that failed where nothing had been injected yet."""

    def window(self, probes: Requests, recovery: Recovery) -> Window:
        """The outages in `probes` or `surely`."""
        return watch(probes, replace(recovery, usual=self.usual), self.slowest_good_s)


def watched(
    history: History, question: Question, stream: Stream, record: FaultRecord
) -> Verdict | tuple[Course, tuple[View, ...]]:
    """One run of a drill as each kind of client saw it; INVALID where nobody can say."""
    course = course_of(history, record)
    if isinstance(course, Verdict):
        return course
    if course.unproven:
        return name_it(invalid(course.unproven), course)
    if reason := fatal(history, stream, course.spans):
        return name_it(invalid(f"{course.name}: {reason}"), course)
    if nothing := unasked(history, stream, question):
        return name_it(nothing, course)
    left = chosen(stream, question)
    health = tester_health(history, left, [course.whole], question.lag_limit_s)
    return course, tuple(_views(history, left, question, course, health))


def _views(
    history: History, stream: Stream, question: Question, course: Course, health: TesterHealth
) -> Iterator[View]:
    """One for each kind of client at each entry that was planned, also if it sent nothing."""
    cells = [stream.cells[index] for index in strata_of(stream, question).whole.own]
    for entry, client in dict.fromkeys((cell.entry, cell.client) for cell in cells):
        strata = strata_of(stream, question, entry=entry, client=client)
        mine = stream.where(_perhaps(stream, question, strata))
        usual = _usual(mine, question, calm_of(history, course, mine))
        yield replace(_view(mine, question, strata, course, health), usual=usual)


def _perhaps(stream: Stream, question: Question, strata: Strata) -> Bools:
    """Its own requests, and what failed and may have been of its region."""
    own = strata.whole.holds(stream)
    if not strata.whole.lost:
        return own
    return own | (in_cells(stream, strata.whole.lost) & ~sort_out(stream, question.exclude).good)


def _usual(stream: Stream, question: Question, calm: Bools) -> float:
    """A system that fails all the time is not usual: nobody could see a fault in it."""
    sorts = sort_out(stream, question.exclude)
    n, failed = int((sorts.sure & calm).sum()), int((sorts.bad & calm).sum())
    return min(NOISE_MAX, failed / max(1, n))


def _felt(stream: Stream, question: Question, course: Course) -> Bools:
    """From the last good answer before the fault on; earlier blips are not its doing."""
    sorts = sort_out(stream, question.exclude)
    felt = (stream.sent >= course.commanded) | (stream.done >= course.commanded)
    # A request that was under way when the fault came may have left before the last good one.
    first_bad = stream.sent[felt & sorts.bad].min(initial=np.inf)
    before = np.flatnonzero(sorts.good & ~felt & (stream.sent < first_bad))
    if len(before):
        felt[before[np.argmax(stream.sent[before])]] = True
    return felt & (stream.due < course.whole.end)


def _view(
    mine: Stream, question: Question, strata: Strata, course: Course, health: TesterHealth
) -> View:
    stream = mine.where(_felt(mine, question, course))
    unseen = _unseen(mine, stream, question, course)
    sorts = sort_out(stream, question.exclude)
    grid = Grid.of(stream, [course.whole], health)
    sight = Sight(
        stream=stream,
        sorted=sorts,
        spans=(course.whole,),
        strata=strata,
        health=health,
        grid=grid,
        silent=(),
        doubt=None,
    )
    good, own = sorts.good, strata.whole.holds(stream)
    return View(
        label=named_clients(strata.only),
        # The region of a place is what was faulted.
        where={key: value for key, value in strata.only.items() if key != "region"},
        narrowed=bool({*question.only} - {"entry", "client"}),
        probes=_requests(stream, good, sorts.sure),
        surely=_requests(stream, good, sorts.sure & own & ~grid.unfair),
        told=health.all_told,
        homeless=int((sorts.bad & ~own).sum()),
        unusable=client_errors(sight, CLIENT_ERRORS_MAX) or unseen,
        unknown=int(sorts.tester.sum()),
        slowest_good_s=float(stream.latency[good].max()) if good.any() else None,
        usual=0.0,
    )


def _requests(stream: Stream, good: Bools, keep: Bools) -> Requests:
    return requests(stream.sent[keep], stream.done[keep], good[keep])


def _unseen(stream: Stream, felt: Stream, question: Question, course: Course) -> str | None:
    """Why nobody saw what the fault did: nobody watched, or the system had failed before it."""
    sorts = sort_out(stream, question.exclude)
    begin = felt.sent.min(initial=course.commanded)
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

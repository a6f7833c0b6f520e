"""Do the clients of what comes back reconnect one by one, or all at once (RS05)?

A crowd that returns in step takes down what has just come back (AWS Builders' Library, "Timeouts,
retries, and backoff with jitter"): counted is who connects through the fault proxies that lead
there, from the moment on at which the fault is put back.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from nfrcheck.checks.drills import Course, watched_whole
from nfrcheck.checks.each_run import judge_each
from nfrcheck.checks.health import fatal, tester_health
from nfrcheck.checks.readmission import healing_of
from nfrcheck.checks.sight import invalid, verdict
from nfrcheck.evidence import wording
from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.peak import Peak, peak
from nfrcheck.fields import Count, Model, Name, UpperShare
from nfrcheck.model.history import Connections, Floats, History, Stream
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Bound, Outcome, Verdict

WIDTH_S = 0.1
GAP_S = 0.95
"""A proxy remembers its connections for 1 s: who asked it later has missed some."""
LAG_LIMIT_S = 0.05
HICCUP_S = 0.01
"""A proxy that stood still for no longer has let in nobody late who could be told from others."""
ALL_BACK = 0.9
NO_WITNESS = (
    "witness: this version counts who connects through a fault proxy, and no requests; leave it out"
)


class RecoverySurge(Model):
    """The most that come within any 100 ms, as a share of the `clients` that were connected."""

    peak: UpperShare
    clients: Count = 100
    witness: Name | None = None

    def judge(self, history: History, question: Question) -> Verdict:
        if self.witness is not None:
            return verdict(Outcome.NOT_RUN, NO_WITNESS)

        def run(course: Course) -> Verdict:
            names = question.counted.get(course.name, ())
            if missing := [name for name in names if name not in history.connections]:
                return invalid(f"{missing[0]} recorded nothing")
            seen = self._run(course, [_Counted.of(history, name, course) for name in names])
            return watched_whole(seen, course, question)

        return judge_each(history, question, run)

    def _run(self, course: Course, counted: "Sequence[_Counted]") -> Verdict:
        if course.record.healed is None or course.record.verified is None:
            return invalid("it was not seen to be put back")
        for one in counted:
            if reason := one.unusable(course):
                return invalid(reason)
        before = sum(one.open_at(course.commanded) for one in counted)
        if before < max(1, self.clients):
            because = f"only {before} connections were open before the fault, {self.clients} wanted"
            return verdict(Outcome.INCONCLUSIVE, because)
        return self._surge(course, counted, before)

    def _surge(self, course: Course, counted: "Sequence[_Counted]", before: int) -> Verdict:
        healing, end = healing_of(course), course.whole.end
        earliest, latest = _merged(counted, healing, end)
        most = peak(earliest, latest, WIDTH_S)
        # Who came around the moment of the return may be one of those who came back.
        possibly = peak(*_merged(counted, healing, end, surely=False), WIDTH_S)
        most = replace(most, interval=Interval(most.interval.lower, possibly.interval.upper))
        # In decimals, as the limit is written: 20 of 100 is 20 %.
        least, greatest = (min(Decimal(1), Decimal(int(n)) / before) for n in most.interval)
        low, high = float(least), float(greatest)
        back = f"{len(earliest):,} came until {end - healing:.1f} s after the return began"
        since = wording.duration(max(0.0, most.at - healing), 3)
        because = f"{_count(most.interval)} of {before:,} clients came within the same 100 ms, "
        because += f"{since} after the return began; {back}"
        lost = before - sum(one.least_open(course.commanded, healing) for one in counted)
        again = sum(one.open_at(end) for one in counted)
        enough = ALL_BACK * before
        outcome = Outcome.INCONCLUSIVE
        if self.peak.violated_by(least):
            outcome = Outcome.FAIL
            if ours := _ours(counted, most, lambda n: self.peak.violated_by(least / n)):
                outcome = Outcome.INVALID
                because += f"; but {ours}, and who came meanwhile was let in at once"
        elif lost < enough:
            because = f"only {lost:,} of {before:,} clients lost their connection; {back}"
        elif again < enough:
            because = f"only {again:,} of {before:,} clients were connected in the end; {back}"
        elif len(earliest) < enough:
            because = f"only {back}, of {before:,} clients"
        elif not self.peak.violated_by(greatest):
            outcome = Outcome.PASS
        return Verdict(
            outcome=outcome,
            because=because,
            limit=Bound(text=self.peak.text, value=float(self.peak.value)),
            measured=(low + high) / 2,
            interval=(low, high),
            unit="share",
            samples=len(earliest),
        )


@dataclass(frozen=True, slots=True)
class _Counted:
    """One proxy, as it was asked during the whole run."""

    name: str
    told: Connections
    ill: str | None
    unwell: tuple[tuple[float, float], ...]
    because: str

    @classmethod
    def of(cls, history: History, name: str, course: Course) -> "_Counted":
        stream, told = history.streams.get(name), history.connections[name]
        if stream is None:
            return cls(name, told, f"{name} recorded nothing", (), "")
        health = tester_health(history, stream, (course.whole,), LAG_LIMIT_S)
        ill = fatal(history, stream, course.spans)
        return cls(name, told, _refused(stream, told) or ill, health.disturbed, health.all_told)

    def unusable(self, course: Course) -> str | None:
        """Why it is not known who came, or None."""
        if self.ill:
            return self.ill
        start, end = course.commanded, course.whole.end
        answered = self.told.answered[(self.told.answered > start - 1) & (self.told.answered < end)]
        gap = float(np.diff([start - 1, *answered, end]).max())
        if gap > GAP_S:
            return f"who connected is not known: {self.name} told nothing for {gap:.1f} s"
        if _any(self.told.missed, start, end):
            return f"who connected is not known: the proxy of {self.name} began anew"
        return None

    def open_at(self, moment: float) -> int:
        known = np.flatnonzero(self.told.answered < moment)
        return int(self.told.open[known[-1]]) if len(known) else 0

    def least_open(self, start: float, end: float) -> int:
        inside = (self.told.answered >= start) & (self.told.answered < end)
        return int(self.told.open[inside].min(initial=self.open_at(start)))

    def stalled_s(self, start: float, end: float) -> float:
        """How long it stood still at most, by its own words and by how late it answered."""
        # Its words are about the second before the answer.
        near = (self.told.answered > start) & (self.told.asked < end + 1)
        told = self.told.late[near].max(initial=0.0)
        there = near & (self.told.asked < end)
        return float(max(told, (self.told.answered - self.told.asked)[there].max(initial=0.0)))


def _refused(stream: Stream, told: Connections) -> str | None:
    if len(told.answered) or not told.refused:
        return None
    status = max(told.refused, key=lambda one: told.refused[one])
    hint = ": Toxiproxy itself counts nothing, nfrcheck's fault proxy does" if status == 404 else ""
    return f"{stream.cells[0].entry} does not tell who connects to it ({status}{hint})"


def _merged(
    counted: Sequence[_Counted], start: float, end: float, *, surely: bool = True
) -> tuple[list[float], list[float]]:
    """Of all that came in `[start, end)`, surely or possibly: earliest and latest, each sorted."""
    earliest: list[float] = []
    latest: list[float] = []
    for one in counted:
        begun = one.told.earliest if surely else one.told.latest
        inside = (begun >= start) & (one.told.earliest < end)
        earliest += one.told.earliest[inside].tolist()
        latest += one.told.latest[inside].tolist()
    return sorted(earliest), sorted(latest)


def _ours(
    counted: Sequence[_Counted], most: Peak, still_fails: Callable[[int], bool]
) -> str | None:
    """A stall of ours ends with a crowd: who came in so many windows is let in in one."""
    start, end = most.at - WIDTH_S, most.at + 2 * WIDTH_S
    for one in counted:
        if any(begun < end and over > start for begun, over in one.unwell):
            return f"the tester or its machine was unwell then ({one.because})"
        stalled_s = one.stalled_s(start, end)
        if stalled_s > HICCUP_S and not still_fails(1 + math.ceil(stalled_s / WIDTH_S)):
            held = wording.duration(stalled_s, 3)
            return f"the proxy of {one.name} stood still for up to {held} then"
    return None


def _any(times: Floats, start: float, end: float) -> bool:
    return bool(((times >= start) & (times < end)).any())


def _count(interval: Interval | tuple[float, float]) -> str:
    low, high = interval
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"

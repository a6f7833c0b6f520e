"""Do the clients of what comes back reconnect one by one, or all at once (RS05)?

A crowd that returns in step takes down what has just come back (AWS Builders' Library, "Timeouts,
retries, and backoff with jitter"): counted is who connects through the fault proxies that lead
there, from the moment on at which the fault is put back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
STALL_S = 0.05
"""An answer that took longer: the proxy or we stood still, and who came meanwhile came at once."""
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
        low, high = (min(1.0, count / before) for count in most.interval)
        back = f"{len(earliest):,} came until {end - healing:.1f} s after the return began"
        because = (
            f"{_count(most.interval)} of {before:,} clients came within the same 100 ms, "
            f"{wording.duration(max(0.0, most.at - healing), 3)} after the return began; {back}"
        )
        if self.peak.violated_by(low):
            outcome = Outcome.FAIL
            if stalled := _stalled(counted, most):
                outcome = Outcome.INVALID
                because += f"; but {stalled}, and who came meanwhile was let in at once"
        elif len(earliest) < ALL_BACK * before:
            outcome, because = Outcome.INCONCLUSIVE, f"only {back}, of {before:,} clients"
        elif (again := sum(one.open_at(end) for one in counted)) < ALL_BACK * before:
            outcome = Outcome.INCONCLUSIVE
            because = f"only {again:,} of {before:,} clients were connected in the end; {back}"
        else:
            undecided = self.peak.violated_by(high)
            outcome = Outcome.INCONCLUSIVE if undecided else Outcome.PASS
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
        health = tester_health(history, stream, (course.whole,), STALL_S)
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


def _refused(stream: Stream, told: Connections) -> str | None:
    if len(told.answered) or not told.refused:
        return None
    status = max(told.refused, key=lambda one: told.refused[one])
    hint = ": Toxiproxy itself counts nothing, nfrcheck's fault proxy does" if status == 404 else ""
    return f"{stream.cells[0].entry} does not tell who connects to it ({status}{hint})"


def _merged(
    counted: Sequence[_Counted], start: float, end: float
) -> tuple[list[float], list[float]]:
    """Earliest and latest moments of all that surely came in `[start, end)`, each sorted."""
    earliest: list[float] = []
    latest: list[float] = []
    for one in counted:
        inside = (one.told.earliest >= start) & (one.told.earliest < end)
        earliest += one.told.earliest[inside].tolist()
        latest += one.told.latest[inside].tolist()
    return sorted(earliest), sorted(latest)


def _stalled(counted: Sequence[_Counted], most: Peak) -> str | None:
    """A stall of ours ends with a crowd."""
    start, end = most.at - WIDTH_S, most.at + 2 * WIDTH_S
    for one in counted:
        if any(begun < end and over > start for begun, over in one.unwell):
            return f"the tester or its machine was unwell then ({one.because})"
        slow = (one.told.answered - one.told.asked) > STALL_S
        if (slow & (one.told.asked < end) & (one.told.answered > start)).any():
            return f"the proxy of {one.name} stood still then"
    return None


def _any(times: Floats, start: float, end: float) -> bool:
    return bool(((times >= start) & (times < end)).any())


def _count(interval: Interval | tuple[float, float]) -> str:
    low, high = interval
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"

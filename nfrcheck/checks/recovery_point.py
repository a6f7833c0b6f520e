"""Does every acknowledged write survive the drill? A single lost one is a counter-example."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nfrcheck.checks.drills import Course, course_of, held_whole, missing_runs, name_it
from nfrcheck.checks.sight import invalid, verdict
from nfrcheck.evidence import loss
from nfrcheck.fields import AtMost, Model
from nfrcheck.model.history import FaultRecord, History, Write
from nfrcheck.model.question import Question
from nfrcheck.model.units import show_duration
from nfrcheck.model.verdict import Bound, Outcome, Verdict, combine

BEFORE_S = 2.0
"""A region's last moments: writes acknowledged in them are those that a sudden death threatens."""
LEAST_ACKED = 10
SHOWN = 20


class RecoveryPoint(Model):
    """Acknowledged writes that cannot be read back through every entry after the drill.

    Writes of unknown outcome (time-outs, resets, 5xx) are neither lost nor kept.
    """

    at_most: AtMost

    def judge(self, history: History, question: Question) -> Verdict:
        if not question.drills:
            return verdict(Outcome.NOT_RUN, "no drill is named: write `drill`")
        ledger = history.writes.get(question.stream or "")
        if not ledger:
            return invalid(f"{question.stream or 'no probe'} recorded no write")
        doubt = _doubt(history, question, ledger)
        parts = []
        for drill in question.drills:
            runs = history.drill_runs(drill)
            parts += [self._run(history, question, record, ledger, doubt) for record in runs]
            parts += missing_runs(question, drill, len(runs))
        worst = combine(parts)
        if worst.outcome is not Outcome.PASS or len(parts) == 1:
            return worst
        thinnest = min(parts, key=lambda part: (-(part.measured or 0.0), part.samples))
        because = f"in each of {len(parts)} runs as in {thinnest.because}"
        return replace(thinnest, because=because, parts=tuple(parts))

    def _run(
        self,
        history: History,
        question: Question,
        record: FaultRecord,
        ledger: Sequence[Write],
        doubt: str | None,
    ) -> Verdict:
        course = course_of(history, record)
        if isinstance(course, Verdict):
            return course
        acked = _acked(history, course, ledger)
        judged = self._acked(course, _Fate.of(acked))
        # A write that is gone stands, whatever else went wrong; nothing else does.
        if judged.outcome is Outcome.FAIL:
            return name_it(judged, course)
        before = sum(course.commanded - BEFORE_S <= w.sent < course.commanded for w in acked)
        reason = course.unproven or doubt
        if not reason and before < LEAST_ACKED:
            reason = (
                f"only {before} writes were acknowledged in the {BEFORE_S:.0f} s before the fault, "
                f"{LEAST_ACKED} are needed"
            )
        if reason:
            judged = replace(
                judged, outcome=Outcome.INVALID, because=_named(course, reason), supports=""
            )
        return name_it(held_whole(judged, course, question), course)

    def _acked(self, course: Course, fate: "_Fate") -> Verdict:
        counted = self.at_most.kind == "count"
        low, high = (float(len(fate.lost)),) * 2 if counted else fate.span_s
        n = len(fate.acked)
        if self.at_most.violated_by(low):
            outcome, because = Outcome.FAIL, fate.told(course)
        elif fate.unread:
            outcome = Outcome.INCONCLUSIVE
            because = f"{len(fate.unread):,} of {n:,} acknowledged writes could not be read"
        elif self.at_most.violated_by(high):
            outcome = Outcome.INCONCLUSIVE
            because = (
                f"a loss of {show_duration(low)} to {show_duration(high)} of writes cannot be "
                f"told from {self.at_most.text}"
            )
        elif not n:
            outcome, because = Outcome.INVALID, "no write was acknowledged"
        else:
            outcome, because = Outcome.PASS, fate.told(course)
        return Verdict(
            outcome=outcome,
            because=f"{course.name}: {because}",
            limit=Bound(text=self.at_most.text, value=float(self.at_most.value)),
            measured=low,
            interval=None if counted else (low, high),
            unit="writes" if counted else "s",
            samples=n,
            failures=len(fate.lost),
            supports=loss.loss_text(len(fate.lost), n, "acknowledged writes"),
            evidence=tuple(_id(write) for write in fate.lost[:SHOWN]),
            figures={"lost": len(fate.lost), "unread": len(fate.unread)},
        )


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of the acknowledged writes of one run, in order of sending."""

    acked: tuple[Write, ...]
    entries: tuple[str, ...]
    lost: tuple[Write, ...]
    unread: tuple[Write, ...]

    @classmethod
    def of(cls, acked: Sequence[Write]) -> "_Fate":
        ordered = tuple(sorted(acked, key=lambda write: write.sent))
        entries = tuple(sorted({entry for write in ordered for entry in write.seen}))
        lost = tuple(w for w in ordered if False in w.seen.values())
        # Not asked through an entry is as good as not read.
        unread = tuple(
            w for w in ordered if not w.seen or any(w.seen.get(entry) is None for entry in entries)
        )
        return cls(ordered, entries, lost, unread)

    @property
    def span_s(self) -> tuple[float, float]:
        """How much time's writes are gone, at least and at most."""
        gone = {write.n for write in self.lost}
        return loss.data_loss(
            loss.Write(w.sent, w.sent if w.done is None else w.done, w.n not in gone)
            for w in self.acked
        ).span

    def told(self, course: Course) -> str:
        n, through = len(self.acked), " and ".join(self.entries)
        if not self.lost:
            return f"all {n:,} acknowledged writes were read back through {through}"
        first = self.lost[0]
        missing = {e for w in self.lost for e, seen in w.seen.items() if seen is False}
        ago = course.commanded - first.sent
        when = f"{show_duration(ago)} before" if ago >= 0 else f"{show_duration(-ago)} after"
        return (
            f"{len(self.lost):,} of {n:,} acknowledged writes are gone (read through "
            f"{' and '.join(sorted(missing))}); the first was sent {when} the fault: {_id(first)}"
        )


def _doubt(history: History, question: Question, ledger: Sequence[Write]) -> str | None:
    for ill in history.ills:
        if ill.instrument.startswith(f"probe-{question.stream}."):
            return f"{ill.instrument} failed at {ill.t:.1f} s: {ill.because}"
    if question.stream not in history.writes_ended or not any(write.seen for write in ledger):
        return "the acknowledged writes were not read back: the run ended before it"
    return None


def _acked(history: History, course: Course, ledger: Sequence[Write]) -> list[Write]:
    """The acknowledged writes since the drill before: a lost one is the doing of the next fault."""
    ends = [span.end for span in history.spans if span.kind == "drill"]
    begin = max((end for end in ends if end <= course.whole.start), default=0.0)
    return [
        write
        for write in ledger
        if write.outcome == "acked" and begin <= write.sent < course.whole.end
    ]


def _named(course: Course, reason: str) -> str:
    return reason if reason.startswith(course.name) else f"{course.name}: {reason}"


def _id(write: Write) -> str:
    return f"id {write.id}" if write.id else f"write {write.n}"

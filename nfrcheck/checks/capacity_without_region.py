"""Do the regions that are left carry the whole load (N-1 drill, AV05)?

The failover is not what is asked about. It is over with the first request after the fault from
which on 50 in a row were answered, well or badly, by a region that is still there: an overloaded
region says so in its own name, and a dead one says nothing. Where answers name no region, 50 good
ones in a row end it. If that never happens nothing is left out. A region that is still asked fails
most of its share: where less fails meanwhile, nobody can tell its leaving from an overload that
times out, and a PASS must hold with that time too. `after` leaves out at least so much of the hold,
and `scale_within` more, for those who declare that they scale out then.
"""

from dataclasses import replace

from nfrcheck.checks.drills import Course
from nfrcheck.checks.each_run import judge_each
from nfrcheck.checks.envelope import Envelope, by_odds, held, share_seen, sound
from nfrcheck.checks.leaving import Leaving, leaving
from nfrcheck.checks.sight import unasked, verdict
from nfrcheck.fields import Duration
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.units import show_duration, show_rate
from nfrcheck.model.verdict import Needed, Outcome, Verdict, combine

TAKES_A_REGION = ("region-kill", "region-drain", "region-isolate")


class CapacityWithoutRegion(Envelope):
    """What the rest keeps while one region is gone: `at_least`, percentiles, or both."""

    scale_within: Duration = 0.0

    def judge(self, history: History, question: Question) -> Verdict:
        def run(course: Course) -> Verdict:
            return self._run(history, question, course)

        return judge_each(history, question, run)

    def _run(self, history: History, question: Question, course: Course) -> Verdict:
        gone = course.record.where.get("region")
        if course.record.fault not in TAKES_A_REGION or gone is None:
            because = f"{course.record.fault} takes no region away"
            return verdict(Outcome.NOT_RUN, because)
        hold = next(span for span in course.spans if span.part == "hold")
        stream = history.streams.get(question.stream or "")
        if stream and (nothing := unasked(history, stream, question)):
            return nothing
        left = leaving(history, question, stream, course, gone) if stream else Leaving()
        skipped_s = max(question.after_s, left.at_most_s) + self.scale_within
        if hold.seconds <= skipped_s:
            because = (
                f"nothing is left of a hold of {show_duration(hold.seconds)} after "
                f"{show_duration(skipped_s)} for leaving region {gone} and scaling"
            )
            short = verdict(Outcome.INCONCLUSIVE, because)
            return replace(short, needed=Needed(seconds=skipped_s))
        judged = self._judged(history, held(course, question, skipped_s))
        surely_s = max(question.after_s, left.surely_s) + self.scale_within
        if judged.outcome is Outcome.PASS and surely_s < skipped_s:
            judged = self._left_or_overloaded(history, held(course, question, surely_s), judged)
        told = f"without region {gone}, from {show_duration(skipped_s)} after the proof on, "
        figures = {"left_s": round(left.at_most_s, 3), "skipped_s": round(skipped_s, 3)}
        return replace(judged, because=told + judged.because, figures={**judged.figures, **figures})

    def _left_or_overloaded(self, history: History, asked: Question, judged: Verdict) -> Verdict:
        """A PASS must not hang on when the region was left, where that is not sure."""
        longer = self._judged(history, asked)
        if longer.outcome is Outcome.PASS:
            return judged
        because = (
            f"{judged.because}; from {show_duration(asked.after_s)} on: {longer.because}: whether "
            "the lost region was still asked then, or the rest is to blame, is not known; write "
            "`after` if leaving may take so long"
        )
        return replace(judged, outcome=Outcome.INCONCLUSIVE, because=because)

    def _judged(self, history: History, asked: Question) -> Verdict:
        """By odds; a window that was surely broken fails also where the odds are still open."""
        sight = sound(history, asked)
        if isinstance(sight, Verdict):
            return sight
        parts = list(by_odds(history, asked, self))
        if self.at_least is not None:
            seen = share_seen(sight, asked, self.at_least)
            if seen.outcome is Outcome.FAIL:
                parts[0] = seen
        worst = combine(parts) if len(parts) > 1 else parts[0]
        seconds = sum(span.seconds for span in sight.spans)
        offered = f" ({show_rate(len(sight.stream) / seconds)} were offered)"
        return replace(worst, because=worst.because + offered)

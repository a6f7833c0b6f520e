"""Are requests still answered while a shared part is gone (static stability)?

What was built to run on without a part must do so when it is taken away. Each run of each drill
takes one, and each is judged by itself.
"""

from dataclasses import replace

from nfrcheck.checks.drills import Course
from nfrcheck.checks.each_run import judge_each
from nfrcheck.checks.envelope import Envelope, by_window, held
from nfrcheck.fields import Share
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Verdict, combine

PLACES = ("component", "link", "region")


class StaticStability(Envelope):
    """What is kept while a part is gone: `at_least` of the requests, and percentiles."""

    at_least: Share

    def judge(self, history: History, question: Question) -> Verdict:
        def run(course: Course) -> Verdict:
            parts = [*by_window(history, held(course, question), self)]
            worst = combine(parts) if len(parts) > 1 else parts[0]
            return _without(course, worst)

        return judge_each(history, question, run)


def _without(course: Course, judged: Verdict) -> Verdict:
    """Names what was taken away, in the sentence too."""
    where = course.record.where
    named = (f"without {key} {where[key]}" for key in PLACES if key in where)
    told = next(named, f"during {course.record.touched or course.record.fault}")
    return replace(judged, because=f"{told}, {judged.because}")

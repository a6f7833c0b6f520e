"""Is at least this share of requests answered well (service level compliance, AV01)?"""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.runs import Found, find_run
from nfrcheck.checks.share import ShareLimit, judge_limit
from nfrcheck.checks.sight import Sight, invalid, look
from nfrcheck.checks.strata import Stratum
from nfrcheck.evidence.binomial import upper_end
from nfrcheck.evidence.ratio import ShareVerdict, Words
from nfrcheck.fields import DurationOrOff, Model, Share
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.records import CHECK_FAILED, EXPECTED, status_name
from nfrcheck.model.units import show_duration, show_share
from nfrcheck.model.verdict import Bound, Outcome, Verdict


class Availability(Model):
    """Share of requests that were answered well, within the time-out."""

    at_least: Share
    longest_outage: DurationOrOff = 1.0
    client_errors: Share = Decimal("0.01")

    @property
    def within_s(self) -> float | None:
        return self.longest_outage

    def judge(self, history: History, question: Question) -> Verdict:
        sight = look(history, question)
        if isinstance(sight, Verdict):
            return sight
        return _never_good(sight, self._judged(sight, question))

    def refute(self, history: History, question: Question) -> Verdict | None:
        """The outage that nothing later can mend, if one was seen."""
        sight = look(history, question)
        return None if isinstance(sight, Verdict) else self._refuted(sight)

    def _refuted(self, sight: Sight) -> Verdict | None:
        found = find_run(sight, sight.sorted.bad, self.longest_outage)
        return self._outage(sight, found) if found else None

    def _judged(self, sight: Sight, question: Question) -> Verdict:
        if outage := self._refuted(sight):
            return outage
        if reason := sight.doubt or client_errors(sight, float(self.client_errors)):
            return replace(invalid(reason), samples=len(sight.stream))
        if self.at_least >= 1:
            return self._guarantee(sight)
        return judge_limit(sight, question, self._limit(sight))

    def share_limits(self, sight: Sight) -> tuple[ShareLimit, ...]:
        """What the evidence of several runs can be added up of; 100 % is no share."""
        return (self._limit(sight),) if self.at_least < 1 else ()

    @property
    def _bound(self) -> Bound:
        text = f"at least {show_share(self.at_least)}"
        return Bound(text=text, value=float(self.at_least), lower=True)

    def _limit(self, sight: Sight) -> ShareLimit:
        return ShareLimit(
            name="availability",
            bad=sight.sorted.bad | sight.sorted.tester,
            surely=sight.sorted.bad,
            doubt=f"{int(sight.sorted.tester.sum()):,} requests that the tester did not send, cut "
            "off or sent late would decide it",
            p0=1 - self.at_least,
            bound=self._bound,
            words=Words(things="requests", bad="failed", limit=show_share(self.at_least)),
            unit="share",
            figure=_share_good,
        )

    def _outage(self, sight: Sight, found: Found) -> Verdict:
        """Such as "this run: 96.67 %; one outage of 10.0 s from 02:41"."""
        run = found.run
        n, k = int(sight.sorted.sure.sum()), int(sight.sorted.bad.sum())
        place = f"{found.stratum.name}: " if found.stratum.name else ""
        return Verdict(
            outcome=Outcome.FAIL,
            because=f"{place}one outage of {show_duration(run.lower_s)} {found.when} "
            f"({run.count:,} requests, none answered well); at most "
            f"{show_duration(self.longest_outage)} is allowed; this run: "
            f"{show_share(1 - k / n, self.at_least)}",
            name="longest outage",
            where=found.stratum.where,
            limit=self._bound,
            measured=1 - k / n,
            unit="share",
            samples=n,
            failures=k,
            figures={f"outage_{name}": value for name, value in found.figures.items()},
        )

    def _guarantee(self, sight: Sight) -> Verdict:
        """100 %: one bad request is a counter-example, and no number of good ones a proof."""
        if sight.health.invalid:
            return replace(invalid(sight.health.invalid), samples=len(sight.stream))
        well = ~sight.grid.unwell
        bad = np.flatnonzero(sight.sorted.bad & well)
        n, k = int((sight.sorted.sure & well).sum()), len(bad)
        outcome, where = Outcome.INCONCLUSIVE, {}
        because = f"all {n:,} requests were answered well, and no number of them can confirm 100 %"
        if k:
            surely = bad[~sight.grid.unfair[bad]]
            first = surely[0] if len(surely) else bad[0]
            cell = sight.stream.cells[int(sight.stream.cell[first])]
            outcome = Outcome.FAIL if len(surely) else Outcome.INVALID
            where = {"entry": cell.entry, "route": cell.route}
            because = (
                f"{k:,} of {n:,} requests failed and none may, the first one at "
                f"{sight.stream.due[first]:.1f} s"
            )
            if not len(surely):
                because += f"; but {sight.health.starved_because}"
        return Verdict(
            outcome=outcome,
            because=because + sight.health.left_out,
            name="availability",
            where=where,
            limit=self._bound,
            measured=1 - k / n if n else None,
            interval=(1 - upper_end(k, n), 1 - k / n) if n else None,
            unit="share",
            samples=n,
            failures=k,
        )


def _share_good(
    _: Stratum, verdict: ShareVerdict
) -> tuple[float | None, tuple[float, float] | None]:
    if verdict.share_bad is None:
        return None, None
    low, high = verdict.ci95
    return 1 - verdict.share_bad, (1 - high, 1 - low)


def _never_good(sight: Sight, verdict: Verdict) -> Verdict:
    """When no answer was ever good: the expectation is the first suspect, if there is one."""
    if verdict.outcome is not Outcome.FAIL or sight.sorted.good.any():
        return verdict
    stream = sight.stream
    expects = bool((stream.flags & (CHECK_FAILED | EXPECTED)).any())
    said = "is `expect` right?" if expects else _all_answered(stream.status[sight.sorted.bad])
    return replace(verdict, because=f"never once good: {said} {verdict.because}")


def _all_answered(statuses: npt.NDArray[np.uint16]) -> str:
    first = int(statuses[0])
    if (statuses == first).all():
        return f"every answer was {status_name(first)};" if first >= 100 else _ALL_LOST
    server_errors = bool(((statuses >= 500) & (statuses < 600)).all())
    return "every answer was a 5xx;" if server_errors else _ALL_LOST


_ALL_LOST = "nothing was answered well;"

"""What must hold while a fault lasts: a share of good answers, and percentiles of their times."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import ConfigDict, model_validator

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.drills import Course
from nfrcheck.checks.latency import PERCENTILE, Latency, quantile
from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.share import PLAINLY_WORSE
from nfrcheck.checks.sight import Sight, invalid, look
from nfrcheck.checks.strata import ATTRIBUTES, Stratum, in_cells
from nfrcheck.checks.waits import Percentile, Times, Waits, compared, percentile_of
from nfrcheck.evidence.binomial import lower_end, upper_end
from nfrcheck.fields import Model, Share, UpperDuration
from nfrcheck.model.history import Bools, History
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit, show_duration, show_share
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

CLIENT_ERRORS_MAX = 0.01
MOST_UNWELL = 0.5
LATE = "it sent them late"
DOUBT = 0.05
"""Of a 95 % interval, both sides together."""
ONE_SIDE = 1 - DOUBT / 2


class Envelope(Model):
    """`at_least`, percentiles, or both."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, UpperDuration]

    keys_matching: ClassVar[Any] = PERCENTILE

    at_least: Share | None = None

    @model_validator(mode="before")
    @classmethod
    def _percentiles(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            own = [key for key in given if key not in cls.model_fields]
            odd = [key for key in own if not PERCENTILE.fullmatch(str(key))]
            if odd:
                raise ValueError(f"unknown key `{odd[0]}`; percentiles are p50 to p99.99")
        return given

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.at_least is None and not self.limits:
            raise ValueError("no limit: write `at_least` or a percentile, such as `p99: < 200 ms`")
        return self

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Percentile name to its limit in seconds."""
        return self.__pydantic_extra__


def held(course: Course, question: Question, after_s: float | None = None) -> Question:
    """The same about the hold of one run, without its first `after_s` seconds."""
    return replace(
        question,
        during=(f"{course.name}/hold",),
        drills=(),
        after_s=question.after_s if after_s is None else after_s,
        carry_over=False,
        earlier=None,
    )


def by_odds(history: History, asked: Question, envelope: Envelope) -> Iterator[Verdict]:
    """Each limit by the rules of `availability` and `latency` (AV01, PF01)."""
    if envelope.at_least is not None:
        share = Availability(at_least=envelope.at_least, longest_outage=None)
        yield share.judge(history, asked)
    if envelope.limits:
        latency = Latency.model_validate({"longest_stall": "off", **envelope.limits})
        yield latency.judge(history, asked)


def by_window(history: History, asked: Question, envelope: Envelope) -> Iterator[Verdict]:
    """Each limit by what this window showed, which was seen whole: by exact intervals, not by odds.

    All requests together decide PASS, with `each` every stratum; one stratum is enough for FAIL.
    """
    sight = sound(history, asked)
    if isinstance(sight, Verdict):
        yield sight
        return
    limits = len(envelope.limits) + (envelope.at_least is not None)
    if envelope.at_least is not None:
        yield share_seen(sight, asked, envelope.at_least, limits)
    window = _Window(sight, asked, limits)
    times = Times.of(sight)
    for name, limit in envelope.limits.items():

        def one(stratum: Stratum, name: str = name, limit: Limit = limit) -> Verdict:
            return _time(window, times, stratum, name, limit)

        yield replace(_over_strata(window, one), name=name)


def sound(history: History, asked: Question) -> Sight | Verdict:
    """The evidence of one window, or INVALID where it is none.

    What is left out because the tester was unwell must not be most of it.
    """
    sight = look(history, asked)
    if isinstance(sight, Verdict):
        return sight
    health = sight.health
    unwell = health.invalid if health.bad_s > MOST_UNWELL * health.total_s else None
    reason = sight.doubt or unwell or client_errors(sight, CLIENT_ERRORS_MAX)
    return replace(invalid(reason), samples=len(sight.stream)) if reason else sight


def share_seen(sight: Sight, asked: Question, at_least: Decimal, limits: int = 1) -> Verdict:
    """How many requests of one window were answered well; `limits`: how many it is judged by."""
    window = _Window(sight, asked, limits)

    def one(stratum: Stratum) -> Verdict:
        return _share(window, stratum, at_least)

    return replace(_over_strata(window, one), name="availability")


@dataclass(frozen=True, slots=True)
class _Window:
    """What was seen of one hold, and how much else the target is judged by."""

    sight: Sight
    asked: Question
    limits: int

    @property
    def strata(self) -> list[Stratum]:
        return list(self.sight.strata.by(self.asked.each or ATTRIBUTES))

    def doubt(self, stratum: Stratum) -> float:
        """Both sides together; what many strata may FAIL by is shared among them (Bonferroni)."""
        if stratum == self.sight.strata.whole:
            return DOUBT
        runs = max(1, sum(self.asked.expected_runs.values()))
        return DOUBT / max(1, len(self.strata) * runs * self.limits)

    def stands(self, stratum: Stratum, seen: Outcome, everything: Outcome) -> Outcome:
        """What is left of it when the seconds count too in which the tester was unwell."""
        if seen in {Outcome.FAIL, Outcome.INVALID}:
            return seen
        if everything in {Outcome.FAIL, Outcome.INVALID}:
            return Outcome.INVALID
        if seen is everything or seen is not Outcome.PASS:
            return seen
        decides = stratum == self.sight.strata.whole or bool(self.asked.each)
        return Outcome.INVALID if decides else Outcome.INCONCLUSIVE

    def told(self, seen: Outcome, stands: Outcome) -> str:
        """The end of the sentence: what is left out, or why nothing can be said."""
        health = self.sight.health
        if stands is not Outcome.INVALID:
            return health.left_out
        if seen is not Outcome.INVALID:
            return f"; {would_change(self.sight)}"
        return f", but only while it was disturbed ({health.all_told or LATE}){health.left_out}"


def would_change(sight: Sight) -> str:
    """Why a PASS without the seconds in which the tester was unwell is none."""
    health = sight.health
    unwell = f"{show_duration(health.bad_s)} in which the tester was unwell"
    return f"{unwell} ({health.told}) would change the verdict"


def _over_strata(window: _Window, one: Callable[[Stratum], Verdict]) -> Verdict:
    everything = window.sight.strata.whole
    whole, strata = one(everything), window.strata
    parts = [one(stratum) for stratum in strata]
    failing = [
        (part, one(everything.without(stratum)))
        for part, stratum in zip(parts, strata, strict=True)
        if part.outcome is Outcome.FAIL
    ]
    # Where everything fails alike, no part of it is to blame.
    blamed = [p for p, rest in failing if whole.outcome is not Outcome.FAIL or _explains(p, rest)]
    blamed.sort(key=_off, reverse=True)
    each = bool(window.asked.each)
    speaking = parts if each else [p for p in parts if p.outcome is Outcome.INVALID]
    return replace(combine([*blamed, whole, *speaking]), parts=tuple(parts))


def _explains(part: Verdict, rest: Verdict) -> bool:
    return rest.outcome is not Outcome.FAIL and _off(part) >= PLAINLY_WORSE * _off(rest)


def _off(part: Verdict) -> float:
    """How far from well: the share that failed, or the percentile; 0 where nothing was seen."""
    if part.measured is None:
        return 0.0
    return 1 - part.measured if part.unit == "share" else part.measured


class _Tally(NamedTuple):
    """Bad ones of all of one stratum; `lost`: bad ones that may have been its."""

    k: int
    n: int
    lost: int = 0


def _tally(sight: Sight, stratum: Stratum, keep: Bools) -> _Tally:
    """Those that the tester may have caused are among the bad ones."""
    sorts, own = sight.sorted, keep & stratum.holds(sight.stream)
    bad, lost = sorts.bad | sorts.tester, keep & in_cells(sight.stream, stratum.lost)
    return _Tally(_count(bad & own), _count(sorts.counted & own), _count(bad & lost))


def _share(window: _Window, stratum: Stratum, at_least: Decimal) -> Verdict:
    sight, p0, side = window.sight, float(1 - at_least), 1 - window.doubt(stratum) / 2
    sorts, grid = sight.sorted, sight.grid
    fair = ~grid.unwell & ~grid.unfair & stratum.holds(sight.stream)
    surely = _Tally(_count(sorts.bad & fair), _count(sorts.sure & fair))
    well, everything = (_tally(sight, stratum, keep) for keep in (~grid.unwell, sorts.counted))
    seen = _kept(well, surely, p0, side)
    outcome = window.stands(stratum, seen, _kept(everything, everything, p0, side))
    k, n, lost = well
    # What may have been any region's is held against a PASS alone.
    lost = 0 if seen in {Outcome.FAIL, Outcome.INVALID} else lost
    k, n = k + lost, n + lost
    place = f"{stratum.name}: " if stratum.name else ""
    because = f"{place}{k:,} of {n:,} requests were not answered well"
    because += f" ({lost:,} of them told no region)" if lost else ""
    return Verdict(
        outcome=outcome,
        because=because + window.told(seen, outcome),
        name=stratum.name,
        where=stratum.where,
        limit=Bound(text=f"at least {show_share(at_least)}", value=float(at_least), lower=True),
        measured=1 - k / n if n else None,
        interval=(1 - upper_end(k, n, ONE_SIDE), 1 - lower_end(k, n, ONE_SIDE)) if n else None,
        unit="share",
        samples=n,
        failures=k,
        needed=Needed(requests=n or None) if outcome is Outcome.INCONCLUSIVE else None,
    )


def _kept(worst: _Tally, surely: _Tally, p0: float, side: float) -> Outcome:
    """`surely` decides FAIL with `side` as its confidence, `worst` with what was lost PASS."""
    if surely.n and lower_end(surely.k, surely.n, side) > p0:
        return Outcome.FAIL
    if worst.n and lower_end(worst.k, worst.n, side) > p0:
        return Outcome.INVALID
    k, n = worst.k + worst.lost, worst.n + worst.lost
    return Outcome.PASS if n and upper_end(k, n, ONE_SIDE) <= p0 else Outcome.INCONCLUSIVE


def _time(window: _Window, times: Times, stratum: Stratum, name: str, limit: Limit) -> Verdict:
    q, confidence = quantile(name), 1 - window.doubt(stratum)

    def judged(waits: Waits) -> tuple[Outcome, Percentile]:
        """What may have been any region's is held against a PASS alone."""
        sure = percentile_of(waits, stratum, q, confidence=confidence)
        if compared(sure.interval, limit) is Outcome.FAIL:
            return Outcome.FAIL, sure
        found = percentile_of(waits, stratum, q, slow_from=float(limit.value))
        kept = compared(found.interval, limit) is Outcome.PASS
        return Outcome.PASS if kept else Outcome.INCONCLUSIVE, found

    seen, found = judged(times.well)
    if seen is Outcome.FAIL and judged(times.fair)[0] is not Outcome.FAIL:
        seen = Outcome.INVALID
    outcome = window.stands(stratum, seen, judged(times.whole)[0])
    place = f"{stratum.name}: " if stratum.name else ""
    because = f"{place}the {name} of {found.n:,} requests was {show_duration(found.value)}"
    return Verdict(
        outcome=outcome,
        because=because + window.told(seen, outcome),
        name=stratum.name,
        where=stratum.where,
        limit=Bound(text=limit.text, value=float(limit.value)),
        measured=found.value,
        interval=found.interval,
        unit="s",
        samples=found.n,
        needed=Needed(requests=found.n or None) if outcome is Outcome.INCONCLUSIVE else None,
    )


def _count(which: Bools) -> int:
    return int(which.sum())

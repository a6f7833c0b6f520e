"""Is the declared share of requests answered faster than the limit, counted from when each was due?

Errors and time-outs are slower than any limit; nothing is dropped (PF01).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import ConfigDict, model_validator

from nfrcheck.checks.mistakes import client_errors
from nfrcheck.checks.runs import Found, find_run
from nfrcheck.checks.share import ShareLimit, judge_limit
from nfrcheck.checks.sight import Sight, invalid, look
from nfrcheck.checks.strata import Stratum
from nfrcheck.checks.waits import Waits
from nfrcheck.evidence.ratio import ShareVerdict, Words
from nfrcheck.fields import DurationOrOff, Model, Share, UpperDuration
from nfrcheck.model.history import Bools, Floats, History
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit, show_duration
from nfrcheck.model.verdict import Bound, Outcome, Verdict, combine

NOISE_S = 1e-7
PERCENTILE = re.compile(r"p(50|[5-9]\d(?:\.\d{1,2})?)")


class Latency(Model):
    """Percentiles of the time from due to done: `p99: < 200 ms`; any of p50 to p99.99."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, UpperDuration]

    keys_matching: ClassVar[re.Pattern[str]] = PERCENTILE

    longest_stall: DurationOrOff = 1.0
    client_errors: Share = Decimal("0.01")

    @model_validator(mode="before")
    @classmethod
    def _percentiles(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            own = [key for key in given if key not in cls.model_fields]
            odd = [key for key in own if not PERCENTILE.fullmatch(str(key))]
            if odd:
                raise ValueError(f"unknown key `{odd[0]}`; percentiles are p50 to p99.99")
            if not own:
                raise ValueError("a latency target needs a percentile, such as `p99: < 200 ms`")
        return given

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Percentile name to its limit in seconds."""
        return self.__pydantic_extra__

    @property
    def within_s(self) -> float | None:
        return self.longest_stall

    def judge(self, history: History, question: Question) -> Verdict:
        sight = look(history, question)
        if isinstance(sight, Verdict):
            return sight
        stalls = self._stalls(sight)
        reason = sight.doubt or client_errors(sight, float(self.client_errors))
        if reason:
            unknown = replace(invalid(reason), samples=len(sight.stream))
            return combine([*stalls.values(), unknown])
        verdicts = [
            stalls.get(limit.name) or judge_limit(sight, question, limit)
            for limit in self.share_limits(sight)
        ]
        return verdicts[0] if len(verdicts) == 1 else combine(verdicts)

    def refute(self, history: History, question: Question) -> Verdict | None:
        """The stall that nothing later can mend, if one was seen."""
        sight = look(history, question)
        stalls = [] if isinstance(sight, Verdict) else [*self._stalls(sight).values()]
        return stalls[0] if stalls else None

    def share_limits(self, sight: Sight) -> tuple[ShareLimit, ...]:
        """What the evidence of several runs can be added up of."""
        waits = Waits.of(sight)
        limits = self.limits.items()
        return tuple(_share_limit(sight, waits, name, limit) for name, limit in limits)

    def _stalls(self, sight: Sight) -> dict[str, Verdict]:
        """Per limit that was broken so."""
        return {
            name: self._stalled(sight, name, limit, found)
            for name, limit in self.limits.items()
            if (
                found := find_run(
                    sight, _slow(sight, limit), self.longest_stall, float(limit.value)
                )
            )
        }

    def _stalled(self, sight: Sight, name: str, limit: Limit, found: Found) -> Verdict:
        """A freeze that was seen is a counter-example, without odds."""
        run, stratum = found.run, found.stratum
        mine = sight.sorted.sure & ~sight.grid.unwell & stratum.holds(sight.stream)
        place = f"{stratum.name}: " if stratum.name else ""
        return Verdict(
            outcome=Outcome.FAIL,
            because=f"{place}one stall of {show_duration(run.lower_s)} {found.when} "
            f"({run.count:,} requests in a row, none faster than "
            f"{show_duration(float(limit.value))}); at most "
            f"{show_duration(self.longest_stall)} is allowed",
            name=name,
            where=stratum.where,
            limit=_bound(limit),
            measured=Waits.of(sight).percentile(stratum, quantile(name), float(limit.value), 1.0)[
                0
            ],
            unit="s",
            samples=int(mine.sum()),
            failures=int((mine & _slow(sight, limit)).sum()),
            figures={f"stall_{name}": value for name, value in found.figures.items()},
        )


def quantile(name: str) -> Decimal:
    """`p99.9` is 0.999."""
    return Decimal(name.removeprefix("p")) / 100


def _share_limit(sight: Sight, waits: Waits, name: str, limit: Limit) -> ShareLimit:
    q, slow_from = quantile(name), float(limit.value)

    def figure(
        stratum: Stratum, verdict: ShareVerdict
    ) -> tuple[float | None, tuple[float, float] | None]:
        return waits.percentile(stratum, q, slow_from, verdict.deff_pass)

    return ShareLimit(
        name=name,
        bad=sight.sorted.bad | sight.sorted.tester | _over(sight.stream.latency, limit),
        surely=_slow(sight, limit),
        doubt="slow only if counted from when requests were due: the tester sent them late, and a "
        "stall of its own is no finding",
        p0=1 - q,
        bound=_bound(limit),
        words=Words(
            things="requests",
            bad=f"were not faster than {show_duration(slow_from)}",
            limit=f"{name} {limit.text}",
        ),
        unit="s",
        figure=figure,
    )


def _slow(sight: Sight, limit: Limit) -> Bools:
    """Failed, or slower than the limit even from the moment of sending."""
    return sight.sorted.bad | _over(sight.stream.done - sight.stream.sent, limit)


def _over(seconds: Floats, limit: Limit) -> Bools:
    # Records are whole microseconds: less than one is the noise of adding and subtracting.
    value = float(limit.value)
    return seconds >= value - NOISE_S if limit.op == "<" else seconds > value + NOISE_S


def _bound(limit: Limit) -> Bound:
    return Bound(text=limit.text, value=float(limit.value))

"""A share of bad requests against its limit, pooled and in every stratum."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from nfrcheck.checks.grid import Blocks, Ints, blocks, column
from nfrcheck.checks.sight import Sight
from nfrcheck.checks.strata import ATTRIBUTES, Stratum
from nfrcheck.evidence.ratio import (
    Carried,
    Rules,
    ShareVerdict,
    Words,
    default_burst,
    judge_share,
)
from nfrcheck.model.history import Bools
from nfrcheck.model.question import EvidenceRules, Piece, Question
from nfrcheck.model.units import show_duration
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

Figure = Callable[[Stratum, ShareVerdict], tuple[float | None, tuple[float, float] | None]]
PLAINLY_WORSE = 2.0
"""A stratum is to blame when its share of bad ones is so many times that of all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLimit:
    """One limit: which requests are bad, how many may be, and how the number is shown.

    `bad` holds all that may be bad and decides PASS, `surely` what the tester had no part in and
    decides FAIL; `doubt` says what it means when only the first one fails.
    """

    name: str
    bad: Bools
    surely: Bools
    doubt: str
    p0: Decimal
    bound: Bound
    words: Words
    unit: str
    figure: Figure


def judge_limit(sight: Sight, question: Question, limit: ShareLimit) -> Verdict:
    """The verdict of one limit: pooled decides PASS, every stratum may FAIL."""
    bench = _Bench.of(sight, question, limit)
    pooled = bench.judge(sight.strata.whole)
    strata = list(sight.strata.by(question.each or ATTRIBUTES))
    if not strata or sight.health.invalid:
        return replace(pooled, name=limit.name)
    parts = [bench.judge(stratum) for stratum in strata]
    failing = [
        (part, stratum)
        for part, stratum in zip(parts, strata, strict=True)
        if part.outcome is Outcome.FAIL
    ]
    speaking = parts if question.each else [p for p in parts if p.outcome is Outcome.INVALID]
    blamed = bench.to_blame(pooled, failing)
    worst = combine([*blamed, pooled, *speaking])
    alone = sum(part.outcome is Outcome.PASS for part in parts)
    proven = f"{alone} of {len(parts)} strata are proven alone"
    return replace(
        worst,
        name=limit.name,
        supports="; ".join(words for words in (worst.supports, proven) if words),
        parts=tuple(parts),
    )


def pieces_of(
    sight: Sight, question: Question, limit: ShareLimit, *, valid: bool
) -> Iterator[Piece]:
    """What one run alone shows of a limit: of all requests, and of every stratum."""
    bench = _Bench.of(sight, replace(question, earlier=None), limit)
    yield bench.piece(sight.strata.whole, valid=valid)
    for stratum in sight.strata.by(question.each or ATTRIBUTES):
        yield bench.piece(stratum, valid=valid)


def weighed(
    sight: Sight, question: Question, limit: ShareLimit, *, left_out: bool = True
) -> ShareVerdict:
    """The numbers of all requests together; `left_out`: without the tester's unwell seconds."""
    bench = _Bench.of(sight, replace(question, earlier=None), limit)
    return bench.weigh(sight.strata.whole, left_out=left_out)


@dataclass(frozen=True, slots=True)
class _Bench:
    """The counts of one limit by second and cell: how many there were, how many were bad."""

    sight: Sight
    limit: ShareLimit
    rules: Rules
    n: Ints
    k: Ints
    n_sure: Ints
    k_sure: Ints
    question: Question

    @classmethod
    def of(cls, sight: Sight, question: Question, limit: ShareLimit) -> "_Bench":
        sorts, count = sight.sorted, sight.grid.count
        n = count(sorts.counted)
        return cls(
            sight=sight,
            limit=limit,
            rules=_rules(question.rules, limit),
            n=n,
            k=count(sorts.counted & limit.bad),
            n_sure=n - count(sorts.tester) if sorts.tester.any() else n,
            k_sure=count(sorts.sure & limit.surely),
            question=question,
        )

    def judge(self, stratum: Stratum) -> Verdict:
        """A verdict must not depend on the tester's own stalls."""
        well = self.weigh(stratum, left_out=True)
        verdict = self._said(stratum, well)
        if reason := self._why_not(stratum, well):
            return replace(verdict, outcome=Outcome.INVALID, because=_place(stratum) + reason)
        return verdict

    def weigh(self, stratum: Stratum, *, left_out: bool) -> ShareVerdict:
        """`left_out`: without the seconds in which the tester was unwell."""
        keep = self.sight.grid.well if left_out else None
        n, k = column(self.n, stratum.own), column(self.k, stratum.own)
        # Those without a region are bad ones: as many requests as bad requests.
        lost = column(self.k, stratum.lost)
        worst, surely = blocks(n + lost, k + lost, keep), self._surely(stratum, left_out=left_out)
        return judge_share(
            worst,
            self.rules,
            surely=None if surely == worst else surely,
            carried=self._carried(stratum),
        )

    def _carried(self, stratum: Stratum) -> Carried | None:
        earlier = self.question.earlier
        if earlier is None or earlier.refused:
            return Carried(refused=earlier.refused) if earlier else None
        piece = earlier.piece(self.limit.name, stretch_of(self.question), stratum.name)
        if piece is None:
            return None
        return Carried(
            n=piece.n,
            k=piece.k,
            seconds=piece.seconds,
            bad_seconds=piece.bad_seconds,
            deff=piece.deff,
            log_odds_pass=piece.log_odds_pass,
            log_odds_fail=piece.log_odds_fail,
            runs=earlier.runs,
            since=earlier.since,
            build=earlier.build,
        )

    def _earlier(self, stratum: Stratum) -> dict[str, Any]:
        """What of the verdict is not of this run, for the row."""
        before = self._carried(stratum)
        if before is None or not before.runs:
            return {}
        names = ("runs", "n", "k", "since", "build")
        return {"earlier": {name: getattr(before, name) for name in names}}

    def piece(self, stratum: Stratum, *, valid: bool) -> Piece:
        """What this run alone shows."""
        found = self.weigh(stratum, left_out=True)
        return Piece(
            limit=self.limit.name,
            stretch=stretch_of(self.question),
            stratum=stratum.name,
            n=found.n,
            k=found.k,
            seconds=found.seconds,
            bad_seconds=found.bad_seconds,
            deff=found.deff,
            log_odds_pass=found.log_odds_pass,
            log_odds_fail=found.log_odds_fail,
            valid=valid and not self._why_not(stratum, found),
        )

    def _surely(self, stratum: Stratum, *, left_out: bool) -> Blocks:
        """What nobody but the target can be to blame for."""
        grid = self.sight.grid
        n, k = column(self.n_sure, stratum.own), column(self.k_sure, stratum.own)
        return blocks(n, k, grid.fair if left_out else grid.fair | ~grid.well)

    def _why_not(self, stratum: Stratum, well: ShareVerdict) -> str | None:
        health = self.sight.health
        if health.invalid:
            return health.invalid
        decided, removed = well.word != "inconclusive", not self.sight.grid.well.all()
        if decided and removed and self.weigh(stratum, left_out=False).word != well.word:
            unwell = f"{show_duration(health.bad_s)} in which the tester was unwell"
            return f"{unwell} ({health.told}) would change the verdict"
        if well.word != "fail" and self._fails_by_doubt(stratum):
            if not health.starved:
                return self.limit.doubt
            return (
                f"the machine that the deployment shares with the tester was short of cores "
                f"({health.starved_because}): what was bad may be somebody else's work"
            )
        return None

    def _fails_by_doubt(self, stratum: Stratum) -> bool:
        n, k = column(self.n, stratum.own), column(self.k, stratum.own)
        own = blocks(n, k, self.sight.grid.well)
        if own == self._surely(stratum, left_out=True):
            return False
        return judge_share(own, self.rules).word == "fail"

    def _said(self, stratum: Stratum, well: ShareVerdict) -> Verdict:
        measured, interval = self.limit.figure(stratum, well)
        keep = self.sight.grid.well
        return Verdict(
            outcome=Outcome(well.word),
            because=_place(stratum) + well.because + self.sight.health.left_out,
            name=stratum.name,
            where=stratum.where,
            limit=self.limit.bound,
            measured=measured,
            interval=interval,
            unit=self.limit.unit,
            samples=well.n,
            failures=well.k,
            needed=_needed(well),
            odds=well.odds_fail if well.word == "fail" else well.odds_pass,
            supports=well.claim if well.word != "fail" else "",
            figures={
                "deff": well.deff,
                "seconds": well.seconds,
                "removed_seconds": self.sight.health.bad_s,
                "homeless": int((column(self.k, stratum.lost) * keep).sum()),
                **self._earlier(stratum),
            },
        )

    def to_blame(
        self, pooled: Verdict, failing: Sequence[tuple[Verdict, Stratum]]
    ) -> Iterator[Verdict]:
        """The failing stratum that explains it, worst first; none where everything fails alike."""
        ordered = sorted(failing, key=lambda one: -_share(one[0].failures, one[0].samples))
        for verdict, stratum in ordered:
            if pooled.outcome is not Outcome.FAIL or self._explains(stratum):
                yield verdict

    def _explains(self, stratum: Stratum) -> bool:
        rest = self.weigh(self.sight.strata.whole.without(stratum), left_out=True)
        mine = self.weigh(stratum, left_out=True)
        worse = _share(mine.k, mine.n) >= PLAINLY_WORSE * _share(rest.k, rest.n)
        return rest.word != "fail" and worse


def burst_of(rules: EvidenceRules, p0: Decimal) -> float:
    """As declared, else what the plan can exclude: fixed before any data."""
    return rules.burst_s or default_burst(rules.planned_seconds, p0, rules.burst_floor_s)


def stretch_of(question: Question) -> str:
    """The name of the stretch that the evidence is of; several are judged one by one."""
    return " + ".join(question.during)


def _rules(rules: EvidenceRules, limit: ShareLimit) -> Rules:
    return Rules(
        p0=limit.p0,
        burst_s=burst_of(rules, limit.p0),
        confidence=Decimal(str(rules.confidence)),
        margin=rules.margin,
        min_samples=rules.min_samples,
        odds_fail=rules.odds_fail,
        words=limit.words,
    )


def _share(part: int | None, whole: int) -> float:
    return (part or 0) / whole if whole else 0.0


def _needed(verdict: ShareVerdict) -> Needed | None:
    if verdict.word != "inconclusive":
        return None
    return Needed(requests=verdict.needed_requests, seconds=verdict.needed_seconds)


def _place(stratum: Stratum) -> str:
    return f"{stratum.name}: " if stratum.name else ""

"""The verdict of a share: availability, latency, loss and duplicates are all "share of bad <= p0".

Input are one-second blocks (n, k) by due time, after warm-up and without the seconds in which the
tester itself was ill: such a second is (0, 0).
"""

import math
from dataclasses import dataclass
from typing import Literal

from nfrcheck.evidence import sentences
from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.rules import Blocks, Carried, Rules, Word, Words, default_burst
from nfrcheck.evidence.weigh import Tally, Weighed, tally

__all__ = [
    "Blocks",
    "Carried",
    "Rules",
    "ShareVerdict",
    "Tally",
    "Word",
    "Words",
    "default_burst",
    "judge_share",
    "tally",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareVerdict:
    """A verdict with all that a reader needs to doubt it.

    n, k, expected (bad ones at the limit) and deff are those of the worst case, which decides PASS;
    k_sure is that of the best case, which decides FAIL. needed_*: what a PASS still needs if
    nothing bad follows, at the rate seen (0: nothing). supported, supported_1s: the share of good
    that the evidence supports against error phases up to `burst_s`, and against 1-s outages.
    """

    word: Word
    because: str
    claim: str
    n: int
    k: int
    k_sure: int
    seconds: int
    bad_seconds: int
    expected: float
    deff: float
    deff_pass: float
    deff_fail: float
    log_odds_pass: float
    log_odds_fail: float
    ci95: Interval
    phase_covered_s: float
    supported: float
    supported_1s: float
    needed_requests: int
    needed_seconds: float
    leaning: Literal["pass", "fail"] | None

    def __post_init__(self) -> None:
        assert self.because, "a verdict must say why"
        assert self.word == "inconclusive" or self.n > 0, "nothing seen, nothing decided"

    @property
    def share_bad(self) -> float | None:
        """The point estimate; None where nothing was seen."""
        return self.k / self.n if self.n else None

    @property
    def odds_pass(self) -> float:
        return _finite_exp(self.log_odds_pass)

    @property
    def odds_fail(self) -> float:
        return _finite_exp(self.log_odds_fail)


def _finite_exp(x: float) -> float:
    # JSON knows no infinity, and beyond this the number says nothing more.
    return math.exp(min(x, 700.0))


def judge_share(
    blocks: Blocks,
    rules: Rules,
    *,
    surely: Blocks | None = None,
    carried: Carried | None = None,
) -> ShareVerdict:
    """PASS, FAIL or INCONCLUSIVE; may be asked at any moment and as often as wanted.

    Where some requests may or may not be bad (clocks, an unknown region), `blocks` holds the worst
    case, which decides PASS, and `surely` the best case, which decides FAIL.
    """
    worst = tally(blocks)
    best = worst if surely is None else tally(surely)
    return verdict_of(Weighed(rules, worst, best, carried or Carried()))


def verdict_of(case: Weighed) -> ShareVerdict:
    """The verdict on evidence that was added up elsewhere, such as by workers."""
    word, rules, worst = case.word, case.rules, case.worst
    return ShareVerdict(
        word=word,
        because=sentences.because(case, word),
        claim=sentences.claim(case),
        n=worst.n,
        k=worst.k,
        k_sure=case.best.k,
        seconds=worst.seconds,
        bad_seconds=worst.bad_seconds,
        expected=worst.n * float(rules.p0),
        deff=worst.deff,
        deff_pass=case.deff_pass,
        deff_fail=case.deff_fail,
        log_odds_pass=case.log_odds_pass,
        log_odds_fail=case.log_odds_fail,
        ci95=case.ci95,
        phase_covered_s=case.phase_covered_s,
        supported=case.supports(rules.burst_s),
        supported_1s=case.supports(1.0),
        needed_requests=case.needed_requests,
        needed_seconds=case.needed_seconds,
        leaning=case.leaning,
    )

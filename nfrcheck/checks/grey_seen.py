"""The requests of one kind of client while a region was grey, counted by what became of them."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from nfrcheck.checks.returns import Watched
from nfrcheck.model.history import Bools

SLOWER = 2.0
"""An answer is slow that takes so many times as long as 99 % of the good ones before the fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreySeen:
    """Requests sent in one stretch of time; `n` of them ended, or were cut off by their limit."""

    n: int
    served: int
    """Answered by the grey region."""
    nameless: int
    """Bad, and nobody says by whose fault."""
    unknown: int
    """Not sent, cut off or sent late by the tester."""
    bad: int
    hurt: int
    """Answered by the grey region, badly or slowly."""
    last_s: float | None
    """When the last request was sent that the grey region answered."""
    bad_before: Decimal
    """The share of requests that failed before the fault."""

    @classmethod
    def of(cls, one: Watched, start: float, until: float, *, fair: bool) -> "GreySeen":
        """What was sent in `[start, until)`; `fair`: not while the tester was unwell."""
        stream, sorts = one.stream, one.sorts
        kept = (stream.sent >= start) & (stream.due < until)
        kept &= ~one.unfair if fair else np.True_
        sure, bad = sorts.sure & kept, sorts.bad & kept
        served = sure & stream.of("region", one.member)
        before = one.calm & sorts.sure
        slow = stream.latency > SLOWER * _usual_s(one, before)
        return cls(
            n=int(sure.sum()),
            served=int(served.sum()),
            nameless=int((bad & stream.of("region", None)).sum()),
            unknown=int((sorts.tester & kept).sum()),
            bad=int(bad.sum()),
            hurt=int((served & (sorts.bad | slow)).sum()),
            last_s=float(stream.sent[served].max()) if served.any() else None,
            bad_before=_share(int((sorts.bad & before).sum()), int(before.sum())),
        )

    @property
    def served_share(self) -> tuple[Decimal, Decimal]:
        """At least, and at most where all that nobody can tell went there."""
        return _share(self.served, self.n + self.unknown), _share(
            self.served + self.nameless + self.unknown, self.n + self.unknown
        )

    @property
    def bad_share(self) -> tuple[Decimal, Decimal]:
        """At least, and at most where all that the tester spoilt would have failed."""
        of = self.n + self.unknown
        return _share(self.bad, of), _share(self.bad + self.unknown, of)


def _usual_s(one: Watched, before: Bools) -> float:
    good = one.stream.latency[one.sorts.good & before]
    return float(np.quantile(good, 0.99)) if len(good) else float("inf")


def _share(part: int, of: int) -> Decimal:
    """Exact, so that a limit that is just met is not broken by a float."""
    return Decimal(part) / Decimal(of) if of else Decimal(0)

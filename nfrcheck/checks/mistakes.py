"""Mistakes of the tester's own requests: a wrong path, token or address is no finding."""

import numpy as np

from nfrcheck.checks.counting import is_client_error
from nfrcheck.checks.sight import Sight
from nfrcheck.checks.strata import ATTRIBUTES, Stratum, in_cells
from nfrcheck.model.history import Bools

MOST = 0.5
_HINTS = {
    401: "is the token right?",
    403: "may this principal do this?",
    404: "is the path right?",
    405: "is the method right?",
}


def client_errors(sight: Sight, allowed: float) -> str | None:
    """Why the requests themselves are wrong: too many 4xx of all, of a stratum, or of a route."""
    if not _wrong(sight).any():
        return None
    answers = _Answers(sight)
    for stratum in answers.misled_routes():
        return answers.told(stratum, answers.share_wrong(stratum))
    shares = [
        (answers.share_tolerated(stratum), stratum)
        for stratum in (sight.strata.whole, *sight.strata.by(ATTRIBUTES))
    ]
    share, stratum = max(shares, key=lambda one: one[0])
    return answers.told(stratum, share) if share > allowed else None


def misled(sight: Sight) -> Bools:
    """Requests that say nothing about the system: wrong themselves, or to a wrong address."""
    lost = np.zeros(len(sight.stream), dtype=np.bool_)
    for entry in sight.silent:
        lost |= sight.stream.of("entry", entry)
    routes = _Answers(sight).misled_routes() if _wrong(sight).any() else []
    for stratum in routes:
        lost |= stratum.holds(sight.stream)
    return lost


def _wrong(sight: Sight) -> Bools:
    """4xx that nobody expected."""
    return is_client_error(sight.stream) & (sight.sorted.bad | sight.sorted.client_error)


class _Answers:
    """Per cell: how many requests were seen, were good, were 4xx, and were 4xx that may be."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        sorts = sight.sorted
        self.wrong = _wrong(sight)
        self.seen = self._count(sorts.sure | sorts.client_error)
        self.good = self._count(sorts.good)
        self.wrong_ones = self._count(self.wrong)
        self.tolerated = self._count(sorts.client_error)
        self.answered = self._count((sight.stream.status >= 100) & ~sorts.excluded)

    def _count(self, which: Bools) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        return np.bincount(self._sight.stream.cell[which], minlength=256)

    def misled_routes(self) -> list[Stratum]:
        """Everything, or routes, that were never good and mostly answered with 4xx."""
        strata = self._sight.strata
        candidates = (strata.whole, *strata.by(("route",)))
        return [stratum for stratum in candidates if self._is_misled(stratum)]

    def _is_misled(self, stratum: Stratum) -> bool:
        cells = list(stratum.own)
        wrong = self.wrong_ones[cells].sum()
        return bool(not self.good[cells].any() and wrong > MOST * self.answered[cells].sum())

    def share_wrong(self, stratum: Stratum) -> float:
        cells = list(stratum.own)
        return float(self.wrong_ones[cells].sum() / self.answered[cells].sum())

    def share_tolerated(self, stratum: Stratum) -> float:
        cells = list(stratum.own)
        return float(self.tolerated[cells].sum() / max(1, self.seen[cells].sum()))

    def told(self, stratum: Stratum, share: float) -> str:
        """Such as "401 on 100 % of route order: is the token right?"."""
        mine = self.wrong & in_cells(self._sight.stream, stratum.own)
        code = int(np.bincount(self._sight.stream.status[mine]).argmax())
        hint = _HINTS.get(code, "is the request right?")
        return f"{code} on {100 * share:.3g} % of {stratum.name or 'all requests'}: {hint}"

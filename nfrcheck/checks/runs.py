"""An outage or a stall that was seen is a counter-example, without odds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nfrcheck.checks.health import due_in
from nfrcheck.checks.mistakes import misled
from nfrcheck.checks.sight import Sight, clear_pieces, requests
from nfrcheck.checks.strata import ATTRIBUTES, Stratum, cells_wanted
from nfrcheck.evidence.outage import LEAST_REQUESTS, Run, counter_example
from nfrcheck.model.history import Bools, Floats

NEAR = 64
"""How many requests after a bad one are looked at first."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A run of requests without success that lasted too long, and the stratum that it was in."""

    run: Run
    stratum: Stratum
    until_s: float
    """Where the stretch in which it was looked for ends."""

    @property
    def when(self) -> str:
        """Such as "from 41.0 s to 51.0 s": the first and the last bad request that was sent."""
        start, last = f"{self.run.start_s:.1f} s", f"{self.run.last_s:.1f} s"
        if self.run.over:
            return f"from {start} to {last}"
        return f"from {start}, not over by {self.until_s:.1f} s"

    @property
    def figures(self) -> dict[str, float | None]:
        """Times in seconds of the run; `to_s` is None for one whose end was not seen."""
        run = self.run
        return {
            "s": run.lower_s,
            "from_s": run.start_s,
            "to_s": run.last_s if run.over else None,
        }


def find_run(
    sight: Sight, bad: Bools, longest_s: float | None, known_bad_after_s: float | None = None
) -> Found | None:
    """The longest such run: in everything, else in a stratum, else in a combination of them.

    Only what the tester itself did not disturb counts, and only while nothing was injected.
    `longest_s` None: the target does not ask for it.
    """
    if longest_s is None:
        return None
    usable = sight.sorted.sure & ~misled(sight) & ~(bad & sight.grid.unfair)
    bads = np.flatnonzero(bad & usable)
    if len(bads) < LEAST_REQUESTS:
        return None
    search = _Search(sight, usable, bads, usable & ~bad, longest_s, known_bad_after_s)
    levels: tuple[Iterable[Stratum], ...] = (
        (sight.strata.whole,),
        sight.strata.by(ATTRIBUTES),
        sight.strata.finest(),
    )
    for level in levels:
        found = [one for stratum in level if (one := search.longest(stratum))]
        if found:
            return max(found, key=lambda one: one.run.lower_s)
    return None


@dataclass(frozen=True, slots=True)
class _Search:
    sight: Sight
    usable: Bools
    bads: Indices
    good: Bools
    longest_s: float
    known_bad_after_s: float | None

    def longest(self, stratum: Stratum) -> Found | None:
        if not self._may_hold_one(stratum):
            return None
        mine = self.usable & stratum.holds(self.sight.stream)
        found = [
            Found(run=run, stratum=stratum, until_s=end)
            for start, end in clear_pieces(self.sight)
            if (run := self._in_piece(mine, due_in(self.sight.stream, start, end)))
        ]
        return max(found, key=lambda one: one.run.lower_s, default=None)

    def _may_hold_one(self, stratum: Stratum) -> bool:
        """A quick look at what follows each bad one before the next: nearly always a good one."""
        stream, wanted = self.sight.stream, cells_wanted(stratum.own)
        bads = self.bads[wanted[stream.cell[self.bads]]]
        if len(bads) * NEAR > len(stream):
            return True
        near = np.minimum(bads[:, None] + np.arange(1, NEAR + 1), len(stream) - 1)
        before_next = near < np.append(bads[1:], len(stream))[:, None]
        followed = (self.good[near] & wanted[stream.cell[near]] & before_next).any(axis=1)
        return _longest_stretch(~followed) >= LEAST_REQUESTS - 1

    def _in_piece(self, mine: Bools, piece: slice) -> Run | None:
        stream = self.sight.stream
        chosen = np.flatnonzero(mine[piece]) + piece.start
        sent, done, good = stream.sent[chosen], stream.done[chosen], self.good[chosen]
        # With the good ones on both sides: they say when it began and that it was over.
        sides = (
            slice(max(0, start - 1), end + NEAR)
            for start, end in _candidates(sent, good, self.longest_s)
        )
        runs = [run for at in sides if (run := self._weighed(sent[at], done[at], good[at]))]
        return max(runs, key=lambda run: run.lower_s, default=None)

    def _weighed(self, sent: Floats, done: Floats, good: Bools) -> Run | None:
        return counter_example(requests(sent, done, good), self.longest_s, self.known_bad_after_s)


def _stretches(good: Bools) -> tuple[Indices, Indices]:
    """Where the runs of bad ones begin and end."""
    edges = np.diff(np.concatenate(([True], good, [True])).astype(np.int8))
    return np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)


def _longest_stretch(bad: Bools) -> int:
    starts, ends = _stretches(~bad)
    return int((ends - starts).max(initial=0))


def _candidates(sent: Floats, good: Bools, longest_s: float) -> list[tuple[int, int]]:
    """Runs of bad ones that may be long enough: the engine looks closer at these alone."""
    starts, ends = _stretches(good)
    long_enough = ends - starts >= LEAST_REQUESTS
    starts, ends = starts[long_enough], ends[long_enough]
    lasting = sent[ends - 1] - sent[starts] > longest_s
    return list(zip(starts[lasting].tolist(), ends[lasting].tolist(), strict=True))

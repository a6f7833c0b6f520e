"""The parts of the traffic that are judged by themselves, as sets of cells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nfrcheck.model.history import Bools, Stream
from nfrcheck.model.question import Exclusion
from nfrcheck.model.records import CELLS_MAX, Cell

# What is known of a request when it is sent; the region may come with the answer only.
SENT_WITH = ("entry", "route", "client", "principal")
ATTRIBUTES = (*SENT_WITH, "region")


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the traffic; `own` and `lost` are indices of cells.

    Where the region is read from the answer, a bad request without one may have been any region's:
    those of `lost` count as bad for a PASS, and for a FAIL not at all.
    """

    name: str
    where: Mapping[str, str]
    own: tuple[int, ...]
    lost: tuple[int, ...] = ()

    def holds(self, stream: Stream) -> Bools:
        """Which requests surely belong to it."""
        return in_cells(stream, self.own)

    def without(self, other: "Stratum") -> "Stratum":
        own = tuple(cell for cell in self.own if cell not in other.own)
        return Stratum("the rest", {}, own)


@dataclass(frozen=True, slots=True)
class Strata:
    """All that `only` and excluded routes leave, and how it can be divided."""

    cells: tuple[Cell, ...]
    whole: Stratum
    only: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        cells: tuple[Cell, ...],
        only: Mapping[str, str],
        exclude: Sequence[Exclusion] = (),
    ) -> "Strata":
        # A route of which nothing counts is no part that could be judged.
        no_part = {one.route for one in exclude if not one.status}
        sent_with = {key: value for key, value in only.items() if key != "region"}
        left = [
            index
            for index, cell in enumerate(cells)
            if cell.route not in no_part
            and all(getattr(cell, key) == value for key, value in sent_with.items())
        ]
        own, lost = left, []
        if region := only.get("region"):
            own = [index for index in left if cells[index].region == region]
            lost = [index for index in left if cells[index].region is None]
        return cls(cells, Stratum("", {}, tuple(own), tuple(lost)), only)

    @property
    def kept(self) -> tuple[int, ...]:
        return tuple(sorted(self.whole.own + self.whole.lost))

    def values(self, attribute: str) -> tuple[str, ...]:
        """The different known values of an attribute, in the order of the cells."""
        found = dict.fromkeys(getattr(self.cells[index], attribute) for index in self.whole.own)
        return tuple(value for value in found if value is not None)

    def by(self, attributes: Sequence[str]) -> Iterator[Stratum]:
        """The strata of each attribute in turn; one that is the whole is none of its own."""
        for attribute in attributes:
            if self._divides(attribute):
                yield from (self._one(attribute, value) for value in self.values(attribute))

    def _divides(self, attribute: str) -> bool:
        """Also a principal beside requests of nobody; but who gave no answer is no region."""
        found = {getattr(self.cells[index], attribute) for index in self.whole.own}
        return len(found - {None} if attribute == "region" else found) > 1

    def _one(self, attribute: str, value: str) -> Stratum:
        own = self._having(self.whole.own, attribute, value)
        lost = self._having(self.whole.lost, attribute, value)
        if attribute == "region":
            lost = self._having(self.whole.own, "region", None)
        return Stratum(f"{attribute} {value}", {attribute: value}, own, lost)

    def _having(self, among: Sequence[int], attribute: str, value: str | None) -> tuple[int, ...]:
        return tuple(index for index in among if getattr(self.cells[index], attribute) == value)

    def finest(self) -> Iterator[Stratum]:
        """Every combination of what is known when a request is sent, where more than one varies."""
        varying = [name for name in SENT_WITH if self._divides(name)]
        groups: dict[tuple[str, ...], list[int]] = {}
        for index in self.whole.own if len(varying) > 1 else ():
            values = (getattr(self.cells[index], name) or "nobody" for name in varying)
            groups.setdefault(tuple(values), []).append(index)
        for combined, own in groups.items():
            where = dict(zip(varying, combined, strict=True))
            name = ", ".join(f"{key} {value}" for key, value in where.items())
            yield Stratum(name, where, tuple(own))


def named_clients(where: Mapping[str, str]) -> str:
    """Such as "fresh connections to edge", and what else `where` asks of their requests."""
    more = [f", {key} {value}" for key, value in where.items() if key not in {"entry", "client"}]
    return f"{where['client']} connections to {where['entry']}{''.join(more)}"


def cells_wanted(cells: Sequence[int]) -> Bools:
    """A table of all possible cells, in which these are True."""
    wanted = np.zeros(CELLS_MAX, dtype=np.bool_)
    wanted[list(cells)] = True
    return wanted


def in_cells(stream: Stream, cells: Sequence[int]) -> Bools:
    """Which requests belong to the cells with these indices."""
    return cells_wanted(cells)[stream.cell]

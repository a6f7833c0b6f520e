"""The board: memory that all processes of a box share, and that outlives the death of any of them.

It carries the switches (defects, healthy variants, drained parts) from the planes to the parts,
and the counters of the parts to the planes. Each process writes only its own slot.
"""

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nfrcheck.box import routes
from nfrcheck.box.layout import PARTS

STATUSES = (200, 201, 400, 401, 404, 405, 409, 413, 422, 500, 502, 503, 504)
COUNTED = (*routes.NAMES, "healthz", "readyz", routes.UNKNOWN)
CALLEES = tuple(part.name for part in PARTS if part.kind in {"gateway", "app"})

_PAGE = 16 * 1024  # one of the two areas that hold the switches in turn
_COUNTS = len(COUNTED) * (len(STATUSES) + 1)
_SEEN, _PENDING, _TURN = 0, 1, 1 + len(CALLEES)
_COUNT = _TURN + len(CALLEES)
_SLOT = _COUNT + _COUNTS


class Slot:
    """What one process tells the planes."""

    def __init__(self, cells: memoryview) -> None:
        self._cells = cells

    @property
    def seen(self) -> int:
        """The generation of the switches that this process acts on."""
        return int(self._cells[_SEEN])

    @seen.setter
    def seen(self, generation: int) -> None:
        self._cells[_SEEN] = generation

    def pending(self, callee: str) -> int:
        return int(self._cells[_PENDING + CALLEES.index(callee)])

    def set_pending(self, callee: str, calls: int) -> None:
        self._cells[_PENDING + CALLEES.index(callee)] = calls

    def in_turn(self, callee: str) -> bool:
        return bool(self._cells[_TURN + CALLEES.index(callee)])

    def set_turn(self, callee: str, *, taken: bool) -> None:
        self._cells[_TURN + CALLEES.index(callee)] = int(taken)

    def count(self, route: str, status: int) -> None:
        column = STATUSES.index(status) if status in STATUSES else len(STATUSES)
        self._cells[_COUNT + COUNTED.index(route) * (len(STATUSES) + 1) + column] += 1

    def counts(self) -> dict[str, dict[str, int]]:
        """Route -> status (or "other") -> answers since the box started."""
        words = [*map(str, STATUSES), "other"]
        cells = self._cells[_COUNT : _COUNT + _COUNTS].tolist()
        rows = {
            route: cells[row * len(words) : (row + 1) * len(words)]
            for row, route in enumerate(COUNTED)
        }
        return {
            route: {word: n for word, n in zip(words, row, strict=True) if n}
            for route, row in rows.items()
            if any(row)
        }


@dataclass(frozen=True, slots=True)
class Settings:
    """What is switched on: defects by name with their place and rate, variants, drained parts.

    `absent`: replicas that were scaled away. `builds`: per part the version that it is born as, if
    it is not the box's own. `acts`: the parts where each of them holds.
    """

    defects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    healthy: tuple[str, ...] = ()
    drained: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    builds: Mapping[str, str] = field(default_factory=dict)
    acts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Board:
    def __init__(self) -> None:
        size = 16 + 2 * _PAGE + 8 * _SLOT * len(PARTS)
        self._memory = mmap.mmap(-1, size)  # anonymous and shared: it exists only in this box
        self._words = memoryview(self._memory).cast("Q")
        self.publish(Settings())

    @property
    def generation(self) -> int:
        return int(self._words[0])

    def slot(self, name: str) -> Slot:
        row = next(n for n, part in enumerate(PARTS) if part.name == name)
        first = (16 + 2 * _PAGE) // 8 + row * _SLOT
        return Slot(self._words[first : first + _SLOT])

    def publish(self, settings: Settings) -> int:
        """Only one process publishes. Readers never see half a text: the areas take turns."""
        text = json.dumps(
            [
                dict(settings.defects),
                list(settings.healthy),
                list(settings.drained),
                list(settings.absent),
                dict(settings.builds),
                dict(settings.acts),
            ],
            default=dict,
        ).encode()
        generation = self.generation + 1
        start = 16 + (generation % 2) * _PAGE
        self._memory[start : start + 8] = len(text).to_bytes(8, "little")
        self._memory[start + 8 : start + 8 + len(text)] = text
        self._words[0] = generation
        return generation

    def read(self) -> tuple[int, Settings]:
        generation = self.generation
        start = 16 + (generation % 2) * _PAGE
        length = int.from_bytes(self._memory[start : start + 8], "little")
        told = json.loads(self._memory[start + 8 : start + 8 + length])
        defects, healthy, drained, absent, builds, acts = told
        names = tuple(healthy), tuple(drained), tuple(absent)
        return generation, Settings(defects, *names, builds, acts)

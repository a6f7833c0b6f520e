"""The switches as one part of the box sees them: only what concerns this part."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nfrcheck.box.board import Board, Settings
from nfrcheck.box.defects import DEFECT
from nfrcheck.box.layout import Part

LOOK_EVERY_S = 0.05


@dataclass(slots=True)
class Switched:
    """A defect that sits in this part."""

    rate: float | None
    route: str | None
    dice: random.Random

    def strikes(self) -> bool:
        return self.rate is not None and self.dice.random() < self.rate


class Switches:
    def __init__(self, board: Board, part: Part) -> None:
        self._board, self._part = board, part
        self._slot = board.slot(part.name)
        self._listeners: list[Callable[[], None]] = []
        self._generation = -1
        self.defects: dict[str, Switched] = {}
        self.healthy: frozenset[str] = frozenset()
        self.drained: frozenset[str] = frozenset()
        self.builds: Mapping[str, str] = {}
        self.acts: frozenset[str] = frozenset()
        """Those that hold at this part."""
        self._settings: dict[str, Any] = {}
        self.refresh()

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def refresh(self) -> None:
        """Cheap when nothing has changed. The slot says which generation this part acts on."""
        if self._board.generation == self._generation:
            return
        self._generation, settings = self._board.read()
        self._take(settings)
        for listener in self._listeners:
            listener()
        self._slot.seen = self._generation

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.refresh()

    def _take(self, settings: Settings) -> None:
        self.healthy = frozenset(settings.healthy)
        self.drained = frozenset(settings.drained)
        self.builds = settings.builds
        self.acts = frozenset(act for act, at in settings.acts.items() if self._part.name in at)
        mine = {
            name: chosen for name, chosen in settings.defects.items() if self._here(name, chosen)
        }
        for name, chosen in mine.items():
            if self._settings.get(name) != chosen:  # the dice go on where nothing changed
                dice = random.Random(f"{chosen['seed']}/{name}/{self._part.name}")  # noqa: S311
                self.defects[name] = Switched(chosen["rate"], chosen["route"], dice)
        self.defects = {name: self.defects[name] for name in mine}
        self._settings = mine

    def _here(self, name: str, chosen: Any) -> bool:
        return (
            self._part.kind in DEFECT[name].kinds
            and chosen["node"] in {None, self._part.name}
            and (self._part.region is None or chosen["region"] in {None, self._part.region})
        )

"""What a run tells whoever watches it; the doors decide how it looks."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol


class Ui(Protocol):
    """Every call returns at once and never raises: a broken terminal must not stop a drill."""

    def begin(self, run: str, folder: Path, about: str) -> None:
        """Told first, when the run has its id and its folder; `about` is a line for people."""

    def expect(self, phases: Iterable[tuple[str, float]]) -> None: ...

    def phase(self, name: str, seconds: float, *, until_decided: bool = False) -> None: ...

    def phase_done(self, name: str) -> None: ...

    def tick(self, instrument: str, health: dict[str, Any]) -> None: ...

    def drill(self, name: str, state: str) -> None: ...

    def say(self, text: str, *, good: bool | None = None) -> None: ...


class Silent:
    """Nobody watches."""

    def begin(self, run: str, folder: Path, about: str) -> None:
        pass

    def expect(self, phases: Iterable[tuple[str, float]]) -> None:
        pass

    def phase(self, name: str, seconds: float, *, until_decided: bool = False) -> None:
        pass

    def phase_done(self, name: str) -> None:
        pass

    def tick(self, instrument: str, health: dict[str, Any]) -> None:
        pass

    def drill(self, name: str, state: str) -> None:
        pass

    def say(self, text: str, *, good: bool | None = None) -> None:
        pass

"""Looks each second whether a target is refuted already: an outage that was seen needs no odds."""

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from nfrcheck.checks.health import HOST, PRESSED_MAX
from nfrcheck.history.read import HistoryReader
from nfrcheck.history.write import EventLog
from nfrcheck.kinds import Refutable, Target
from nfrcheck.model.history import History
from nfrcheck.model.question import Question
from nfrcheck.model.verdict import Verdict
from nfrcheck.run.children import Child

LOOK_EVERY_S = 0.2
ROOM_S = 20.0
"""What is looked at besides the longest counter-example: enough to see the tester's own health."""


class Refuter:
    """Finds counter-examples among what the children say has ended, never among what is open.

    A request under way may still be answered well, and a second without its health lines may be one
    in which the tester stood still: both are left for the next look.
    """

    def __init__(
        self,
        folder: Path,
        streams: dict[str, dict[str, Any]],
        targets: Iterable[Target],
        children: Sequence[Child],
        log: EventLog,
    ) -> None:
        self._open = [target for target in targets if _longest(target.judge) is not None]
        # What hangs is known to have ended only after its time-out.
        slowest = max((float(one["timeout_s"]) for one in streams.values()), default=0.0)
        longest = max((_reach(target) for target in self._open), default=0.0)
        self._reader = HistoryReader(folder, streams, recent_s=longest + slowest + ROOM_S)
        self._children = children
        self._log = log
        self.refuted: set[str] = set()

    async def run(self, tell: Callable[[Target, Verdict], None]) -> None:
        """Until all are refuted; `tell` is called once for each that is."""
        seen = -math.inf
        while self._open:
            await asyncio.sleep(LOOK_EVERY_S)
            mark = self._settled()
            if mark <= seen:
                continue
            seen = mark
            for target, verdict in await asyncio.to_thread(self._look, mark):
                self.refuted.add(target.id)
                self._open.remove(target)
                self._log.write(
                    "decided",
                    target=target.id,
                    verdict=verdict.outcome.value,
                    because=verdict.because,
                )
                tell(target, verdict)

    def _settled(self) -> float:
        """Until when every request has ended and every child has told how it is."""
        marks = [child.recent[-1][1].get("settled") for child in self._children if child.recent]
        if len(marks) < len(self._children) or None in marks:
            return -math.inf
        return min((float(mark) for mark in marks if mark is not None), default=-math.inf)

    def _look(self, mark: float) -> list[tuple[Target, Verdict]]:
        history = self._reader.read(horizon=mark)
        # The machine is an instrument too: of a second that it has not told about nobody is guilty.
        told = max((line.t for line in history.health if line.instrument == HOST), default=mark)
        if told < mark:
            history = self._reader.read(horizon=told)
        found = (
            (target, _refuted(target.judge, history, target.question)) for target in self._open
        )
        return [(target, one) for target, one in found if one and _calm(history, one)]


def _calm(history: History, verdict: Verdict) -> bool:
    """Since it began this machine was not short of cores.

    The judge looks at ten seconds together, and some of those are still to come.
    """
    began = next((v for name, v in verdict.figures.items() if name.endswith("_from_s")), 0.0)
    lines = [line for line in history.health if line.instrument == HOST and line.t >= began]
    pressed = [line.figures.get("pressed", 0.0) for line in lines]
    return sum(pressed) <= PRESSED_MAX * len(pressed)


def _reach(target: Target) -> float:
    """How far back the newest counter-example of the target may begin."""
    return 2 * (_longest(target.judge) or 0.0) + target.question.after_s


def _longest(check: object) -> float | None:
    return check.within_s if isinstance(check, Refutable) else None


def _refuted(check: object, history: History, question: Question) -> Verdict | None:
    """A look that fails here costs nothing: the check is asked again when the run is judged."""
    try:
        return check.refute(history, question) if isinstance(check, Refutable) else None
    except Exception:  # noqa: BLE001 - the judge tells of a check that crashes, as INVALID
        return None

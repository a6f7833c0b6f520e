"""The controller's side of an experiment: starts its process, and hears when its fault is there."""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from nfrcheck.errors import NfrcheckError
from nfrcheck.experiments.chaos.evidence import complaint, remarks
from nfrcheck.experiments.chaos.kept import modules
from nfrcheck.experiments.chaos.turn import Turn

CHILD = "nfrcheck.experiments.chaos.child"
_LINE_BYTES = 1 << 20
_GRACE_S = 5.0

Process = asyncio.subprocess.Process


class ExperimentFailed(NfrcheckError):
    """An experiment did not do what its method says; the fault is not proven."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an experiment says of itself when it is over."""

    because: str | None = None
    """Why it proves nothing; None: nothing speaks against it."""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRun:
    """One experiment in a process of its own. Nothing happens before `act` is called.

    `kept`, a copy of `experiment`, `turn` and `journal` are files of the run folder; the undo must
    name the same `kept` and `turn`.
    """

    title: str
    experiment: Path
    within_s: float
    kept: Path | None = None
    turn: Path | None = None
    journal: Path | None = None
    _going_on: list[tuple[Process, asyncio.Task[None]]] = field(default_factory=list)
    _left: list[bool] = field(default_factory=list)
    """Not empty as soon as it has begun with its rollbacks."""

    async def act(self) -> None:
        """Returns when the first action of the method is done, or begun in the background.

        Raises ExperimentFailed when there will be none. The rest of the method goes on.
        """
        assert self.kept is not None, "kept_in says where"
        assert self.turn is not None, "kept_in says where"
        assert self.journal is not None, "kept_in says where"
        try:
            # Its place on the disk is taken now, so that what comes later always fits.
            with Turn(self.turn) as turn:
                turn.write()
        except OSError as error:
            raise ExperimentFailed(f"{self.title}: {error}") from error
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", CHILD),
            *map(str, (self.kept, self.turn, self.journal)),
            cwd=self.experiment.parent,
            env={**os.environ, **modules()},
            stdin=asyncio.subprocess.PIPE,  # whose end says that we are gone
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=_LINE_BYTES,
        )
        begun: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        listening = asyncio.create_task(_listen(process, begun, self._left))
        self._going_on.append((process, listening))
        try:
            because = await asyncio.wait_for(asyncio.shield(begun), self.within_s)
        except TimeoutError:
            because = f"no action of its method was done in {self.within_s:g} s"
        if because is not None:
            raise ExperimentFailed(f"{self.title}: {because}")

    def gone(self) -> str | None:
        """Why it does not hold any more what it did, or None; to be asked before it is put back."""
        if self._left:
            return f"{self.title}: it rolled back before the end of the hold"
        if any(listening.done() for _, listening in self._going_on):
            return f"{self.title}: its process ended before the end of the hold"
        return None

    async def told(self) -> Told:
        """To be asked when it was put back: then its process has ended."""
        while self._going_on:
            process, listening = self._going_on.pop()
            assert process.stdin is not None, "started with a pipe"
            process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(listening, _GRACE_S)
        try:
            text = self.journal.read_text("utf-8") if self.journal else ""
            journal: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            return Told(because=f"{self.title}: it left no journal")
        because = complaint(journal)
        return Told(
            because=because and f"{self.title}: {because}",
            remarks=tuple(f"{self.title}: {one}" for one in remarks(journal)),
        )


async def _listen(process: Process, begun: asyncio.Future[str | None], left: list[bool]) -> None:
    """Why no action was done, or None; and all that it says afterwards, so that no pipe fills."""
    assert process.stdout is not None, "started with a pipe"
    try:
        while line := await process.stdout.readline():
            heard = json.loads(line)
            if not begun.done() and ("begun" in heard or "failed" in heard):
                begun.set_result(heard.get("failed"))
            left += [True] if "back" in heard else []
    finally:
        await process.wait()
        if not begun.done():
            begun.set_result("its process ended before any action of its method was done")

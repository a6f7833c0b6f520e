"""What happened when, on disk at once; and the phases in which nothing is injected."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from nfrcheck.checks.yearly_availability import YearlyAvailability
from nfrcheck.history.read import HistoryReader
from nfrcheck.history.write import EventLog
from nfrcheck.judge import verdict_of
from nfrcheck.kinds import Target
from nfrcheck.model.verdict import Outcome, Verdict
from nfrcheck.plan.steps import Quiet
from nfrcheck.plan.stretches import waits_for
from nfrcheck.run.stop import Stop
from nfrcheck.run.ui import Ui

LOOK_EVERY_S = 1.0
DECIDED = (Outcome.PASS, Outcome.FAIL)


class Timeline(EventLog):
    """An event log that never raises: a full disk must keep no fault from being healed.

    The first event that is lost is told once; whoever is told has to end the run.
    """

    def __init__(self, folder: Path, t0_ns: int, on_loss: Callable[[str], None]) -> None:
        super().__init__(folder, t0_ns)
        self._on_loss = on_loss
        self.lost: str | None = None

    def write(self, event: str, *, t: float | None = None, **fields: Any) -> float:
        at = self.now() if t is None else t
        if self.lost is None:  # an event log with a hole in it would look whole
            try:
                return super().write(event, t=at, **fields)
            except OSError as error:
                self._lose(error)
        return at

    def sync(self) -> None:
        try:
            super().sync()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = error.strerror or str(error)
        self._on_loss(self.lost)


@contextlib.asynccontextmanager
async def phase(log: EventLog, **what: Any) -> AsyncIterator[None]:
    """A span of the timeline; its end is written whatever happens inside."""
    log.write("phase", state="start", **what)
    try:
        yield
    finally:
        log.write("phase", state="end", **what)


async def quiet(step: Quiet, log: EventLog, stop: Stop, decide: "Decider", ui: Ui) -> None:
    """One quiet phase: a duration, or until its targets are decided."""
    number = decide.number(step)
    ui.phase(step.name, step.seconds, until_decided=step.until_decided)
    async with phase(log, name=step.name, part=None, run=None, kind=step.kind):
        if step.until_decided:
            await decide.wait(step, number, stop)
        else:
            await stop.sleep(step.seconds)
    ui.phase_done(step.name)


class Decider:
    """Looks at the targets while a phase runs; looking as often as one likes is allowed."""

    def __init__(
        self,
        targets: tuple[Target, ...],
        reader: HistoryReader,
        log: EventLog,
        timeout_s: float,
        refuted: Collection[str],
    ) -> None:
        """`refuted` grows while the run goes on: the ids of targets decided by what was seen."""
        self._targets = targets
        self._reader = reader
        self._log = log
        self._timeout_s = timeout_s
        self._refuted = refuted
        self._met: Counter[str] = Counter()

    def number(self, step: Quiet) -> int:
        """Which part of its stretch a phase is that begins now: its name may come again."""
        self._met[step.name] += 1
        return self._met[step.name]

    async def wait(self, step: Quiet, number: int, stop: Stop) -> None:
        """Returns when every target of the phase is decided, or when its time is up.

        A phase that no target is about was written to last for its own sake.
        """
        until = self._log.now() + step.seconds
        open_ = [target for target in self._targets if waits_for(target, step, number)]
        if not open_:
            await stop.sleep(step.seconds)
        while open_ and (left := until - self._log.now()) > 0:
            await stop.sleep(min(LOOK_EVERY_S, left))
            open_ = [target for target in open_ if target.id not in self._refuted]
            found = await asyncio.to_thread(self._judged, open_)
            for target_id, verdict in found.items():
                if verdict.outcome in DECIDED:
                    self._log.write("decided", target=target_id, verdict=verdict.outcome.value)
            open_ = [target for target in open_ if not _done(target, found[target.id])]

    def _judged(self, targets: Sequence[Target]) -> dict[str, Verdict]:
        # A request younger than its time-out may still fail: it is not evidence yet.
        history = self._reader.read(horizon=self._log.now() - self._timeout_s)
        return {target.id: verdict_of(target, history) for target in targets}


def _done(target: Target, verdict: Verdict) -> bool:
    """Whether more of a quiet phase would change nothing: decided, or nothing lacks but drills.

    Of a yearly budget a longer steady state leaves more for the outages that drills will measure.
    """
    if verdict.outcome in DECIDED:
        return True
    lacks = verdict.needed
    drills_alone = lacks is not None and bool(lacks.drills) and not lacks.requests
    return drills_alone and not isinstance(target.judge, YearlyAvailability)

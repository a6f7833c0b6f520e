"""Stage 3, run: acts on the deployment by the plan, and keeps what was seen while it happens."""

import asyncio
import datetime as dt
import os
import time
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from nfrcheck import __version__
from nfrcheck.errors import NfrcheckError, NotRestored
from nfrcheck.history.read import HistoryReader
from nfrcheck.kinds import Target
from nfrcheck.model.verdict import Verdict
from nfrcheck.plan.keep import streams_of
from nfrcheck.plan.steps import Drill, Guard, Plan
from nfrcheck.run.aloud import say_aloud
from nfrcheck.run.children import Child, ChildFailed
from nfrcheck.run.drill import DrillRunner
from nfrcheck.run.guard_client import GuardianClient
from nfrcheck.run.guards import Watch
from nfrcheck.run.host import watch_host
from nfrcheck.run.ledger import LedgerError
from nfrcheck.run.lock import Place
from nfrcheck.run.others import refuse_open_ledgers
from nfrcheck.run.refute import Refuter
from nfrcheck.run.restore import restore
from nfrcheck.run.stop import Stop, Stopped
from nfrcheck.run.timeline import Decider, Timeline, quiet
from nfrcheck.run.ui import Ui
from nfrcheck.wire.ask import ask

START_IN_NS = 200_000_000
READ_BACK_S = 15.0
PREFLIGHT_S = 5.0
INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended; the evidence is in the folder."""

    reason: str
    """complete, aborted, interrupted or incomplete."""
    because: str
    restored: bool | None
    """Everything was put back and seen well; None: nothing was ever injected."""
    lost: str | None = None
    """Why the folder does not hold all that happened, or None."""


async def run(
    plan: Plan,
    folder: Path,
    run_id: str,
    ui: Ui,
    *,
    end_with_stdin: bool = False,
    beside: Collection[str] = (),
) -> Ended:
    """Everything between the first contact and the last; heals whatever happens.

    With `end_with_stdin` the end of standard input stops it as SIGTERM does. `beside`: the runs
    whose faults may be in place; Refused for any other. Raises NotRestored when an error of ours
    came on top of something that was not put back.
    """
    stop = Stop()

    def lose(because: str) -> None:
        stop.ask("incomplete", f"the run folder could not be written: {because}")

    with Timeline(folder, time.monotonic_ns(), lose) as log:
        _started(log, plan)
        stage = _Stage(plan, log, stop, ui, beside)
        try:
            reason, because = await stage.perform(folder, run_id, end_with_stdin)
        except Exception as error:
            if stage.restored is False:
                raise NotRestored(
                    f"{error}; and not all was put back", "nfrcheck restore"
                ) from error
            raise
        restored = stage.restored
        log.write("run", state="ended", reason=reason, because=because, restored=restored)
        log.sync()
        return Ended(reason=reason, because=because, restored=restored, lost=log.lost)


def _started(log: Timeline, plan: Plan) -> None:
    log.write(
        "run",
        state="started",
        t0_ns=log.t0_ns,
        wall=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        seed=plan.seed,
        version=__version__,
        regions=list(plan.regions),
    )


class _Stage:
    """The processes of one run, and the order in which they come and go."""

    def __init__(
        self, plan: Plan, log: Timeline, stop: Stop, ui: Ui, beside: Collection[str]
    ) -> None:
        self._plan, self._log, self._stop, self._ui, self._others = plan, log, stop, ui, beside
        self._children: list[Child] = []
        self._guardian: GuardianClient | None = None
        self._drills: DrillRunner | None = None
        self._watchers: list[asyncio.Task[None]] = []
        self.restored: bool | None = None

    async def perform(self, folder: Path, run_id: str, end_with_stdin: bool) -> tuple[str, str]:
        """How the run ended, and why if it did not end as planned."""
        self._stop.listen(self._give_up, stdin=end_with_stdin)
        try:
            await self._start_guardian(run_id)
            await self._preflight()
            await self._open(folder, run_id)
            refuter = Refuter(
                folder, streams_of(self._plan), self._plan.targets, self._children, self._log
            )
            self._watch(refuter)
            await self._steps(folder, refuter)
            await self._read_back()
            self._stop.check()
        except Stopped as stopped:
            return stopped.kind, stopped.because
        except ChildFailed as failed:
            return "incomplete", str(failed)
        else:
            return "complete", ""
        finally:
            for watcher in self._watchers:
                watcher.cancel()
            # First the faults, whatever went wrong; answers that are under way come after them.
            await self._put_back()
            stopping = (child.stop(self._stop.hurried()) for child in self._children)
            await asyncio.gather(*stopping, return_exceptions=True)
            self._stop.deaf()

    async def _start_guardian(self, run_id: str) -> None:
        """Before the first contact: without a ledger there is no fault, and so no run."""
        if self._plan.drills:
            place = Place(name=self._plan.deployment, path=Path(self._plan.deployment_path))
            self._guardian = await GuardianClient.start(run_id, **place.named)
            # Once more, for another run may have opened its ledger since this one was let in.
            refuse_open_ledgers({run_id, *self._others}, place)

    async def _preflight(self) -> None:
        """Asks every entry once; a silent one is written down, and never passes (INVALID)."""
        names = sorted(self._plan.used)
        asking = (
            asyncio.to_thread(
                ask, self._plan.entries[name], self._plan.paths[name], timeout_s=PREFLIGHT_S
            )
            for name in names
        )
        found = dict(zip(names, await asyncio.gather(*asking), strict=True))
        self._log.write("preflight", answered={name: a.answered for name, a in found.items()})
        silent = {name: answer.words for name, answer in found.items() if not answer.answered}
        for name, words in silent.items():
            self._log.write("note", text=f"{name} did not answer before the run: {words}")
            self._ui.say(f"{name} does not answer: {words}", good=False)
        self._stop.check()
        if silent and len(silent) == len(found):
            told = "; ".join(f"{name}: {words}" for name, words in silent.items())
            raise Stopped("incomplete", f"no entry answered, so nothing was sent: {told}")
        answering = len(found) - len(silent)
        self._ui.say(f"preflight: {answering} of {len(found)} entries answer", good=not silent)

    async def _open(self, folder: Path, run_id: str) -> None:
        """Starts the children; returns when the first request is due."""
        specs = [
            replace(spec, folder=str(folder), t0_ns=self._log.t0_ns, run_id=run_id)
            for spec in self._plan.traffic
        ]
        self._children = [Child(spec, self._log) for spec in specs]
        starting = (child.spawn(folder) for child in self._children)
        # All of them, also when one fails: what was started must be known to be stopped.
        for failed in await asyncio.gather(*starting, return_exceptions=True):
            if failed is not None:
                raise failed
        self._stop.check()
        at_ns = time.monotonic_ns() + START_IN_NS
        await asyncio.gather(*(child.start(at_ns) for child in self._children))
        # The first phase begins with the first request, so that no second of it is empty.
        await self._stop.sleep((at_ns - time.monotonic_ns()) / 1e9)

    def _watch(self, refuter: Refuter) -> None:
        guards = Watch(self._children, self._log.now, lambda why: self._stop.ask("aborted", why))
        self._beside("guards", guards.run(self._guards), vital=True)
        self._beside("view", self._show(), vital=False)
        self._beside("host", watch_host(self._log), vital=False)
        self._beside("refuter", refuter.run(self._tell_refuted), vital=False)
        if self._plan.max_time_s is not None:
            self._beside("limit", self._limit(self._plan.max_time_s), vital=True)
        if self._guardian:
            self._beside("guardian", self._guard_guardian(self._guardian), vital=True)

    def _beside(self, name: str, work: Coroutine[Any, Any, None], *, vital: bool) -> None:
        """Does the work beside the steps; if it breaks, that is told, and ends the run if vital."""

        def over(task: asyncio.Task[None]) -> None:
            if task.cancelled() or not (error := task.exception()):
                return
            because = f"{type(error).__name__}: {error}"
            self._log.write("note", text=f"{name} broke down: {because}")
            if vital:
                self._stop.ask("aborted", f"{name} broke down, and so could not watch: {because}")

        task = asyncio.create_task(work)
        task.add_done_callback(over)
        self._watchers.append(task)

    def _guards(self) -> Iterable[Guard]:
        """Deployment-wide guards always; a drill's own while it runs."""
        yield from self._plan.guards
        if self._drills and self._drills.current:
            yield from self._drills.current.guards

    async def _limit(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._stop.ask("aborted", f"the time limit of {seconds:g} s was reached")

    async def _guard_guardian(self, guardian: GuardianClient) -> None:
        because = await guardian.wait_lost()
        self._log.write("ill", instrument="guardian", because=because)
        self._stop.ask("aborted", f"the guardian is gone, so nothing may be injected: {because}")

    async def _show(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            for child in self._children:
                if child.recent:
                    self._ui.tick(child.instrument, child.recent[-1][1])

    def _tell_refuted(self, target: Target, verdict: Verdict) -> None:
        self._ui.say(f"{target.id} fails by what was seen: {verdict.because}", good=False)

    async def _steps(self, folder: Path, refuter: Refuter) -> None:
        reader = HistoryReader(folder, streams_of(self._plan))
        timeout = max((spec.timeout_s for spec in self._plan.traffic), default=5.0)
        decider = Decider(self._plan.targets, reader, self._log, timeout, refuter.refuted)
        for step in self._plan.steps:
            if isinstance(step, Drill):
                await self._runner().run(step)
            else:
                await quiet(step, self._log, self._stop, decider, self._ui)

    def _runner(self) -> DrillRunner:
        assert self._guardian, "a plan with drills has a guardian"
        if self._drills is None:
            self._drills = DrillRunner(
                self._plan, self._log, self._stop, self._guardian, self._children, ui=self._ui
            )
        return self._drills

    async def _read_back(self) -> None:
        for child in self._children:
            if child.spec.kind == "writes":
                self._ui.say(f"reading back every acknowledged write of {child.spec.stream}")
                await self._stop.unless_asked(child.read_back(READ_BACK_S))

    async def _put_back(self) -> None:
        """Heals what is still open, and knows afterwards whether all of it was seen well."""
        if self._guardian is None:
            return
        try:
            clean = not await self._guardian.close()
        except NfrcheckError as lost:
            self._log.write("ill", instrument="guardian", because=lost.message)
            clean = await self._put_back_without_it(self._guardian.ledger)
        if self._drills and self._drills.touched:
            self.restored = clean
        if not clean:
            self._ui.say("NOT all was put back: nfrcheck restore", good=False)

    async def _put_back_without_it(self, ledger: Path) -> bool:
        """The ledger holds all that the guardian knew, so the fault need not wait for a person."""
        try:
            restored = await asyncio.to_thread(restore, ledger, say_aloud)
        except (LedgerError, OSError) as error:
            say_aloud(f"nfrcheck: the guardian is gone, and its ledger cannot be used: {error}")
            return False
        for alarm in restored.alarms:
            say_aloud(alarm)
        return restored.closed

    def _give_up(self) -> NoReturn:
        """The third signal: children die, the guardian heals as soon as our pipe closes."""
        for child in self._children:
            child.kill()
        if self._guardian:
            say_aloud("nfrcheck: gave up; the guardian puts back what is open: nfrcheck doctor")
        # Nothing that still waits for something may keep us: the pipe closes with the process.
        os._exit(INTERRUPTED)

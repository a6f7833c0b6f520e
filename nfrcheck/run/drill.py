"""One run of a drill: baseline, fault, proof, hold, heal, settle. Nothing is left behind."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

from nfrcheck.errors import NfrcheckError
from nfrcheck.experiments.faults import Armed
from nfrcheck.experiments.faults.proof import PROOF_S
from nfrcheck.history.write import EventLog
from nfrcheck.plan.steps import Drill, Plan
from nfrcheck.run import last_look, shown
from nfrcheck.run.children import Child
from nfrcheck.run.confirm import Confirmer
from nfrcheck.run.guard_client import Arming, GuardianClient, GuardianLost
from nfrcheck.run.last_look import LastLook
from nfrcheck.run.pace import pause_s
from nfrcheck.run.stop import Stop, Stopped
from nfrcheck.run.timeline import phase
from nfrcheck.run.ui import Ui
from nfrcheck.run.verifiable import unverifiable

SPARE_S = 5.0
"""What the guardian waits beyond the longest hold before it puts a fault back by itself."""
AFTER_STOP_S = 10.0
"""How long the probes watch the recovery after a stop was asked for."""


class DrillRunner:
    """Runs drills; a fault that is not seen to be put back is the last one that is injected."""

    def __init__(
        self,
        plan: Plan,
        log: EventLog,
        stop: Stop,
        guardian: GuardianClient,
        children: Sequence[Child],
        *,
        ui: Ui,
    ) -> None:
        self._log = log
        self._folder = log.folder
        self._stop = stop
        self._guardian = guardian
        self._confirmer = Confirmer(plan.entries, plan.paths, children)
        between_s = pause_s(plan.spare_rate, last_look.ASK_EVERY_S)
        self._confirmer.shares.pause_s = between_s
        self._confirmer.answers.pause_s = pause_s(plan.spare_rate, shown.ASK_EVERY_S)
        self._last_look = LastLook(plan.entries, plan.paths, plan.used, between_s)
        self._ui = ui
        self._armed: list[tuple[str, Armed]] = []
        self.touched = False
        """Whether anything was ever armed, and so may have been injected."""
        self.current: Drill | None = None
        self._done_at = 0.0
        """When the last command had ended."""
        self._doubtful = False
        """It was commanded and not seen: it may come when it was put back already."""

    async def run(self, drill: Drill) -> None:
        """Raises Stopped, after healing, when somebody asked to stop."""
        name = drill.label
        self._ui.phase(name, drill.baseline_s + drill.hold_s + drill.settle_s)
        self.current, self._doubtful = drill, False
        try:
            async with self._part(drill, "baseline"):
                await self._stop.sleep(drill.baseline_s)
                unwell = await self._stop.unless_asked(
                    self._confirmer.unwell(drill.armed, drill.seen_by)
                )
                unwell = unwell or await self._confirmer.links.calm(drill.armed)
                unwell = unwell or await self._stop.unless_asked(
                    self._confirmer.answers.calm(drill.armed, drill.seen_by)
                )
                unwell = unwell or await self._stop.unless_asked(self._unverifiable(drill))
            if unwell:
                self._without_effect(drill, unwell)
                return
            await self._fault(drill)
            await self._settle(drill)
        finally:
            self.current = None
            self._ui.phase_done(name)

    async def _unverifiable(self, drill: Drill) -> str | None:
        checks = [check for armed in drill.armed for check in self._confirmer.verify(armed)]
        return await unverifiable(checks, self._confirmer.shares.pause_s)

    async def _fault(self, drill: Drill) -> None:
        """From arming to healing. A stop that was asked for is left to whoever waits next."""
        try:
            with contextlib.suppress(Stopped):
                self._stop.check()
                await self._arm(drill)
                async with self._part(drill, "fault"):
                    proven = await self._inject(drill)
                if proven:
                    async with self._part(drill, "hold"):
                        gone = await self._confirmer.links.hold(
                            drill.armed, drill.hold_s, self._stop
                        )
                        own = (armed.gone() for _, armed in self._armed)
                        gone = gone or next(filter(None, own), None)
                        if gone := gone or await self._ended_by_itself(drill):
                            self._without_effect(drill, gone)
        except NfrcheckError as error:
            self._event(drill, "failed", because=error.message)
            self._ui.say(f"{drill.label}: {error.message}", good=False)
            if isinstance(error, GuardianLost):
                self._stop.ask("aborted", error.message)
        finally:
            if self._armed:
                async with self._part(drill, "heal"):
                    await self._heal(drill)

    async def _ended_by_itself(self, drill: Drill) -> str | None:
        """Why it was not held to its end; what may have other causes is only written down."""
        held_s = time.monotonic() - self._done_at
        for _, armed in self._armed:
            ways = _ways(drill, armed)
            well = await self._last_look.well(armed, ways, held_s, self._stop)
            if well and well.sure:
                return f"it ended in its hold: {well.because}"
            if well:
                self._log.write(
                    "note",
                    text=f"{drill.label}: at the end of the hold {well.because}: the system took "
                    "another way, or the fault had ended",
                )
        return None

    async def _settle(self, drill: Drill) -> None:
        """The recovery is watched after a stop as well, but not for long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + drill.settle_s
        async with self._part(drill, "settle"):
            try:
                await self._stop.sleep(drill.settle_s)
            except Stopped:
                if self.touched:
                    await self._stop.linger(min(AFTER_STOP_S, until - loop.time()))
                raise

    async def _arm(self, drill: Drill) -> None:
        for index, planned in enumerate(drill.armed):
            found = await self._stop.unless_asked(planned.ready())
            armed = found.kept_in(self._folder, f"{drill.name}.{drill.run}.{index + 1}")
            arming = Arming(
                id=f"{drill.name}.{drill.run}.{index + 1}",
                undo=armed.undo,
                verify=self._confirmer.verify(armed),
                note=f"{drill.fault}: put back {armed.touched}",
                deadline_s=armed.deadline_s,
                hold_s=self._longest_s(drill) + drill.hold_s,
            )
            await self._guardian.arm(arming)
            self._armed.append((arming.id, armed))
            self.touched = True
        self._event(drill, "armed")

    def _longest_s(self, drill: Drill) -> float:
        """Arming, injecting and proving, one after another, take no longer."""
        commands = sum(armed.deadline_s + self._proof_s(drill, armed) for armed in drill.armed)
        return commands + 2 * self._look_s(drill)

    def _proof_s(self, drill: Drill, armed: Armed) -> float:
        return PROOF_S + self._confirmer.answers.slowed_s(armed, _ways(drill, armed))

    def _look_s(self, drill: Drill) -> float:
        last = (self._last_look.look_s(armed, _ways(drill, armed)) for armed in drill.armed)
        return SPARE_S + self._confirmer.links.look_s(drill.armed) + sum(last)

    async def _inject(self, drill: Drill) -> bool:
        """Commands every fault of the drill and waits for the proof; False: it had no effect."""
        self._stop.check()
        self._event(drill, "commanded")
        self._doubtful = True
        for _, armed in self._armed:
            # To its end, also when somebody asks to stop: a command that was cut short could
            # still reach the deployment after the healing.
            wait = self._stop.unless_hurried if armed.may_come_late else self._stop.unless_asked
            await wait(armed.inject())
        self._done_at = time.monotonic()
        for _, armed in self._armed:
            ways, within_s = _ways(drill, armed), self._proof_s(drill, armed)
            unseen = await self._confirmer.wait(armed, ways, within_s, self._stop)
            if unseen:
                self._without_effect(drill, unseen)
                return False
        # From now on it may stay as long as it is to be held, and then for one last look.
        if overdue := await self._guardian.hold(drill.hold_s + self._look_s(drill)):
            self._without_effect(drill, overdue)
            return False
        self._event(drill, "confirmed")
        self._doubtful = False
        return True

    def _without_effect(self, drill: Drill, because: str) -> None:
        self._event(drill, "unconfirmed", because=because)
        self._ui.say(f"{drill.label}: no fault was proven: {because}", good=False)

    async def _heal(self, drill: Drill) -> None:
        self._event(drill, "healing")
        wrong, undone, share_s = [], True, 0.0
        while self._armed:
            id_, armed = self._armed.pop()
            try:
                doubtful = self._doubtful and armed.may_come_late
                outcome = await self._guardian.heal(id_, doubtful=doubtful)
            except GuardianLost as lost:
                wrong.append(lost.message)
                undone = False
                continue
            undone, share_s = undone and outcome.ok, outcome.share_s
            if not (outcome.ok and outcome.verified):
                wrong.append(outcome.because or "it was not seen well")
            elif outcome.overdue:
                self._without_effect(drill, outcome.because or "it was put back before its end")
            elif because := self._confirmer.links.late(outcome.seconds, armed, PROOF_S):
                self._without_effect(drill, because)
            await self._hear(drill, armed)
        if undone:
            # Until traffic came back is a time of the system, which targets ask for.
            self._event(drill, "healed", t=self._log.now() - share_s)
        if wrong:
            because = "; ".join(wrong)
            self._event(drill, "unverified", because=because)
            self._ui.say(f"{drill.label}: NOT PUT BACK: {because}", good=False)
            self._stop.ask("aborted", f"{drill.label} was not put back: {because}")
        else:
            self._event(drill, "verified")

    async def _hear(self, drill: Drill, armed: Armed) -> None:
        """What the fault says of itself can only speak against it."""
        for told in await armed.told():
            for remark in told.remarks:
                self._log.write("note", text=f"{drill.label}: {remark}")
            if told.because:
                self._without_effect(drill, told.because)

    def _part(self, drill: Drill, part: str) -> contextlib.AbstractAsyncContextManager[None]:
        return phase(self._log, name=drill.name, part=part, run=drill.run, kind="drill")

    def _event(self, drill: Drill, state: str, **more: Any) -> None:
        self._ui.drill(drill.label, state)
        self._log.write(
            "fault",
            drill=drill.name,
            run=drill.run,
            fault=drill.fault,
            varied=drill.varied,
            state=state,
            where=_where(drill.armed),
            touched=", ".join(armed.touched for armed in drill.armed),
            witnesses=list(drill.witnesses),
            **more,
        )


def _ways(drill: Drill, armed: Armed) -> Sequence[str]:
    """The entries that lead through this one of its faults."""
    return armed.seen_by or drill.seen_by


def _where(armed: Sequence[Armed]) -> dict[str, str]:
    return {key: value for one in armed for key, value in one.where.items()}

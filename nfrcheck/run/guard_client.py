"""The controller's side of the guardian: nothing may be injected unless `arm` has returned."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from nfrcheck.errors import NotRestored, Refused
from nfrcheck.run.healing import Healed
from nfrcheck.run.ledger import ledger_path
from nfrcheck.run.undo_process import BUILD_ID, is_stopped

_GUARDIAN = str(Path(__file__).with_name("guardian.py"))
_ANSWER_S = 5.0
# What a healing may take beyond the deadlines of its steps: a slow disk, a busy machine.
_HEAL_GRACE_S = 30.0
# One that is told to stand still for an instant is not lost yet.
_LOOK_S, _STOPPED_LOOKS = 1.0, 3
_STOPPED = "the guardian was stopped, and heals nothing"
_Answer = dict[str, Any]
# Of GitHub's runner, of Jenkins (two), of TeamCity and of Azure's agent.
_MARKS = (
    "RUNNER_TRACKING_ID",
    "JENKINS_NODE_COOKIE",
    "BUILD_ID",
    "TEAMCITY_PROCESS_FLOW_ID",
    "VSTS_PROCESS_LOOKUP_ID",
)


class GuardianLost(NotRestored):
    """The guardian is dead or silent: nothing may be injected any more, and what was is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arming:
    """What `arm` writes down; `undo` in the order of injection, as it is run from last to first."""

    id: str
    undo: Sequence[dict[str, Any]]
    verify: Sequence[dict[str, Any]]
    note: str = ""
    deadline_s: float = 30.0
    hold_s: float | None = None
    """After so long without `hold` or `heal` the guardian puts it back by itself; None: never."""

    @property
    def longest_s(self) -> float:
        """No healing of this fault takes longer: one round past the deadline is the worst."""
        steps = [*self.undo, *self.verify]
        return self.deadline_s + sum(float(step.get("within_s") or 30.0) for step in steps)


def _environment() -> dict[str, str]:
    """Ours, without the marks by which a CI runner finds what a job left behind, to kill it.

    The guardian has to outlive a job that was cancelled; its deadlines bound how long. Commands
    that put back get the build's id again, for their injection may have used it.
    """
    ours = {name: value for name, value in os.environ.items() if name not in _MARKS}
    build = os.environ.get("BUILD_ID")
    return ours if build is None else {**ours, BUILD_ID: build}


class GuardianClient:
    """One guardian and one run. Not to be shared by runs; use `start`."""

    def __init__(self, process: asyncio.subprocess.Process, ledger: Path) -> None:
        self._process = process
        self._turn = asyncio.Lock()
        self._limits: dict[str, float] = {}
        self._lost: str | None = None
        self._stopped = asyncio.Event()
        self.ledger = ledger

    @classmethod
    async def start(cls, run: str, *, deployment: str, place: str = "") -> Self:
        """Starts the guardian and opens the run's ledger. `place`: the deployment's file.

        Raises Refused if the ledger cannot be had, GuardianLost if the guardian does not come up.
        """
        path = ledger_path(run)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-S",
            "-E",
            "-P",
            _GUARDIAN,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            env=_environment(),
        )
        client = cls(process, path)
        order = {"do": "open", "ledger": str(path), "run": run}
        order |= {"deployment": deployment, "place": place}
        try:
            answer = await client._ask(order, lambda one: one.get("ok") == "open")
        except BaseException:
            await client.let_go()
            raise
        if "error" in answer:
            await client.let_go()
            raise Refused(f"the ledger cannot be opened: {answer['error']}")
        return client

    @property
    def alive(self) -> bool:
        return self._lost is None and self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait_lost(self) -> str:
        """Returns, with the reason, when the guardian has died or was stopped.

        For the controller to watch.
        """
        looks = 0
        while self._process.returncode is None and looks < _STOPPED_LOOKS:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._process.wait()
            looks = looks + 1 if is_stopped(self._process.pid) else 0
        if self._process.returncode is None:
            self._lost = self._lost or _STOPPED
            self._stopped.set()
        return self._lost or f"the guardian ended with status {self._process.returncode}"

    async def arm(self, arming: Arming) -> None:
        """Returns only when the undo is on the disk. Raises Refused, GuardianLost."""
        order = {
            "do": "arm",
            "id": arming.id,
            "undo": list(arming.undo),
            "verify": list(arming.verify),
            "note": arming.note,
            "deadline_s": arming.deadline_s,
            "hold_s": arming.hold_s,
        }
        answer = await self._ask(order, lambda one: one.get("id") == arming.id)
        if "error" in answer:
            raise Refused(f"the guardian does not take the undo: {answer['error']}")
        self._limits[arming.id] = arming.longest_s

    async def hold(self, hold_s: float) -> str | None:
        """All that is armed may stay for so long from now on; why it does not any more, or None.

        Raises GuardianLost.
        """
        order = {"do": "hold", "hold_s": hold_s}
        answer = await self._ask(order, lambda one: one.get("ok") == "hold", self._longest_s)
        return str(answer["error"]) if "error" in answer else None

    async def heal(self, id_: str, *, doubtful: bool = False) -> Healed:
        """Undoes and verifies one fault. Raises GuardianLost; a failed undo is a result.

        `doubtful`: it was commanded and never seen, so it is undone once more before the end.
        """
        limit = self._limits.get(id_, 0.0) + self._longest_s
        answer = await self._ask(
            {"do": "heal", "id": id_, "doubtful": doubtful},
            lambda one: one.get("healed") == id_ or one.get("id") == id_,
            limit,
        )
        if "error" in answer:
            because = str(answer["error"])
            return Healed(id=id_, ok=False, verified=False, seconds=0.0, because=because)
        if answer["verified"] and not doubtful:
            self._limits.pop(id_, None)
        return Healed(
            id=id_,
            ok=answer["ok"],
            verified=answer["verified"],
            seconds=answer["seconds"],
            share_s=answer["share_s"],
            because=answer["because"],
            overdue=answer["overdue"],
        )

    async def close(self) -> list[str]:
        """Heals what is open, closes the ledger, ends the guardian; returns what stays open.

        Raises GuardianLost; then its ledger is free, unless it is still at work on it.
        """
        # It may be healing what is overdue when this order comes, and then heals once more.
        limit = 2 * self._longest_s
        try:
            answer = await self._ask({"do": "close"}, lambda one: one.get("ok") == "close", limit)
        except GuardianLost:
            await self._end_if_stopped()
            raise
        if "error" in answer:
            raise GuardianLost(f"the guardian could not close: {answer['error']}", self._remedy)
        await self._process.wait()
        return [str(id_) for id_ in answer["open"]]

    @property
    def _longest_s(self) -> float:
        """Healing all that is armed takes no longer."""
        return sum(self._limits.values()) + _HEAL_GRACE_S

    @property
    def _remedy(self) -> str:
        return f"inject nothing more; nfrcheck restore heals from {self.ledger}"

    async def _ask(
        self,
        order: dict[str, Any],
        is_answer: Callable[[dict[str, Any]], bool],
        seconds: float | None = None,
    ) -> dict[str, Any]:
        limit = _ANSWER_S if seconds is None else seconds
        if self._lost:
            raise GuardianLost(self._lost, self._remedy)
        try:
            async with asyncio.timeout(limit), self._turn:
                return await self._unless_stopped(self._exchange(order, is_answer))
        except TimeoutError:
            self._lost = f"the guardian did not answer to {order['do']} in {limit:g} s"
        except (OSError, ValueError) as error:
            self._lost = f"the guardian is gone: {str(error) or type(error).__name__}"
        raise GuardianLost(self._lost, self._remedy)

    async def _unless_stopped(self, exchange: Coroutine[Any, Any, _Answer]) -> _Answer:
        """The answer; OSError when whoever watches found that none will come."""
        asking = asyncio.ensure_future(exchange)
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({asking, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise OSError(_STOPPED)
            return await asking
        finally:
            asking.cancel()
            stopped.cancel()

    async def _exchange(
        self, order: dict[str, Any], is_answer: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        assert self._process.stdin is not None, "started with a pipe"
        assert self._process.stdout is not None, "started with a pipe"
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()
        while True:
            line = await self._process.stdout.readline()
            if not line:
                raise BrokenPipeError("it closed its output")
            answer: dict[str, Any] = json.loads(line)
            # An order whose asker was cancelled leaves its answer behind: skip it.
            asked = answer.get("do") == order["do"] and answer.get("id") == order.get("id")
            if asked or is_answer(answer):
                return answer

    async def _end_if_stopped(self) -> None:
        """One that was stopped heals nothing, and would keep its ledger from everybody for ever."""
        if is_stopped(self._process.pid):
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def let_go(self) -> int | None:
        """Closes the pipe: the guardian heals what is open by itself. Returns its exit code.

        None if it is still at work when all deadlines are over; it is never killed.
        For a guardian that does not answer any more, and for a controller that must end at once.
        """
        self._lost = self._lost or "the guardian was let go"
        assert self._process.stdin is not None, "started with a pipe"
        self._process.stdin.close()
        with suppress(OSError):
            async with asyncio.timeout(_ANSWER_S):
                await self._process.stdin.wait_closed()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._longest_s):
                return await self._process.wait()
        return None

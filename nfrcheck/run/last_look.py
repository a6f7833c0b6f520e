"""At the end of a hold: whether what was paused, drained or isolated still is.

What comes back by itself after a kill is the system's own doing; the end of a pause is not. But an
entry that users go through may be well again because the system took another way, and an isolated
region may help itself: such an answer is only told, and does not refute the drill.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nfrcheck.experiments.faults import Armed
from nfrcheck.experiments.faults.armed import Injection
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.run.stop import Stop
from nfrcheck.run.undo_process import is_stopped, start_time
from nfrcheck.wire.ask import Answer, ask

ASK_EVERY_S = 0.02
ASK_TIMEOUT_S = 0.5
BAD_IN_A_ROW = 3
AGAIN_S = 1.5
"""An entry that is not seen to be bad in all of this time is well."""
HELD = {"pause", "drain", "isolate"}


@dataclass(frozen=True, slots=True)
class Well:
    """What was seen well again, though nobody has put it back; `sure`: so the fault had ended."""

    because: str
    sure: bool


@dataclass(frozen=True, slots=True)
class LastLook:
    """`used`: the entries that traffic goes through. One request each `pause_s` seconds."""

    entries: Mapping[str, EndpointSpec]
    paths: Mapping[str, str]
    used: Collection[str]
    pause_s: float = ASK_EVERY_S

    async def well(
        self, armed: Armed, seen_by: Sequence[str], held_s: float, stop: Stop
    ) -> Well | None:
        """What of it has ended by itself, or None. `held_s`: how long ago its command ended."""
        if not (verbs := _held(armed)):
            return None
        because = _expired(armed, held_s) or (_runs_again(armed) if "pause" in verbs else None)
        if because:
            return Well(because, sure=True)
        for ways in _proven_by(armed, seen_by, verbs):
            if words := await self._answers(ways, stop):
                sure = "isolate" not in verbs and not {*ways} & {*self.used}
                return Well(f"{words}, before anybody put it back", sure=sure)
        return None

    def look_s(self, armed: Armed, seen_by: Sequence[str]) -> float:
        """What it takes at most."""
        if not _held(armed):
            return 0.0
        row_s = BAD_IN_A_ROW * (ASK_TIMEOUT_S + self.pause_s)
        return len({*armed.entries, *seen_by}) * (AGAIN_S + row_s)

    async def _answers(self, ways: Sequence[str], stop: Stop) -> str | None:
        """What they say if all of them are well; None if one is still bad."""
        words = ""
        for entry in ways:
            answer = await self._well_again(entry, stop)
            if answer is None:
                return None
            words = f"{entry} answered again with {answer.words}"
        return words or None

    async def _well_again(self, entry: str, stop: Stop) -> Answer | None:
        now = asyncio.get_running_loop().time
        until, bad, asked = now() + AGAIN_S, 0, 0
        while bad < BAD_IN_A_ROW:
            answer = await stop.unless_asked(self._ask(entry))
            asked += 1
            bad = bad + 1 if _is_bad(answer) else 0
            if not bad and asked >= BAD_IN_A_ROW and now() >= until:
                return answer
            await stop.sleep(self.pause_s)
        return None

    async def _ask(self, entry: str) -> Answer:
        path = self.paths.get(entry, "/")
        return await asyncio.to_thread(ask, self.entries[entry], path, timeout_s=ASK_TIMEOUT_S)


def _held(armed: Armed) -> set[str]:
    """What was done, if all of it is there until somebody undoes it."""
    verbs = {one.verb for one in armed.injections if isinstance(one, Injection)}
    return verbs if verbs <= HELD else set()


def _expired(armed: Armed, held_s: float) -> str | None:
    for one in armed.injections:
        if not isinstance(one, Injection) or not one.control.names(one.verb, "expires"):
            continue
        expires = getattr(one.control, "expires", None)
        if expires is not None and held_s > expires:
            return (
                f"the control of {one.title} ends it after {expires:g} s (`expires`), and its "
                f"command was {held_s:.1f} s ago"
            )
    return None


def _runs_again(armed: Armed) -> str | None:
    for step in armed.undo:
        if step["kind"] != "signal" or step["signal"] != "CONT":
            continue
        same = start_time(step["pid"]) == step["start_time"]
        if same and not is_stopped(step["pid"]):
            return f"process {step['pid']} was told to go on"
    return None


def _proven_by(armed: Armed, seen_by: Sequence[str], verbs: Collection[str]) -> list[Sequence[str]]:
    """The ways that proved it: of each of them one entry at least.

    None where a share of the traffic may have done so: the entries answered well all the time.
    """
    if "component" not in armed.where and "drain" in verbs:
        return []
    return [[entry] for entry in seen_by if entry in armed.entries] or [seen_by]


def _is_bad(answer: Answer) -> bool:
    return not answer.answered or answer.status >= 500

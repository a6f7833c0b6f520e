"""Whether a link shows the fault that it was given, with its size: by requests through the link."""

import asyncio
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from nfrcheck.experiments.faults import Armed, LinkProof
from nfrcheck.run.effects import (
    FEW,
    Calm,
    complaint,
    longest_s,
    patience_s,
    ready,
    sampled,
    well_again,
)
from nfrcheck.run.stop import Stop
from nfrcheck.run.undo_link import Seen, through

CALM_S = 5.0
CALM_ROUNDS = 3
LOOK_EVERY_S = 1.0
AGAIN_S = 1.5
"""A fault that is not seen in all of this time is gone; a single round may be the machine's."""
BETWEEN_S = 0.05
LATE_S = 2.0
"""A fault of a link holds at once: one that begins later would be judged for less than it says."""
_LOOK_S = 0.1
"""The guardian's pause between two looks, and what a busy machine makes of it."""
_AT_ONCE = 16
"""More would be slower for each other, and look like a fault."""


@dataclass(frozen=True, slots=True)
class _Looking:
    """How long is looked, and what is said when nothing was seen."""

    within_s: float
    late_s: float = math.inf
    """What a look that began later does not show has begun too late."""
    words: str = ""


@dataclass(slots=True)
class LinkWatch:
    """Measures before the fault, and compares while it holds. One for a whole run."""

    _calm: dict[str, Calm] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="link")
    )

    async def calm(self, armed: Sequence[Armed]) -> str | None:
        """Before a fault: how the links answer now; why one of them could not show it, or None."""
        for proof in _proofs(armed):
            # As many as will show the fault, so that they are as much in each other's way; and
            # again, for what was slow by chance would make the fault look smaller.
            seen = await self._ask(proof.way, max(FEW, sampled(proof.wanted)), CALM_S)
            for _ in range(CALM_ROUNDS - 1):
                seen += await self._ask(proof.way, FEW, CALM_S)
            calm = Calm.of(seen, proof.wanted)
            if calm.pipeline > 1:
                way = {**proof.way, "pipeline": calm.pipeline}
                calm = replace(calm, whole=tuple(await self._ask(way, 1, CALM_S)))
            if because := ready(calm, proof):
                return because
            self._calm[_key(proof)] = calm
        return None

    async def wait(self, armed: Armed, within_s: float, stop: Stop) -> str | None:
        """None as soon as all its links show it; the sentence that says what they show instead."""
        looking = _Looking(within_s, late_s=LATE_S, words=f", {within_s:.0f} s after the command")
        return await self._all(armed.proofs, looking, stop)

    async def still(self, armed: Sequence[Armed], stop: Stop, *, light: bool) -> str | None:
        """Why the fault does not hold any more, or None. `light`: not what takes many requests."""
        proofs = [
            proof
            for proof in _proofs(armed)
            # A region that helps itself is still behind a link that is hurt.
            if not proof.felt
            and (not light or (proof.wanted.share >= 1 and proof.wanted.effect != "bandwidth"))
        ]
        return await self._all(proofs, _Looking(AGAIN_S), stop)

    async def hold(self, armed: Sequence[Armed], seconds: float, stop: Stop) -> str | None:
        """Waits, and watches that the fault is there all the time: else at once the reason."""
        until = time.monotonic() + seconds
        look_s = max((longest_s(proof.wanted) for proof in _proofs(armed)), default=0.0)
        while (left := until - time.monotonic()) > 0:
            await stop.sleep(min(LOOK_EVERY_S, left))
            last = time.monotonic() >= until
            if not last and time.monotonic() + look_s > until:
                continue  # it would only make the hold longer
            if because := await self.still(armed, stop, light=not last):
                held = max(0.0, until - time.monotonic())
                when = f"{held:.1f} s before the end of its hold" if held else "in its hold"
                return f"it ended {when}: {because}"
        return None

    def look_s(self, armed: Sequence[Armed]) -> float:
        """What the longest look at these links takes, after a calm that was measured."""
        return max(
            (
                AGAIN_S
                + 2 * longest_s(proof.wanted)
                + patience_s(self._calm[_key(proof)], proof.wanted)
                for proof in _proofs(armed)
            ),
            default=0.0,
        )

    def verify(self, armed: Armed) -> list[dict[str, Any]]:
        """The checks of its healing, with the times that were seen before the fault."""
        times = {
            _place(proof.way): well_again(self._calm[_key(proof)], proof) for proof in armed.proofs
        }
        return [times.get(_place(step), dict(step)) for step in armed.verify]

    def late(self, seconds: float, armed: Armed, limit_s: float) -> str | None:
        """Why a healing that was seen after so long came too late to be one, or None."""
        looks = 0.0
        for proof in armed.proofs:
            calm = self._calm[_key(proof)]
            looks += int(well_again(calm, proof)["times"]) * (_LOOK_S + 2 * calm.longest_s)
        if not armed.proofs or seconds <= limit_s + looks:
            return None
        return f"it left late: it was still seen {seconds - looks:.1f} s after it was healed"

    async def _all(
        self, proofs: Sequence[LinkProof], looking: "_Looking", stop: Stop
    ) -> str | None:
        """What the first of them lacks after this time, and after what one look takes."""
        all_looking = (self._until(proof, looking, stop) for proof in proofs)
        return next(filter(None, await asyncio.gather(*all_looking)), None)

    async def _until(self, proof: LinkProof, looking: "_Looking", stop: Stop) -> str | None:
        began = time.monotonic()
        until, late = began + looking.within_s + 2 * longest_s(proof.wanted), ""
        while True:
            asked_s = time.monotonic() - began
            # An answer may take as long as the fault makes it; nobody who asks to stop waits so.
            because = await stop.unless_asked(self._compare(proof))
            if because is None:
                return late or None
            if asked_s > looking.late_s and not proof.felt:
                late = (
                    f"link {proof.link} was hurt late, more than {asked_s:.1f} s after the command"
                )
            if time.monotonic() >= until:
                return because + looking.words
            await stop.sleep(BETWEEN_S)

    async def _compare(self, proof: LinkProof) -> str | None:
        calm = self._calm[_key(proof)]
        way = {**proof.way, "pipeline": calm.pipeline}
        patience = patience_s(calm, proof.wanted)
        seen = await self._ask(way, sampled(proof.wanted), patience)
        return complaint(calm, proof, seen)

    async def _ask(self, way: dict[str, Any], times: int, seconds: float) -> list[Seen]:
        loop = asyncio.get_running_loop()
        asking = (loop.run_in_executor(self._pool, through, way, seconds) for _ in range(times))
        return list(await asyncio.gather(*asking))


def _proofs(armed: Sequence[Armed]) -> list[LinkProof]:
    return [proof for one in armed for proof in one.proofs]


def _key(proof: LinkProof) -> str:
    return f"{proof.wanted.effect} {_place(proof.way)}"


def _place(step: dict[str, Any]) -> str:
    return f"{step['kind']} {step.get('address')}:{step.get('port')}"

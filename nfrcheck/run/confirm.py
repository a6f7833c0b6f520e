"""The manipulation check: an independent request through the faulted path must see the fault."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from nfrcheck.experiments.faults import Armed
from nfrcheck.experiments.faults.armed import Injection
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.run.children import Child
from nfrcheck.run.links import LATE_S, LinkWatch
from nfrcheck.run.shown import AnswerWatch
from nfrcheck.run.stop import Stop
from nfrcheck.wire.ask import Answer, ask

ASK_EVERY_S = 0.02
ASK_TIMEOUT_S = 0.5
CALM_TIMEOUT_S = 2.0
IN_A_ROW = 3
"""Bad answers one after another that prove a fault: a single one may be the system's own."""
AT_ONCE = {"kill", "pause"}
QUIET_TICKS = 2
"""Health seconds without an answer of the region that prove a drain."""


class Confirmer:
    """Looks at the faulted path by itself, beside the probes that are evidence."""

    def __init__(
        self,
        entries: Mapping[str, EndpointSpec],
        paths: Mapping[str, str],
        children: Sequence[Child],
    ) -> None:
        self._entries = entries
        self._paths = paths
        self._children = children
        self.links = LinkWatch()
        self.answers = AnswerWatch(entries, paths)

    async def unwell(self, entries: Sequence[str]) -> str | None:
        """Before a fault: why none of the entries could show one, or None.

        What does not answer well already would "prove" a fault that does nothing.
        """
        reasons = []
        for entry in entries:
            answer = await self._ask(entry, CALM_TIMEOUT_S)
            if not _is_bad(answer):
                return None
            reasons.append(f"{entry} was unwell before the fault ({answer.words})")
        return "; ".join(reasons) or None

    async def wait(
        self, armed: Armed, seen_by: Sequence[str], within_s: float, stop: Stop
    ) -> str | None:
        """None as soon as the fault is seen; the sentence that says what was seen instead.

        Of several components with entries of their own each must show it, else one entry must.
        """
        if armed.proofs:
            return await self.links.wait(armed, within_s, stop)
        if armed.answers:
            return await self.answers.wait(armed, seen_by, within_s, stop)
        loop = asyncio.get_running_loop()
        began = loop.time()
        until = began + within_s
        region = armed.where.get("region") if "component" not in armed.where else None
        own = [entry for entry in seen_by if entry in armed.entries]
        row = dict.fromkeys(own or seen_by, 0)
        well_s = dict.fromkeys(row, 0.0)
        missing = {*own}
        seen = "no entry leads through it, and its share of the traffic had not ended"
        while loop.time() < until:
            for entry in missing or row:
                answer = await self._ask(entry, ASK_TIMEOUT_S)
                row[entry] = row[entry] + 1 if _is_bad(answer) else 0
                well_s[entry] = well_s[entry] if row[entry] else loop.time() - began
                seen = f"{entry} still answered with {answer.words}"
            missing -= {entry for entry in missing if row[entry] >= IN_A_ROW}
            hit = [well_s[entry] for entry, count in row.items() if count >= IN_A_ROW]
            if hit and not missing:
                return _late(armed, max(hit) if own else min(hit))
            if region and self._left(region):
                return None
            await stop.sleep(ASK_EVERY_S)
        return f"{seen} {within_s:.0f} s after the command"

    def verify(self, armed: Armed) -> list[dict[str, Any]]:
        """How the healing is verified, by what was seen before the fault."""
        return self.answers.verify(armed, self.links.verify(armed))

    async def _ask(self, entry: str, timeout_s: float) -> Answer:
        path = self._paths.get(entry, "/")
        return await asyncio.to_thread(ask, self._entries[entry], path, timeout_s=timeout_s)

    def _left(self, region: str) -> bool:
        """Whether the region, which answered before, gave no answer in the last seconds."""
        answered_before = False
        for child in self._children:
            regions = [health.get("by_region", {}) for _, health in child.recent]
            counts = [seen.get(region, {}).get("done", 0) for seen in regions]
            if any(counts[-QUIET_TICKS:]):
                return False
            answered_before |= any(counts)
        return answered_before


def _late(armed: Armed, well_s: float) -> str | None:
    """Why a fault that was answered well for so long after its command came too late, or None.

    Only of what holds at once: a drain may take its time.
    """
    verbs = {one.verb for one in armed.injections if isinstance(one, Injection)}
    if well_s <= LATE_S or not verbs <= AT_ONCE:
        return None
    return (
        f"it began late: it was still answered well {well_s:.1f} s after the command, which is to "
        "end when it is done"
    )


def _is_bad(answer: Answer) -> bool:
    return not answer.answered or answer.status >= 500

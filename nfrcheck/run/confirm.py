"""The manipulation check: an independent request through the faulted path must see the fault."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nfrcheck.experiments.faults import Armed, Entry
from nfrcheck.experiments.faults.armed import Injection, verified_by
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.run.children import Child
from nfrcheck.run.links import LATE_S, LinkWatch
from nfrcheck.run.shares import Share, ShareWatch
from nfrcheck.run.shown import AnswerWatch
from nfrcheck.run.stop import Stop
from nfrcheck.wire.ask import Answer, ask

ASK_EVERY_S = 0.02
ASK_TIMEOUT_S = 0.5
CALM_TIMEOUT_S = 2.0
CALM_ASKS = 5
TIMES_CALM = 3
"""No answer is what takes so many times as long as the slowest one before the fault."""
SLOWEST_S = 1.0
"""What answers slower than this cannot show in time that it does not answer."""
IN_A_ROW = 3
"""Bad answers one after another that prove a fault: a single one may be the system's own."""
AT_ONCE = {"kill", "pause"}
APART = {"drain", "isolate"}
"""A region to which this was done may answer at its own entries as ever."""


@dataclass(slots=True)
class _Row:
    """What one entry answered since the command."""

    entry: str
    patience_s: float
    bad: int = 0
    """So many bad answers, the last ones, in a row."""
    well_s: float = 0.0
    """When it was last answered well, in seconds after the command."""
    said: str = "nothing"

    @property
    def shows(self) -> bool:
        return self.bad >= IN_A_ROW

    def hear(self, answer: Answer, after_s: float) -> None:
        self.bad = self.bad + 1 if _is_bad(answer) else 0
        if not self.bad:
            self.well_s, self.said = after_s, answer.words


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
        self.links = LinkWatch()
        self.answers = AnswerWatch(entries, paths)
        self.shares = ShareWatch(entries, paths, children)
        self._patience_s: dict[str, float] = {}
        """Per entry that was well before the fault: an answer that takes longer is none."""
        self._unwell: dict[str, str] = {}
        """Per entry that was not: in which way."""
        self._alone = True
        """Whether all these entries are about one fault."""

    async def unwell(self, armed: Sequence[Armed], seen_by: Sequence[str]) -> str | None:
        """Before a fault: why none of the entries could show one, or None.

        What does not answer well already would "prove" a fault that does nothing.
        """
        pause_s = self.shares.pause_s * len(seen_by)
        found = await asyncio.gather(*(self._calm(entry, pause_s) for entry in seen_by))
        looked = dict(zip(seen_by, found, strict=True))
        self._alone = len(armed) == 1
        self._unwell = {entry: one for entry, one in looked.items() if isinstance(one, str)}
        self._patience_s = {entry: one for entry, one in looked.items() if isinstance(one, float)}
        if seen_by and not self._patience_s:
            return "; ".join(self._unwell.values())
        await self.shares.calm(region for one in armed for region in self._regions(one))
        blind = (self._blind(one, seen_by) for one in armed)
        return next(filter(None, blind), None)

    def _blind(self, armed: Armed, seen_by: Sequence[str]) -> str | None:
        """Why this one could not be seen, or not be seen to be put back; None if it can."""
        ways = armed.seen_by or seen_by
        if armed.proofs:
            return None
        told = [self._unwell[entry] for entry in ways if entry in self._unwell]
        each = [entry for entry in ways if entry in armed.entries]
        if told and (len(told) == len(ways) or any(entry in self._unwell for entry in each)):
            return "; ".join(told)
        if ways or "component" in armed.where or self._share(armed):
            return None
        return next(map(self.shares.lacking, self._regions(armed)), None)

    async def wait(
        self, armed: Armed, seen_by: Sequence[str], within_s: float, stop: Stop
    ) -> str | None:
        """None as soon as the fault is seen; the sentence that says what was seen instead.

        Of several components with entries of their own each must show it, else one entry must that
        was well before.
        """
        if armed.proofs:
            return await self.links.wait(armed, within_s, stop)
        if armed.answers:
            return await self.answers.wait(armed, seen_by, within_s, stop)
        loop = asyncio.get_running_loop()
        each = [entry for entry in seen_by if entry in armed.entries]
        well = [entry for entry in each or seen_by if entry in self._patience_s]
        rows = [_Row(entry, self._patience_s[entry]) for entry in well]
        if share := self._share(armed):
            share.begin()
        asked = len(rows) + (len(share.ways) if share else 0)
        began, pause_s = loop.time(), self.shares.pause_s * max(1, asked)
        silence_s = IN_A_ROW * (pause_s + max((row.patience_s for row in rows), default=0.0))
        until = began + max(within_s, silence_s)
        while loop.time() < until:
            looks = [self._look(row, began) for row in rows if not (each and row.shows)]
            looks += [share.look()] if share else []
            await stop.unless_asked(_together(looks))
            shown = [row.well_s for row in rows if row.shows]
            if shown and len(shown) >= (len(rows) if each else 1):
                return _late(armed, max(shown) if each else min(shown))
            if share and not share.staying():
                return None
            await stop.sleep(pause_s)
        return f"{_instead(rows, share)} {max(within_s, silence_s):.0f} s after the command"

    def verify(self, armed: Armed) -> list[dict[str, Any]]:
        """How the healing is verified: by whatever could have shown the fault, and was well before.

        What was unwell before the fault cannot tell that it is over.
        """
        checks = self.links.verify(armed)
        if not armed.proofs:
            lost = [_undated(self._check(entry, 0.0)) for entry in self._unwell]
            checks = [step for step in checks if _undated(step) not in lost]
            known = [_undated(step) for step in checks]
            # Another fault of the drill may still be in place, and seen at its own entries.
            ways = armed.seen_by or ([*self._patience_s] if self._alone else [])
            seen = [
                self._check(entry, armed.deadline_s) for entry in ways if entry in self._patience_s
            ]
            checks += [step for step in seen if _undated(step) not in known]
        checks = self.answers.verify(armed, checks)
        shares = filter(None, map(self.shares.of, self._regions(armed)))
        pause_s = self.shares.pause_s
        return [
            *checks,
            *(one for share in shares for one in share.checks(armed.deadline_s, pause_s)),
        ]

    def _share(self, armed: Armed) -> Share | None:
        """What shows a fault of a region; one component of it may be gone when the region is."""
        regions = [] if "component" in armed.where else self._regions(armed)
        return self.shares.of(regions[0]) if regions else None

    def _regions(self, armed: Armed) -> list[str]:
        """Those that may leave the traffic: they must be seen there again when it is put back.

        Where its own entries show that a region was hurt, nobody waits until traffic returns.
        """
        if armed.proofs or armed.answers or "region" not in armed.where:
            return []
        regions, verbs = armed.where["region"].split(", "), _verbs(armed)
        if verbs and verbs <= APART:
            return regions
        own = [_undated(step) for step in armed.verify]
        by_itself = any(_undated(self._check(entry, 0.0)) in own for entry in self._patience_s)
        return [] if by_itself or "component" in armed.where else regions

    def _check(self, entry: str, within_s: float) -> dict[str, Any]:
        to = self._entries[entry]
        way_in = Entry(
            name=entry,
            url=to.url,
            address=to.address,
            ca=to.ca,
            cert=to.cert,
            key=to.key,
            path=self._paths.get(entry, "/"),
        )
        return verified_by(way_in, within_s)

    async def _calm(self, entry: str, pause_s: float) -> float | str:
        """How long its answer is waited for from now on; or why it could not show a fault."""
        good, bad, slowest_s = 0, 0, 0.0
        while good < CALM_ASKS:
            answer = await self._ask(entry, CALM_TIMEOUT_S)
            if _is_bad(answer):
                bad += 1
                # A single failure is the system's own.
                if bad > 1:
                    return f"{entry} was unwell before the fault ({answer.words})"
            else:
                good, slowest_s = good + 1, max(slowest_s, answer.seconds)
            await asyncio.sleep(pause_s)
        if slowest_s > SLOWEST_S:
            return (
                f"{entry} was unwell before the fault: it took {slowest_s:.1f} s to answer, too "
                "long to see in time that it does not"
            )
        return max(ASK_TIMEOUT_S, TIMES_CALM * slowest_s)

    async def _look(self, row: _Row, began: float) -> None:
        answer = await self._ask(row.entry, row.patience_s)
        row.hear(answer, asyncio.get_running_loop().time() - began)

    async def _ask(self, entry: str, timeout_s: float) -> Answer:
        path = self._paths.get(entry, "/")
        return await asyncio.to_thread(ask, self._entries[entry], path, timeout_s=timeout_s)


async def _together(looks: Sequence[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*looks)


def _instead(rows: Sequence[_Row], share: Share | None) -> str:
    """What was seen in place of the fault."""
    row = next((row for row in rows if not row.shows), None)
    answered = [f"{row.entry} still answered with {row.said}"] if row else []
    staying = share.staying() if share else None
    told = [*answered, *([staying] if staying else [])]
    return ", and ".join(told) or "no entry leads through it"


def _verbs(armed: Armed) -> set[str]:
    return {one.verb for one in armed.injections if isinstance(one, Injection)}


def _late(armed: Armed, well_s: float) -> str | None:
    """Why a fault that was answered well for so long after its command came too late, or None.

    Only of what holds at once: a drain may take its time.
    """
    if well_s <= LATE_S or not _verbs(armed) <= AT_ONCE:
        return None
    return (
        f"it began late: it was still answered well {well_s:.1f} s after the command, which is to "
        "end when it is done"
    )


def _undated(step: Mapping[str, Any]) -> dict[str, Any]:
    """The same check, whatever time it is given."""
    return {**step, "within_s": None}


def _is_bad(answer: Answer) -> bool:
    return not answer.answered or answer.status >= 500

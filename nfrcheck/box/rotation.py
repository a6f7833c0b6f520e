"""Which of several equal callees gets a request: health, turns, draining, and the second try."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from nfrcheck.box.board import Slot
from nfrcheck.box.http1 import Answer, Request
from nfrcheck.box.outliers import Patience, Suspicion
from nfrcheck.box.pool import LostError, NotSentError, Pool
from nfrcheck.box.switches import Switches

TICK_S = 0.05
ANSWER_WITHIN_S = 4.5
GOLDEN = 0.618033988749895


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How callees are watched and when a request is tried again.

    `grace_s`: how long a failing callee stays in rotation at least. `heed`: whether health counts.
    `patience`: when answers themselves put a callee out of rotation; None: never. `away`: callees
    that get nothing at all. `ramp_s`: how long one that is back gets a growing part of its turns.
    """

    path: bytes = b"/healthz"
    every_s: float = 0.2
    within_s: float = 0.3
    failures: int = 2
    successes: int = 2
    grace_s: float = 0.0
    heed: bool = True
    retry_unsent: bool = True
    retry_lost: bool = True
    patience: Patience | None = None
    away: frozenset[str] = frozenset()
    ramp_s: float = 0.0


class Callee:
    def __init__(self, name: str, pool: Pool) -> None:
        self.name, self.pool = name, pool
        self.healthy = True
        self.failed_in_row = 0
        self.good_in_row = 0
        self.failing_since: float | None = None
        self.pending = 0
        self.suspicion = Suspicion()
        self.back_at = -math.inf


class Rotation:
    def __init__(
        self, callees: Sequence[Callee], policy: Policy, switches: Switches, slot: Slot
    ) -> None:
        self.policy = policy
        self._callees = list(callees)
        self._switches = switches
        self._slot = slot
        self._turn = 0

    async def send(self, request: Request, within_s: float = ANSWER_WITHIN_S) -> Answer | None:
        """The answer, or None where nobody gave one. `within_s` holds for each of two tries."""
        first = self._pick(None)
        try:
            answer = await self._ask(first, request, within_s)
        except NotSentError:
            again = self.policy.retry_unsent
        except LostError:
            again = self.policy.retry_lost and request.method == b"GET"
        else:
            # 502 says that nobody behind the callee took the request; 503 is an answer of its own.
            again = answer.status == 502 and self.policy.retry_lost and request.method == b"GET"
            if not again:
                return answer
        if again and len(self._callees) > 1:
            try:
                return await self._ask(self._pick(first), request, within_s)
            except (NotSentError, LostError):
                return None
        return None

    def _pick(self, not_this: Callee | None) -> Callee:
        there = [callee for callee in self._callees if callee.name not in self.policy.away]
        others = [callee for callee in there if callee is not not_this] or there
        open_ones = [callee for callee in others if callee.name not in self._switches.drained]
        healthy = [callee for callee in open_ones if callee.healthy]
        now = asyncio.get_running_loop().time()
        trusted = [callee for callee in healthy if not callee.suspicion.out(now)]
        # With nobody healthy left everybody is tried: a wrong health check must not be an outage.
        chosen = trusted or healthy or open_ones or others
        self._turn += 1
        turn = chosen[self._turn % len(chosen)]
        # Multiples of the golden ratio are spread evenly: no part of the turns is drawn by chance.
        if now - turn.back_at < self.policy.ramp_s * (self._turn * GOLDEN % 1.0):
            turn = chosen[(self._turn + 1) % len(chosen)]
        return turn

    async def _ask(self, callee: Callee, request: Request, within_s: float) -> Answer:
        callee.pending += 1
        self._slot.set_pending(callee.name, callee.pending)
        late_s = self.policy.patience.late_s if self.policy.patience else within_s
        bell = asyncio.get_running_loop().call_later(late_s, self._late, callee)
        try:
            answer = await callee.pool.call(request, within_s)
        except (NotSentError, LostError):
            if self.policy.grace_s:
                self._failed(callee)
            self._answered(callee, well=False)
            raise
        else:
            self._answered(callee, well=answer.status < 500)
            return answer
        finally:
            bell.cancel()
            callee.pending -= 1
            self._slot.set_pending(callee.name, callee.pending)

    def _answered(self, callee: Callee, *, well: bool) -> None:
        if self.policy.patience is not None:
            now = asyncio.get_running_loop().time()
            callee.suspicion.answered(self.policy.patience, now, well=well)
            self._show(callee)

    def _late(self, callee: Callee) -> None:
        if self.policy.patience is not None:
            now = asyncio.get_running_loop().time()
            others = [other.suspicion for other in self._callees if other is not callee]
            callee.suspicion.late(self.policy.patience, now, others)
            self._show(callee)

    async def watch(self) -> NoReturn:
        """Checks the health of every callee for ever."""
        await asyncio.gather(*(self._watch(callee) for callee in self._callees))
        raise AssertionError("a watch never ends")

    async def _watch(self, callee: Callee) -> NoReturn:
        clock = asyncio.get_running_loop().time
        checked_at = clock()
        self._show(callee)
        while True:
            # Short naps, so that a change of the interval takes effect at once.
            await asyncio.sleep(TICK_S)
            if clock() - checked_at < self.policy.every_s:
                continue
            checked_at = clock()
            (self._worked if await self._check(callee) else self._failed)(callee)
            self._show(callee)

    async def _check(self, callee: Callee) -> bool:
        request = Request(b"GET", self.policy.path)
        try:
            async with asyncio.timeout(self.policy.within_s):
                return (await callee.pool.call(request, self.policy.within_s)).status == 200
        except (NotSentError, LostError, TimeoutError):
            return False

    def _worked(self, callee: Callee) -> None:
        callee.failed_in_row = 0
        callee.failing_since = None
        callee.good_in_row += 1
        if callee.good_in_row >= self.policy.successes and not callee.healthy:
            callee.healthy = True
            callee.suspicion = Suspicion()  # health saw it go, and sees it come back
            callee.back_at = asyncio.get_running_loop().time()

    def _failed(self, callee: Callee) -> None:
        now = asyncio.get_running_loop().time()
        callee.good_in_row = 0
        callee.failed_in_row += 1
        callee.failing_since = callee.failing_since or now
        enough = callee.failed_in_row >= self.policy.failures
        if not enough or now - callee.failing_since < self.policy.grace_s:
            return
        if callee.healthy and self.policy.heed:
            callee.healthy = False
            callee.pool.abort()  # what hangs there fails now and may be tried elsewhere

    def _show(self, callee: Callee) -> None:
        if not self.policy.heed:
            callee.healthy = True
        now = asyncio.get_running_loop().time()
        taken = callee.healthy and not callee.suspicion.out(now)
        self._slot.set_turn(callee.name, taken=taken and callee.name not in self.policy.away)

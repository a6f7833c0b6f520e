"""Guards: each second, is the run hurting more than was allowed?"""

import asyncio
import http.client
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

from nfrcheck.plan.steps import Guard
from nfrcheck.run.children import Child

EVERY_S = 1.0
BLIND_S = 5.0
"""A guard that has seen no figures for so long stops the run: it could not see any harm."""
URL_TIMEOUT_S = 2.0


class Watch:
    """Looks at the guards once a second; `tripped` is called with the sentence, at most once."""

    def __init__(
        self, children: Sequence[Child], now: Callable[[], float], tripped: Callable[[str], None]
    ) -> None:
        loads = [child for child in children if child.spec.kind == "load"]
        self._children = loads or [child for child in children if not child.spec.counts]
        self._spent = {child: Spent() for child in children}
        self._now = now
        self._tripped = tripped
        self._over_since: dict[Guard, float] = {}
        self._began = now()

    async def run(self, guards: Callable[[], Iterable[Guard]]) -> None:
        """Until cancelled; `guards` gives those in force now."""
        while True:
            await asyncio.sleep(EVERY_S)
            # Also while no guard is in force: what was spent before a drill is spent.
            for child, spent in self._spent.items():
                spent.add(child.recent)
            in_force = tuple(guards())
            self._over_since = {g: t for g, t in self._over_since.items() if g in in_force}
            for guard in in_force:
                if sentence := await self._look(guard):
                    self._tripped(sentence)
                    return

    async def _look(self, guard: Guard) -> str | None:
        if guard.metric == "file":
            found = await asyncio.to_thread(Path(guard.target).exists)
            return f"the stop file {guard.target} is there" if found else None
        if guard.metric == "url":
            said = await asyncio.to_thread(_says_stop, guard.target)
            return f"the stop URL {guard.target} says stop" if said else None
        return self._blind(guard) or self._over(guard)

    def _seen_by(self, guard: Guard) -> list[Child]:
        """All loads, or all probes where there is none; of a budget the stream it belongs to."""
        if guard.metric != "error_budget":
            return self._children
        return [child for child in self._spent if child.spec.stream == guard.target]

    def _blind(self, guard: Guard) -> str | None:
        for child in self._seen_by(guard):
            seen = child.recent[-1][0] if child.recent else self._began
            if self._now() - seen > BLIND_S:
                return f"{guard.metric} cannot be seen: {child.instrument} is silent"
        return None

    def _over(self, guard: Guard) -> str | None:
        value = self._value(guard)
        if value is None or value <= guard.above:
            self._over_since.pop(guard, None)
            return None
        now = self._now()
        # One look is a second's worth; half of one is left for a loop that woke up early.
        since = self._over_since.setdefault(guard, now - EVERY_S)
        if now - since < guard.for_s - EVERY_S / 2:
            return None
        return _sentence(guard, value)

    def _value(self, guard: Guard) -> float | None:
        """Of the last second; of a budget what was spent since the first one."""
        if guard.metric == "error_budget":
            bad = sum(self._spent[child].bad for child in self._seen_by(guard))
            # Where nothing is allowed, the first failure is more than all of it.
            return bad / guard.allowed if guard.allowed else float("inf") if bad else 0.0
        lines = [child.recent[-1][1] for child in self._children if child.recent]
        if guard.metric != "error_ratio":
            times = (line.get(f"{guard.metric}_ms") for line in lines)
            return max((float(ms) / 1e3 for ms in times if ms is not None), default=None)
        bad = sum(line.get("bad", 0) for line in lines)
        done = bad + sum(line.get("good", 0) for line in lines)
        return bad / done if done else None


class Spent:
    """The failures of one child so far, added up from its health lines as they come."""

    def __init__(self) -> None:
        self.bad = 0
        self._until = float("-inf")

    def add(self, lines: Iterable[tuple[float, Mapping[str, Any]]]) -> None:
        """Lines that were added before are known by their time."""
        for at, line in lines:
            if at > self._until:
                self._until = at
                self.bad += int(line.get("bad", 0))


def _sentence(guard: Guard, value: float) -> str:
    if guard.metric == "error_budget":
        if not guard.allowed:
            return f"{guard.target} has failed, and its error budget is 0"
        failures = f"{value * guard.allowed:.0f} failures, {guard.allowed:g} are allowed"
        return (
            f"error_budget of {guard.target}: {100 * value:.0f} % is spent, more than "
            f"{100 * guard.above:g} % ({failures} in the planned run)"
        )
    if guard.metric == "error_ratio":
        shown, limit = f"{100 * value:.1f} %", f"{100 * guard.above:g} %"
    else:
        shown, limit = f"{1000 * value:.0f} ms", f"{1000 * guard.above:g} ms"
    return f"{guard.metric} was {shown}, above {limit} for {guard.for_s:g} s"


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Only the host that was declared is asked: what another one says is no word of its own."""

    def redirect_request(self, req: Request, *answered: Any) -> Request | None:
        to = urlsplit(answered[-1])
        same = to.scheme in {"http", "https"} and to.hostname == urlsplit(req.full_url).hostname
        return super().redirect_request(req, *answered) if same else None


def _says_stop(url: str) -> bool:
    """A stop URL stops with any answer of 2xx; 404 and silence let the run go on.

    No proxy of the environment is asked in its place.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _SameHost())
    try:
        with opener.open(url, timeout=URL_TIMEOUT_S) as answer:
            return 200 <= int(answer.status) < 300
    except (OSError, http.client.HTTPException):
        return False

"""What answers say of the version or the replicas behind them: before a change, and after it.

Here no refused connection shows the fault, and what its control tells proves nothing: answers must
say what none of them said before. A component that stops to answer was changed as well.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nfrcheck.experiments.faults import AnswerProof, Armed
from nfrcheck.model.signs import Sign
from nfrcheck.model.traffic import EndpointSpec
from nfrcheck.run.stop import Stop
from nfrcheck.wire.answers import MISSING, find, header, parse
from nfrcheck.wire.ask import Answer, ask

ASK_TIMEOUT_S = 0.5
CALM_TIMEOUT_S = 2.0
TIMES_CALM = 3
"""No answer is what takes so many times as long as the slowest one before the fault."""
ASK_EVERY_S = 0.01
FEWEST = 12
"""Answers of a look; with several replicas more, so that chance misses none of them."""
EACH = 8
MOST = 200
BAD_IN_A_ROW = 3
IN_A_ROW = 2
"""Looks that share no answer and must count the same: one of many may do so by chance."""
DOWN_S = 0.5
"""A component that answers nothing for so long was changed, if it was asked several times; a
reload takes less, and a single slow answer is the system's own."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One entry asked for one proof."""

    proof: AnswerProof
    entry: str


@dataclass(slots=True)
class _Look:
    """What one way has said lately; `shown`: in so many rows in a row it showed the change."""

    row: deque[str]
    well_at: float
    bad: int = 0
    shown: int = 0

    def hear(self, answer: Answer, word: str | None, now: float) -> None:
        self.bad = self.bad + 1 if _is_bad(answer) else 0
        self.well_at = self.well_at if self.bad else now
        if word is not None:
            self.row.append(word)

    def is_down(self, now: float) -> bool:
        return self.bad >= BAD_IN_A_ROW and now - self.well_at >= DOWN_S


@dataclass(slots=True)
class AnswerWatch:
    """Asks by itself, beside the probes that are evidence; one request each `pause_s` seconds."""

    _entries: Mapping[str, EndpointSpec]
    _paths: Mapping[str, str]
    pause_s: float = ASK_EVERY_S
    _before: dict[_Way, tuple[str, ...]] = field(default_factory=dict)
    _slowest_s: dict[str, float] = field(default_factory=dict)
    """Per entry, of its answers before the fault."""

    async def calm(self, armed: Sequence[Armed], seen_by: Sequence[str]) -> str | None:
        """Looks at what answers say before any fault; why they could not show one, or None."""
        for one in armed:
            for proof in one.answers:
                because = await self._calm(proof, seen_by)
                if because:
                    return because
        return None

    async def _calm(self, proof: AnswerProof, seen_by: Sequence[str]) -> str | None:
        if proof.sign is None:
            return proof.lacking
        ways = _ways(proof, seen_by)
        if not ways:
            return f"no entry leads to {proof.title}, so that nobody can see its {proof.what}"
        for way in ways:
            said = await self._said(way, proof.sign)
            if isinstance(said, str):
                return said
            self._before[way] = tuple(dict.fromkeys(said))
            if proof.replicas is not None and _counted(said) == proof.replicas:
                return (
                    f"{way.entry} showed {proof.replicas} replicas before the fault already, in "
                    f"{proof.sign.words}"
                )
        return None

    async def _said(self, way: _Way, sign: Sign) -> list[str] | str:
        """Enough of what answers say, or why they do not; single failures are the system's own."""
        said: list[str] = []
        silent = 0
        while len(said) < _needed(way.proof, max(2, len({*said}))):
            answer = await self._ask(way.entry, sign, CALM_TIMEOUT_S)
            word = _word(answer, sign)
            if not _is_bad(answer):
                slowest_s = max(answer.seconds, self._slowest_s.get(way.entry, 0.0))
                self._slowest_s[way.entry] = slowest_s
            silent = silent + 1 if word is None else 0
            if silent == BAD_IN_A_ROW:
                told = answer.words if _is_bad(answer) else "it is not there"
                return f"{way.entry} does not tell {sign.words}: {told}"
            said += [] if word is None else [word]
            await asyncio.sleep(self.pause_s)
        return said

    def slowed_s(self, armed: Armed, seen_by: Sequence[str]) -> float:
        """What the proof takes longer where fewer looks are allowed, or where answers are slow."""
        seconds = 0.0
        for proof in armed.answers:
            ways = _ways(proof, seen_by)
            most = max((len(self._before.get(way, ())) for way in ways), default=0)
            asked = len(ways) * _looks(proof) * _needed(proof, most)
            silent_s = sum(self._patience_s(way.entry) - ASK_TIMEOUT_S for way in ways)
            seconds += asked * (self.pause_s - ASK_EVERY_S) + BAD_IN_A_ROW * silent_s
        return seconds

    async def wait(
        self, armed: Armed, seen_by: Sequence[str], within_s: float, stop: Stop
    ) -> str | None:
        """None as soon as each component shows it at one entry; else what was seen instead."""
        until = asyncio.get_running_loop().time() + within_s
        for proof in armed.answers:
            because = await self._wait(proof, seen_by, until, stop)
            if because:
                return f"{because} {within_s:.0f} s after the command"
        return None

    async def _wait(
        self, proof: AnswerProof, seen_by: Sequence[str], until: float, stop: Stop
    ) -> str | None:
        sign, now = proof.sign, asyncio.get_running_loop().time
        if sign is None:
            return proof.lacking
        looks = {
            way: _Look(deque(maxlen=_needed(proof, len(self._before.get(way, ())))), now())
            for way in _ways(proof, seen_by)
        }
        while now() < until:
            for way, look in looks.items():
                asking = self._ask(way.entry, sign, self._patience_s(way.entry))
                answer = await stop.unless_asked(asking)
                look.hear(answer, _word(answer, sign), now())
                if len(look.row) == look.row.maxlen:
                    look.shown = look.shown + 1 if self._shows(way, look.row) else 0
                    look.row.clear() if look.shown else look.row.popleft()
                down = not proof.replicas and look.is_down(now())
                if down or look.shown == _looks(proof):
                    return None
            await stop.sleep(self.pause_s * max(1, len(looks)))
        told = [f"{way.entry} still said {_listed(look.row)}" for way, look in looks.items()]
        return f"{'; '.join(told)} in {sign.words}"

    def _shows(self, way: _Way, row: "deque[str]") -> bool:
        if way.proof.replicas is not None:
            return _counted(row) == way.proof.replicas
        now, before = {*row}, {*self._before.get(way, ())}
        return now != before if way.proof.any_other else not now & before

    def verify(self, armed: Armed, checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The checks, and that answers say again what they said before; replicas are counted."""
        found = list(checks)
        for way, said in self._before.items():
            sign = way.proof.sign
            if way.proof not in armed.answers or sign is None or way.proof.replicas is not None:
                continue
            if _lasts(armed):
                continue
            found.append(_said_again(self._entries[way.entry], self._path(way), sign, said))
        return found

    def _path(self, way: _Way) -> str:
        sign = way.proof.sign
        return (sign.path if sign else None) or self._paths.get(way.entry, "/")

    def _patience_s(self, entry: str) -> float:
        return max(ASK_TIMEOUT_S, TIMES_CALM * self._slowest_s.get(entry, 0.0))

    async def _ask(self, entry: str, sign: Sign, timeout_s: float) -> Answer:
        path = sign.path or self._paths.get(entry, "/")
        return await asyncio.to_thread(ask, self._entries[entry], path, timeout_s=timeout_s)


def _ways(proof: AnswerProof, seen_by: Sequence[str]) -> list[_Way]:
    """The component's own entry, unless the drill names another."""
    entries = [proof.entry] if proof.entry in seen_by else seen_by
    return [_Way(proof, entry) for entry in entries if entry is not None]


def _looks(proof: AnswerProof) -> int:
    return 1 if proof.replicas is None else IN_A_ROW


def _needed(proof: AnswerProof, words: int) -> int:
    """How many answers in a row show all that is said, when there are so many words."""
    if proof.any_other:
        # Chance would only have to miss one of them once, in hundreds of looks.
        return min(MOST, 2 * EACH * max(2, words))
    return min(MOST, max(FEWEST, EACH * max(words, proof.replicas or 0)))


def _counted(said: Iterable[str]) -> int:
    """How many different words, or the number that all of them are."""
    words = {*said}
    (only,) = words if len(words) == 1 else ("",)
    return int(only) if only.isascii() and only.isdigit() else len(words)


def _word(answer: Answer, sign: Sign) -> str | None:
    if _is_bad(answer):
        return None
    if sign.header is not None:
        return header(answer.head, sign.header.lower().encode()) or None
    found = find(parse(answer.body), sign.json or "")
    return None if found is MISSING or isinstance(found, dict | list) else str(found)


def _is_bad(answer: Answer) -> bool:
    return not answer.answered or answer.status >= 500


def _listed(row: "deque[str]") -> str:
    return ", ".join(dict.fromkeys(row)) or "nothing"


def _lasts(armed: Armed) -> bool:
    """Nothing undoes it, and so answers need not say again what they said before."""
    return any(step["kind"] == "nothing" for step in armed.undo)


def _said_again(to: EndpointSpec, path: str, sign: Sign, said: Sequence[str]) -> dict[str, Any]:
    tell = {"tell_header": sign.header} if sign.header else {"tell": sign.json}
    return {
        "kind": "http",
        "method": "GET",
        "url": to.url.rstrip("/") + "/" + path.lstrip("/"),
        "address": to.address,
        "headers": {},
        "ca": to.ca,
        "cert": to.cert,
        "key": to.key,
        "expect": [200, 399],
        **tell,
        "among": list(said),
        "times": FEWEST,
        "within_s": 30.0,
    }

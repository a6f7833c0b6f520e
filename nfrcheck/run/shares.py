"""Whether a region has left the answers, and how it is seen to be back: asked where users come in.

The own entries of a drained region answer as ever. What shows the drain is that an entry which led
to it before gives no answer of it any more, and what shows its end is that it gives one again.
"""

import asyncio
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from nfrcheck.experiments.faults import Entry
from nfrcheck.experiments.faults.armed import verified_by
from nfrcheck.model.traffic import EndpointSpec, ServedBy
from nfrcheck.run.children import Child
from nfrcheck.wire.answers import Origin, origin, parse
from nfrcheck.wire.ask import Answer, ask

CALM_TIMEOUT_S = 2.0
ASK_TIMEOUT_S = 0.5
TIMES_CALM = 3
CALM_S = 3.0
"""Longer, and with more than `CALM_ASKS` requests, a region is not looked for before a fault."""
CALM_ASKS = 20
ENOUGH = 10
"""Answers of a region, before, that tell its share well."""
CHANCE = 1e-3
"""What is likelier than this by chance proves nothing."""
QUIET_SECONDS = 2
"""Whole seconds after the command in which no traffic may be answered by the region."""
_CERTAIN = 14
"""So many times as often as a region answers, it is asked for: it is missed once in a million."""
_BAD = 500
_ANSWERS_WELL = (200, _BAD - 1)
"""An entry may refuse the path that it is asked for; the region that refuses it is there."""


@dataclass(slots=True)
class _Way:
    """What one entry told of a region: before the command, and since it was last seen."""

    entry: str
    to: EndpointSpec
    path: str
    served_by: ServedBy
    origin: Origin
    asked: int = 0
    own: int = 0
    slowest_s: float = 0.0
    without: int = 0
    of_late: bool | None = None
    """Whether its last answer was the region's own; None: it did not tell."""

    def hear(self, answer: Answer, region: str) -> bool | None:
        """Whether the region gave this answer; None for what nobody gave, or nobody well."""
        if not answer.answered:
            return None
        content = parse(answer.body) if self.origin.reads_body else None
        named = self.origin.region(answer.head, content)
        return None if named is None and answer.status >= _BAD else named == region


@dataclass(slots=True)
class Share:
    """One region's share of the answers, through each entry that led to it before the fault."""

    region: str
    ways: list[_Way]
    children: Sequence[Child]
    began_ns: int = 0

    def begin(self) -> None:
        """From now on it is to leave: the command has ended."""
        self.began_ns = time.monotonic_ns()
        for way in self.ways:
            way.without, way.of_late = 0, None

    async def look(self) -> None:
        """Asks each way once."""
        await asyncio.gather(*(self._look(way) for way in self.ways))

    async def _look(self, way: _Way) -> None:
        limit = max(ASK_TIMEOUT_S, TIMES_CALM * way.slowest_s)
        way.of_late = way.hear(await _ask(way, limit), self.region)
        if way.of_late is not None:
            way.without = 0 if way.of_late else way.without + 1

    def staying(self) -> str | None:
        """Why nobody can say that the region has left, or None: it has."""
        chance = 1.0
        for way in self.ways:
            if not way.without:
                return f"region {self.region} {_still(way)}"
            chance *= _by_chance(way.asked, way.own, way.without)
        for child in self.children:
            seen = _Traffic.of(child, self.region, self.began_ns)
            if seen.whole < QUIET_SECONDS:
                return f"{child.spec.stream} was not watched for {QUIET_SECONDS} whole seconds"
            if seen.own_of_late:
                return f"region {self.region} still answered {child.spec.stream}"
            chance *= _by_chance(seen.asked, seen.own, seen.without)
        if chance > CHANCE:
            return self._too_little()
        return None

    def _too_little(self) -> str:
        told = [f"{way.own} of {way.asked} answers of {way.entry}" for way in self.ways]
        after = sum(way.without for way in self.ways)
        return (
            f"there was too little traffic to see region {self.region} leave: before the fault it "
            f"gave {', '.join(told)}, and that none of {after} was its own may be chance"
        )

    def checks(self, within_s: float, every_s: float) -> list[dict[str, Any]]:
        """That it answers again through every way, as the guardian can ask for alone."""
        return [_back(way, self.region, within_s, every_s) for way in self.ways]


@dataclass(slots=True)
class ShareWatch:
    """Asks through the entries of the traffic; `pause_s` between two requests."""

    entries: Mapping[str, EndpointSpec]
    paths: Mapping[str, str]
    children: Sequence[Child]
    pause_s: float = 0.02
    _shares: dict[str, Share] = field(default_factory=dict)
    _lacking: dict[str, str] = field(default_factory=dict)

    async def calm(self, regions: Iterable[str]) -> None:
        """Looks at what answers say before any fault."""
        self._shares, self._lacking = {}, {}
        for region in dict.fromkeys(regions):
            children = [one for one in self.children if one.spec.served_by]
            ways = self._ways(children)
            pause_s = self.pause_s * len(ways)
            await asyncio.gather(*(self._calm(way, region, pause_s) for way in ways))
            if shown := [way for way in ways if way.own]:
                self._shares[region] = Share(region, shown, children)
            else:
                self._lacking[region] = _lacking(region, ways)

    def of(self, region: str) -> Share | None:
        """None where no answer told of the region before."""
        return self._shares.get(region)

    def lacking(self, region: str) -> str | None:
        """Why there is no share of it."""
        return self._lacking.get(region)

    def _ways(self, children: Sequence[Child]) -> list[_Way]:
        found: dict[str, _Way] = {}
        for child in children:
            served = child.spec.served_by
            for entry, weight in child.spec.entries:
                if served is None or weight <= 0 or entry not in self.entries:
                    continue
                path = self.paths.get(entry, "/")
                reads = origin(served, child.spec.regions)
                found[entry] = _Way(entry, self.entries[entry], path, served, reads)
        return list(found.values())

    async def _calm(self, way: _Way, region: str, pause_s: float) -> None:
        until, sent = time.monotonic() + CALM_S, 0
        while way.own < ENOUGH and (sent < CALM_ASKS or time.monotonic() < until):
            answer, sent = await _ask(way, CALM_TIMEOUT_S), sent + 1
            its_own = way.hear(answer, region)
            if its_own is not None:
                way.asked, way.own = way.asked + 1, way.own + its_own
                way.slowest_s = max(way.slowest_s, answer.seconds)
            elif time.monotonic() > until:
                return  # one that does not answer would take the time of all these requests
            await asyncio.sleep(pause_s)


@dataclass(frozen=True, slots=True)
class _Traffic:
    """The requests of one child: before the command, and in the whole seconds after it."""

    asked: int = 0
    own: int = 0
    whole: int = 0
    """How many whole seconds after it were told of."""
    own_of_late: bool = False
    """Whether the region gave an answer in the last of them."""
    without: int = 0
    """Answers in a row that were not its own, by whole seconds, up to now."""

    @classmethod
    def of(cls, child: Child, region: str, began_ns: int) -> "_Traffic":
        began_s = (began_ns - child.spec.t0_ns) / 1e9
        lines = list(child.recent)
        seen = cls()
        for (start, _), (end, health) in pairwise([(-math.inf, {}), *lines]):
            own, others = _counts(health, region)
            if end <= began_s:
                seen = replace(seen, asked=seen.asked + own + others, own=seen.own + own)
            elif start >= began_s:
                without = 0 if own else seen.without + others
                seen = replace(seen, whole=seen.whole + 1, without=without)
        late = lines[-QUIET_SECONDS:]
        return replace(seen, own_of_late=any(_counts(health, region)[0] for _, health in late))


def _still(way: _Way) -> str:
    if way.of_late is None:
        return f"may still have answered through {way.entry}, which did not tell"
    return f"still answered through {way.entry}"


def _counts(health: Mapping[str, Any], region: str) -> tuple[int, int]:
    """Answers of the region, and answers of others: what failed in nobody's name is of neither."""
    own = others = 0
    for name, counts in health.get("by_region", {}).items():
        if name == region:
            own = counts["done"]
        else:
            others += counts["done"] if name else counts.get("good", 0)
    return own, others


def _by_chance(asked: int, own: int, without: int) -> float:
    """How likely all of its `own` answers were among the first `asked`, had nothing changed."""
    return math.prod((asked - place) / (asked + without - place) for place in range(own))


def _lacking(region: str, ways: Sequence[_Way]) -> str:
    if not ways:
        return f"no traffic tells whether region {region} answers it: is there `served_by`?"
    told = ", ".join(f"{way.entry} (GET {way.path}, {way.asked} answers)" for way in ways)
    return f"no answer told before the fault that region {region} gave it: {told}"


def _back(way: _Way, region: str, within_s: float, every_s: float) -> dict[str, Any]:
    served, to = way.served_by, way.to
    entry = Entry(
        name=way.entry,
        url=to.url,
        address=to.address,
        ca=to.ca,
        cert=to.cert,
        key=to.key,
        path=way.path,
        expect=_ANSWERS_WELL,
    )
    tell = {"tell_header": served.header} if served.header else {"tell": served.json}
    return {
        **verified_by(entry, within_s),
        **tell,
        "among": sorted(word for word, named in way.origin.words.items() if named == region),
        "times": 1,
        "tries": math.ceil(_CERTAIN * way.asked / way.own),
        "every_s": every_s,
    }


async def _ask(way: _Way, timeout_s: float) -> Answer:
    return await asyncio.to_thread(ask, way.to, way.path, timeout_s=timeout_s)

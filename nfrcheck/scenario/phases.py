"""The timeline: quiet phases and drills, from first to last."""

import re
from dataclasses import dataclass
from typing import Literal

from nfrcheck.model.units import UnitError, parse_duration
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.typed import Reading, nearest

PARTS = ("baseline", "fault", "hold", "heal", "settle", "whole")
RESERVED = ("run", "warm-up", "examine", "steady")
_KINDS: dict[str, Literal["warm-up", "examine"]] = {"warm-up": "warm-up", "examine": "examine"}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile sets: seconds, and how often a drill is run."""

    burst_least: float
    repeat: int
    steady_at_most: float
    warm_up: float


PROFILES = {
    "ci": Profile(0.010, 3, 600.0, 10.0),
    "gameday": Profile(0.100, 5, 3600.0, 30.0),
    "soak": Profile(1.0, 5, 32400.0, 300.0),
}


@dataclass(frozen=True, slots=True)
class Quiet:
    """A phase without a fault. `seconds` is its length, or its greatest if `until_decided`."""

    name: str
    seconds: float
    until_decided: bool = False
    kind: Literal["warm-up", "quiet", "examine"] = "quiet"


@dataclass(frozen=True, slots=True)
class DrillPhase:
    """All runs of one drill."""

    name: str
    kind: Literal["drill"] = "drill"


Phase = Quiet | DrillPhase


def default_phases(profile: Profile, drills: list[str]) -> tuple[Phase, ...]:
    steady = Quiet("steady", profile.steady_at_most, until_decided=True)
    return complete([steady, *map(DrillPhase, drills)], profile)


def complete(phases: list[Phase], profile: Profile) -> tuple[Phase, ...]:
    """With the warm-up in front and `examine` at the end, if the scenario does not say so."""
    first: list[Phase] = [Quiet("warm-up", profile.warm_up, kind="warm-up")]
    last: list[Phase] = [Quiet("examine", 0.0, kind="examine")]
    names = {phase.name for phase in phases}
    return tuple(
        ([] if "warm-up" in names else first) + phases + ([] if "examine" in names else last)
    )


@dataclass(frozen=True, slots=True)
class _Timeline:
    """What is needed to read phases; errors go to `reading`."""

    reading: Reading
    profile: Profile
    drills: list[str]

    def read(self, node: Node) -> list[Phase]:
        found: list[Phase] = []
        for entry in node.content if isinstance(node.content, list) else [node]:
            if isinstance(entry.content, dict):
                for name, child in entry.content.items():
                    found += self._quiet(name, entry.keys[name], child)
            elif isinstance(entry.content, list):
                message = "a phase is `name: duration`, or a drill"
                self.reading.problem(entry.mark, "NFR014", message)
            else:
                found += self._named(str(entry.content), entry.mark)
        if any(phase.name == "warm-up" for phase in found[1:]):
            self.reading.problem(node.mark, "NFR014", "`warm-up` is the first phase or none")
        return found

    def _named(self, name: str, mark: Mark) -> list[Phase]:
        if name in self.drills:
            return [DrillPhase(name)]
        if name == "examine":
            return [Quiet(name, 0.0, kind="examine")]
        if name == "warm-up":
            return [Quiet(name, self.profile.warm_up, kind="warm-up")]
        if name == "steady":
            return [Quiet(name, self.profile.steady_at_most, until_decided=True)]
        remedy = nearest(name, self.drills) or f"a quiet phase has a length: `{name}: 60 s`"
        self.reading.problem(mark, "NFR016", f"there is no drill `{name}`", remedy)
        return []

    def _quiet(self, name: str, mark: Mark, node: Node) -> list[Phase]:
        if not _NAME.fullmatch(name) or name in self.drills or name == "run":
            what = "is a drill" if name in self.drills else "cannot name a phase"
            remedy = "phases and drills share one set of names"
            self.reading.problem(mark, "NFR018", f"`{name}` {what}", remedy)
            return []
        until_decided = isinstance(node.content, dict)
        length = self._until(mark, node) if until_decided else self._seconds(node, name)
        if length is None:
            return []
        return [Quiet(name, length, until_decided, _KINDS.get(name, "quiet"))]

    def _until(self, mark: Mark, node: Node) -> float | None:
        if not self.reading.keys(node, ("until", "at_most")):
            return None
        until, at_most = node.child("until"), node.child("at_most")
        if until is None or until.content != "decided":
            message = "a phase ends `until: decided`, or has a length"
            self.reading.problem(until.mark if until else mark, "NFR014", message)
            return None
        return self._seconds(at_most, "at_most") if at_most else self.profile.steady_at_most

    def _seconds(self, node: Node, key: str) -> float | None:
        text = node.content if isinstance(node.content, str) else ""
        try:
            seconds = parse_duration(text)
        except UnitError as error:
            message = error.message.replace("this key", f"`{key}`")
            self.reading.problem(node.mark, "NFR015", message, error.remedy)
            return None
        if seconds <= 0:
            self.reading.problem(node.mark, "NFR014", "a phase takes time", "such as `60 s`")
            return None
        return seconds


def read_phases(
    reading: Reading, node: Node, profile: Profile, drills: list[str]
) -> tuple[Phase, ...]:
    """The declared phases, warm-up and `examine` added; errors go to `reading`."""
    return complete(_Timeline(reading, profile, drills).read(node), profile)

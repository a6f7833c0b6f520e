"""From the tree of a scenario file to the Scenario."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nfrcheck.scenario import holes, later, unsent
from nfrcheck.scenario.deployment import KEYS as DEPLOYMENT_KEYS
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.drills import Drill
from nfrcheck.scenario.include import Tree
from nfrcheck.scenario.judging import TargetReader
from nfrcheck.scenario.loads import Load
from nfrcheck.scenario.phases import PROFILES, Phase, Profile, default_phases, read_phases
from nfrcheck.scenario.probes import PROBES, LaterProbe, Probe, kind_of
from nfrcheck.scenario.scenario import KEYS, Scenario
from nfrcheck.scenario.targets import Evidence, Target
from nfrcheck.scenario.timeline import DrillReader
from nfrcheck.scenario.typed import Reading, nearest

VERSION = "1"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 64
SHORTEST_TIMEOUT_S = 5.0


@dataclass(slots=True)
class ScenarioReader:
    """Reads one scenario; errors go to `reading`."""

    reading: Reading
    root: Node
    path: Path
    profile: str | None = None
    """What the caller wants instead of the file's own profile; a name of PROFILES."""
    filled: list[str] = field(default_factory=list)

    def read(self, tree: Tree) -> Scenario:
        check_head(self.reading, self.root, KEYS, "scenario")
        written = self._profile()
        profile_name = self.profile or written
        profile = PROFILES[profile_name]
        loads = {name: load for name, load in self._loads() if load}
        probes = {name: probe for name, probe in self._probes(loads) if probe}
        drills = {name: drill for name, drill in self._drills(profile) if drill}
        phases = self._phases(profile, self._names("drills"))
        targets = self._targets(probes)
        evidence = self._evidence()
        return Scenario(
            name=file_name(self.reading, self.root, self.path),
            path=str(self.path),
            description=text_of(self.root, "description"),
            profile=profile_name,
            profile_written=written,
            evidence=evidence,
            load=self._with_timeouts(loads, targets),
            probes=probes,
            drills=drills,
            phases=phases,
            targets=tuple(targets),
            later=tuple(self.reading.later),
            changes=tuple(tree.changes),
            filled=tuple(self.filled),
        )

    def _names(self, section: str) -> list[str]:
        node = self.root.child(section)
        return list(node.content) if node and isinstance(node.content, dict) else []

    def _profile(self) -> str:
        node = self.root.child("profile")
        if node is None:
            return "ci"
        name = str(node.plain())
        if name not in PROFILES:
            message = f"there is no profile `{name}`"
            self.reading.problem(node.mark, "NFR014", message, nearest(name, PROFILES))
            return "ci"
        return name

    def _evidence(self) -> Evidence:
        node = self.root.child("evidence")
        found = node and self.reading.typed(Evidence, node, self.root.keys["evidence"])
        return found or Evidence()

    def _loads(self) -> Iterable[tuple[str, Load | None]]:
        for name, mark, node in named(self.reading, self.root, "load"):
            load = self.reading.typed(Load, node, mark)
            if load:
                self._unsent("load", name, unsent.of_load(load), mark)
                holes.check_load(self.reading, node, load)
            yield name, load

    def _unsent(self, section: str, name: str, what: str | None, mark: Mark) -> None:
        if what is not None:
            self.reading.not_yet(section, name, unsent.because(what, section, name), mark)

    def _probes(self, loads: dict[str, Load]) -> Iterable[tuple[str, Probe | None]]:
        for name, mark, node in named(self.reading, self.root, "probes"):
            plain = node.plain()
            if not isinstance(plain, dict):
                self.reading.problem(node.mark, "NFR014", f"`{name}` is a mapping")
                continue
            kind = str(plain.get("kind", kind_of(plain)))
            if model := PROBES.get(kind):
                probe = self.reading.typed(model, node, mark)
                if probe:
                    self._unsent("probes", name, unsent.of_probe(probe, loads), mark)
                    holes.check_probe(self.reading, node, probe)
                yield name, probe
            elif kind in later.PROBES:
                keys = later.PROBES[kind]
                self.reading.loose(keys, node, mark, f"a probe `{kind}`", ("kind",))
                for key in node.keys:
                    if (child := node.child(key)) is not None:
                        self.reading.value(later.probe_key(key), key, child)
                because = (
                    f"a probe `{kind}` is in the language; this version cannot run it: "
                    f"the targets of the probe `{name}` will be NOT RUN"
                )
                self.reading.not_yet("probes", name, because, mark)
                yield name, LaterProbe(**(plain | {"kind": kind}))
            else:
                message = f"there is no probe of kind `{kind}`"
                at = node.child("kind")
                remedy = nearest(kind, later.PROBES)
                self.reading.problem(at.mark if at else mark, "NFR014", message, remedy)

    def _drills(self, profile: Profile) -> Iterable[tuple[str, Drill | None]]:
        reader = DrillReader(self.reading, profile)
        for name, mark, node in named(self.reading, self.root, "drills"):
            yield name, reader.read(name, mark, node)

    def _phases(self, profile: Profile, drills: list[str]) -> tuple[Phase, ...]:
        node = self.root.child("phases")
        if node is None:
            return default_phases(profile, drills)
        return read_phases(self.reading, node, profile, drills)

    def _targets(self, probes: dict[str, Probe]) -> list[Target]:
        drills = self._names("drills")
        reader = TargetReader(self.reading, self._names("load"), drills, probes, self.filled)
        broken = any(found.code == "NFR022" for found in self.reading.problems)
        if not broken and not self._names("targets"):
            mark = self.root.keys.get("targets", Mark(str(self.path)))
            remedy = "such as `targets: {availability: {at_least: 99.9 %}}`"
            self.reading.problem(mark, "NFR013", "there is no target", remedy)
        found = [reader.read(*entry) for entry in named(self.reading, self.root, "targets")]
        return [target for target in found if target]

    def _with_timeouts(self, loads: dict[str, Load], targets: list[Target]) -> dict[str, Load]:
        """5 s if not said, and at least twice the largest latency limit."""
        return {
            name: load
            if load.timeout is not None
            else load.model_copy(update={"timeout": _timeout(name, targets)})
            for name, load in loads.items()
        }


def _timeout(load: str, targets: list[Target]) -> float:
    """Whatever the limits are of: percentiles alone, or those of a dose."""
    judged = (target.rule for target in targets if load in target.load)
    limits = (limit for rule in judged for limit in getattr(rule, "limits", {}).values())
    return max([SHORTEST_TIMEOUT_S, *(2 * float(limit.value) for limit in limits)])


def named(reading: Reading, root: Node, section: str) -> Iterable[tuple[str, Mark, Node]]:
    """The entries of a section whose names are ours to check."""
    node = root.child(section)
    if node is None:
        return
    for name, mark, child in reading.mapping(node, f"`{section}`"):
        if not _NAME.fullmatch(name):
            meant = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
            message = f"`{name}` is not a name: small letters, digits, single hyphens"
            reading.problem(mark, "NFR014", message, f"did you mean `{meant}`?" if meant else None)
        elif len(name) > LONGEST_NAME:
            message = f"a name of {len(name)} letters: at most {LONGEST_NAME} are a name"
            reading.problem(mark, "NFR014", message, "files of the run are called by it")
        yield name, mark, child


def check_head(reading: Reading, root: Node, keys: tuple[str, ...], what: str) -> None:
    """The version, and that every top-level key belongs into this kind of file."""
    other, other_keys = ("deployment", DEPLOYMENT_KEYS) if keys is KEYS else ("scenario", KEYS)
    for key, mark in root.keys.items():
        if key in keys:
            continue
        if key in other_keys:
            message = f"`{key}` belongs into the {other}, this is the {what}"
            reading.problem(mark, "NFR012", message, f"move it to the {other} file")
        elif key == "<<":
            reading.problem(mark, "NFR004", "a merge key: nothing is computed", "use `include`")
        else:
            reading.problem(mark, "NFR012", f"unknown key `{key}`", nearest(key, keys))
    version = root.child("nfrcheck")
    if version is None:
        mark = Mark(root.mark.path, 1, 1, 1, root.mark.source if root.mark.line == 1 else "")
        message = "the version of the language is missing"
        reading.problem(mark, "NFR011", message, "write `nfrcheck: 1` at the top")
    elif version.content != VERSION:
        message = f"this version reads version {VERSION} of the language"
        reading.problem(version.mark, "NFR011", message, f"write `nfrcheck: {VERSION}`")


def text_of(root: Node, key: str) -> str | None:
    node = root.child(key)
    return str(node.content) if node and isinstance(node.content, str) else None


def file_name(reading: Reading, root: Node, path: Path) -> str:
    """`name`, or the file's name without its endings."""
    node = root.child("name")
    if node is not None:
        value: Any = node.plain()
        if not isinstance(value, str) or not _NAME.fullmatch(value) or len(value) > LONGEST_NAME:
            message = f"a name is small letters, digits and single hyphens, at most {LONGEST_NAME}"
            reading.problem(node.mark, "NFR014", message)
        return str(value)
    stem = re.sub(r"\.(nfr|deployment)?\.?ya?ml$", "", path.name)
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "unnamed"

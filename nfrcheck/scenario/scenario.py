"""The scenario: what must hold, and what is done to find out. It holds no address."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nfrcheck.scenario.drills import Drill
from nfrcheck.scenario.include import Change
from nfrcheck.scenario.later import Later
from nfrcheck.scenario.loads import Load
from nfrcheck.scenario.phases import PROFILES, Phase, Profile
from nfrcheck.scenario.probes import Probe
from nfrcheck.scenario.targets import Evidence, Target

KEYS = (
    *("nfrcheck", "name", "description", "include", "profile", "evidence"),
    *("load", "probes", "drills", "phases", "targets"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario file, read: defaults filled in, what is filled in listed in `filled`."""

    name: str
    path: str
    description: str | None = None
    profile: str = "ci"
    profile_written: str = "ci"
    """What the file says; `profile` is another one if the caller wanted that."""
    evidence: Evidence = field(default_factory=Evidence)
    load: dict[str, Load] = field(default_factory=dict)
    probes: dict[str, Probe] = field(default_factory=dict)
    drills: dict[str, Drill] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    targets: tuple[Target, ...] = ()
    later: tuple[Later, ...] = ()
    changes: tuple[Change, ...] = ()
    filled: tuple[str, ...] = ()
    digests: Mapping[str, str] | None = field(default=None, repr=False)
    """Of all files that decide what is done, from before they were read; None: nobody looked."""

    @property
    def defaults(self) -> Profile:
        return PROFILES[self.profile]

    def target(self, name: str) -> Target:
        """Raises KeyError."""
        return {target.id: target for target in self.targets}[name]

    def is_later(self, section: str, name: str) -> bool:
        return any(entry.section == section and entry.name == name for entry in self.later)

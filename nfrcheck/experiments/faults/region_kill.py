"""A whole region is lost at once, or emptied of its traffic."""

from dataclasses import replace
from typing import ClassVar, Literal

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults.armed import Armed, Fault, Touch, arm
from nfrcheck.experiments.faults.component import touch
from nfrcheck.experiments.faults.site import Site
from nfrcheck.fields import Name


class _RegionFault(Fault):
    verb: ClassVar[str]

    region: Name

    def arm(self, site: Site) -> Armed:
        if self.region not in site.regions:
            raise DeploymentError(f"the deployment has no region `{self.region}`")
        return arm(site, self.verb, self._touches(site), where={"region": self.region})

    def _touches(self, site: Site) -> list[Touch]:
        entries = tuple(one for one in site.entries.values() if one.region == self.region)
        own = site.regions[self.region]
        if own is not None and own.offers(self.verb):
            return [Touch(title=f"region {self.region}", control=own, entries=entries)]
        parts = [one for one in site.components.values() if one.region == self.region]
        if not parts:
            raise DeploymentError(
                f"region {self.region} has no `{self.verb}` and no components",
                f"give it a control with `{self.verb}`, or name the region of its components",
            )
        touches = [touch(site, one) for one in parts]
        # The way through the region proves it whole; each part's own way proves that part.
        return [replace(one, entries=(*one.entries, *entries)) for one in touches]


class RegionKill(_RegionFault):
    """Its own kill, or that of all its components."""

    verb = "kill"
    kind: Literal["region-kill"] = "region-kill"


class RegionDrain(_RegionFault):
    """Its own drain, or that of all its components."""

    verb = "drain"
    kind: Literal["region-drain"] = "region-drain"

"""A region is alone: every link that joins it to another is cut."""

from typing import Literal

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults.armed import Armed, Fault, Touch, arm
from nfrcheck.experiments.faults.link import arm_links, lasting
from nfrcheck.experiments.faults.site import LinkPart, Site
from nfrcheck.fields import Name
from nfrcheck.model.links import Direction, Disturbance


class RegionIsolate(Fault):
    """Its own isolate and rejoin, or a cut of all links whose `joins` names it.

    `in`: nothing comes into the region, `out`: nothing leaves it. `joins: [a, b]` says that a
    connects to b; a region that stands alone there is the one that is connected to.
    """

    kind: Literal["region-isolate"] = "region-isolate"
    region: Name
    direction: Direction = "both"

    def arm(self, site: Site) -> Armed:
        if self.region not in site.regions:
            raise DeploymentError(f"the deployment has no region `{self.region}`")
        where = {"region": self.region}
        own = site.regions[self.region]
        if own is not None and own.offers("isolate"):
            if self.direction != "both":
                raise DeploymentError(
                    f"the `isolate` of region {self.region} knows no direction",
                    "leave `direction` out, or leave `isolate` to its links",
                )
            entries = tuple(one for one in site.entries.values() if one.region == self.region)
            touch = Touch(title=f"region {self.region}", control=own, entries=entries)
            return arm(site, "isolate", [touch], where=where)
        joining = [part for part in site.links.values() if self.region in part.joins]
        if not joining:
            raise DeploymentError(
                f"region {self.region} has no `isolate`, and no link joins it",
                f"name it in the `joins` of its links, such as `joins: [a, {self.region}]`",
            )
        return arm_links(site, [(part, self._cut(site, part)) for part in joining], where=where)

    def _cut(self, site: Site, part: LinkPart) -> Disturbance:
        return Disturbance(
            effect="cut", run=site.run, direction=self._on(part), lasting_s=lasting(site)
        )

    def _on(self, part: LinkPart) -> Direction:
        """What goes into a region that is connected to goes out of those who connect."""
        if self.direction == "both" or part.joins[-1] != self.region:
            return self.direction
        return "out" if self.direction == "in" else "in"

"""A region is up and bad: its health answers as ever, and its data path does not do its work."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults.armed import Armed, Fault, verified_by
from nfrcheck.experiments.faults.grey_act import arm_act
from nfrcheck.experiments.faults.link import arm_links, lasting
from nfrcheck.experiments.faults.proof import LinkProof
from nfrcheck.experiments.faults.site import Entry, LinkPart, Site, Step
from nfrcheck.fields import Duration, Name, Share, refused
from nfrcheck.model.links import Disturbance

Mode = Literal["errors", "slow", "stalls", "one-way", "read-only", "expired-cert"]

OF_LINKS = ("errors", "slow", "stalls", "one-way")
_USED_BY: dict[str, tuple[str, ...]] = {
    "latency": ("slow",),
    "stall": ("stalls",),
    "share": ("errors", "stalls"),
}
_TRIES = 3


class RegionGrey(Fault):
    """Four modes hurt the links into the region, two are acts of its control or its components.

    `errors` resets what is sent, `slow` adds `latency`, `stalls` holds answers back for `stall`,
    `one-way` lets requests in and no answer out. They hit the links whose `to` is the region or one
    of its components; where none is so declared, those that are joined to it. The path of the
    region's health endpoint must not lead over them.
    """

    kind: Literal["region-grey"] = "region-grey"
    region: Name
    mode: Mode
    latency: Duration = Field(default=0.5, gt=0)
    stall: Duration = Field(default=2.0, gt=0)
    share: Share = Field(default="100 %", validate_default=True, gt=0, le=1)

    @model_validator(mode="after")
    def _of_the_mode(self) -> Self:
        for key, modes in _USED_BY.items():
            if key in self.model_fields_set and self.mode not in modes:
                raise refused(f"`{key}` is no key of `mode: {self.mode}`", f"only of {modes[0]}")
        return self

    def arm(self, site: Site) -> Armed:
        if self.region not in site.regions:
            raise DeploymentError(f"the deployment has no region `{self.region}`")
        where = {"region": self.region, "mode": self.mode}
        if self.mode not in OF_LINKS:
            return arm_act(site, self.region, self.mode, where)
        wanted = self._wanted(site)
        links = links_into(site, self.region)
        armed = arm_links(site, [(part, wanted) for part in links], where=where)
        return _seen_at_the_entries(armed, site, self.region, wanted)

    def _wanted(self, site: Site) -> Disturbance:
        share = float(self.share)
        if self.mode == "slow":
            lasting_s = lasting(site, self.latency)
            return Disturbance(
                effect="latency", run=site.run, seconds=self.latency, lasting_s=lasting_s
            )
        if self.mode == "stalls":
            lasting_s = lasting(site, self.stall)
            return Disturbance(
                effect="stall", run=site.run, seconds=self.stall, share=share, lasting_s=lasting_s
            )
        if self.mode == "one-way":
            return Disturbance(effect="cut", run=site.run, direction="in", lasting_s=lasting(site))
        return Disturbance(effect="reset", run=site.run, share=share, lasting_s=lasting(site))


def links_into(site: Site, region: str) -> list[LinkPart]:
    """The links that lead into the data path of a region. Raises DeploymentError for none."""
    parts = {name for name, part in site.components.items() if part.region == region}
    links = list(site.links.values())
    into = [link for link in links if link.to in {region, *parts}]
    into = into or [link for link in links if link.joins and link.joins[-1] == region]
    if not into:
        raise DeploymentError(
            f"no link leads into the data path of region {region}",
            f"say it of its links: `to: {min(parts, default=region)}`, a component of the region",
        )
    return into


def _seen_at_the_entries(armed: Armed, site: Site, region: str, wanted: Disturbance) -> Armed:
    """Users of the region's own entries must feel it, and must not any more afterwards."""
    entries = [entry for entry in site.entries.values() if entry.region == region]
    # The requests that measure an entry bring no certificate of their own.
    plain = [entry for entry in entries if entry.cert is None]
    within_s = armed.deadline_s
    felt = [
        LinkProof(link=entry.name, wanted=wanted, way=_way(entry, within_s), felt=True)
        for entry in plain
    ]
    rest: Sequence[Step] = [verified_by(one, within_s) for one in entries if one not in plain]
    known = {str(step) for step in armed.verify}
    return replace(
        armed,
        touched=f"grey {armed.touched.partition(' ')[2]}",
        proofs=(*armed.proofs, *felt),
        verify=(
            *armed.verify,
            *(proof.way for proof in felt),
            *(step for step in rest if str(step) not in known),
        ),
    )


def _way(entry: Entry, within_s: float) -> Step:
    """A request through an entry that is timed part by part, as a check."""
    url = urlsplit(entry.url)
    return {
        "kind": "link",
        "method": "GET",
        "url": entry.url.rstrip("/") + "/" + entry.path.lstrip("/"),
        "address": entry.address or url.hostname,
        "port": url.port or (443 if url.scheme == "https" else 80),
        "headers": dict(entry.headers),
        "ca": entry.ca,
        "expect": list(entry.expect),
        "times": _TRIES,
        "within_s": within_s,
    }

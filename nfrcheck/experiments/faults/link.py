"""A link is slowed, shaped, stalled, cut or broken, by whatever control it has."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults.armed import Armed, Fault, verified_by
from nfrcheck.experiments.faults.proof import LinkInjection, LinkProof
from nfrcheck.experiments.faults.site import Link, LinkControl, LinkPart, Site
from nfrcheck.fields import Bandwidth, Duration, Name, Share
from nfrcheck.model.links import Direction, Disturbance

LATE_S = 2.0
"""How late a link is closed under `link-slow-close`: longer than most peers wait."""
PROVING_S = 30.0
"""What a fault that ends by itself may last beyond its hold: proof and healing come out of it."""


class _LinkFault(Fault):
    link: Name

    def arm(self, site: Site) -> Armed:
        part = site.links.get(self.link)
        if part is None:
            raise DeploymentError(f"the deployment has no link `{self.link}`")
        return arm_links(site, [(part, self.wanted(site))], where={"link": self.link})

    @abstractmethod
    def wanted(self, site: Site) -> Disturbance: ...


class LinkLatency(_LinkFault):
    """Every answer comes later; `jitter` more or less."""

    kind: Literal["link-latency"] = "link-latency"
    latency: Duration = Field(gt=0)
    jitter: Duration = 0.0

    def wanted(self, site: Site) -> Disturbance:
        return Disturbance(
            effect="latency",
            run=site.run,
            seconds=self.latency,
            jitter_s=self.jitter,
            lasting_s=lasting(site, self.latency),
        )


class LinkBandwidth(_LinkFault):
    """No connection carries more, in either direction."""

    kind: Literal["link-bandwidth"] = "link-bandwidth"
    bandwidth: Bandwidth = Field(gt=0)

    def wanted(self, site: Site) -> Disturbance:
        return Disturbance(
            effect="bandwidth",
            run=site.run,
            bytes_s=self.bandwidth,
            lasting_s=lasting(site),
        )


class _Shared(_LinkFault):
    share: Share = Field(default="100 %", validate_default=True, gt=0, le=1)


class LinkStall(_Shared):
    """What comes back is held back for a time, on a share of the connections."""

    kind: Literal["link-stall"] = "link-stall"
    stall: Duration = Field(gt=0)

    def wanted(self, site: Site) -> Disturbance:
        return Disturbance(
            effect="stall",
            run=site.run,
            seconds=self.stall,
            share=float(self.share),
            lasting_s=lasting(site, self.stall),
        )


class LinkCut(_LinkFault):
    """Nothing goes through any more; `out`: nothing that its clients send, `in`: no answers."""

    kind: Literal["link-cut"] = "link-cut"
    direction: Direction = "both"

    def wanted(self, site: Site) -> Disturbance:
        return Disturbance(
            effect="cut", run=site.run, direction=self.direction, lasting_s=lasting(site)
        )


class LinkReset(_Shared):
    """Connections are reset as soon as something is sent."""

    kind: Literal["link-reset"] = "link-reset"

    def wanted(self, site: Site) -> Disturbance:
        share = float(self.share)
        return Disturbance(effect="reset", run=site.run, share=share, lasting_s=lasting(site))


class LinkHang(_Shared):
    """Connections are taken and never answered."""

    kind: Literal["link-hang"] = "link-hang"

    def wanted(self, site: Site) -> Disturbance:
        share = float(self.share)
        return Disturbance(effect="hang", run=site.run, share=share, lasting_s=lasting(site))


class LinkSlowClose(_Shared):
    """Answers come as ever, and connections that end are closed seconds later."""

    kind: Literal["link-slow-close"] = "link-slow-close"

    def wanted(self, site: Site) -> Disturbance:
        return Disturbance(
            effect="slow-close",
            run=site.run,
            seconds=LATE_S,
            share=float(self.share),
            lasting_s=lasting(site, LATE_S),
        )


def lasting(site: Site, proof_s: float = 0.0) -> float | None:
    """When the fault ends even if nobody is left to undo it."""
    return None if site.lasting_s is None else site.lasting_s + PROVING_S + 5 * proof_s


def arm_links(
    site: Site, touched: Sequence[tuple[LinkPart, Disturbance]], *, where: dict[str, str]
) -> Armed:
    """Disturbances of one or several links, which together are what `where` names.

    Raises DeploymentError for what a control cannot do, Refused where another fault is in place.
    """
    opened = [(part, _open(site, part, wanted), wanted) for part, wanted in touched]
    names = ", ".join(part.name for part, _ in touched)
    words = touched[0][1].words
    whole = " ".join(next(iter(where.items())))
    named = whole if whole == f"link {names}" else f"{whole}: links {names}"
    return Armed(
        touched=f"{touched[0][1].effect} {named}, {words}",
        injections=tuple(
            LinkInjection(title=f"link {part.name}", link=link, wanted=wanted)
            for part, link, wanted in opened
        ),
        undo=tuple(step for _, link, wanted in opened for step in link.undo(wanted)),
        verify=tuple(step for part, link, _ in opened for step in _verify(site, part, link)),
        where=where,
        note=f"heal {named}",
        deadline_s=sum(link.within for _, link, _ in opened),
        proofs=tuple(
            LinkProof(link=part.name, wanted=wanted, way=way)
            for part, link, wanted in opened
            for way in link.ways()
        ),
    )


def _open(site: Site, part: LinkPart, wanted: Disturbance) -> Link:
    if not isinstance(part.control, LinkControl):
        can = "has no control" if part.control is None else "has a control that no link fault knows"
        raise DeploymentError(f"link {part.name} {can}", "such as `kind: toxiproxy`")
    link = part.control.link(part.name, contact=site.contact)
    if because := link.refusal(wanted):
        raise DeploymentError(because, "another fault, or another control")
    return link


def _verify(site: Site, part: LinkPart, link: Link) -> list[dict[str, object]]:
    """Through the link itself, and through the entry that leads over it."""
    entry = site.entries.get(part.entry or "")
    return [*link.ways(), *([] if entry is None else [verified_by(entry, link.within)])]

"""Which fault proxies are asked who connects to them, so that a return can be judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from nfrcheck.deployments.toxiproxy import ToxiproxyControl
from nfrcheck.deployments.toxiproxy_client import plain
from nfrcheck.experiments.faults import LinkPart
from nfrcheck.kinds import Target
from nfrcheck.model.traffic import EndpointSpec, Expect, Route, TrafficSpec
from nfrcheck.plan.addresses import address_of
from nfrcheck.plan.questions import COUNTED
from nfrcheck.plan.site import PlannedSite
from nfrcheck.plan.steps import Drill, Step

ASKED_PER_S = 20.0
TIMEOUT_S = 1.0
NO_COUNTER = (
    "no link through a proxy leads to what the drill takes away, so nobody counts who connects to "
    "it: say `to: COMPONENT` of such a link"
)


@dataclass(frozen=True, slots=True)
class Counter:
    """One proxy that connections to a part go through."""

    proxy: str
    url: str

    @property
    def stream(self) -> str:
        """A name that no load and no probe can have."""
        return f"at_{plain(self.proxy)}"

    def spec(self, site: PlannedSite) -> TrafficSpec:
        """Raises DeploymentError where the host of the proxy does not resolve."""
        parts, entry = urlsplit(self.url), f"proxy {self.proxy}"
        url, host = f"{parts.scheme}://{parts.netloc}", parts.hostname or ""
        address = address_of(f"the proxy {self.proxy}", host, site.addresses, ask_dns=site.contact)
        route = Route(
            name="arrivals",
            path=f"{parts.path.rstrip('/')}/proxies/{plain(self.proxy)}/arrivals",
            expect=Expect(status=(200,), has=("/accepted", "/open", "/ages_s")),
        )
        return TrafficSpec(
            stream=self.stream,
            kind="probe",
            counts=True,
            folder="",
            t0_ns=0,
            run_id="",
            rate=ASKED_PER_S,
            cap=64,
            timeout_s=TIMEOUT_S,
            entries=((entry, 1.0),),
            endpoints={entry: EndpointSpec(url=url, address=address)},
            routes=(route,),
        )


def with_counters(
    targets: Sequence[Target], steps: Sequence[Step], site: PlannedSite
) -> tuple[tuple[Target, ...], tuple[TrafficSpec, ...]]:
    """The targets with the streams that count for them, and those streams."""
    drills = [step for step in steps if isinstance(step, Drill)]
    found: dict[str, Counter] = {}
    counted = []
    for target in targets:
        if target.check not in COUNTED or target.judge is None:
            counted.append(target)
            continue
        named = [drill for drill in drills if drill.name in target.question.drills]
        leading = {drill.label: list(_leading_to(drill, site)) for drill in named}
        if not all(leading.values()):
            counted.append(replace(target, judge=None, lacks=NO_COUNTER))
            continue
        found |= {one.stream: one for them in leading.values() for one in them}
        streams = {label: tuple(one.stream for one in them) for label, them in leading.items()}
        question = replace(target.question, counted=streams)
        counted.append(replace(target, question=question))
    return tuple(counted), tuple(one.spec(site) for one in found.values())


def _leading_to(drill: Drill, site: PlannedSite) -> Iterable[Counter]:
    """Each proxy once, also where two links lead through it."""
    links = {link.name: link for armed in drill.armed for link in _links(armed.where, site)}
    return dict.fromkeys(one for link in links.values() for one in _counters(link))


def _links(where: Mapping[str, str], site: PlannedSite) -> Iterator[LinkPart]:
    """The faulted links; else those into the components; else those into the region."""
    if "link" in where:
        yield from (site.links[name] for name in where["link"].split(", "))
    elif "component" in where:
        named = where["component"].split(", ")
        yield from (link for link in site.links.values() if link.to in named)
    elif region := where.get("region"):
        parts = {name for name, part in site.components.items() if part.region == region}
        for link in site.links.values():
            if link.to in {region, *parts} or (link.joins and link.joins[-1] == region):
                yield link


def _counters(link: LinkPart) -> Iterator[Counter]:
    control = link.control
    if isinstance(control, ToxiproxyControl):
        for name in control.proxy or (link.name,):
            yield Counter(name, control.url)

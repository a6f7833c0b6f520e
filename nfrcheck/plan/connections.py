"""Which fault proxies are asked who connects to them, so that a return can be judged."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
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
    "no link through a proxy leads to {}, so nobody counts who connects to it: say "
    "`to: COMPONENT` of such a link"
)
OURS = "the load itself connects through the proxy {}: its own connections would be counted"


@dataclass(frozen=True, slots=True)
class Counter:
    """One proxy that connections to a part go through."""

    proxy: str
    url: str
    listen: str = field(compare=False)

    def spec(self, stream: str, site: PlannedSite) -> TrafficSpec:
        """Raises DeploymentError where the host of the proxy does not resolve."""
        parts, entry = urlsplit(self.url), f"proxy {self.proxy}"
        url, host = f"{parts.scheme}://{parts.netloc}", parts.hostname or ""
        address = address_of(f"the proxy {self.proxy}", host, site.addresses, ask_dns=site.contact)
        route = Route(
            name="arrivals",
            path=f"{parts.path.rstrip('/')}/proxies/{plain(self.proxy)}/arrivals",
            expect=Expect(status=(200,), has=("/accepted", "/since")),
        )
        return TrafficSpec(
            stream=stream,
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
    targets: Sequence[Target],
    steps: Sequence[Step],
    traffic: Sequence[TrafficSpec],
    site: PlannedSite,
) -> tuple[tuple[Target, ...], tuple[TrafficSpec, ...]]:
    """The targets with the streams that count for them, and those streams."""
    drills = [step for step in steps if isinstance(step, Drill)]
    used = {(end.address, urlsplit(end.url).port) for t in traffic for end in t.endpoints.values()}
    streams: dict[Counter, str] = {}
    counted = []
    for target in targets:
        if target.check not in COUNTED or target.judge is None:
            counted.append(target)
            continue
        named = [drill for drill in drills if drill.name in target.question.drills]
        leading = {drill.label: [*_leading_to(drill, site)] for drill in named}
        if lacks := _lacks(named, leading, used, site):
            counted.append(replace(target, judge=None, lacks=lacks))
            continue
        for one in dict.fromkeys(one for them in leading.values() for one in them):
            streams.setdefault(one, _stream(one, len(streams), streams))
        told = {label: tuple(streams[one] for one in them) for label, them in leading.items()}
        counted.append(replace(target, question=replace(target.question, counted=told)))
    return tuple(counted), tuple(one.spec(stream, site) for one, stream in streams.items())


def _stream(counter: Counter, number: int, taken: Mapping[Counter, str]) -> str:
    """A name that no load and no probe can have, and no proxy of that name elsewhere."""
    name = f"at_{plain(counter.proxy)}"
    return f"{name}_{number}" if name in taken.values() else name


def _lacks(
    drills: Sequence[Drill],
    leading: Mapping[str, Sequence[Counter]],
    used: Collection[tuple[str, int | None]],
    site: PlannedSite,
) -> str | None:
    for drill in drills:
        for part, links in (pair for armed in drill.armed for pair in _links(armed.where, site)):
            if not any(list(_counters(link)) for link in links):
                return NO_COUNTER.format(part)
        for one in leading[drill.label]:
            host, _, port = one.listen.rpartition(":")
            if port.isdigit() and (host.strip("[]"), int(port)) in used:
                return OURS.format(one.proxy)
    return None if all(leading.values()) else NO_COUNTER.format("what the drill takes away")


def _leading_to(drill: Drill, site: PlannedSite) -> Iterable[Counter]:
    """Each proxy once, also where two links lead through it."""
    found = (pair for armed in drill.armed for pair in _links(armed.where, site))
    links = {link.name: link for _, them in found for link in them}
    return dict.fromkeys(one for link in links.values() for one in _counters(link))


def _links(where: Mapping[str, str], site: PlannedSite) -> Iterator[tuple[str, list[LinkPart]]]:
    """What was faulted part by part, and the links that lead there: a link leads to itself."""
    links = list(site.links.values())
    if "link" in where:
        for name in where["link"].split(", "):
            yield f"link {name}", [site.links[name]]
    elif "component" in where:
        for name in where["component"].split(", "):
            yield f"component {name}", [link for link in links if link.to == name]
    elif region := where.get("region"):
        parts = {name for name, part in site.components.items() if part.region == region}
        into = [link for link in links if link.to in {region, *parts}]
        into += [link for link in links if link.joins and link.joins[-1] == region]
        yield f"region {region}", into


def _counters(link: LinkPart) -> Iterator[Counter]:
    control = link.control
    if isinstance(control, ToxiproxyControl):
        names = control.proxy or (link.name,)
        for name, listen in zip_longest(names, control.listen, fillvalue=""):
            yield Counter(name, control.url.rstrip("/"), listen)

"""A fault that its control ends by itself must not end before its drill has held it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from nfrcheck.experiments.faults.proof import PROOF_S
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.document import Node
from nfrcheck.scenario.drills import Drill, Fault
from nfrcheck.scenario.phases import DrillPhase
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.typed import Reading

TOO_SHORT = "NFR027"
_OVER_AT_ONCE = "component-restart"
"""Nothing of it is held: it has happened when its command ends."""


class _Part(NamedTuple):
    section: str
    name: str
    control: Any


def check_expiring(
    reading: Reading, root: Node, scenario: Scenario, deployment: Deployment
) -> None:
    """Errors go to `reading`, at the `expires` of the deployment, whose tree is `root`."""
    run = dict.fromkeys(each.name for each in scenario.phases if isinstance(each, DrillPhase))
    for drill in (scenario.drills[name] for name in run if name in scenario.drills):
        for part in _touched(drill, deployment):
            expires = getattr(part.control, "expires", None)
            proof_s = PROOF_S * max((len(one.faults) for one in drill.variants), default=1)
            if expires is None or expires >= drill.hold + proof_s:
                continue
            node = root.child(part.section)
            for key in (part.name, "expires"):
                node = node.child(key) if node else None
            needed = f"{drill.hold + proof_s:g} s"
            reading.problem(
                node.mark if node else root.mark,
                TOO_SHORT,
                f"`{part.name}` ends its fault after {expires:g} s, and the drill "
                f"`{drill.name}` needs it for {needed}: {drill.hold:g} s of hold, and "
                f"{proof_s:g} s in which it may be proven",
                f"`expires: {needed}` or more, or a shorter hold",
            )


def _touched(drill: Drill, deployment: Deployment) -> Iterator[_Part]:
    for variant in drill.variants:
        for fault in variant.faults:
            if fault.kind != _OVER_AT_ONCE:
                yield from _parts(fault, deployment)


def _parts(fault: Fault, deployment: Deployment) -> Iterator[_Part]:
    for section, word in (("components", "component"), ("links", "link"), ("regions", "region")):
        named = fault.keys.get(word, ())
        for name in [named] if isinstance(named, str) else named or ():
            if section == "regions":
                yield from _of_region(fault, str(name), deployment)
            elif part := getattr(deployment, section).get(name):
                yield _Part(section, str(name), part.control)


def _of_region(fault: Fault, name: str, deployment: Deployment) -> Iterator[_Part]:
    """Its own control where that can do it, else its components or its links; see the faults."""
    verb = fault.kind.removeprefix("region-")
    region = deployment.regions.get(name)
    own = region.control if region else None
    if own is not None and (verb == "grey" or own.offers(verb)):
        yield _Part("regions", name, own)
        if verb != "grey":
            return
    for part in deployment.components_of(name) if verb != "isolate" else ():
        yield _Part("components", part, deployment.components[part].control)
    for link, found in deployment.links.items() if verb in {"isolate", "grey"} else ():
        if name in (*found.joins, found.to):
            yield _Part("links", link, found.control)

"""What can go wrong on purpose: one kind of fault a class, by the word that scenarios use."""

from nfrcheck.experiments.faults.armed import Armed, Fault, Injection
from nfrcheck.experiments.faults.chaos_toolkit import ChaosToolkit
from nfrcheck.experiments.faults.component import (
    ComponentDrain,
    ComponentKill,
    ComponentPause,
    ComponentRestart,
)
from nfrcheck.experiments.faults.component_change import (
    ComponentAct,
    ComponentDeploy,
    ComponentScale,
)
from nfrcheck.experiments.faults.link import (
    LinkBandwidth,
    LinkCut,
    LinkHang,
    LinkLatency,
    LinkReset,
    LinkSlowClose,
    LinkStall,
)
from nfrcheck.experiments.faults.proof import AnswerProof, LinkProof
from nfrcheck.experiments.faults.region_grey import RegionGrey
from nfrcheck.experiments.faults.region_isolate import RegionIsolate
from nfrcheck.experiments.faults.region_kill import RegionDrain, RegionKill
from nfrcheck.experiments.faults.site import Component, Control, Entry, LinkPart, Site

FAULTS: dict[str, type[Fault]] = {
    "chaos-toolkit": ChaosToolkit,
    "component-act": ComponentAct,
    "component-deploy": ComponentDeploy,
    "component-drain": ComponentDrain,
    "component-kill": ComponentKill,
    "component-pause": ComponentPause,
    "component-restart": ComponentRestart,
    "component-scale": ComponentScale,
    "link-bandwidth": LinkBandwidth,
    "link-cut": LinkCut,
    "link-hang": LinkHang,
    "link-latency": LinkLatency,
    "link-reset": LinkReset,
    "link-slow-close": LinkSlowClose,
    "link-stall": LinkStall,
    "region-drain": RegionDrain,
    "region-grey": RegionGrey,
    "region-isolate": RegionIsolate,
    "region-kill": RegionKill,
}

__all__ = [
    "FAULTS",
    "AnswerProof",
    "Armed",
    "ChaosToolkit",
    "Component",
    "Control",
    "Entry",
    "Fault",
    "Injection",
    "LinkPart",
    "LinkProof",
    "Site",
]

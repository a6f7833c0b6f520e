"""How each part of a deployment may be touched: one control a file."""

from nfrcheck.deployments.acting import ActFailed
from nfrcheck.deployments.chaostoolkit import ChaosToolkitControl
from nfrcheck.deployments.control import Control
from nfrcheck.deployments.http import HttpControl
from nfrcheck.deployments.process import ProcessControl
from nfrcheck.deployments.shell import ShellControl
from nfrcheck.deployments.toxiproxy import ToxiproxyControl

CONTROLS: dict[str, type[Control]] = {
    "chaostoolkit": ChaosToolkitControl,
    "http": HttpControl,
    "process": ProcessControl,
    "shell": ShellControl,
    "toxiproxy": ToxiproxyControl,
}

__all__ = [
    "CONTROLS",
    "ActFailed",
    "ChaosToolkitControl",
    "Control",
    "HttpControl",
    "ProcessControl",
    "ShellControl",
    "ToxiproxyControl",
]

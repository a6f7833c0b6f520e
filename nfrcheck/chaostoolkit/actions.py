"""Actions of an experiment: a fault that is proven before `inject` returns, and put back."""

from typing import Any

from nfrcheck.chaostoolkit.held import THIS, Fault

__all__ = ["heal", "inject", "lose_region", "pause_component", "slow_link"]

AT_MOST = "5 min"


def inject(
    fault: dict[str, Any], deployment: str, get: str = "/", at_most: str = AT_MOST
) -> dict[str, Any]:
    """Inject one fault and return when a request has seen it; it holds until heal.

    fault: as in a drill, {kind: link-latency, link: NAME, latency: 300 ms}. deployment: its file.
    get: a path that every entry answers when all is well. at_most: put back after that, whatever
    happens. Fails, with nothing left behind, when the fault is refused or was not seen.
    """
    return THIS.inject(Fault(fault, deployment, get, at_most))


def heal() -> dict[str, Any]:
    """Put back what inject has in place, and return when a request has seen that all is well.

    Does nothing when nothing is held, so it may stand in the method and in the rollbacks. Fails
    when it was not put back, or when the fault had ended before.
    """
    return THIS.heal()


def lose_region(
    region: str, deployment: str, get: str = "/", at_most: str = AT_MOST
) -> dict[str, Any]:
    """Kill a region until heal: inject with {kind: region-kill, region: ...}."""
    return inject({"kind": "region-kill", "region": region}, deployment, get, at_most)


def pause_component(
    component: str, deployment: str, get: str = "/", at_most: str = AT_MOST
) -> dict[str, Any]:
    """Let a component stand still until heal: inject with {kind: component-pause, ...}."""
    return inject({"kind": "component-pause", "component": component}, deployment, get, at_most)


def slow_link(
    link: str, latency: str, deployment: str, get: str = "/", at_most: str = AT_MOST
) -> dict[str, Any]:
    """Let every answer of a link come later until heal: {kind: link-latency, ...}."""
    fault = {"kind": "link-latency", "link": link, "latency": latency}
    return inject(fault, deployment, get, at_most)

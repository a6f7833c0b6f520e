"""What an experiment asks to see that all is well, out of the target `availability`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from nfrcheck.checks.availability import Availability
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.loads import Load, Request, Step
from nfrcheck.scenario.probes import HttpProbe
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target

UNSAID = 99.0
"""What must be answered well, in percent, where no target says it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry and a path that anybody may get; `entry` is empty for the deployment's own."""

    entry: str = ""
    get: str = "/"
    at_least: float = UNSAID
    target: Target | None = None
    found: bool = False


def asked_of(scenario: Scenario, deployment: Deployment) -> Asked:
    """The first path that the availability target's load or probe reads as nobody in particular."""
    target = next((one for one in scenario.targets if isinstance(one.rule, Availability)), None)
    rule = target.rule if target else None
    limit = float(rule.at_least * 100) if isinstance(rule, Availability) else UNSAID
    named = (*target.load, *target.probe) if target else ()
    for name in (*named, *scenario.load, *scenario.probes):
        for path in _paths(scenario, name):
            entry = next(iter(_entries(scenario, name)), "")
            known = entry if entry in deployment.entries else ""
            return Asked(known, path, limit, target, found=True)
    return Asked(at_least=limit, target=target)


def told_of(scenario: Scenario, asked: Asked) -> Iterator[str]:
    """What of the scenario no experiment says: what is judged by odds, what is sent at a rate."""
    if not asked.found:
        yield f"no load or probe reads what anybody may get: `{asked.get}` is asked"
    if asked.target:
        yield (
            f"target {asked.target.id}: at least {asked.at_least:g} % of a few requests before and "
            "after the fault; nothing is said about odds, or about the longest outage"
        )
    others = [one.id for one in scenario.targets if one is not asked.target]
    if others:
        yield f"targets {', '.join(others)}: chaos does not judge them"
    sent = [*scenario.load, *scenario.probes]
    if sent:
        yield f"loads and probes {', '.join(sent)}: chaos does not send them"


def _entries(scenario: Scenario, name: str) -> Mapping[str, object]:
    source = scenario.load.get(name) or scenario.probes[name]
    return getattr(source, "entry", {})


def _paths(scenario: Scenario, name: str) -> Iterator[str]:
    load, probe = scenario.load.get(name), scenario.probes.get(name)
    if isinstance(probe, HttpProbe):
        if not probe.routes_of:
            yield from _path(probe, None)
        load = scenario.load.get(probe.routes_of or "")
    if load is not None and not load.principal and not load.headers:
        for step in load.journey.values():
            yield from _path(step, load)


def _path(request: Request, load: Load | None) -> Iterator[str]:
    if request.method != "GET" or request.principal or request.headers:
        return
    if isinstance(request, Step) and request.steps:
        return
    path = request.path + (f"?{urlencode(request.query, safe='{}')}" if request.query else "")
    for name, values in (load.data if load else {}).items():
        path = path.replace(f"{{{name}}}", values[0])
    # What is left was to be filled from an earlier answer.
    if "{" not in path:
        yield path

"""Loads and probes become traffic specs: what each child process will be told to send."""

import math
import os
from collections.abc import Mapping
from typing import Any

from nfrcheck.errors import ScenarioError
from nfrcheck.model.traffic import (
    CELLS_MAX,
    ServedBy,
    TrafficSpec,
    WriteSpec,
    topped_up,
)
from nfrcheck.plan.addresses import endpoint
from nfrcheck.plan.routes import route_of
from nfrcheck.plan.sources import Sources
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.loads import Load
from nfrcheck.scenario.probes import HttpProbe, WritesProbe
from nfrcheck.scenario.scenario import Scenario

PER_CHILD = 5_000.0
"""Requests a second that one load child is given at most."""
HEADROOM = 1.25
LEAST_CAP = 64
DEFAULT_TIMEOUT_S = 5.0


def traffic_of(sources: Sources) -> tuple[TrafficSpec, ...]:
    """One spec per child. Raises DeploymentError, ScenarioError for what cannot be sent."""
    scenario = sources.scenario
    specs: list[TrafficSpec] = []
    for name, load in scenario.load.items():
        if not scenario.is_later("load", name):
            specs += _load(sources, name, load)
    for name, probe in scenario.probes.items():
        if scenario.is_later("probes", name):
            continue
        if isinstance(probe, HttpProbe):
            specs.append(_http(sources, name, probe))
        elif isinstance(probe, WritesProbe):
            specs.append(_writes(sources, name, probe))
    for spec in specs:
        _refuse_cells(spec)
    return tuple(specs)


def _refuse_cells(spec: TrafficSpec) -> None:
    """A record has one byte for what a request was (`decisions/0002`)."""
    regions = 1 + (len(spec.regions) if spec.served_by else 0)
    cells = len(spec.entries) * len(spec.routes) * len(spec.clients) * regions
    if cells > CELLS_MAX:
        raise ScenarioError(
            f"{spec.stream}: {cells} combinations of entry, route, region and client, at most "
            f"{CELLS_MAX} can be told apart",
            "split it into several loads or probes",
        )


def timeout_of(scenario: Scenario, declared: float | None) -> float:
    """5 s, and at least twice the largest latency limit, so that slow is told from lost."""
    if declared is not None:
        return declared
    limits = [
        float(limit.value)
        for target in scenario.targets
        for limit in getattr(target.rule, "limits", {}).values()
    ]
    return max(DEFAULT_TIMEOUT_S, *(2 * limit for limit in limits), 0.0)


def rate_of(scenario: Scenario, deployment: Deployment, name: str) -> float:
    """The deployment's rate for the load, else the scenario's; 0 if it is not one number."""
    load = scenario.load[name]
    return deployment.rates.get(name) or load.per_second or 0.0


def entry_weights(
    deployment: Deployment, given: Mapping[str, Any]
) -> tuple[tuple[str, float], ...]:
    """The named entries, or the only one."""
    names = given or ({next(iter(deployment.entries)): 1} if deployment.entries else {})
    return tuple((name, float(weight)) for name, weight in names.items())


def _load(sources: Sources, name: str, load: Load) -> list[TrafficSpec]:
    rate = rate_of(sources.scenario, sources.deployment, name)
    routes = tuple(
        route_of(sources, route, step, load.principal, load.headers)
        for route, step in load.journey.items()
    )
    timeout = timeout_of(sources.scenario, load.timeout)
    common = _common(sources, name, entry_weights(sources.deployment, load.entry))
    whole = rate + sum(topped_up(rate, routes).values())
    children = max(1, min(math.ceil(whole / PER_CHILD), os.cpu_count() or 1))
    return [
        TrafficSpec(
            **common,
            kind="load",
            child=child,
            children=children,
            rate=rate,
            arrivals=load.arrivals,
            timeout_s=timeout,
            retries=load.retries,
            cap=_cap(whole / children, timeout),
            clients=(_client(load.client, name),),
            routes=routes,
            values=load.data,
        )
        for child in range(children)
    ]


def _http(sources: Sources, name: str, probe: HttpProbe) -> TrafficSpec:
    values: Mapping[str, tuple[str, ...]] = {}
    if probe.routes_of:
        load = sources.scenario.load[probe.routes_of]
        values = load.data
        routes = tuple(
            route_of(
                sources,
                route,
                step.model_copy(update={"weight": 1.0}),
                load.principal,
                load.headers,
            )
            for route, step in load.journey.items()
        )
    else:
        routes = (route_of(sources, name, probe, None, {}),)
    timeout = timeout_of(sources.scenario, probe.timeout)
    rate = 1.0 / probe.every
    whole = rate + sum(topped_up(rate, routes).values())
    clients = tuple(_client(client, name) for client in probe.client)
    common = _common(sources, name, entry_weights(sources.deployment, probe.entry))
    return TrafficSpec(
        **common,
        kind="probe",
        rate=rate,
        timeout_s=timeout,
        cap=_cap(whole * len(clients), timeout),
        clients=clients,
        routes=routes,
        values=values,
    )


def _writes(sources: Sources, name: str, probe: WritesProbe) -> TrafficSpec:
    timeout = timeout_of(sources.scenario, probe.timeout)
    entries = entry_weights(sources.deployment, probe.entry)
    # Read through every region's own entry where there is one: a write is safe in all or in none.
    regional = [name for name, entry in sources.deployment.entries.items() if entry.region]
    reads = tuple(regional or [entry for entry, _ in entries])
    common = _common(sources, name, tuple({**dict.fromkeys(reads, 0.0), **dict(entries)}.items()))
    return TrafficSpec(
        **common,
        kind="writes",
        rate=probe.rate,
        timeout_s=timeout,
        cap=_cap(probe.rate, timeout),
        clients=tuple(_client(client, name) for client in probe.client),
        routes=(route_of(sources, name, probe, None, {}),),
        write=WriteSpec(
            id=probe.id,
            read=route_of(sources, f"{name}-read", probe.read, probe.principal, {}),
            read_entries=reads,
        ),
    )


def _common(sources: Sources, name: str, entries: tuple[tuple[str, float], ...]) -> dict[str, Any]:
    deployment = sources.deployment
    served = deployment.served_by
    return {
        "stream": name,
        "folder": "",
        "t0_ns": 0,
        "run_id": "",
        "seed": sources.seed,
        "entries": tuple((entry, weight) for entry, weight in entries if weight > 0) or entries,
        "endpoints": {entry: endpoint(deployment, entry, sources.pins) for entry, _ in entries},
        "served_by": ServedBy(header=served.header, json=served.json_, values=served.values)
        if served and (served.header or served.json_)
        else None,
        "regions": tuple(deployment.regions),
    }


def _cap(rate: float, timeout_s: float) -> int:
    return max(LEAST_CAP, math.ceil(rate * timeout_s * HEADROOM))


def _client(client: str, where: str) -> Any:
    if client not in {"fresh", "pooled"}:
        raise ScenarioError(
            f"{where}: this version has no `{client}` clients", "use `fresh` or `pooled`"
        )
    return client

"""Loads and probes of the language that this version cannot send: their targets are NOT RUN."""

from collections.abc import Iterator, Mapping

from nfrcheck.scenario.document import Node
from nfrcheck.scenario.loads import Load
from nfrcheck.scenario.probes import HttpProbe, Probe
from nfrcheck.scenario.typed import Reading

_WORD = {"load": "load", "probes": "probe"}
_CERTIFICATE = (
    "a principal with a `certificate` (give the entry a `cert` and a `key` if all of its requests "
    "are to have it)"
)


def of_load(load: Load) -> str | None:
    """What of it cannot be sent."""
    return of_routes(load) or _first(
        ("a rate that changes", load.rate is not None and load.per_second is None),
        ("a load from a vantage", load.vantage is not None),
        ("`during` of a load", bool(load.during)),
        (f"`client: {load.client}`", load.client in {"dns-cached", "stream"}),
    )


def of_routes(load: Load) -> str | None:
    """What of its routes cannot be sent, by a probe neither."""
    steps = load.journey.values()
    return _first(
        ("a `contract` load", load.contract is not None),
        ("a `locustfile` load", load.locustfile is not None),
        ("a journey of several `steps`", any(step.steps for step in steps)),
        ("`save`", any(step.save for step in steps)),
        ("`expect: {contract: true}`", any(s.expect and s.expect.contract for s in steps)),
    )


def of_probe(probe: Probe, loads: Mapping[str, Load]) -> str | None:
    clients = {"dns-cached", "stream"} & set(getattr(probe, "client", ()))
    expect = getattr(probe, "expect", None)
    asked = probe.routes_of if isinstance(probe, HttpProbe) else None
    load = loads.get(asked or "")
    routes = of_routes(load) if load else None
    return _first(
        (f"`client: {', '.join(sorted(clients))}`", bool(clients)),
        ("a probe from a vantage", getattr(probe, "vantage", None) is not None),
        ("`expect: {contract: true}`", bool(expect and expect.contract)),
        (f"`routes_of: {asked}` ({routes})", routes is not None),
    )


def because(what: str, section: str, name: str) -> str:
    return (
        f"{what} is in the language; this version cannot send it: "
        f"the targets of the {_WORD[section]} `{name}` will be NOT RUN"
    )


def check_certificates(reading: Reading, root: Node, deployment: Node) -> None:
    """Who sends is said in the scenario, and what they show in the deployment."""
    principals = deployment.child("principals")
    shown = principals.content if principals and isinstance(principals.content, dict) else {}
    having = {name for name, node in shown.items() if node.child("certificate")}
    for section in _WORD:
        parts = root.child(section)
        known = {entry.name for entry in reading.later if entry.section == section}
        for name, node in _entries(parts):
            sent = next((one for one in _senders(node, root) if str(one.content) in having), None)
            if sent is not None and name not in known:
                reading.not_yet(section, name, because(_CERTIFICATE, section, name), sent.mark)


def _senders(node: Node, root: Node) -> Iterator[Node]:
    """Every `as` of a load or a probe; those of the load whose routes a probe asks for."""
    loads, asked = root.child("load"), node.child("routes_of")
    load = loads.child(str(asked.content)) if loads and asked else None
    for place in filter(None, (node, node.child("read"), load)):
        routes = (route for _, route in _entries(place.child("journey")))
        for each in (place, *routes):
            if (sender := each.child("as")) is not None:
                yield sender


def _entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is not None and isinstance(node.content, dict):
        yield from node.content.items()


def _first(*reasons: tuple[str, bool]) -> str | None:
    return next((what for what, found in reasons if found), None)

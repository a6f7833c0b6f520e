"""The names in a yearly budget: its incidents are drills that run, its steady state a target."""

from collections.abc import Iterator

from nfrcheck.checks.yearly_availability import YearlyAvailability
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.phases import DrillPhase
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target
from nfrcheck.scenario.typed import Reading, nearest

STEADY_KEYS = ("load", "during", "after", "only", "exclude")
"""What the target of the steady state says in place of the budget, if there is one."""


def check_yearly(reading: Reading, root: Node, scenario: Scenario) -> None:
    """Names of drills and targets that do not exist, and a steady state that is not clear."""
    for target in scenario.targets:
        node = _at(root, "targets", target.id)
        if node and isinstance(target.rule, YearlyAvailability):
            _incidents(reading, node, root, scenario)
            _steady(reading, node, target, scenario)


def _incidents(reading: Reading, node: Node, root: Node, scenario: Scenario) -> None:
    drills = _names(root.child("drills"))
    run = {phase.name for phase in scenario.phases if isinstance(phase, DrillPhase)}
    for name, mark in _keys(node.child("incidents")):
        if name not in drills:
            remedy = nearest(name, drills) or "none is declared"
            reading.problem(mark, "NFR016", f"there is no drill `{name}`", remedy)
        elif name not in run and "phases" in root.keys:
            message = f"the drill `{name}` is not in `phases`, so it never runs"
            reading.problem(mark, "NFR016", message, "add it to `phases`")
    incidents = _names(node.child("incidents"))
    for name, mark in _keys(node.child("weights")):
        if name not in incidents:
            message = f"`{name}` is none of the incidents"
            reading.problem(mark, "NFR016", message, nearest(name, incidents))


def _steady(reading: Reading, node: Node, target: Target, scenario: Scenario) -> None:
    there = [other.id for other in scenario.targets if other.check == "availability"]
    named = node.child("steady")
    of = str(named.content) if named else next(iter(there), "")
    for key in STEADY_KEYS if of in there else ():
        if key in node.keys:
            message = f"`{key}` is that of `{of}`, whose requests are the steady state"
            reading.problem(node.keys[key], "NFR163", message, f"write it in `{of}`")
    if named:
        name = str(named.content)
        if name not in there:
            message = f"there is no availability target `{name}`"
            reading.problem(named.mark, "NFR016", message, nearest(name, there))
    elif len(there) > 1:
        message = f"there are {len(there)} availability targets: which is the steady state?"
        reading.problem(node.mark, "NFR019", message, f"`steady: {there[0]}`")
    elif not there and not target.load and len(scenario.load) > 1:
        message = f"there are {len(scenario.load)} loads: say which one is the steady state"
        reading.problem(node.mark, "NFR019", message, f"`load: {next(iter(scenario.load))}`")


def _at(root: Node, *place: str) -> Node | None:
    node: Node | None = root
    for key in place:
        node = node.child(key) if node else None
    return node


def _names(node: Node | None) -> list[str]:
    return [name for name, _ in _keys(node)]


def _keys(node: Node | None) -> Iterator[tuple[str, Mark]]:
    if node and isinstance(node.content, dict):
        yield from ((name, node.keys[name]) for name in node.content)

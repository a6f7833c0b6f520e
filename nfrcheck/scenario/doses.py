"""Limits by varied value: each dose of the drill has one, and none is written that never comes."""

from collections.abc import Sequence
from dataclasses import dataclass

from nfrcheck.checks.doses import same_dose, seconds_of
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.drills import Drill
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target
from nfrcheck.scenario.typed import Reading, nearest

CHECK = "latency-degradation"


def check_doses(reading: Reading, root: Node, scenario: Scenario) -> None:
    """Of every target that has limits by dose; errors go to `reading`."""
    for target in scenario.targets:
        targets = root.child("targets")
        node = targets.child(target.id) if targets else None
        drills = [scenario.drills[name] for name in target.drill if name in scenario.drills]
        if target.check == CHECK and node is not None and drills:
            _Doses(reading, node, target, drills).check(scenario)


@dataclass(frozen=True, slots=True)
class _Doses:
    reading: Reading
    node: Node
    target: Target
    drills: list[Drill]

    def check(self, scenario: Scenario) -> None:
        limits = self.node.child("limits")
        if limits is None or not isinstance(limits.content, dict):
            return
        still = [drill for drill in self.drills if drill.varied_key is None]
        for drill in still:
            message = f"the drill `{drill.name}` varies nothing, so it has no doses"
            remedy = "such as `vary: {latency: [50 ms, 200 ms]}`"
            self.reading.problem(limits.mark, "NFR016", message, remedy)
        if not still:
            self._each_other(limits, [*limits.content])
            self._delays()
        self._links()
        self._routes(scenario)

    def _each_other(self, limits: Node, written: list[str]) -> None:
        there = [dose for drill in self.drills for dose in _doses(drill)]
        for key in written:
            if not any(same_dose(key, dose) for dose in there):
                names = " and ".join(f"`{drill.name}`" for drill in self.drills)
                message = f"no run of {names} has a dose of `{key}`"
                self.reading.problem(limits.keys[key], "NFR016", message, nearest(key, there))
        for drill in self.drills:
            for dose in _doses(drill):
                if not any(same_dose(key, dose) for key in written):
                    message = f"the dose `{dose}` of `{drill.name}` has no limit"
                    remedy = f"such as `{dose}: {{p99: < 300 ms}}`"
                    self.reading.problem(limits.mark, "NFR016", message, remedy)

    def _delays(self) -> None:
        """A slope is one of milliseconds waited by milliseconds injected."""
        per_hop = self.node.keys.get("per_hop")
        for drill in self.drills if per_hop else ():
            if per_hop and not all(seconds_of(dose) for dose in _doses(drill)):
                message = f"`per_hop` needs delays, and `{drill.name}` varies `{drill.varied_key}`"
                self.reading.problem(per_hop, "NFR015", message, "`vary: {latency: [...]}`")

    def _links(self) -> None:
        """What does not need a link is told from what does."""
        unaffected = self.node.keys.get("unaffected")
        for drill in self.drills if unaffected else ():
            if unaffected and not _links_of(drill):
                message = f"`unaffected` needs a faulted link, and `{drill.name}` faults none"
                self.reading.problem(unaffected, "NFR015", message, "leave it out")

    def _routes(self, scenario: Scenario) -> None:
        per_hop = self.node.child("per_hop")
        load = scenario.load.get(self.target.load[0]) if self.target.load else None
        if per_hop is None or load is None or not isinstance(per_hop.content, dict):
            return
        for route in per_hop.content if load.journey else ():
            mark = per_hop.keys[route]
            if route not in load.journey:
                message = f"there is no route `{route}`"
                self.reading.problem(mark, "NFR016", message, nearest(route, load.journey))
            else:
                self._needing(mark, route, load.journey[route].needs)

    def _needing(self, mark: Mark, route: str, needs: Sequence[str]) -> None:
        """A delay comes back only where somebody waits for the link."""
        for drill in self.drills:
            links = _links_of(drill)
            if links and not any(link in needs for link in links):
                message = f"route `{route}` does not say that it needs `{links[0]}`"
                remedy = f"write `needs: [{links[0]}]` in it, or leave it out of `per_hop`"
                self.reading.problem(mark, "NFR016", message, remedy)


def _doses(drill: Drill) -> list[str]:
    return list(dict.fromkeys(variant.value or "" for variant in drill.variants))


def _links_of(drill: Drill) -> list[str]:
    """Of all its variants."""
    named = (fault.target("link") for variant in drill.variants for fault in variant.faults)
    return list(dict.fromkeys(link for link in named if link))

"""Names that must exist: inside of a scenario, and between a scenario and its deployment."""

from dataclasses import dataclass, replace
from difflib import get_close_matches

from nfrcheck.errors import Severity
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.document import Node
from nfrcheck.scenario.doses import check_doses
from nfrcheck.scenario.phases import DrillPhase
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target
from nfrcheck.scenario.typed import Reading, nearest
from nfrcheck.scenario.yearly import check_yearly

# The words of faults that name a part of the deployment, and the section that has it.
PARTS = {"region": "regions", "component": "components", "link": "links", "witness": "witnesses"}
STRATA = {"region": "regions", "entry": "entries", "principal": "principals"}
SECTIONS = ("entries", "principals", "contracts", *PARTS.values())
SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie", "x-api-key")


def secret_headers(reading: Reading, node: Node, *, inside: bool = False) -> None:
    """Refuses a literal in a header that only carries secrets, wherever `headers` stand."""
    if isinstance(node.content, list):
        for each in node.content:
            secret_headers(reading, each)
    if not isinstance(node.content, dict):
        return
    for key, child in node.content.items():
        if inside and key.lower() in SECRET_HEADERS and isinstance(child.content, str):
            remedy = "write `{env: NAME}`, or name a principal with `as`"
            reading.problem(child.mark, "NFR017", "a secret stands in the file itself", remedy)
        secret_headers(reading, child, inside=key == "headers")


@dataclass(frozen=True, slots=True)
class References:
    """Follows the names of one scenario; errors go to `reading`."""

    reading: Reading
    root: Node

    def inside(self, scenario: Scenario) -> None:
        """Loads, probes, drills and stretches."""
        loads, probes = self._names("load"), self._names("probes")
        drills = self._names("drills")
        quiet = [phase.name for phase in scenario.phases if not isinstance(phase, DrillPhase)]
        stretches = [*dict.fromkeys(quiet), *drills, "run"]
        routes = _routes(scenario)
        for name in self._names("targets"):
            place = ("targets", name)
            self._never_run(place, scenario, drills)
            self._known((*place, "only", "route"), routes, "route")
            self._known((*place, "exclude", "route"), routes, "route")
            self._known((*place, "routes"), routes, "route")
            self._known((*place, "load"), loads, "load")
            self._known((*place, "probe"), probes, "probe")
            self._known((*place, "drill"), drills, "drill")
            self._known((*place, "calm"), drills, "drill")
            self._known((*place, "during"), stretches, "stretch of the run")
            self._parts(place, scenario)
            self._twice((*place, "during"))
        for name in loads:
            self._known(("load", name, "during"), stretches, "stretch of the run")
        for name in probes:
            self._known(("probes", name, "routes_of"), loads, "load")
        for name in drills:
            self._fault(name, "load", loads)
        check_doses(self.reading, self.root, scenario)
        check_yearly(self.reading, self.root, scenario)

    def _never_run(self, place: tuple[str, ...], scenario: Scenario, drills: list[str]) -> None:
        """A target about a drill that the declared phases leave out would never be judged."""
        run = {phase.name for phase in scenario.phases if isinstance(phase, DrillPhase)}
        for key in ("drill", "calm", "during"):
            node = self._at((*place, key))
            for each in node.content if node and isinstance(node.content, list) else [node]:
                drill = str(each.content).partition("/")[0] if each else ""
                if each and drill in drills and drill not in run and "phases" in self.root.keys:
                    message = f"the drill `{drill}` is not in `phases`, so it never runs"
                    self.reading.problem(each.mark, "NFR016", message, "add it to `phases`")

    def _parts(self, place: tuple[str, ...], scenario: Scenario) -> None:
        """`lose-b/4` and `steady/hold` name what the run does not have."""
        node = self._at((*place, "during"))
        for each in node.content if node and isinstance(node.content, list) else [node]:
            name, *rest = str(each.content).split("/") if each else ("",)
            drill = scenario.drills.get(name)
            times = sum(phase.name == name for phase in scenario.phases)
            times = len(drill.runs) if drill else times
            for part in rest:
                if each and part.isdigit() and not 1 <= int(part) <= times:
                    remedy = f"from `{name}/1` to `{name}/{times}`" if times else None
                    self.reading.problem(
                        each.mark, "NFR016", f"there is no `{each.content}`", remedy
                    )
                elif each and not part.isdigit() and name not in self._names("drills"):
                    message = f"`{name}` is no drill, so it has no `{part}`"
                    self.reading.problem(each.mark, "NFR016", message, f"write `{name}`")

    def _twice(self, place: tuple[str, ...]) -> None:
        node = self._at(place)
        seen: set[str] = set()
        for each in node.content if node and isinstance(node.content, list) else ():
            name = str(each.content)
            if name in seen:
                message = f"`{name}` is listed twice: its evidence would count twice"
                self.reading.problem(each.mark, "NFR162", message, "remove one of the two")
            seen.add(name)

    def between(self, deployment: Node) -> None:
        """Entries, principals and the parts that faults name."""
        there = {section: _names(deployment, section) for section in SECTIONS}
        for section in ("load", "probes"):
            for name in self._names(section):
                place = (section, name)
                self._known((*place, "entry"), there["entries"], "entry")
                self._known((*place, "as"), there["principals"], "principal")
                self._known((*place, "read", "as"), there["principals"], "principal")
                self._known((*place, "contract"), there["contracts"], "contract")
                for route in self._names(section, name, "journey"):
                    step = (*place, "journey", route)
                    needed = there["links"] + there["witnesses"]
                    self._known((*step, "as"), there["principals"], "principal")
                    self._known((*step, "needs"), needed, "link or witness")
        for drill in self._names("drills"):
            seen = [*self._names("probes"), *there["entries"]]
            self._known(("drills", drill, "confirm"), seen, "probe or entry")
            for word, section in PARTS.items():
                self._fault(drill, word, there[section])
        for name in self._names("targets"):
            self._judged(("targets", name), there)
        self._rates(deployment.child("rates"))

    def _rates(self, rates: Node | None) -> None:
        """A slip in the name of a load would leave it at the scenario's rate.

        The name of a load of another scenario is none: one deployment serves several.
        """
        loads = self._names("load")
        written = rates.keys if rates and isinstance(rates.content, dict) else {}
        unsaid = [name for name in loads if name not in written]
        for name, mark in written.items():
            if name not in loads:
                meant = get_close_matches(name, unsaid, n=1, cutoff=0.6)
                message = f"there is no load `{name}`, so this rate changes nothing"
                remedy = nearest(name, unsaid if meant else loads) or "none is declared"
                severity: Severity = "error" if meant else "warning"
                self.reading.problem(mark, "NFR016", message, remedy, severity)

    def _judged(self, place: tuple[str, ...], there: dict[str, list[str]]) -> None:
        """The parts of the deployment that a target names."""
        self._known((*place, "entries"), there["entries"], "entry")
        shares = self._at((*place, "share"))
        if shares and isinstance(shares.content, dict):
            self._check(shares, there["regions"], "region")
        for word, section in STRATA.items():
            self._known((*place, "only", word), there[section], word)

    def _fault(self, drill: str, word: str, valid: list[str]) -> None:
        node = self._at(("drills", drill, "fault"))
        for each in node.content if node and isinstance(node.content, list) else [node]:
            if each is not None:
                self._check(each.child(word), valid, word)
        self._known(("drills", drill, "vary", word), valid, word)

    def _known(self, place: tuple[str, ...], valid: list[str] | None, what: str) -> None:
        self._check(self._at(place), valid, what)

    def _check(self, node: Node | None, valid: list[str] | None, what: str) -> None:
        """A name, a list of names, or a mapping with names as keys; None: not to be known."""
        if node is None or valid is None:
            return
        if isinstance(node.content, dict):
            written = [(key, node.keys[key]) for key in node.content]
        elif isinstance(node.content, list):
            written = [(str(each.content), each.mark) for each in node.content]
        else:
            written = [(str(node.content), node.mark)]
        for text, mark in written:
            name = text.partition("/")[0] if what.startswith("stretch") else text
            if name not in valid:
                article = f"there is no {what} `{name}`"
                remedy = nearest(name, valid) or "none is declared"
                self.reading.problem(mark, "NFR016", article, remedy)

    def _names(self, *place: str) -> list[str]:
        return _names(self.root, *place)

    def _at(self, place: tuple[str, ...]) -> Node | None:
        return _at(self.root, place)


def _routes(scenario: Scenario) -> list[str] | None:
    """Every route of every load; None if one of them has routes that are not written here."""
    if any(not load.journey for load in scenario.load.values()) or not scenario.load:
        return None
    return [route for load in scenario.load.values() for route in load.journey]


def _names(root: Node, *place: str) -> list[str]:
    node = _at(root, place)
    return list(node.content) if node and isinstance(node.content, dict) else []


def _at(root: Node, place: tuple[str, ...]) -> Node | None:
    node: Node | None = root
    for key in place:
        node = node.child(key) if node else None
    return node


def with_later(scenario: Scenario) -> Scenario:
    """Targets whose load, probe or drill cannot be run say so themselves."""
    return replace(
        scenario, targets=tuple(_with_reason(scenario, target) for target in scenario.targets)
    )


def _with_reason(scenario: Scenario, target: Target) -> Target:
    if target.later:
        return target
    used = {
        "load": set(target.load),
        "probes": set(target.probe),
        "drills": {
            *target.drill,
            *getattr(target.rule, "incidents", ()),
            *(each.partition("/")[0] for each in target.during),
        },
    }
    for entry in scenario.later:
        if entry.name in used.get(entry.section, ()):
            return target.model_copy(update={"later": entry.because})
    return target


def with_entries(scenario: Scenario, deployment: Deployment) -> Scenario:
    """The only entry, for loads and probes that name none; this deployment's rates."""
    filled = list(scenario.filled)
    loads, probes = dict(scenario.load), dict(scenario.probes)
    only = next(iter(deployment.entries)) if len(deployment.entries) == 1 else None
    for section in (loads, probes):
        for name, part in section.items():
            if only and getattr(part, "entry", None) == {}:
                section[name] = part.model_copy(update={"entry": {only: 1}})  # type: ignore[assignment] # each keeps its own type
                filled.append(f"{name}: entry: {only}")
    for name, rate in deployment.rates.items():
        if name in loads:
            loads[name] = loads[name].model_copy(update={"rate": rate})
            filled.append(f"{name}: rate: {rate:g}/s, as the deployment says")
    return replace(scenario, load=loads, probes=probes, filled=tuple(filled))

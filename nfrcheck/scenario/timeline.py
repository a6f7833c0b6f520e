"""Drills as read: which faults, how often, with what varied."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from nfrcheck.experiments.faults import FAULTS, ChaosToolkit
from nfrcheck.scenario import later
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.drills import Drill, DrillKeys, Fault, Variant
from nfrcheck.scenario.experiment import check_experiment
from nfrcheck.scenario.phases import RESERVED, Profile
from nfrcheck.scenario.typed import Reading, nearest


@dataclass(frozen=True, slots=True)
class DrillReader:
    """Reads the drills of one scenario; errors go to `reading`."""

    reading: Reading
    profile: Profile

    def read(self, name: str, mark: Mark, node: Node) -> Drill | None:
        if name in RESERVED:
            remedy = "phases and drills share one set of names"
            self.reading.problem(mark, "NFR018", f"`{name}` is the name of a phase", remedy)
            return None
        keys = self.reading.typed(DrillKeys, node, mark)
        written = node.child("fault")
        if written is None:
            return None
        nodes = written.content if isinstance(written.content, list) else [written]
        variants = self._variants(name, node, nodes)
        if keys is None or not variants:
            return None
        if keys.confirm is None and any(one.kind == "chaos-toolkit" for one in variants[0].faults):
            message = f"`{name}` needs `confirm`: nobody else can know what its experiment hurts"
            remedy = "name an entry or a probe that must see it, such as `confirm: edge`"
            self.reading.problem(mark, "NFR013", message, remedy)
        return Drill(
            name=name,
            variants=variants,
            varied_key=next(iter(keys.vary), None),
            repeat=self.profile.repeat if keys.repeat is None else keys.repeat,
            baseline=keys.baseline,
            hold=keys.hold,
            settle=keys.settle,
            abort_if=keys.abort_if,
            confirm=keys.confirm,
        )

    def _variants(self, name: str, node: Node, nodes: list[Node]) -> tuple[Variant, ...]:
        vary = node.child("vary")
        if vary is None or not isinstance(vary.content, dict):
            faults = [self._fault(name, each) for each in nodes]
            whole = tuple(fault for fault in faults if fault)
            return (Variant(None, whole),) if whole and len(whole) == len(faults) else ()
        found: list[Variant] = []
        for key, values in vary.content.items():
            listed = values.content if isinstance(values.content, list) else [values]
            for value in listed:
                varied = self._varied(name, nodes, key, vary.keys[key], value)
                found.extend([varied] if varied else [])
        return tuple(found)

    def _varied(
        self, name: str, nodes: list[Node], key: str, mark: Mark, value: Node
    ) -> Variant | None:
        """The fault that knows the key takes the value; the others stay."""
        takes = [each for each in nodes if key in self._known(each)]
        if len(takes) != 1:
            known = [word for each in nodes for word in self._known(each)]
            message = f"`{key}` is not a key of the fault, so it cannot be varied"
            remedy = "vary what only one of the faults has" if takes else nearest(key, known)
            self.reading.problem(mark, "NFR012", message, remedy)
            return None
        faults = [
            self._fault(name, _with(each, key, mark, value) if each is takes[0] else each)
            for each in nodes
        ]
        whole = tuple(fault for fault in faults if fault)
        return Variant(str(value.plain()), whole) if len(whole) == len(faults) else None

    @staticmethod
    def _known(node: Node) -> list[str]:
        kind = node.child("kind")
        keys = later.FAULTS.get(str(kind.content)) if kind else None
        return [*keys.required, *keys.optional] if keys else []

    def _fault(self, drill: str, node: Node) -> Fault | None:
        if not isinstance(node.content, dict):
            remedy = "such as `{kind: component-kill, component: node-2}`"
            self.reading.problem(node.mark, "NFR014", "a fault is a mapping with `kind`", remedy)
            return None
        kind_node = node.child("kind")
        if kind_node is None:
            self.reading.problem(node.mark, "NFR013", "a fault needs `kind`")
            return None
        kind, head = str(kind_node.content), node.keys["kind"]
        if (model := FAULTS.get(kind)) is not None:
            spec: BaseModel | None = self.reading.typed(model, node, head)
            if isinstance(spec, ChaosToolkit):
                check_experiment(self.reading, spec.experiment, node.keys["experiment"])
            return Fault(kind, spec, _plain(node)) if spec else None
        if kind not in later.FAULTS:
            message = f"there is no fault `{kind}`"
            kinds = nearest(kind, [*FAULTS, *later.FAULTS])
            self.reading.problem(kind_node.mark, "NFR014", message, kinds)
            return None
        self.reading.loose(later.FAULTS[kind], node, head, f"the fault `{kind}`", ("kind",))
        for key, child in node.content.items():
            self.reading.value(later.fault_key(key), key, child)
        because = (
            f"the fault `{kind}` is in the language; this version cannot do it: "
            f"the drill `{drill}` and its targets will be NOT RUN"
        )
        self.reading.not_yet("drills", drill, because, kind_node.mark)
        return Fault(kind, None, _plain(node))


def _with(node: Node, key: str, mark: Mark, value: Node) -> Node:
    assert isinstance(node.content, dict)
    return Node(node.content | {key: value}, node.mark, node.keys | {key: mark})


def _plain(node: Node) -> dict[str, Any]:
    plain = node.plain()
    assert isinstance(plain, dict)
    return plain

"""Targets as read: which check, by which keys, from which evidence."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from nfrcheck.checks import CHECKS
from nfrcheck.scenario import later
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.probes import Probe
from nfrcheck.scenario.taken import TAKEN, check_taken
from nfrcheck.scenario.targets import CommonKeys, Target
from nfrcheck.scenario.told_apart import not_told
from nfrcheck.scenario.typed import Reading, known_keys, nearest

COMMON = tuple(known_keys(CommonKeys))
# Of which a target needs one, where the check's model cannot say so itself.
ONE_OF = {
    "ejection": ("eject_within", "readmit_within", "calm"),
    "failback": ("error_window", "share_back_within", "equal_within"),
    "failover": ("error_window", "failed"),
}


@dataclass(frozen=True, slots=True)
class TargetReader:
    """Reads the targets of one scenario; errors go to `reading`."""

    reading: Reading
    loads: list[str]
    drills: list[str]
    probes: dict[str, Probe] = field(default_factory=dict)
    filled: list[str] = field(default_factory=list)

    def read(self, name: str, mark: Mark, node: Node) -> Target | None:
        if not isinstance(node.content, dict):
            self.reading.problem(node.mark, "NFR014", f"`{name}` is a mapping of limits")
            return None
        check = self._check(name, mark, node)
        if check is None:
            return None
        common = self.reading.typed(CommonKeys, _only(node, COMMON), mark)
        model = CHECKS.get(check)
        rule = self._rule(model, check, mark, node) if model else None
        if model is None:
            self._loose(check, mark, node)
        else:
            check_taken(self.reading, check, node)
        if common is None or (model is not None and rule is None):
            return None
        target = Target.model_construct(
            **(dict(common) | {"check": check}),
            id=name,
            rule=rule,
            keys={key: child.plain() for key, child in node.content.items()},
            path=mark.path,
            line=mark.line,
            column=mark.column,
        )
        because = not_told(target)
        if rule is None:
            because = (
                f"`{check}` is in the language; this version cannot judge it: "
                f"the target `{name}` will be NOT RUN"
            )
        if because:
            self.reading.not_yet("targets", name, because, mark)
            return target.model_copy(update={"later": because})
        return self._with_evidence(self._with_drill(target, mark), mark)

    def _check(self, name: str, mark: Mark, node: Node) -> str | None:
        there = node.child("check")
        known = [*CHECKS, *later.CHECKS]
        check, at = (str(there.content), there.mark) if there else (name, mark)
        if check in known:
            return check
        message = f"there is no check `{check}`"
        if there is None:
            message = f"`{name}` is not the name of a check: say which it is with `check`"
        self.reading.problem(at, "NFR014", message, nearest(check, known))
        return None

    def _rule(self, model: type[BaseModel], check: str, mark: Mark, node: Node) -> BaseModel | None:
        own = known_keys(model)
        percentiles = ("pNN",) if model.model_config.get("extra") == "allow" else ()
        if not self.reading.keys(node, (*own, *percentiles, *COMMON), f" of `{check}`"):
            return None
        missing = ONE_OF.get(check, ())
        if missing and not set(missing) & set(node.keys):
            listed = " or ".join(f"`{key}`" for key in missing)
            self.reading.problem(mark, "NFR013", f"no limit: `{check}` needs {listed}")
            return None
        kept = [key for key in node.keys if key in own or key not in COMMON]
        rule = self.reading.typed(model, _only(node, kept), mark)
        promise = node.child("at_least")
        if promise is not None and getattr(rule, "at_least", None) == 0:
            message = f"`at_least: {promise.content}` promises nothing"
            self.reading.problem(promise.mark, "NFR014", message, "such as `at_least: 99.9 %`")
            return None
        return rule

    def _loose(self, check: str, mark: Mark, node: Node) -> None:
        self.reading.loose(later.CHECKS[check], node, mark, f"`{check}`", COMMON)
        assert isinstance(node.content, dict)
        for key, child in node.content.items():
            self.reading.value(later.typed_key(key), key, child)

    def _with_drill(self, target: Target, mark: Mark) -> Target:
        if target.drill or "drill" not in later.CHECKS[target.check].required:
            return target
        if len(self.drills) == 1:
            self.filled.append(f"{target.id}: drill: {self.drills[0]}")
            return target.model_copy(update={"drill": (self.drills[0],)})
        remedy = nearest("", self.drills) if self.drills else "declare one under `drills`"
        self.reading.problem(mark, "NFR013", f"`{target.check}` needs `drill`", remedy)
        return target

    def _with_evidence(self, target: Target, mark: Mark) -> Target:
        """The only load, or else the only probe, for a target that names none."""
        needs_none = "probe" not in TAKEN[target.check] or target.check == "yearly-availability"
        if target.load or target.probe or needs_none:
            return target
        loads = [] if target.check == "recovery-point" else self.loads
        key, there = ("load", loads) if loads else ("probe", self._probes(target.check))
        if len(there) == 1:
            self.filled.append(f"{target.id}: {key}: {there[0]}")
            return target.model_copy(update={key: (there[0],)})
        if there:
            message = f"there are {len(there)} {key}s: say which one judges `{target.id}`"
            self.reading.problem(mark, "NFR019", message, f"`{key}: {there[0]}`")
        else:
            wanted = "a probe of kind `writes`" if not loads and key == "probe" else "a load"
            if target.check != "recovery-point":
                wanted = "a load or a probe"
            self.reading.problem(mark, "NFR019", f"`{target.id}` needs {wanted}, there is none")
        return target

    def _probes(self, check: str) -> list[str]:
        kinds = {"writes", "events"} if check == "recovery-point" else {"http"}
        return [name for name, probe in self.probes.items() if probe.kind in kinds]


def _only(node: Node, keys: Any) -> Node:
    assert isinstance(node.content, dict)
    content = {key: child for key, child in node.content.items() if key in keys}
    return Node(content, node.mark, {key: node.keys[key] for key in content})

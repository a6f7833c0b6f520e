"""From the tree of a deployment file to the Deployment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from nfrcheck.deployments import CONTROLS
from nfrcheck.scenario import later
from nfrcheck.scenario.assemble import check_head, file_name, named, text_of
from nfrcheck.scenario.deployment import (
    CONTROLLED,
    KEYS,
    NAMED,
    SINGLE,
    Deployment,
    Entry,
    Rates,
)
from nfrcheck.scenario.document import Mark, Node
from nfrcheck.scenario.typed import Reading, known_keys, nearest

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class DeploymentReader:
    """Reads one deployment; errors go to `reading`."""

    reading: Reading
    root: Node
    path: Path

    def read(self) -> Deployment:
        check_head(self.reading, self.root, KEYS, "deployment")
        found: dict[str, Any] = {}
        for section, single in SINGLE.items():
            if (node := self.root.child(section)) is not None:
                found[section] = self.reading.typed(single, node, self.root.keys[section])
        for section, model in NAMED.items():
            found[section] = self._section(section, model)
        for section, model in CONTROLLED.items():
            found[section] = self._controlled(section, model)
        parts = {section: self._loose(section) for section in later.PARTS if section != "links"}
        deployment = Deployment(
            name=file_name(self.reading, self.root, self.path),
            path=str(self.path),
            description=text_of(self.root, "description"),
            rates=self._rates(),
            parts={section: entries for section, entries in parts.items() if entries},
            **found,
        )
        self._references(deployment)
        return deployment

    def _section(self, section: str, model: type[M]) -> dict[str, M]:
        found: dict[str, M] = {}
        for name, mark, node in named(self.reading, self.root, section):
            typed = self.reading.typed(model, node, mark)
            if typed is not None:
                found[name] = typed
                if isinstance(typed, Entry) and typed.dns:
                    self._not_yet(section, name, "an entry by `dns`", mark)
        return found

    def _rates(self) -> dict[str, float]:
        node = self.root.child("rates")
        if node is None:
            return {}
        whole = Node({"rates": node}, node.mark, {"rates": self.root.keys["rates"]})
        rates = self.reading.typed(Rates, whole, self.root.keys["rates"])
        return rates.rates if rates else {}

    def _controlled(self, section: str, model: type[M]) -> dict[str, M]:
        """Parts whose own keys stand beside those of their control."""
        found: dict[str, M] = {}
        own_keys = [key for key in known_keys(model) if key != "control"]
        for name, mark, node in named(self.reading, self.root, section):
            if not isinstance(node.content, dict):
                self.reading.problem(node.mark, "NFR014", f"`{name}` is a mapping")
                continue
            own = self.reading.typed(model, _part(node, own_keys, inside=True), mark)
            control = self._control(section, name, mark, _part(node, own_keys, inside=False))
            if own is not None:
                found[name] = own.model_copy(update={"control": control})
        return found

    def _control(self, section: str, name: str, mark: Mark, node: Node) -> BaseModel | None:
        if not node.keys:
            return None
        kind_node = node.child("kind")
        own = known_keys(CONTROLLED[section])
        if kind_node is None:
            verbs = [key for keys in later.CONTROLS.values() for key in keys.optional]
            if self.reading.keys(node, (*own, *verbs), f" of `{section}`"):
                remedy = "such as `kind: shell`"
                self.reading.problem(mark, "NFR013", f"`{name}` needs `kind`", remedy)
            return None
        kind = str(kind_node.plain())
        if (model := CONTROLS.get(kind)) is not None:
            known = known_keys(model)
            if not self.reading.keys(node, (*known, *own), f" of `{name}` (kind `{kind}`)"):
                return None
            return self.reading.typed(model, node, mark)
        if kind not in later.CONTROLS:
            message, kinds = f"there is no control `{kind}`", [*CONTROLS, *later.CONTROLS]
            self.reading.problem(kind_node.mark, "NFR014", message, nearest(kind, kinds))
            return None
        keys = later.CONTROLS[kind]
        self.reading.loose(keys, node, mark, f"a control `{kind}`", ("kind",))
        self._not_yet(section, name, f"the control `{kind}`", kind_node.mark)
        return None

    def _not_yet(self, section: str, name: str, what: str, mark: Mark) -> None:
        because = (
            f"{what} is in the language; this version cannot use it: "
            f"what needs `{name}` will be NOT RUN"
        )
        self.reading.not_yet(section, name, because, mark)

    def _loose(self, section: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, mark, node in named(self.reading, self.root, section):
            what = f"`{section}`"
            if isinstance(node.content, dict):
                self.reading.loose(later.PARTS[section], node, mark, what, ())
                self._secrets(node)
            else:
                self.reading.problem(node.mark, "NFR014", f"`{name}` is a mapping")
            found[name] = node.plain()
        if found:
            because = (
                f"`{section}` is in the language; this version does not use it: "
                "the targets that need it will be NOT RUN"
            )
            self.reading.not_yet(section, "", because, self.root.keys[section])
        return found

    def _secrets(self, node: Node) -> None:
        """A literal secret is refused even where nothing else is typed."""
        if not isinstance(node.content, dict):
            return
        for key, child in node.content.items():
            if key in {"password", "token", "client_secret", "key"} and isinstance(
                child.content, str
            ):
                remedy = "write `{env: NAME}` or `{file: path}`"
                message = "a secret stands in the file itself"
                self.reading.problem(child.mark, "NFR017", message, remedy)
            else:
                self._secrets(child)

    def _references(self, found: Deployment) -> None:
        regions, entries = self._names("regions"), self._names("entries")
        for section in ("entries", "components"):
            for name in getattr(found, section):
                self._known(section, name, "region", regions)
        for name, part in found.components.items():
            self._known("components", name, "entry", entries)
            self._shown(name, ["replicas", "version", *getattr(part.control, "acts", ())])
        for name in found.links:
            self._known("links", name, "joins", regions)
            self._known("links", name, "entry", entries)
        self._known("build", "", "entry", entries)
        self._known("served_by", "", "values", regions)
        self._known("safety", "", "allow", [*later.FAULTS])

    def _shown(self, component: str, words: list[str]) -> None:
        """What answers tell is a number, a version, or what an act of that name did."""
        part = node.child(component) if (node := self.root.child("components")) else None
        shows = part.child("shows") if part else None
        for word, mark in shows.keys.items() if shows else ():
            if word not in words:
                message = f"`{component}` has no act `{word}` that an answer could show"
                self.reading.problem(mark, "NFR016", message, nearest(word, words))

    def _names(self, section: str) -> list[str]:
        node = self.root.child(section)
        return list(node.content) if node and isinstance(node.content, dict) else []

    def _known(self, section: str, name: str, key: str, valid: list[str]) -> None:
        """That what stands at this key is declared."""
        node = self.root.child(section)
        node = node.child(name) if node and name else node
        value = node.child(key) if node else None
        if value is None:
            return
        content = value.content
        listed = content.values() if isinstance(content, dict) else content
        for each in listed if not isinstance(listed, str) else [value]:
            if isinstance(each.content, str) and each.content not in valid:
                what = {"joins": "region", "values": "region", "allow": "fault"}.get(key, key)
                message = f"there is no {what} `{each.content}`"
                remedy = nearest(each.content, valid) or "none is declared"
                self.reading.problem(each.mark, "NFR016", message, remedy)


def _part(node: Node, keys: list[str], *, inside: bool) -> Node:
    assert isinstance(node.content, dict)
    content = {key: child for key, child in node.content.items() if (key in keys) == inside}
    return Node(content, node.mark, {key: node.keys[key] for key in content})

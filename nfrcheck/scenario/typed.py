"""From a tree of words to typed models, with every error at its word."""

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nfrcheck.errors import Diagnostic, Severity
from nfrcheck.model.units import UnitError
from nfrcheck.scenario.document import Content, Mark, Node
from nfrcheck.scenario.later import Keys, Later

M = TypeVar("M", bound=BaseModel)
PERCENTILE = re.compile(r"p(50|[5-9][0-9](\.[0-9]{1,2})?)")
_WANTED = {
    "string": "a text",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "dict": "a mapping",
    "model": "a mapping",
    "mapping": "a mapping",
    "list": "a list",
    "tuple": "a list",
    "path": "a path",
}


@dataclass(slots=True)
class Reading:
    """What was found wrong so far, and what will not be run; shared by both files of a call."""

    problems: list[Diagnostic] = field(default_factory=list)
    later: list[Later] = field(default_factory=list)
    seen: set[Diagnostic] = field(default_factory=set)

    def problem(
        self,
        mark: Mark,
        code: str,
        message: str,
        remedy: str | None = None,
        severity: Severity = "error",
    ) -> None:
        found = mark.diagnostic(code, message, remedy, severity)
        if found not in self.seen:
            self.seen.add(found)
            self.problems.append(found)

    def not_yet(self, section: str, name: str, because: str, mark: Mark) -> None:
        later = Later(section, name, because, mark)
        if later not in self.later:  # a varied fault is read once for each value
            self.later.append(later)
            self.problems.append(mark.diagnostic("NFR020", because, severity="later"))

    def typed(self, model: type[M], node: Node, head: Mark) -> M | None:
        """The model that `node` is; `head` is the place of its name. None: it has errors."""
        folder = Path(node.mark.path).parent
        known = len(self.problems)
        node = self._repaired(model, node)
        unknown = len(self.problems) > known
        try:
            found = model.model_validate(node.plain(), context={"folder": folder})
        except ValidationError as error:
            for details in error.errors(include_url=False):
                self._explain(node, head, details)
            return None
        return None if unknown else found

    def _repaired(self, annotation: Any, node: Node) -> Node:
        """The tree with unknown keys reported, and read as what they were probably meant to be.

        So that one misspelt key hides no other error, and brings no second one.
        """
        models, maps, lists = _shapes(annotation)
        if isinstance(node.content, list) and lists:
            entries: Content = [self._repaired(lists[0], each) for each in node.content]
            return Node(entries, node.mark, node.keys)
        if not isinstance(node.content, dict):
            return node
        if maps and not models:
            children = {key: self._repaired(maps[0], each) for key, each in node.content.items()}
            return Node(children, node.mark, node.keys)
        if lists and not models:  # one item that stands alone
            return self._repaired(lists[0], node)
        return self._spelt(models, node) if models and not maps else node

    def _spelt(self, models: list[type[BaseModel]], node: Node) -> Node:
        assert isinstance(node.content, dict)
        fields = {
            entry.alias or name: entry.annotation
            for model in models
            for name, entry in model.model_fields.items()
        }
        free = any(model.model_config.get("extra") == "allow" for model in models)
        content: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        for key, child in node.content.items():
            meant = key
            if key not in fields and not free:
                self.problem(node.keys[key], "NFR012", f"unknown key `{key}`", nearest(key, fields))
                meant = next(iter(get_close_matches(key, fields, n=1)), "")
                if not meant or meant in node.content:
                    continue
            content[meant] = self._repaired(fields.get(meant), child)
            keys[meant] = node.keys[key]
        return Node(content, node.mark, keys)

    def keys(self, node: Node, valid: Iterable[str], what: str = "") -> bool:
        """Whether all keys of the mapping are among the valid ones (or match a percentile)."""
        valid = tuple(valid)
        percentiles = "pNN" in valid
        names = (["p99"] if percentiles else []) + [key for key in valid if key != "pNN"]
        good = True
        for key, mark in node.keys.items():
            if key in valid or (percentiles and PERCENTILE.fullmatch(key)):
                continue
            good = False
            self.problem(mark, "NFR012", f"unknown key `{key}`{what}", nearest(key, names))
        return good

    def loose(self, keys: Keys, node: Node, head: Mark, what: str, more: Iterable[str]) -> None:
        """Checks the keys alone: those that are known, those that must be there."""
        self.keys(node, (*keys.required, *keys.optional, *more), f" of {what}")
        given = {"pNN" if PERCENTILE.fullmatch(key) else key for key in node.keys}
        for key in keys.required:
            if key not in given:
                shown = "a percentile, such as `p99`," if key == "pNN" else f"`{key}`"
                self.problem(head, "NFR013", f"{what} needs {shown.rstrip(',')}")

    def value(self, reader: Callable[[str], Any] | None, key: str, node: Node) -> None:
        """Reads a value, or a mapping that gives one per name, only to see that it is right."""
        if isinstance(node.content, dict):
            for child in node.content.values():
                self.value(reader, key, child)
        elif isinstance(node.content, str) and reader is not None:
            try:
                reader(node.content)
            except UnitError as error:
                message = error.message.replace("this key", f"`{key}`")
                self.problem(node.mark, "NFR015", message, error.remedy)

    def mapping(self, node: Node, what: str) -> Iterator[tuple[str, Mark, Node]]:
        """The entries of a mapping; anything else is a problem and has none."""
        if not isinstance(node.content, dict):
            self.problem(node.mark, "NFR014", f"{what} is a mapping of names")
            return
        for key, child in node.content.items():
            yield key, node.keys[key], child

    def _explain(self, node: Node, head: Mark, error: ErrorDetails) -> None:
        place = _locate(node, head, error["loc"])
        kind, context = error["type"], error.get("ctx") or {}
        key = str(error["loc"][-1]) if error["loc"] else ""
        if kind == "extra_forbidden":
            self.problem(place.head, "NFR012", f"unknown key `{key}`")
        elif kind == "missing":
            self.problem(place.head, "NFR013", f"`{key}` is missing")
        elif kind == "nfrcheck":
            message = str(context["message"]).replace("this key", f"`{place.key}`")
            code = "NFR017" if context.get("secret") else "NFR015"
            self.problem(place.mark, code, message, context.get("remedy"))
        elif kind in {"literal_error", "enum"}:
            words = re.findall(r"'([^']+)'", str(context.get("expected", "")))
            message = f"`{error['input']}` is none of the words of `{place.key}`"
            self.problem(place.mark, "NFR014", message, nearest(str(error["input"]), words))
        else:
            self.problem(place.mark, "NFR014", _sentence(error, place.key))


def nearest(written: str, valid: Iterable[str]) -> str | None:
    """`did you mean ...`, or what there is to choose from."""
    names = list(dict.fromkeys(str(name) for name in valid))
    if close := get_close_matches(written, names, n=1, cutoff=0.6):
        return f"did you mean `{close[0]}`?"
    if not names:
        return None
    listed = ", ".join(f"`{name}`" for name in names[:12])
    return f"there is {listed}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def known_keys(model: type[BaseModel] | None) -> list[str]:
    """The YAML keys of a model, aliases before Python's names."""
    if model is None:
        return []
    return [entry.alias or name for name, entry in model.model_fields.items()]


def _sentence(error: ErrorDetails, key: str) -> str:
    kind = error["type"].removesuffix("_parsing").removesuffix("_type").split("_")[0]
    if kind in _WANTED and error["type"].endswith(("_type", "_parsing", "_from_float")):
        return f"`{key}` takes {_WANTED[kind]}"
    message = error["msg"].removeprefix("Value error, ")
    if message.startswith("Input should be "):
        return f"`{key}` must be {message.removeprefix('Input should be ')}"
    return f"`{key}`: {message}"


@dataclass(frozen=True, slots=True)
class _Place:
    head: Mark
    mark: Mark
    key: str


def _locate(node: Node, head: Mark, loc: tuple[int | str, ...]) -> _Place:
    """Follows pydantic's path; what it adds for unions and for `Many` is passed over."""
    key, mark, owner = "", node.mark, head
    for step in loc:
        content = node.content
        if isinstance(content, dict) and isinstance(step, str) and step in content:
            node, head, key = content[step], node.keys[step], step
            mark = node.mark
        elif isinstance(content, list) and isinstance(step, int) and step < len(content):
            node = content[step]
            mark = head = node.mark
        elif isinstance(step, str) and step == loc[-1]:
            key = step
    if isinstance(node.content, dict) and mark is node.mark and mark.line != head.line:
        mark = head
    return _Place(head if loc else owner, mark if loc else owner, key or "this")


class _Shapes(NamedTuple):
    """What an annotation can be: models, values of mappings, items of lists."""

    models: list[type[BaseModel]]
    maps: list[Any]
    lists: list[Any]


def _shapes(annotation: Any) -> _Shapes:
    found = _Shapes([], [], [])
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found.models.append(annotation)
    elif origin in {tuple, list}:
        found.lists.append(parts[0])
    elif origin in {dict, Mapping}:
        found.maps.append(parts[1])
    elif origin in {Annotated, Union, types.UnionType}:
        for part in parts[:1] if origin is Annotated else parts:
            for mine, more in zip(found, _shapes(part), strict=True):
                mine.extend(more)
    return found

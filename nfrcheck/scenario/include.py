"""`include`: files that are read first, and what the including file changes in them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nfrcheck.model.outside import is_file
from nfrcheck.scenario.document import Mark, Node, compose
from nfrcheck.scenario.typed import Reading

DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Change:
    """A target that a merge removed or changed; the scorecard names it."""

    target: str
    what: Literal["removed", "changed"]
    mark: Mark


@dataclass(slots=True)
class Tree:
    """One file with its includes merged."""

    root: Node | None
    changes: list[Change] = field(default_factory=list)


def read_tree(path: Path, reading: Reading, above: tuple[Path, ...] = ()) -> Tree:
    """The file merged over what it includes; errors go to `reading`."""
    document = compose(path)
    reading.problems.extend(document.problems)
    root = document.root
    if root is None or (include := root.child("include")) is None:
        return Tree(root)
    tree = Tree(None)
    above = (*above, path.resolve())
    for entry in include.content if isinstance(include.content, list) else [include]:
        if not isinstance(entry.content, str):
            reading.problem(entry.mark, "NFR014", "`include` is a list of paths")
            continue
        other = path.parent / entry.content
        if not is_file(other):
            reading.problem(entry.mark, "NFR022", f"there is no file `{entry.content}`")
        elif other.resolve() in above or len(above) > DEEPEST:
            reading.problem(entry.mark, "NFR022", f"`{entry.content}` includes itself")
        else:
            below = read_tree(other, reading, above)
            tree.changes.extend(below.changes)
            _over(tree, below.root)
    _over(tree, root)
    return tree


def _over(tree: Tree, over: Node | None) -> None:
    if tree.root is not None and over is not None:
        tree.changes.extend(_changes(tree.root, over))
    if over is not None:
        tree.root = over if tree.root is None else merged(tree.root, over)


def _changes(below: Node, over: Node) -> list[Change]:
    before, after = below.child("targets"), over.child("targets")
    if before is None or after is None or not isinstance(after.content, dict):
        return []
    return [
        Change(name, "removed" if is_none(node) else "changed", after.keys[name])
        for name, node in after.content.items()
        if before.child(name) is not None
    ]


def is_none(node: Node) -> bool:
    return node.content == "none" and bool(getattr(node.content, "plain", False))


def merged(below: Node, over: Node) -> Node:
    """Mappings key by key, everything else replaced, `none` removes an entry."""
    if not isinstance(below.content, dict) or not isinstance(over.content, dict):
        return over
    content, keys = dict(below.content), dict(below.keys)
    for key, node in over.content.items():
        there = content.get(key)
        if there is not None and is_none(node):
            del content[key], keys[key]
            continue
        content[key] = node if there is None else merged(there, node)
        keys[key] = over.keys[key]
    # The lower file's place: it is only adjusted. A path in it starts where its own word stands.
    return Node(content, below.mark, keys)

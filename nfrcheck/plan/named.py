"""Which local files a scenario and a deployment name: what they read and what they start."""

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nfrcheck.errors import DeploymentError
from nfrcheck.plan.approval import checkout_of
from nfrcheck.scenario.document import Node, compose

BODIES = ("body", "graphql")
"""Where `{file: ...}` is what is sent; anywhere else it is where a secret is found."""
PROSE = ("name", "title", "description", "because", "owner", "requirement")
WRITTEN = ("log", "cwd")
"""What is written to, and where a command starts; in the latter files are looked for."""
GUARDS = "abort_if"
PID = "pid"
CWD = "cwd"
_SIGNS = re.compile(r"[\s;&|()<>`]+")
"""Where a shell begins another word."""
_MODULE = re.compile(r"-[A-Za-z]*?m([\w.]*)")
"""As in `python -m NAME`, also with letters before the m, or with the name in the same word."""
_NUMBER_BYTES = 32


@dataclass(slots=True)
class NamedFiles:
    """Absolute paths, in the order in which they are named, the files themselves first.

    Where a path leads through links, both it and the file at their end.
    """

    covered: dict[Path, None] = field(default_factory=dict)
    secrets: dict[Path, None] = field(default_factory=dict)
    """Named by `{file: ...}` where a secret belongs; never opened here."""
    pids: dict[Path, None] = field(default_factory=dict)
    """Named by `pid`: state, as long as they hold a number and nothing else."""
    absolute: set[Path] = field(default_factory=set)
    """Those that were written as absolute paths, or that links lead to outside the checkout."""


def named_files(*roots: str) -> NamedFiles:
    """Of these files and of all that they include.

    A word counts if it names a regular file beside any of the files that are merged or in a `cwd`,
    as a whole, as one word of a command or of a word that is a command itself (`sh -c '...'`),
    behind `=` or `@`, or as the module of `python -m`. That finds too much rather than too little.
    Not found: programs that the PATH finds, modules that are not beside those files or in a `cwd`
    (installed ones, those of a PYTHONPATH), folders, what a shell finds after its own `cd` or in
    its variables, and what the named files name or import in turn.

    Raises DeploymentError for a secret that is also something else.
    """
    found = NamedFiles()
    tops = _tops(roots)
    for root in roots:
        trees = _included(Path(root))
        folders = dict.fromkeys(path.parent for path in trees)
        for tree in trees.values():
            folders |= dict.fromkeys(_started_in(tree, tuple(folders)))
        walk = _Walk(tuple(folders), tops, found)
        for path, tree in trees.items():
            found.covered |= dict.fromkeys(walk.leads_to(path))
            if tree is not None:
                walk.node(tree, "", "")
    for path in found.pids:
        # A script that is declared to be a pid file is still a script.
        if _is_number(path):
            found.covered.pop(path, None)
    _refuse_ambiguous(found)
    return found


def _refuse_ambiguous(found: NamedFiles) -> None:
    for path in found.secrets:
        if path in found.covered or path.resolve() in found.covered:
            raise DeploymentError(
                f"{path} is a secret, and something that is read or started: no hash of a plan can "
                "cover it",
                "give the command the secret in another way, such as a variable of its own",
            )


def included_files(root: Path) -> tuple[Path, ...]:
    """The file, and all that it includes, each once."""
    return tuple(_included(root))


def _tops(roots: Iterable[str]) -> tuple[Path, ...]:
    """The folders that move with the files: their checkouts, and what holds them all."""
    homes = [Path(root).absolute().parent.resolve() for root in roots]
    shared = Path(os.path.commonpath(homes)) if homes else Path()
    return (shared, *(checkout_of(home / "file") for home in homes))


def _started_in(node: Node | None, folders: tuple[Path, ...]) -> Iterator[Path]:
    """Each `cwd` that is a folder, from each folder that it may be named from."""
    if node is None:
        return
    if isinstance(node.content, list):
        for each in node.content:
            yield from _started_in(each, folders)
    elif isinstance(node.content, dict):
        for key, child in node.content.items():
            if key == CWD and isinstance(child.content, str) and "\0" not in child.content:
                there = (folder / child.content for folder in folders)
                yield from (place.resolve() for place in there if _is(place, Path.is_dir))
            else:
                yield from _started_in(child, folders)


def _included(root: Path) -> dict[Path, Node | None]:
    """Each file once, with its tree; None for one that cannot be read as YAML."""
    trees: dict[Path, Node | None] = {}
    waiting = [root]
    while waiting:
        path = waiting.pop(0).absolute()
        # As the system follows it: `link/..` is not where the link stands.
        path = path.parent.resolve() / path.name
        if path in trees:
            continue
        tree = trees[path] = compose(path).root
        include = tree.child("include") if tree else None
        listed = include.content if include and isinstance(include.content, list) else [include]
        waiting += [
            path.parent / entry.content
            for entry in listed
            if entry is not None and isinstance(entry.content, str)
        ]
    return trees


@dataclass(frozen=True, slots=True)
class _Walk:
    folders: tuple[Path, ...]
    tops: tuple[Path, ...]
    found: NamedFiles

    def node(self, node: Node, key: str, above: str) -> None:
        """`key` is where the node stands, `above` where that stands; a list adds no key."""
        if isinstance(node.content, list):
            for each in node.content:
                self.node(each, key, above)
        elif isinstance(node.content, dict):
            for name, child in node.content.items():
                if name == "file" and isinstance(child.content, str):
                    self._file(child.content, key, above)
                else:
                    self.node(child, name, key)
        elif key not in {*PROSE, *WRITTEN}:
            self.found.covered |= dict.fromkeys(self._files(node.content))
            if key == PID:
                self.found.pids |= dict.fromkeys(self._beside(node.content))

    def _file(self, text: str, key: str, above: str) -> None:
        if key in BODIES and above != "headers":
            self.found.covered |= dict.fromkeys(self._beside(text))
        elif key != GUARDS:
            self.found.secrets |= dict.fromkeys(self._beside(text, through_links=False))

    def _files(self, text: str) -> Iterator[Path]:
        yield from self._beside(text)
        before = ""
        for word in _words(text):
            named = (word, word.removeprefix("@"), word.partition("=")[2], *_module(before, word))
            for part in named:
                yield from self._beside(part)
            before = word

    def _beside(self, word: str, *, through_links: bool = True) -> list[Path]:
        """The word as a path, from each folder that it may start from."""
        if not word or "\0" in word:
            return []
        found: dict[Path, None] = {}
        for folder in self.folders:
            path = folder / word
            named = Path(os.path.normpath(path))
            if _is(named, Path.is_file):
                found[named] = None
                if word.startswith("/"):
                    self.found.absolute.add(named)
            if _is(path, Path.is_file) and (through_links or named not in found):
                found |= dict.fromkeys(self.leads_to(path)[-1:])
        return [*found]

    def leads_to(self, path: Path) -> tuple[Path, ...]:
        """The path, and the file at the end of its links."""
        end = path.resolve()
        if not any(end.is_relative_to(top) for top in self.tops):
            self.found.absolute.add(end)
        return (path, end)


def _words(text: str) -> Iterator[str]:
    """Those of a command, and of each word that a shell takes apart once more."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    for word in words:
        yield word
        if _SIGNS.search(word):
            yield from _SIGNS.split(word)
            if len(word) < len(text):
                yield from _words(word)


def _module(before: str, word: str) -> Iterator[str]:
    """Where Python looks first for the module that these words name, with its packages."""
    here, there = _MODULE.fullmatch(word), _MODULE.fullmatch(before)
    name = here[1] if here else word if there and not there[1] else ""
    parts = name.split(".")
    if all(part.isidentifier() for part in parts):
        packages = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
        yield from (f"{package}/__init__.py" for package in packages)
        yield from (f"{packages[-1]}.py", f"{packages[-1]}/__main__.py")


def _is(path: Path, what: Callable[[Path], bool]) -> bool:
    try:
        return what(path)
    except OSError:
        return False  # too long for a name: it is none


def _is_number(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(_NUMBER_BYTES + 1).strip().isdigit()
    except OSError:
        return False

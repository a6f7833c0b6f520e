"""An experiment file that a drill names: what would leave its fault in place is refused, by line.

Chaos Toolkit itself accepts a key that nobody knows, such as `rollback`, and puts nothing back.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import urlsplit

from nfrcheck.errors import Diagnostic
from nfrcheck.scenario.document import Mark, Node, compose
from nfrcheck.scenario.typed import Reading, nearest

_TOP = (
    *("version", "title", "description", "tags", "configuration", "secrets"),
    *("steady-state-hypothesis", "method", "rollbacks", "controls", "extensions"),
    *("runtime", "contributions", "dry"),
)
_HYPOTHESIS = ("title", "description", "probes", "controls", "extensions")
_ACTIVITY = (
    *("type", "name", "provider", "tolerance", "background", "pauses", "controls", "ref"),
    *("timeout", "dry", "configuration", "secrets", "extensions", "description", "tags"),
)
_RUNTIME = ("hypothesis", "rollbacks")
_STRATEGIES = (
    *("default", "before-method-only", "after-method-only", "during-method-only"),
    *("continuously", "skip"),
)
_OTHERWISE = {"NFR004", "NFR005"}
"""Anchors, and keys without a value: no trap in a file that somebody else's rules hold for."""
_PLAIN_URL = "write the host itself, or with static `configuration`; `hosts` limits what is asked"
_UNREAD = ("", "<<")
"""What stands in the place of an alias, and a merge of one: not to be looked into from here."""


def check_experiment(reading: Reading, path: Path, named: Mark) -> None:
    """`named` is the place where the drill names it; errors go to `reading`."""
    if path.suffix not in {".yaml", ".yml", ".json"}:
        remedy = "a file that ends in .yaml, .yml or .json"
        reading.problem(named, "NFR015", f"`{path.name}` is no experiment", remedy)
        return
    document = compose(path)
    found = [one for one in document.problems if one.code not in _OTHERWISE]
    reading.problems += [one for one in found if one not in reading.problems]
    if document.root is not None and not found:
        _Experiment(reading, path, document.root).check()


class Asked(NamedTuple):
    """What an experiment asks over HTTP, as far as it says so itself."""

    hosts: frozenset[str]
    unknown: tuple[Diagnostic, ...]
    """One for each URL whose host nobody can tell before it is asked."""


def asked_by(path: Path) -> Asked:
    """With its configuration filled in, from the environment as it is now, as the library does."""
    root = compose(path).root
    hosts: set[str] = set()
    unknown: list[Diagnostic] = []
    for provider in _asking(root):
        node = provider.child("url") or provider
        host = _host(_text(provider, "url"), _configured(root))
        if host is None:
            message = f"nobody can tell which host `{_text(provider, 'url')}` asks"
            unknown.append(node.mark.diagnostic("NFR014", message, _PLAIN_URL))
        else:
            hosts.add(host)
    return Asked(frozenset(hosts), tuple(unknown))


def _asking(root: Node | None) -> Iterator[Node]:
    """Every provider of HTTP, wherever it stands; what is merged in may make any other one."""
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node.content, list):
            waiting += node.content
        elif isinstance(node.content, dict):
            waiting += node.content.values()
            merged = "<<" in node.content and "type" not in node.content
            if "url" in node.content and (merged or _text(node, "type") == "http"):
                yield node


def _host(url: str, configured: Mapping[str, str]) -> str | None:
    try:
        parts = urlsplit(Template(url).safe_substitute(configured))
        host = parts.hostname
    except ValueError:
        return None
    # Behind the host it may say what it likes.
    known = host and parts.scheme in {"http", "https"} and "$" not in parts.netloc
    return host if known else None


def _configured(root: Node | None) -> dict[str, str]:
    """The configuration that is text, or a variable of the environment."""
    listed = root.child("configuration") if root is not None else None
    if listed is None or not isinstance(listed.content, dict):
        return {}
    found: dict[str, str] = {}
    for name, node in listed.content.items():
        text = _text(node, "default")
        if isinstance(node.content, str):
            text = node.content
        elif _text(node, "type") == "env":
            text = os.environ.get(_text(node, "key"), text)
        else:
            text = ""
        # Empty is what stands in the place of an alias as well.
        found |= {name: text} if text else {}
    return found


class _Experiment:
    def __init__(self, reading: Reading, path: Path, root: Node) -> None:
        self._reading, self._path, self._root = reading, path, root
        self._named = {_text(one, "name"): one for one in self._activities(root)}

    def check(self) -> None:
        self._known(self._root, _TOP, "")
        whole = Mark(str(self._path), 1, 1, source=self._root.mark.source)
        for key in ("title", "description"):
            if self._root.child(key) is None:
                self._reading.problem(whole, "NFR013", f"an experiment needs `{key}`")
        for activity in self._activities(self._root):
            self._known(activity, _ACTIVITY, " of an activity")
        if hypothesis := self._root.child("steady-state-hypothesis"):
            self._known(hypothesis, _HYPOTHESIS, " of a hypothesis")
        self._dry()
        self._runtime()
        self._actions("method", "its method has no action: it would do nothing", whole)
        remedy = "name under `rollbacks` what undoes each action of its method"
        words = "the experiment has no `rollbacks`: nothing would put back what it does"
        self._actions("rollbacks", words, whole, remedy)

    def _known(self, node: Node, valid: tuple[str, ...], what: str) -> None:
        for key, mark in node.keys.items():
            if key not in valid and key not in _UNREAD:
                message = f"unknown key `{key}`{what}: Chaos Toolkit would silently ignore it"
                self._reading.problem(mark, "NFR012", message, nearest(key, valid))

    def _actions(self, key: str, message: str, whole: Mark, remedy: str | None = None) -> None:
        listed = self._root.child(key)
        head = self._root.keys.get(key, whole)
        if listed is not None and not isinstance(listed.content, list):
            if listed.content not in _UNREAD:
                self._reading.problem(head, "NFR014", f"`{key}` is a list of activities")
                return
            if key not in self._root.keys or listed.content == "<<":
                return
        kinds = [self._kind(one) for one in _entries(listed)]
        if not any(kind in {"action", *_UNREAD} for kind in kinds):
            self._reading.problem(head, "NFR013", message, remedy)

    def _kind(self, activity: Node) -> str:
        """The type of an activity, or of that which it refers to; empty: not to be known."""
        meant = self._named.get(_text(activity, "ref"), activity)
        return "" if not isinstance(meant.content, dict) else _text(meant, "type")

    def _dry(self) -> None:
        for node in (self._root, *self._activities(self._root)):
            if mark := node.keys.get("dry"):
                message = "with `dry` it would do nothing, and prove nothing"
                self._reading.problem(mark, "NFR014", message, "leave it out")

    def _runtime(self) -> None:
        runtime = self._root.child("runtime")
        if runtime is None or not isinstance(runtime.content, dict):
            return
        self._known(runtime, _RUNTIME, " of `runtime`")
        hypothesis = runtime.child("hypothesis")
        strategy = hypothesis.child("strategy") if hypothesis else None
        if strategy is not None and strategy.content not in {*_STRATEGIES, *_UNREAD}:
            message = f"there is no strategy `{strategy.content}`"
            remedy = nearest(str(strategy.content), _STRATEGIES)
            self._reading.problem(strategy.mark, "NFR014", message, remedy)

    @staticmethod
    def _activities(root: Node) -> Iterator[Node]:
        hypothesis = root.child("steady-state-hypothesis")
        probes = hypothesis.child("probes") if hypothesis else None
        for listed in (root.child("method"), root.child("rollbacks"), probes):
            yield from (one for one in _entries(listed) if isinstance(one.content, Mapping))


def _entries(node: Node | None) -> list[Node]:
    return node.content if node is not None and isinstance(node.content, list) else []


def _text(node: Node, key: str) -> str:
    child = node.child(key)
    return child.content if child is not None and isinstance(child.content, str) else ""

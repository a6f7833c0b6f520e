"""A YAML file as a tree that knows where each of its words stands. Nothing is typed here."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from nfrcheck.errors import Diagnostic, Severity
from nfrcheck.scenario import traps
from nfrcheck.written import Text

LARGEST_FILE = 64 * 1024  # bytes: 1,500 lines; more cannot be answered within a second
DEEPEST = 60  # mappings and lists in one another: far from what a body needs
_DEEP = re.compile(r"(?:[\[{]\s*){40}")
Content = Text | dict[str, "Node"] | list["Node"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines and columns count from 1, `length` in characters of its line."""

    path: str
    line: int = 0
    column: int = 0
    length: int = 1
    source: str = ""

    def diagnostic(
        self, code: str, message: str, remedy: str | None = None, severity: Severity = "error"
    ) -> Diagnostic:
        return Diagnostic(
            code=code,
            severity=severity,
            message=message,
            path=self.path,
            line=self.line,
            column=self.column,
            length=self.length,
            source=self.source,
            remedy=remedy,
        )


@dataclass(slots=True)
class Node:
    """One value; `keys` are the places of a mapping's keys."""

    content: Content
    mark: Mark
    keys: dict[str, Mark] = field(default_factory=dict)

    def child(self, key: str) -> "Node | None":
        return self.content.get(key) if isinstance(self.content, dict) else None

    def plain(self) -> Any:
        """The same as dict, list and `Text`."""
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        return self.content


@dataclass(slots=True)
class Document:
    """What `read` makes of one file; `root` is None if it could not be read at all."""

    path: str
    root: Node | None = None
    problems: list[Diagnostic] = field(default_factory=list)


def compose(path: Path) -> Document:
    """Reads one file; all that is wrong with it as YAML is in `problems`."""
    document = Document(str(path))
    text = _text(path, document)
    if text is not None:
        _Composer(document, text).compose()
    return document


def _text(path: Path, document: Document) -> str | None:
    whole = Mark(str(path))
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            largest = LARGEST_FILE // 1024
            message = f"the file has {size / 1e6:.1f} MB, at most {largest} KiB are read"
            remedy = "put long lists into a CSV file: `data: {sku: {csv: skus.csv, column: sku}}`"
            document.problems.append(whole.diagnostic("NFR002", message, remedy))
            return None
        raw = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        document.problems.append(whole.diagnostic("NFR002", message))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        mark = Mark(str(path), line, column)
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        document.problems.append(mark.diagnostic("NFR002", message, "save the file as UTF-8"))
        return None


class _Composer:
    """From ruamel's nodes to ours, with the traps of YAML turned into sentences."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.text = text
        self.folder = Path(document.path).parent
        # Only the breaks that YAML knows, so that lines are counted as the parser counts them.
        self.lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)
        self.anchored: set[int] = set()
        self.depth = 0

    def compose(self) -> None:
        if deep := _DEEP.search(self.text):
            before = self.text[: deep.start()]
            mark = self.mark(before.count("\n"), deep.start() - before.rfind("\n") - 1)
            self.problem(mark, "NFR001", "nested too deeply")
            return
        try:
            root = YAML().compose(self.text)
        except MarkedYAMLError as error:
            self._not_yaml(error)
            return
        except ReaderError as error:
            before = self.text[: error.position]
            mark = self.mark(before.count("\n"), error.position - before.rfind("\n") - 1)
            self.problem(mark, "NFR001", "a control character, which YAML does not allow")
            return
        except RecursionError:
            self.problem(self._deepest(), "NFR001", "nested too deeply")
            return
        except (YAMLError, ValueError) as error:
            self.problem(Mark(self.document.path), "NFR001", f"this is not YAML: {error}")
            return
        self._root(root)

    def _deepest(self) -> Mark:
        """The first word of the line that begins farthest to the right."""
        starts = [len(line) - len(line.lstrip(" -?:")) for line in self.lines]
        line = max(range(len(starts)), key=starts.__getitem__)
        return self.mark(line, starts[line])

    def _root(self, root: YamlNode | None) -> None:
        whole = Mark(self.document.path)
        if root is None:
            remedy = "`nfrcheck init URL` writes a scenario and a deployment to start from"
            self.problem(whole, "NFR002", "the file is empty", remedy)
        elif not isinstance(root, MappingNode):
            self.problem(self.mark_of(root), "NFR001", "a file is a mapping of keys to values")
        else:
            self.document.root = self.node(root)

    def _not_yaml(self, error: MarkedYAMLError) -> None:
        unfinished = "end" in (error.problem or "") and "stream" in (error.problem or "")
        marks = (error.context_mark, error.problem_mark)
        at = next((mark for mark in (marks if unfinished else marks[::-1]) if mark), None)
        line, column = (at.line, at.column) if at else (0, 0)
        found = traps.explain(self.lines, line, column, error.problem or "", error.context or "")
        mark = self.mark(found.line, found.column, found.length)
        self.problem(mark, "NFR001", found.message, found.remedy)

    def problem(self, mark: Mark, code: str, message: str, remedy: str | None = None) -> None:
        self.document.problems.append(mark.diagnostic(code, message, remedy))

    def mark(self, line: int, column: int, length: int = 1) -> Mark:
        """From ruamel's numbers, which count from 0."""
        source = self.lines[line] if 0 <= line < len(self.lines) else ""
        return Mark(self.document.path, line + 1, column + 1, max(1, length), source)

    def mark_of(self, node: YamlNode) -> Mark:
        start, end = node.start_mark, node.end_mark
        source = self.lines[start.line] if start.line < len(self.lines) else ""
        last = end.column if end.line == start.line else len(source.rstrip())
        return self.mark(start.line, start.column, last - start.column)

    def node(self, node: YamlNode) -> Node:
        mark = self.mark_of(node)
        if self.depth > DEEPEST:
            self.problem(mark, "NFR001", "nested too deeply")
            return Node(Text("", plain=True), mark)
        self.depth += 1
        found = self._node(node, mark)
        self.depth -= 1
        return found

    def _node(self, node: YamlNode, mark: Mark) -> Node:
        written = mark.source[mark.column - 1 : mark.column]
        if node.anchor is not None:
            if id(node) in self.anchored:  # an alias, maybe of something that holds itself
                return Node(Text("", plain=True), mark)
            self.anchored.add(id(node))
            self.problem(mark, "NFR004", "an anchor: nothing is computed here", "use `include`")
        elif written == "!":
            remedy = "write the value alone; text that starts with `!` needs quotes"
            self.problem(mark, "NFR004", "a tag: the key says the type", remedy)
        if isinstance(node, MappingNode):
            return self._mapping(node, mark)
        if isinstance(node, SequenceNode):
            entries = [self._value(entry, "this entry", mark) for entry in node.value]
            return Node(entries, mark)
        assert isinstance(node, ScalarNode)
        return Node(Text(node.value, plain=node.style is None, folder=self.folder), mark)

    def _mapping(self, node: MappingNode, mark: Mark) -> Node:
        content: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        flow = bool(node.flow_style)
        for key_node, value_node in node.value:
            key_mark = self.mark_of(key_node)
            if not isinstance(key_node, ScalarNode):
                remedy = 'a template in braces needs quotes: `"{name}"`'
                self.problem(key_mark, "NFR001", "a key is a word", remedy)
                continue
            key = str(key_node.value)
            if key in keys:
                message = f"`{key}` is there twice, first on line {keys[key].line}"
                self.problem(key_mark, "NFR003", message, "rename or remove one of them")
                continue
            keys[key] = key_mark
            if self._empty(value_node):
                whole = (mark, len(node.value), flow)
                self.problem(*traps.empty(key, key_mark, self.mark, whole))
                continue
            content[key] = self.node(value_node)
        return Node(content, mark, keys)

    def _value(self, node: YamlNode, what: str, mark: Mark) -> Node:
        if self._empty(node):
            self.problem(mark, "NFR005", f"{what} is empty")
        return self.node(node)

    @staticmethod
    def _empty(node: YamlNode) -> bool:
        return isinstance(node, ScalarNode) and node.style is None and str(node.value) in {"", "~"}

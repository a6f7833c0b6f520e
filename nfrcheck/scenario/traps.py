"""The traps of YAML, each turned into one sentence at its column."""

import re
from dataclasses import dataclass
from typing import Any

_TEMPLATE = re.compile(r"\{[A-Za-z_][A-Za-z0-9_-]*\}")
_RESERVED = "*@&!%`"


@dataclass(frozen=True, slots=True)
class Trap:
    """What went wrong and where; line and column count from 0."""

    line: int
    column: int
    message: str
    remedy: str | None = None
    length: int = 1


def explain(lines: list[str], line: int, column: int, problem: str, context: str) -> Trap:
    """A sentence for an error of the YAML parser."""
    if line >= len(lines):  # the parser reports the end of the file as the line after the last
        line = max(0, len(lines) - 1)
        column = len(lines[line]) if lines else 0
    source = lines[line] if lines else ""
    rest = source[column:]
    if "another document" in problem:
        return Trap(line, column, "a second document: a file holds one", "remove `---`", 3)
    if rest.startswith("\t") or "\t" in source[: len(source) - len(source.lstrip())]:
        return Trap(line, column, "a tab: YAML is indented with spaces", "use two spaces")
    trap = (
        _folded(source, line, column, context)
        or _reserved(source, line, column, problem)
        or _template(source, line, column, rest)
        or _colon(source, line, column, problem)
    )
    if trap:
        return trap
    return _plain(line, column, problem, context)


def _plain(line: int, column: int, problem: str, context: str) -> Trap:
    if "end" in problem and "stream" in problem:
        return Trap(line, column, "this is opened here and never closed")
    if "<block end>" in problem or "<document start>" in problem:
        message = "this line is indented unlike the lines that it belongs to"
        return Trap(line, column, message, "two spaces for each level")
    if "expected ':'" in problem:
        return Trap(line, 0, "a key without `: value`", "write `key: value`", max(1, column))
    message = f"this is not YAML: {problem}" + (f" ({context})" if context else "")
    return Trap(line, column, message)


def _folded(source: str, line: int, column: int, context: str) -> Trap | None:
    start = source.rfind(">", 0, column + 1)
    if start < 0 or not ("block scalar" in context or source[column : column + 1] == ">"):
        return None
    quantity = re.split(r"[,}\]#]", source[start:].lstrip(">= "), maxsplit=1)[0].strip()
    written = re.split(r"[,}\]#]", source[start:], maxsplit=1)[0].rstrip()
    message = "YAML reads `>` at the start of a value as folded text"
    return Trap(line, start, message, f"write `at least {quantity or '40 %'}`", len(written))


def _reserved(source: str, line: int, column: int, problem: str) -> Trap | None:
    char = source[column : column + 1]
    if not char or char not in _RESERVED:
        return None
    if "alias" not in problem and "cannot start" not in problem and "expected" not in problem:
        return None
    text = re.split(r"[,}\]#]", source[column:], maxsplit=1)[0].strip()
    message = f"YAML keeps `{char}` at the start of a value for itself"
    if text.startswith("*."):
        remedy = f"write `{text[1:]}` (any host below it), or quote it"
    else:
        remedy = f'quote it: `"{text}"`'
    return Trap(line, column, message, remedy, len(text))


def _template(source: str, line: int, column: int, rest: str) -> Trap | None:
    if not (match := _TEMPLATE.match(rest)):
        return None
    start = max(source.rfind(sign, 0, column) for sign in ": ,[{") + 1
    end = re.search(r"[,}\]\s]|$", source[column + len(match[0]) :])
    assert end is not None
    text = source[start : column + len(match[0]) + end.start()]
    message = "a template inside of braces or brackets needs quotes"
    return Trap(line, start, message, f'quote it: `"{text}"`', len(text))


def _colon(source: str, line: int, column: int, problem: str) -> Trap | None:
    if "mapping values are not allowed" not in problem:
        return None
    message = "a second `: ` in one line"
    start = source.find(":") + 1
    text = source[start:].strip()
    if not source[:column].strip() or start - 1 >= column:
        return Trap(line, column, message, "check the indentation of this line")
    return Trap(line, column, message, f'quote the text: `"{text}"`')


def empty(key: str, mark: Any, at: Any, whole: tuple[Any, int, bool]) -> tuple[Any, str, str, str]:
    """What an empty value means: (mark, code, message, remedy)."""
    around, entries, flow = whole
    if flow and entries == 1 and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key):
        start = at(around.line - 1, around.column - 1, around.length)
        message = f"`{{{key}}}` without quotes is a mapping with the empty key `{key}`"
        return start, "NFR005", message, f'quote it: `"{{{key}}}"`'
    if flow and re.fullmatch(r"[A-Za-z_]\w*:\S+", key):
        spaced = key.replace(":", ": ", 1)
        return mark, "NFR005", f"`{key}` is one word", f"put a space: `{spaced}`"
    if flow and entries > 1:
        message = f"the comma starts a key `{key}` without a value"
        return mark, "NFR005", message, "quote the text that holds the comma"
    return mark, "NFR005", f"`{key}` has no value", "remove the key, or say `none` to remove it"

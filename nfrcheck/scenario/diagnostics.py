"""How errors in files look: where, the line itself, what is wrong, what to write instead."""

import textwrap
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nfrcheck.errors import Diagnostic
from nfrcheck.model.outside import printable

LEAST_ROOM = 30
WIDEST = 100  # characters of a source line that are shown
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "later": "\x1b[1;36m"}
_BLUE, _BOLD, _OFF = "\x1b[34m", "\x1b[1m", "\x1b[0m"


def render(
    diagnostics: Sequence[Diagnostic], *, colour: bool = False, width: int | None = None
) -> str:
    """All of them, with the place, the line and what to do; no line break at the end.

    Sentences are broken to `width` columns; None: they are not.
    """
    return "\n".join(_one(found, colour=colour, width=width) for found in diagnostics)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning · nothing was contacted`."""
    counts = []
    for severity, one, more in (
        ("error", "error", "errors"),
        ("warning", "warning", "warnings"),
        ("later", "not run by this version", "not run by this version"),
    ):
        number = sum(found.severity == severity for found in diagnostics)
        if number:
            counts.append(f"{number} {one if number == 1 else more}")
    return f"{', '.join(counts) or 'no errors'} \N{MIDDLE DOT} nothing was contacted"


def as_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """For editors and CI; a place that does not exist is null."""
    return [
        {
            "code": found.code,
            "severity": found.severity,
            "message": found.message,
            "path": found.path,
            "line": found.line or None,
            "column": found.column or None,
            "length": found.length if found.line else None,
            "remedy": found.remedy,
        }
        for found in diagnostics
    ]


def _one(found: Diagnostic, *, colour: bool, width: int | None) -> str:
    strong = _COLOURS[found.severity] if colour else ""
    blue, bold, off = (_BLUE, _BOLD, _OFF) if colour else ("", "", "")
    word = f"{found.severity}[{found.code}]"
    first, *others = _broken(printable(found.message), width, len(word) + 1)
    head = [f"{strong}{word}{off} {bold}{first}{off}"]
    head += [f"{' ' * (len(word) + 1)}{bold}{text}{off}" for text in others]
    margin = " " * len(str(found.line or ""))
    lines = [*head, f"{margin}{blue}-->{off} {_place(found)}"]
    remedy = printable(found.remedy or "")
    beside = remedy if remedy.startswith("did you mean") else ""
    if found.line and found.source:
        shown, before, length = _window(found)
        carets = f"{strong}{'^' * length}{off}"
        lines += [
            f"{margin} {blue}|{off}",
            f"{blue}{found.line} |{off} {shown}".rstrip(),
            f"{margin} {blue}|{off} {before}{carets} {beside}".rstrip(),
        ]
    else:
        beside = ""
    if remedy and not beside:
        indent = len(margin) + len(" = help: ")
        first, *others = _broken(remedy, width, indent)
        lines += [f"{margin} {blue}={off} help: {first}", *(" " * indent + text for text in others)]
    return "\n".join(lines)


def _broken(text: str, width: int | None, indent: int) -> list[str]:
    if width is None or not text.strip():
        return [text]
    room = max(LEAST_ROOM, width - indent)
    return textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False)


def _place(found: Diagnostic) -> str:
    path = Path(found.path)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    shown = printable(str(path))
    return f"{shown}:{found.line}:{found.column}" if found.line else shown


def _window(found: Diagnostic) -> tuple[str, str, int]:
    """The part of the line around the place, the blanks before the carets, and their number."""
    start = found.column - 1
    first = max(0, start - WIDEST // 2) if len(found.source) > WIDEST else 0
    source = found.source[first : first + WIDEST]
    before = printable(source[: start - first])
    marked = printable(source[start - first :][: found.length])
    return printable(source), " " * _width(before), max(1, _width(marked))


def _width(text: str) -> int:
    """In columns of a terminal, where some letters take two and some none."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )

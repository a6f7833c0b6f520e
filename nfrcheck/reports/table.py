"""The table at the end of a run, for a terminal of any width, with colour or without."""

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import words
from nfrcheck.reports.clean import one_line
from nfrcheck.reports.rows import Row
from nfrcheck.reports.view import Page, view

_SIGNS = {"pass": "✓", "fail": "✗", "inc": "?", "inv": "!", "not": "○", "wai": "~"}
_COLOURS = {"pass": "32", "fail": "31", "inc": "33", "inv": "35", "not": "2", "wai": "2"}
_BOLD, _DIM = "1", "2"
_NARROWEST = 60
_INDENT = " " * 5
_SHOWN_PASSES = 5
_MORE = 4
_HEADS = ("TARGET", "REQUIRED", "MEASURED", "95 % INTERVAL", "N", "VS LAST")
_WANTED = (34, 18, 16, 26, 14, 16)
_LEAST = (14, 10, 10, 16, 8, 9)


def render(run: Mapping[str, Any], width: int, *, colour: bool, every: bool = False) -> str:
    """Lines of at most `width` columns; `every` shows all that passed, not the first few."""
    page = view(run)
    paint = _Paint(on=colour)
    width = max(width, _NARROWEST)
    lines = [paint(_BOLD + ";31", line) for line in _wrapped(page.head.alarm, width, "")]
    if page.rows:
        lines += [*_table(page, width, paint, every=every), ""]
    lines += _summary(page, width, paint)
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Paint:
    def __init__(self, *, on: bool) -> None:
        self.on = on

    def __call__(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text.strip() else text


def _table(page: Page, width: int, paint: _Paint, *, every: bool) -> list[str]:
    passed = [row for row in page.rows if row.outcome is Outcome.PASS]
    hidden = [] if every else passed[_SHOWN_PASSES:]
    rows = [row for row in page.rows if row not in hidden]
    compared = any(row.since_last != words.NOTHING for row in page.rows)
    heads = _HEADS if compared else _HEADS[:-1]
    cells = [_cells(row)[: len(heads)] for row in rows]
    widths = _widths([heads, *cells], width - 3)
    lines = [paint(_BOLD, "   " + _line(heads, widths))]
    for row, cell in zip(rows, cells, strict=True):
        lines += _row(row, cell, widths, width, paint)
    if hidden:
        lines.append(paint(_DIM, f"   + {len(hidden)} more passed (--all shows them)"))
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    f = row.figures
    name = f"{row.id} (advisory)" if row.advisory else row.id
    since = f"{row.since_last} {row.since_word}"
    shown = (name, f.limit, f.measured, f.interval, f.samples, since)
    return tuple(one_line(cell) for cell in shown)


def _row(
    row: Row, cells: Sequence[str], widths: Sequence[int], width: int, paint: _Paint
) -> list[str]:
    code = _COLOURS[row.figures.css]
    shown = [_fit(cell, size) for cell, size in zip(cells, widths, strict=True)]
    if row.attention:
        shown[2] = paint(f"{_BOLD};{code}", shown[2])
    if row.since_css and len(shown) == len(_HEADS):
        shown[-1] = paint(_COLOURS[row.since_css], shown[-1])
    lines = [f" {paint(code, _SIGNS[row.figures.css])} {'  '.join(shown)}"]
    passed = row.outcome is Outcome.PASS
    said = (row.remark,) if passed else (row.figures.because, row.next_step, row.waiver)
    text = words.joined(said)
    beside = "" if passed else row.place
    return lines + [paint(_DIM, line) for line in _said(text, beside, width)]


def _said(text: str, place: str, width: int) -> list[str]:
    """The sentence, and the place apart from it: behind its last line if there is room."""
    lines = _wrapped(text, width, _INDENT)
    if place and lines and _columns(lines[-1]) + _columns(place) + 3 <= width:
        lines[-1] += f"   {one_line(place)}"
        return lines
    return lines + _wrapped(place, width, _INDENT)


def _summary(page: Page, width: int, paint: _Paint) -> list[str]:
    head = page.head
    counted = " · ".join(f"{c.number} {c.word}" for c in head.counts if c.number != "0")
    facts = f"{page.trust_summary} · {head.restored} · {page.lasted}"
    word = head.word.upper()
    first, *others = _wrapped(counted or head.counted, width - len(word) - 2, "")
    ended = [f"ended: {one_line(head.ended)}"] if head.ended else []
    return [
        f"{paint(f'{_BOLD};{_COLOURS[head.css]}', word)}  {first}",
        *(f" {line}" for line in others),
        *_wrapped(page.sentence, width, " "),
        *(paint(_DIM, line) for text in (facts, *ended) for line in _wrapped(text, width, " ")),
    ]


def _widths(table: Sequence[Sequence[str]], width: int) -> list[int]:
    """What the cells need, at most what is wanted; too wide, the first column gives way first."""
    needed = [max(_columns(row[i]) for row in table) for i in range(len(table[0]))]
    widths = [min(need, want) for need, want in zip(needed, _WANTED, strict=False)]
    over = sum(widths) + 2 * (len(widths) - 1) - width
    for i in (0, 3, 1, 2, 4, 5)[: len(widths)]:
        given = max(0, min(over, widths[i] - min(_LEAST[i], widths[i])))
        widths[i] -= given
        over -= given
    # What is left makes room between the columns.
    more = min(_MORE, max(0, -over) // len(widths))
    return [*(size + more for size in widths[:-1]), widths[-1]]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_fit(cell, size) for cell, size in zip(cells, widths, strict=True))


def _fit(text: str, width: int) -> str:
    """Exactly `width` columns."""
    if _columns(text) > width:
        while text and _columns(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    return sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    # Half the width where characters are two columns wide, so that a line never runs over.
    wide = any(_columns_of(character) == 2 for character in text)
    return textwrap.wrap(
        one_line(text),
        width // 2 if wide else width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )

"""A summary for merge requests and CI step summaries: at most 60 kB; it says what it left out."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nfrcheck.reports import words
from nfrcheck.reports.clean import cut, one_line
from nfrcheck.reports.rows import Row
from nfrcheck.reports.view import Page, view

NAME = "summary.md"
MOST_BYTES = 60_000
_ROOM = 40_000
"""For the targets, in bytes; drills get the next piece, and every other string is cut."""
_DRILL_ROOM = 8_000
_LONGEST = 300
_MARKS = {
    "pass": "\N{WHITE HEAVY CHECK MARK}",
    "fail": "\N{CROSS MARK}",
    "inc": "\N{BLACK QUESTION MARK ORNAMENT}",
    "inv": "\N{WARNING SIGN}",
    "not": "\N{MEDIUM WHITE CIRCLE}",
    "wai": "\N{HEAVY MINUS SIGN}",
}
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>&|~$^]|:(?=//)|(?<=www)\.")
_CALLS = re.compile(r"(?<=[@#])(?=\w)")
_STARTS = re.compile(r"^(?=[-+=#]([\s=-]|$)|\d+[.)]\s)")
_NOTHING_WIDE = "\u200b"


def write(run: Mapping[str, Any], folder: Path) -> Path:
    path = folder / NAME
    path.write_text(render(run), encoding="utf-8")
    return path


def render(run: Mapping[str, Any]) -> str:
    page = view(run)
    facts = [page.head.counted, page.trust_summary, page.head.restored, page.lasted]
    lines = [
        f"## {_MARKS[page.head.css]} {page.head.word}: {plain(page.scenario)}",
        "",
        *([f"**{page.head.alarm}**", ""] if page.head.alarm else []),
        plain(page.sentence),
        "",
        plain(" · ".join(facts)),
        "",
        *(_targets(page) if page.rows else ["No target was judged.", ""]),
        *_drills(page),
        *(f"- {plain(name)}: {plain(value)}" for name, value in page.facts),
        *([f"- Run again: {plain(page.command)}"] if page.command else []),
    ]
    return "\n".join(lines) + "\n"


def plain(text: str, length: int = _LONGEST) -> str:
    """Text that means nothing to Markdown or HTML, calls nobody and stays on its line.

    Entities instead of backslashes: they hold in tables and in every dialect. A mention and an
    issue number are resolved after entities are, so those get a space of no width.
    """
    shown = _CALLS.sub(_NOTHING_WIDE, cut(one_line(text), length))
    shown = _STARTS.sub(_NOTHING_WIDE, shown)
    return _SPECIAL.sub(lambda found: f"&#{ord(found.group())};", shown)


def _targets(page: Page) -> list[str]:
    head = ["| | requirement | target | measured | 95 % interval | samples |", "|-|-|-|-|-|-|"]
    return _fitting(head, [_row(row) for row in page.rows], _ROOM, "targets")


def _row(row: Row) -> str:
    f = row.figures
    said = [plain(row.title), f"{plain(row.id)}{' (advisory)' if row.advisory else ''}"]
    if row.remark:
        said.append(plain(row.remark))
    if row.outcome.value != "pass":
        reasons = (f.because, row.next_step, row.waiver)
        said.append(words.joined(plain(reason) for reason in reasons if reason))
    cells = (
        f"{_MARKS[f.css]} {f.word}",
        "<br>".join(said),
        *(plain(cell, 60) for cell in (f.limit, f.measured, f.interval, f.samples)),
    )
    return f"| {' | '.join(cells)} |"


def _drills(page: Page) -> list[str]:
    if not page.drills:
        return []
    head = ["| | drill | outage | failed | healed | verified |", "|-|-|-|-|-|-|"]
    rows = []
    for drill in page.drills:
        outages = ", ".join(f"{window} {client}" for client, window in drill.outages)
        cells = (drill.name, outages, drill.failed, drill.healed, drill.verified)
        shown = " | ".join(plain(cell, 120) for cell in cells)
        rows.append(f"| {_MARKS[drill.css]} {drill.word} | {shown} |")
    return _fitting(head, rows, _DRILL_ROOM, "drill runs")


def _fitting(head: Sequence[str], rows: Sequence[str], room: int, what: str) -> list[str]:
    """As many rows as fit, in their order; the number of the others is said."""
    kept: list[str] = []
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            break
        kept.append(row)
    left = len(rows) - len(kept)
    more = f"Showing {len(kept)} of {len(rows)} {what}; the rest is in scorecard.html."
    return [*head, *kept, "", *([more, ""] if left else [])]

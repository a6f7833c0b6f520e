"""Annotations of GitHub Actions: what failed, at the line of the scenario that promised it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nfrcheck.model.verdict import Outcome
from nfrcheck.reports import words
from nfrcheck.reports.clean import cut, one_line
from nfrcheck.reports.headline import Headline
from nfrcheck.reports.rows import Row
from nfrcheck.reports.view import Page, view
from nfrcheck.reports.workflow import command

MOST = 10
"""Of a kind, GitHub shows no more for one step."""
LONGEST = 900
_ADVISORY = {"error": "warning", "warning": "notice"}


def annotations(run: Mapping[str, Any], checkout: Path) -> list[str]:
    """At most ten workflow commands, the worst first; the last one counts those left out.

    GitHub finds a file by its path from `checkout`.
    """
    page = view(run)
    rows = [row for row in page.rows if row.attention]
    lines = [*_run_itself(page, rows), *(_row(row, checkout) for row in rows)]
    if len(lines) <= MOST:
        return lines
    kept = lines[: MOST - 1]
    left = len(lines) - len(kept)
    level = "error" if lines[MOST - 1].startswith("::error") else "warning"
    more = f"and {left} more targets that need attention; all of them are in the step summary"
    return [*kept, command(level, more, title=f"nfrcheck: {page.scenario}")]


def _run_itself(page: Page, rows: Sequence[Row]) -> list[str]:
    """What no target says: something is not put back, or the run ended before its end."""
    head: Headline = page.head
    code = int(head.exit.partition(" ")[0])
    told = head.alarm or ("" if rows or code == 0 else page.sentence or head.counted)
    if not told:
        return []
    title = f"nfrcheck: {page.scenario}: {head.word}"
    return [command("error", cut(one_line(told), LONGEST), title=title)]


def _row(row: Row, checkout: Path) -> str:
    level = "error" if row.outcome is Outcome.FAIL else "warning"
    f = row.figures
    said = (f.because, row.next_step, f"Measured {f.measured}, required {f.limit}.")
    text = cut(words.joined(one_line(part) for part in said), LONGEST)
    return command(
        _ADVISORY[level] if row.advisory else level,
        text,
        **_place(row.source, checkout),
        title=f"{row.id}: {f.word}",
    )


def _place(source: str, checkout: Path) -> dict[str, str | int]:
    """Nothing for a file outside of the checkout: GitHub could not show it."""
    file, _, line = source.rpartition(":")
    if not file or not line.isdigit():
        return {}
    path = Path(file).absolute()
    root = checkout.absolute()
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
    return {"file": shown, "line": int(line)} if shown else {}

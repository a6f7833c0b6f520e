"""The section "NFR targets" at the end of a test session."""

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from nfrcheck.testing.judged import BROKEN, LAST, LETTERS
from nfrcheck.testing.results import GOOD, UNDECIDED
from nfrcheck.testing.settings import NOT_RUN

TITLE = "NFR targets"
HEADS = ("TARGET", "REQUIRED", "MEASURED", "95 % INTERVAL", "N")
_KEYS = ("nfr_target", "nfr_required", "nfr_measured", "nfr_interval", "nfr_n")
_WORDS = {name: word.lower() for name, (_, word) in LETTERS.items()}
_SIGNS = {
    "pass": "\N{CHECK MARK}",
    "waived": "~",
    "fail": "\N{BALLOT X}",
    "invalid": "!",
    "inconclusive": "?",
    "not-run": "\N{WHITE CIRCLE}",
}


class Row(NamedTuple):
    verdict: str
    cells: tuple[str, ...]
    because: str
    source: str
    scorecard: str


def write(reports: Iterable[pytest.TestReport], terminal: Any) -> None:
    """Nothing if none of the reports is about a target."""
    lines = list(_section(list(reports), max(60, shutil.get_terminal_size((100, 24)).columns)))
    if lines:
        terminal.write_sep("=", TITLE)
        for line in lines:
            terminal.write_line(line)


def status(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """Category, letter and word of one target's item; None for what pytest says itself."""
    if not isinstance(report, pytest.TestReport):
        return None
    verdict = str(dict(report.user_properties).get("nfr_verdict", ""))
    if verdict not in LETTERS:
        return None
    letter, word = LETTERS[verdict]
    if report.failed and verdict in GOOD:  # met, but the run as a whole is broken
        letter, word = BROKEN
    elif report.skipped and verdict not in UNDECIDED:
        letter, word = letter.lower(), f"ADVISORY {word}"
    return report.outcome, letter, word


def _section(reports: list[pytest.TestReport], width: int) -> Iterator[str]:
    rows = {(row.scorecard, row.cells[0]): row for report in reports for row in _rows(report)}
    for scorecard in dict.fromkeys(place for place, _ in rows):
        yield from _lines([row for row in rows.values() if row.scorecard == scorecard], width)
        yield f"scorecard  {scorecard}"
    reasons = [reason for report in reports if (reason := _not_run(report))]
    for reason in dict.fromkeys(reasons):
        count = reasons.count(reason)
        yield f"{count} {'test' if count == 1 else 'tests'} not run: {reason}"


def _rows(report: pytest.TestReport) -> Iterator[Row]:
    found: dict[str, str] = {}
    for name, value in report.user_properties:
        found[name] = str(value)
        if name == LAST:
            yield Row(
                verdict=found["nfr_verdict"],
                cells=tuple(found[key] for key in _KEYS),
                because=found["nfr_because"],
                source=found["nfr_source"],
                scorecard=found["nfr_scorecard"],
            )


def _not_run(report: pytest.TestReport) -> str:
    """Why the session's options leave it out; empty for every other skip."""
    said = str(report.longrepr[-1]) if isinstance(report.longrepr, tuple) else ""
    return said.partition(NOT_RUN)[2]


def _lines(rows: Sequence[Row], width: int) -> Iterable[str]:
    columns = zip(HEADS, *(row.cells for row in rows), strict=True)
    widths = [min(max(map(len, column)), 30) for column in columns]
    yield "   " + _line(HEADS, widths)
    for row in rows:
        yield f" {_SIGNS.get(row.verdict, '!')} {_line(row.cells, widths)}"
        if row.verdict != "pass":
            word = _WORDS.get(row.verdict, row.verdict)
            text = f"{word}: {row.because}  {row.source}"
            yield from textwrap.wrap(
                text, width - 1, initial_indent="     ", subsequent_indent="     "
            )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{size}}" for cell, size in zip(cells, widths, strict=True)).rstrip()

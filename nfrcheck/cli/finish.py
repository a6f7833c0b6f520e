"""What every door does with a result: reports, the table, the exit code."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.events import Events
from nfrcheck.cli.reporting import Wanted
from nfrcheck.history.keep import RUN, read_json
from nfrcheck.model.outside import printable
from nfrcheck.model.scorecard import EXIT_NAMES, Scorecard
from nfrcheck.model.verdict import Outcome, Verdict
from nfrcheck.pipeline import Result
from nfrcheck.reports import terminal

SUMMARY_LIMIT = 60_000
"""Bytes; GitHub drops a summary that is much larger as a whole."""
_CUT = "\n\nThe summary was cut here; all of it is in summary.md.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the end of a run is kept and told."""

    reports: Wanted = field(default_factory=Wanted)
    junit: Path | None = None
    """Where a copy of junit.xml goes."""
    every: bool = False
    """Every target that passed stands in the table, not the first few."""
    events: Events | None = None


def finish(
    result: Result, *, colour: bool | None, lenient: bool = False, shown: Shown | None = None
) -> int:
    """Writes the reports, prints the end of the run, gives the exit code.

    A report that cannot be written is told and changes no verdict.
    """
    shown = shown or Shown()
    run = read_json(result.folder / RUN)
    written, lost = shown.reports.write(run, result.folder)
    lost += _copy(run, shown.junit) + _step_summary(run)
    warning = click.style("warning:", fg="yellow")
    for words in lost:
        click.echo(f"{warning} {printable(words)}", err=True, color=colour)
    _print(run, colour=colour, every=shown.every)
    page = written.get("html")
    place = printable(short(page or result.folder))
    click.echo(f" {'scorecard' if page else 'folder':<9}  {place}")
    code, remark = _code(result.scorecard, lenient=lenient)
    if shown.events:
        _tell(shown.events, run, code, result.folder, written)
    click.echo(f"exit {code} ({remark})")
    return code


def _code(scorecard: Scorecard, *, lenient: bool) -> tuple[int, str]:
    if lenient and scorecard.exit_code == 3 and leans_to_pass(scorecard):
        return 0, "inconclusive, leaning to pass; --inconclusive warn"
    return scorecard.exit_code, EXIT_NAMES[scorecard.exit_code]


def _print(run: Mapping[str, Any], *, colour: bool | None, every: bool) -> None:
    width = min(140, max(60, _columns()))
    on = colour if colour is not None else sys.stdout.isatty()
    # What the live view left stands right above it.
    table = "\n" + terminal(run, width, on, every=every)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from nfrcheck.reports.github import annotations
        from nfrcheck.reports.workflow import harmless

        table = harmless(table)
        checkout = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
        table += "".join(f"{line}\n" for line in annotations(run, checkout))
    click.echo(table, color=on)


def _tell(
    events: Events, run: Mapping[str, Any], code: int, folder: Path, written: Mapping[str, Path]
) -> None:
    for target in run["targets"]:
        events.tell("target", target=target)
    events.end(
        code,
        run["sentence"],
        verdict=run["verdict"],
        ended=run["ended"],
        restored=run["restored"],
        folder=str(folder),
        reports={name: str(path) for name, path in written.items()},
    )


def leans_to_pass(scorecard: Scorecard) -> bool:
    """Every undecided critical target measured something that meets its limit."""
    undecided = [
        row.verdict
        for row in scorecard.targets
        if row.critical and row.verdict.outcome in {Outcome.INCONCLUSIVE, Outcome.NOT_RUN}
    ]
    return all(_leans(verdict) for verdict in undecided)


def _leans(verdict: Verdict) -> bool:
    if verdict.measured is None or verdict.limit is None or not verdict.samples:
        return False
    if verdict.limit.lower:
        return verdict.measured >= verdict.limit.value
    return verdict.measured <= verdict.limit.value


def _copy(run: Mapping[str, Any], junit: Path | None) -> list[str]:
    """Writes junit.xml where CI looks for it; what went wrong, in words."""
    if junit is None:
        return []
    from nfrcheck.reports.junit import render

    try:
        junit.write_text(render(run), encoding="utf-8")
    except OSError as error:
        return [f"--junit {junit} could not be written: {error.strerror}"]
    return []


def _step_summary(run: Mapping[str, Any]) -> list[str]:
    """GitHub shows what is appended to this file below the job; what went wrong, in words."""
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        return []
    from nfrcheck.reports.markdown import render

    try:
        with Path(target).open("ab") as file:
            file.write(at_most(render(run).encode(), SUMMARY_LIMIT))
    except OSError as error:
        return [f"the step summary {target} could not be written: {error.strerror}"]
    return []


def at_most(text: bytes, limit: int) -> bytes:
    """So many bytes of UTF-8 at most; what is cut ends with a whole line and says so."""
    if len(text) <= limit:
        return text
    room = text[: limit - len(_CUT)].decode("utf-8", "ignore")
    return (room.rpartition("\n")[0] + _CUT).encode()


def _columns() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def short(path: Path) -> str:
    """From the working folder, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

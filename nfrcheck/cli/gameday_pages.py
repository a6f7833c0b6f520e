"""`nfrcheck gameday runbook`, `history` and `ci`: what is printed for people and schedulers."""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.gameday_files import (
    Chosen,
    Planned,
    at_option,
    choose,
    gamedays_option,
    moment,
    needs,
    planned,
)
from nfrcheck.cli.history import WIDEST
from nfrcheck.cli.options import flag, out_option
from nfrcheck.model.outside import printable, why

STALE = 3
SCHEDULERS = ("github", "gitlab", "cron", "systemd", "k8s")


@click.command("runbook", help="Write the page for the people who are there; it prints on two A4.")
@click.argument("name", required=False)
@gamedays_option
@flag(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it.  [default: runbook-NAME.html, or runbook.html in the run's folder]",
)
@flag(
    "--run",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Fill in the times and verdicts of this run.",
)
@at_option
def runbook_command(
    name: str | None, gamedays: Path, output: Path | None, run: Path | None, at: str | None
) -> None:
    chosen = choose(gamedays, name)

    from nfrcheck.errors import UsageError
    from nfrcheck.gameday.schedule import upcoming
    from nfrcheck.history.keep import RUN, RUNBOOK

    ready = planned(chosen)
    if ready.plan is None:
        raise UsageError(ready.refused or "there is no plan")
    if run is not None:
        if not (run / RUN).is_file():
            raise UsageError(f"{run} holds no judged run", "name a folder of --out")
        due, notes = _kept(run)
        path = output or run / RUNBOOK
        text = _page(chosen, ready, due, run, notes)
    else:
        due = next(upcoming(chosen.day, moment(at, chosen.day)))
        path = output or Path(f"runbook-{chosen.name}.html")
        text = _page(chosen, ready, due, None, ())
    _write(path, text)
    click.echo(f"wrote  {printable(str(path))}")


def _kept(run: Path) -> tuple[datetime, Sequence[str]]:
    """When a run was due, and what was noted of it. Raises UsageError for one that is damaged."""
    from nfrcheck.cli.reporting import read_run
    from nfrcheck.errors import UsageError
    from nfrcheck.history.keep import GAMEDAY, read_json

    started = read_run(run)["started_at"]
    try:
        kept = read_json(run / GAMEDAY) if (run / GAMEDAY).is_file() else {}
        return datetime.fromisoformat(kept.get("due", started)), kept.get("notes", ())
    except (OSError, ValueError, TypeError, AssertionError) as error:
        raise UsageError(f"{run / GAMEDAY} cannot be read: {why(error)}") from error


def keep_runbook(
    chosen: Chosen, ready: Planned, folder: Path, due: datetime, notes: Sequence[str]
) -> Path:
    """Fills in the runbook of a run that has just ended; both files stand beside its evidence."""
    from nfrcheck.history.keep import GAMEDAY, RUNBOOK, write_json

    document = {"name": chosen.name, "due": due.isoformat(), "notes": list(notes)}
    write_json(folder / GAMEDAY, document)
    path = folder / RUNBOOK
    _write(path, _page(chosen, ready, due, folder, notes))
    return path


def _page(
    chosen: Chosen, ready: Planned, due: datetime, run: Path | None, notes: Sequence[str]
) -> str:
    from nfrcheck.gameday.page import Done, page
    from nfrcheck.history.keep import RUN, read_json

    assert ready.plan is not None, "a plan that was refused has no page"
    done = Done(run=read_json(run / RUN), folder=str(run), notes=notes) if run else None
    values = page(chosen.name, chosen.day, ready.plan, due, done)
    text: str = needs("report", _renderer)(values)
    return text


def _renderer() -> Any:
    from nfrcheck.reports.runbook import render

    return render


def _write(path: Path, text: str) -> None:
    from nfrcheck.errors import UsageError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


@click.command("history", help="Show which target was proven when, and what is stale.")
@click.argument("name", required=False)
@gamedays_option
@out_option
@flag(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    variable="NFRCHECK_GAMEDAY_FORMAT",
    help="A table for people, or for programs.",
)
@flag(
    "--fail-stale",
    is_flag=True,
    help="Exit 3 if a target was not proven within `freshness`.",
)
@at_option
def history_command(  # noqa: PLR0917 - one parameter a flag
    name: str | None,
    gamedays: Path,
    out: Path | None,
    form: str,
    fail_stale: bool,
    at: str | None,
) -> int:
    chosen = choose(gamedays, name)

    from nfrcheck.cli.gameday_past import rows_of

    rows = rows_of(chosen, planned(chosen), out, moment(at, chosen.day))
    stale = sum(row.stale for row in rows)
    if form == "json":
        click.echo(json.dumps([row.to_json() for row in rows], indent=1))
    elif form == "csv":
        _csv([row.to_json() for row in rows])
    else:
        _table(rows, chosen.day.freshness)
    return STALE if stale and fail_stale else 0


def _csv(rows: Sequence[dict[str, object]]) -> None:
    import csv

    if rows:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _table(rows: Sequence[Any], limit_s: float | None) -> None:
    from nfrcheck.gameday.freshness import COLUMNS, cells
    from nfrcheck.gameday.gate import show_span
    from nfrcheck.reports.clean import cut

    table = [COLUMNS, *([cut(printable(cell), WIDEST) for cell in cells(row)] for row in rows)]
    widths = [max(len(line[n]) for line in table) for n in range(len(COLUMNS))]
    for row, line in zip((None, *rows), table, strict=True):
        mark = (
            " " if row is None else click.style("!", fg="yellow", bold=True) if row.stale else " "
        )
        padded = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo(f" {mark} {padded}".rstrip())
    stale = sum(row.stale for row in rows)
    if limit_s is None:
        click.echo("nothing becomes stale: the game day has no `freshness`")
    else:
        click.echo(f"{stale} of {len(rows)} stale: not proven within {show_span(limit_s)}")


@click.command("ci", help="Print the file with which another scheduler starts a game day.")
@click.argument("scheduler", type=click.Choice(SCHEDULERS))
@click.argument("name", required=False)
@gamedays_option
def ci_command(scheduler: str, name: str | None, gamedays: Path) -> None:
    chosen = choose(gamedays, name)

    from nfrcheck.errors import UsageError
    from nfrcheck.gameday.calendar_words import NotForCron, crowded
    from nfrcheck.gameday.jobs import Place, job

    place = Place(
        folder=Path.cwd(),
        gamedays=str(gamedays),
        command=shutil.which("nfrcheck") or str(Path(sys.executable).with_name("nfrcheck")),
    )
    try:
        text = job(scheduler, chosen.name, chosen.day, place)
    except NotForCron as error:
        raise UsageError(str(error), "name the days otherwise") from error
    click.echo(text, nl=False)
    if crowded(chosen.day.schedule):
        note = "note: everybody's jobs begin at this minute; an odd one, such as 17, is less late"
        click.echo(note, err=True)

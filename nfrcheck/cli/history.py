"""`nfrcheck history`: which target was proven when, what is stale, and what is waived how long."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.options import DURATION, flag, out_option

STALE = 3
WIDEST = 60
"""Letters of a cell: one long name must not push the other columns off every screen."""
_HEADS = ("TARGET", "DEPLOYMENT", "LAST VERDICT", "LAST PROVEN", "AGE", "WAIVED")


@click.command(help="Show of every target when it was proven last, and on which build.")
@out_option
@flag(
    "--freshness",
    type=DURATION,
    metavar="DURATION",
    help="What was not proven within this time is stale, such as 30 d.",
)
@flag(
    "--fail-on-stale",
    is_flag=True,
    help="Exit 3 if a target is stale or was never proven.",
)
@flag(
    "--format",
    "form",
    variable="NFRCHECK_HISTORY_FORMAT",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@click.pass_context
def command(
    ctx: click.Context, out: Path | None, freshness: float | None, fail_on_stale: bool, form: str
) -> int:
    from nfrcheck.cli.settings import out_folder
    from nfrcheck.errors import UsageError
    from nfrcheck.history.freshness import rows_of
    from nfrcheck.history.past import read_past

    folder = out or out_folder()
    try:
        past = read_past(folder)
    except OSError as error:
        raise UsageError(f"the history in {folder} cannot be read: {error.strerror}") from error
    if not past.lines:
        raise UsageError(f"there is no history in {folder}", "nfrcheck run SCENARIO writes it")
    rows = rows_of(past, dt.datetime.now(dt.UTC), freshness)
    if form == "json":
        click.echo(json.dumps([row.to_json() for row in rows], indent=1, ensure_ascii=False))
    else:
        _table(rows, ctx.color)
    return STALE if fail_on_stale and any(row.stale for row in rows) else 0


def _table(rows: list[Any], colour: bool | None) -> None:
    from nfrcheck.model.outside import printable
    from nfrcheck.reports.clean import cut

    cells = [_HEADS, *([cut(printable(cell), WIDEST) for cell in row.cells] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(_HEADS))]
    for row, cell in zip((None, *rows), cells, strict=True):
        line = "  ".join(text.ljust(size) for text, size in zip(cell, widths, strict=True))
        stale = row is not None and row.stale
        click.secho(line.rstrip(), fg="yellow" if stale else None, bold=row is None, color=colour)
    stale_ones = sum(row.stale for row in rows)
    click.echo(f"{len(rows)} targets · {stale_ones} stale or never proven")

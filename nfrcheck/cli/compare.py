"""`nfrcheck compare`: one run against those before it, or two runs side by side."""

import json
from pathlib import Path

import click

from nfrcheck.cli.options import flag, out_option
from nfrcheck.model.outside import printable

REGRESSION = 1


@click.command(
    help="Compare run A with the comparable runs before it, or with run B. A and B are folders, "
    "names of runs, @last or @previous; without any it is @last."
)
@click.argument("a", default="@last")
@click.argument("b", required=False)
@out_option
@flag(
    "--fail-on",
    type=click.Choice(["nothing", "regression"]),
    default="nothing",
    show_default=True,
    help="regression: exit 1 if a number is worse than its noise, or a target now fails.",
)
@flag(
    "--format",
    "form",
    variable="NFRCHECK_COMPARE_FORMAT",
    type=click.Choice(["text", "json", "md"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@click.pass_context
def command(  # noqa: PLR0917 - one parameter a flag
    ctx: click.Context, a: str, b: str | None, out: Path | None, fail_on: str, form: str
) -> int:
    from nfrcheck.cli.comparison import (
        HEAD,
        against_past,
        as_json,
        as_markdown,
        as_text,
        side_by_side,
    )
    from nfrcheck.cli.runs import PREVIOUS, find_run, previous

    new = find_run(a, out)
    if b is None:
        found = against_past(new)
    else:
        found = side_by_side(previous(new) if b == PREVIOUS else find_run(b, out), new)
    if form == "json":
        click.echo(json.dumps(as_json(found), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        lines = as_markdown(found) if form == "md" else as_text(found)
        for line, colour in lines:
            bold = colour == HEAD
            fg = None if bold else colour
            click.secho(printable(line), fg=fg, bold=bold or None, color=ctx.color)
    return REGRESSION if fail_on == "regression" and found.regressed else 0

"""`nfrcheck run`: one scenario against one deployment, with verdict, scorecard and exit code."""

from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.events import Told
from nfrcheck.cli.options import (
    DURATION,
    all_option,
    deployment_option,
    flag,
    inconclusive_option,
    out_option,
    profile_option,
    scenario_argument,
)
from nfrcheck.cli.reporting import assets_option, format_option


@click.command(
    cls=Told,
    help="Run a scenario against a deployment, judge it, write the scorecard. FILE may be a plan "
    "that `nfrcheck plan -o` kept: then exactly that is run, or nothing if something has changed.",
)
@scenario_argument
@deployment_option
@out_option
@profile_option
@flag("--seed", type=int, help="Repeat a run's random choices.")
@flag("--only", multiple=True, metavar="TARGET", help="Judge only this target (repeatable).")
@flag("--skip", multiple=True, metavar="TARGET", help="Leave this target out (repeatable).")
@flag("--max-time", key=True, type=DURATION, help="Heal and end after this time (exit 5).")
@inconclusive_option
@flag("--dry-run", is_flag=True, help="Show the plan, contact nothing: nfrcheck plan.")
@format_option
@assets_option
@flag(
    "--junit",
    key=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="Write junit.xml here too.",
)
@all_option
@flag(
    "--json",
    "json_",
    is_flag=True,
    help="Events as lines of JSON on stdout; what people read goes to stderr.",
)
@flag(
    "--end-with-stdin",
    is_flag=True,
    help="Put back and end when standard input closes: for programs that begin a run.",
)
@flag("--no-faults", is_flag=True, help="Refuse a plan that injects anything (exit 8).")
@flag(
    "--beside",
    multiple=True,
    metavar="RUN",
    help="A run whose fault is meant to be in place meanwhile (nfrcheck hold; repeatable).",
)
@flag("-q", "--quiet", key=True, is_flag=True, help="Only the table and the verdict.")
@click.pass_context
def command(ctx: click.Context, /, json_: bool, **flags: Any) -> int:
    from nfrcheck.cli.running import Asked, carry

    return carry(ctx, Asked(**flags), ctx.obj if json_ else None)

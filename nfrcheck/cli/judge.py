"""`nfrcheck judge`: judges a kept run again, with the same or with other limits."""

from pathlib import Path

import click

from nfrcheck.cli.options import (
    all_option,
    deployment_option,
    flag,
    inconclusive_option,
    kept_runs,
    out_option,
    profile_option,
)
from nfrcheck.cli.reporting import assets_option, format_option
from nfrcheck.model.outside import printable


@click.command(
    help="Judge a kept run again; with --scenario by the limits of that file. RUN is a folder, a "
    "run's name, or @last; none is @last. Contacts nothing."
)
@click.argument("run", default="@last", required=False, shell_complete=kept_runs)
@out_option
@flag(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Targets from this file instead of the kept ones.",
)
@deployment_option
@profile_option
@inconclusive_option
@format_option
@assets_option
@all_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter a flag
    ctx: click.Context,
    run: str,
    out: Path | None,
    scenario: Path | None,
    deployment: str | None,
    profile: str | None,
    inconclusive: str,
    formats: tuple[str, ...],
    assets: str,
    every: bool,
) -> int:
    from nfrcheck.cli.files import read_files
    from nfrcheck.cli.finish import Shown, finish
    from nfrcheck.cli.reporting import Wanted
    from nfrcheck.cli.runs import find_run
    from nfrcheck.pipeline import judge_folder
    from nfrcheck.plan import Options, plan

    folder = find_run(run, out)
    targets = None
    if scenario:
        files = read_files(scenario, deployment, profile=profile, colour=ctx.color)
        targets = plan(files.pair.scenario, files.pair.deployment, Options()).targets
    shown = Shown(reports=Wanted(formats=formats, split=assets == "split"), every=every)
    result = judge_folder(folder, targets=targets, limits=printable(str(scenario or "")))
    return finish(result, colour=ctx.color, lenient=inconclusive == "warn", shown=shown)

"""`nfrcheck plan`: all that a run would do and can decide, before it does anything."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.options import (
    DURATION,
    deployment_option,
    flag,
    profile_option,
    scenario_argument,
)


@click.command(help="Show what a run would touch, when, and how it is put back. Contacts nothing.")
@scenario_argument
@deployment_option
@flag(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PLAN.JSON",
    help="Keep the plan, to be approved and for `nfrcheck run PLAN.JSON`.",
)
@profile_option
@flag("--seed", type=int, help="The run's random choices.  [default: drawn when it is kept]")
@flag("--only", multiple=True, metavar="TARGET", help="Judge only this target (repeatable).")
@flag("--skip", multiple=True, metavar="TARGET", help="Leave this target out (repeatable).")
@flag(
    "--max-time", key=True, type=DURATION, help="The run heals and ends after this time (exit 5)."
)
def command(  # noqa: PLR0913, PLR0917 - one parameter a flag
    scenario: Path,
    deployment: str | None,
    output: Path | None,
    profile: str | None,
    seed: int | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    max_time: float | None,
) -> None:
    import secrets

    from nfrcheck.cli.files import read_files
    from nfrcheck.cli.keeping import write_plan
    from nfrcheck.cli.planned import coloured, show_plan
    from nfrcheck.plan import Options

    files = read_files(scenario, deployment, profile=profile)
    given = {"-d": deployment, "--profile": profile, "--seed": seed, "--max-time": max_time}
    if seed is None:
        seed = secrets.randbelow(2**31) if output else 0
    made = show_plan(files.pair, Options(seed=seed, only=only, skip=skip, max_time_s=max_time))
    again = ["nfrcheck", "run", str(output or scenario)]
    if output:
        digest = write_plan(made, output)
        click.echo(coloured(f"{'kept':13}{output}, seed {seed}, hash"))
        click.echo(f"{'':13}{digest}")
    else:
        again += _flags(given, only, skip)
    click.echo(coloured(f"{'run it':13}{shlex.join(again)}"))
    click.echo("nothing was contacted")


def _flags(given: Mapping[str, Any], only: Iterable[str], skip: Iterable[str]) -> Iterator[str]:
    """The flags that make `run` do what is shown here."""
    for name, value in given.items():
        if value is not None:
            yield from (name, f"{value:g} s" if name == "--max-time" else str(value))
    for target in only:
        yield from ("--only", target)
    for target in skip:
        yield from ("--skip", target)

"""`nfrcheck export`: the drills of a scenario as files for another tool."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from nfrcheck.cli.options import deployment_option, flag, scenario_argument
from nfrcheck.model.outside import printable

FILES = (".json", ".yaml", ".yml")


@click.command(
    help="Write the drills of a scenario as experiments of Chaos Toolkit, one for each drill and "
    "value that it varies; plain `chaos run` runs them. Says what an experiment cannot say. "
    "Contacts nothing."
)
@scenario_argument
@deployment_option
@flag("--chaostoolkit", is_flag=True, help="As experiments of Chaos Toolkit, in JSON. Needed.")
@flag("--drill", "drills", multiple=True, metavar="NAME", help="Only this drill (repeatable).")
@flag(
    "-o",
    "--output",
    variable="NFRCHECK_EXPORT_OUTPUT",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="A file for one experiment, or a folder for all.  [default: standard output, for one]",
)
def command(
    scenario: Path,
    deployment: str | None,
    chaostoolkit: bool,
    drills: tuple[str, ...],
    output: Path | None,
) -> None:
    from nfrcheck.chaostoolkit.export import export
    from nfrcheck.cli.files import read_files
    from nfrcheck.errors import UsageError

    if not chaostoolkit:
        raise UsageError("nothing says for which tool", "--chaostoolkit")
    pair = read_files(scenario, deployment).pair
    made = export(pair.scenario, pair.deployment, drills)
    for sentence in made.lost:
        click.secho(f"not exported: {printable(sentence)}", err=True, dim=True)
    if output is not None and output.suffix not in FILES:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{output} cannot be made: {error.strerror}") from error
        _write((output / f"{name}.json", experiment) for name, experiment in made.experiments)
    elif len(made.experiments) > 1:
        names = ", ".join(name for name, _ in made.experiments)
        raise UsageError(f"these are several experiments: {names}", "-o FOLDER, or --drill NAME")
    elif output is None:
        click.echo(_text(made.experiments[0].experiment), nl=False)
    else:
        _write([(output, made.experiments[0].experiment)])


def _text(experiment: dict[str, Any]) -> str:
    return f"{json.dumps(experiment, indent=2, ensure_ascii=False)}\n"


def _write(files: Iterable[tuple[Path, dict[str, Any]]]) -> None:
    """Raises UsageError for a file that cannot be written."""
    from nfrcheck.errors import UsageError

    for path, experiment in files:
        try:
            path.write_text(_text(experiment), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
        click.echo(printable(str(path)))

"""`nfrcheck validate`: what is wrong with the files, and what they can decide; contacts nothing."""

import json
from pathlib import Path

import click

from nfrcheck.cli.options import deployment_option, flag, profile_option


@click.command(help="Check scenarios with their deployment. Contacts nothing, needs no secret.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
@deployment_option
@profile_option
@flag(
    "--strict",
    key=True,
    is_flag=True,
    help="Warnings are errors: a target that the load cannot decide ends with 2.",
)
@flag(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github: annotations of a pull request.",
)
def command(
    files: tuple[Path, ...], deployment: str | None, profile: str | None, strict: bool, form: str
) -> int:
    from nfrcheck.cli.checking import Checked, check_all, github
    from nfrcheck.cli.files import explain, show_diagnostics
    from nfrcheck.model.outside import printable
    from nfrcheck.scenario.diagnostics import as_json, summary

    checked: Checked = check_all(files, deployment, profile=profile, strict=strict)
    found = checked.diagnostics
    if form == "json":
        click.echo(json.dumps(as_json(found), indent=1, ensure_ascii=False))
    elif form == "github":
        click.echo("".join(f"{line}\n" for line in github(found)), nl=False)
    else:
        if found:
            show_diagnostics(found, err=False)
        for line in checked.decided:
            click.echo(printable(line))
        click.echo(f"{summary(found)}{explain(found)}")
    return 2 if any(one.severity == "error" for one in found) else 0

"""`nfrcheck init`: first files for a service that is known by its URL, and a pipeline for them."""

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from nfrcheck.cli.options import deployment_option, flag

SCENARIO = "what must hold: look at the targets and the rate"
DEPLOYMENT = "where it is, and what may be done to it"


@click.command(
    help="Write DIR/NAME.nfr.yaml and DIR/deployments/NAME.deployment.yaml for the service at "
    "URL, and with --ci a pipeline that runs them. For a SCENARIO that is there already only the "
    "pipeline is written. Contacts nothing, overwrites nothing."
)
@click.argument("url", metavar="URL|SCENARIO")
@click.argument(
    "folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("scenarios")
)
@flag(
    "--ci",
    type=click.Choice(["github", "gitlab", "jenkins", "none"]),
    default="none",
    show_default=True,
    help="Whose pipeline to write, into the working folder.",
)
@deployment_option
def command(url: str, folder: Path, ci: str, deployment: str | None) -> None:
    from nfrcheck.model.outside import is_file, printable
    from nfrcheck.scenario.init import first_files

    if is_file(Path(url)):
        scenario = Path(url)
        files: dict[Path, str] = {}
        name = _deployment_of(scenario, deployment, ci)
    else:
        files = first_files(url, folder)
        scenario, place = files
        name = _name(place)
    told = dict(zip(files, (SCENARIO, DEPLOYMENT), strict=False))
    use = ""
    if ci != "none":
        from nfrcheck.ci import pipeline_file

        path, files[path], told[path], use = pipeline_file(
            ci, scenario.as_posix(), name, Path.cwd()
        )
    _write(files)
    _tell(told)
    if use:
        click.echo(f"add      {use}")
    typed = printable(shlex.quote(str(scenario)))
    for label, verb in (("next", "validate"), ("", "plan"), ("then", "run")):
        click.echo(f"{label:<8} nfrcheck {verb} {typed}")


def _deployment_of(scenario: Path, named: str | None, ci: str) -> str:
    """How the pipeline names the deployment of a scenario that is there. Raises UsageError."""
    from nfrcheck.cli.files import find_deployment
    from nfrcheck.errors import UsageError

    if ci == "none":
        remedy = "--ci github|gitlab|jenkins writes a pipeline that runs it"
        raise UsageError(f"{scenario} is there already", remedy)
    place = find_deployment(scenario, named)
    name = _name(place)
    try:
        by_name = find_deployment(scenario, name)
    except UsageError:
        return place.as_posix()
    return name if by_name == place else place.as_posix()


def _name(place: Path) -> str:
    from nfrcheck.cli.files import ENDING

    return place.name.removesuffix(ENDING)


def _write(files: Mapping[Path, str]) -> None:
    """Raises UsageError; what came into being meanwhile is not overwritten either."""
    from nfrcheck.errors import UsageError

    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"{error.filename or path}: {error.strerror}") from error


def _tell(told: Mapping[Path, str]) -> None:
    """One row a file; what it is for goes below where the terminal has no room beside it."""
    from nfrcheck.model.outside import printable

    named = {printable(str(path)): what for path, what in told.items()}
    width = max(map(len, named))
    room = shutil.get_terminal_size((100, 24)).columns
    beside = all(9 + width + 2 + len(what) <= room for what in told.values())
    for path, what in named.items():
        click.echo(f"created  {path:<{width}}  {what}" if beside else f"created  {path}")
        if not beside:
            click.echo(f"         {what}")

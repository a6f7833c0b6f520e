"""`nfrcheck report`: writes the reports of kept runs again, from their run.json alone."""

import shutil
import textwrap
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from nfrcheck.cli.options import flag, kept_runs, out_option
from nfrcheck.cli.reporting import assets_option, format_option


@click.command(
    help="Write the reports of runs again. RUN is a folder, a run's name, or @last; none is @last."
)
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=kept_runs)
@out_option
@format_option
@assets_option
@flag("--open", "show", is_flag=True, help="Open the scorecard in the browser.")
def command(
    runs: tuple[str, ...], out: Path | None, formats: tuple[str, ...], assets: str, show: bool
) -> None:
    from nfrcheck.cli.reporting import read_run, write_report
    from nfrcheck.cli.runs import LAST, find_run
    from nfrcheck.model.outside import printable
    from nfrcheck.model.units import show_size

    # All are found and read before the first is written: a wrong name changes nothing.
    folders = list(dict.fromkeys(find_run(run, out) for run in runs or (LAST,)))
    documents = [(folder, read_run(folder)) for folder in folders]
    pages: list[Path] = []
    for folder, document in documents:
        split = assets == "split"
        written = [write_report(name, document, folder, split=split) for name in formats]
        sizes = [f"{path.name} {show_size(path.stat().st_size)}" for path in written]
        click.echo(_rows(sizes))
        click.echo(f"in     {printable(str(folder))}")
        pages += [path for path in written if path.suffix == ".html"] or written[:1]
    for page in pages if show else ():
        webbrowser.open(page.resolve().as_uri())


def _rows(sizes: Sequence[str]) -> str:
    """As many beside each other as the terminal has room for."""
    kept_together = "\N{NO-BREAK SPACE}"
    return textwrap.fill(
        f"{kept_together}· ".join(size.replace(" ", kept_together) for size in sizes),
        width=shutil.get_terminal_size((100, 24)).columns,
        initial_indent="wrote  ",
        subsequent_indent=" " * 7,
        break_on_hyphens=False,
    ).replace(kept_together, " ")

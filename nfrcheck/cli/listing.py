"""`nfrcheck list`: what this version has of everything that can be named in a file."""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from nfrcheck.cli.options import flag

KINDS = ("checks", "faults", "controls", "probes", "reports")


@click.command(help="List the checks, faults, controls, probes and reports, one line each.")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@flag("--later", is_flag=True, help="Also name what only later versions can run.")
def command(kind: str | None, later: bool) -> None:
    tables = _tables()
    for name in [kind] if kind else KINDS:
        have, all_of_language = tables[name]
        if not kind:
            click.secho(name, bold=True)
        width = max(map(len, have))
        for word, line in have.items():
            click.echo(hanging(f"  {word:<{width}}  ", line))
        missing = [word for word in all_of_language if word not in have]
        if missing:
            click.secho(_missing(missing, later), dim=True)
        if not kind and name != KINDS[-1]:
            click.echo()


def hanging(head: str, text: str) -> str:
    """The text behind its head, broken for this terminal, never broken where nobody looks."""
    import shutil
    import sys
    import textwrap

    if not sys.stdout.isatty():
        return head + text
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    return textwrap.fill(
        text, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )


def _missing(missing: list[str], later: bool) -> str:
    import textwrap

    if not later:
        return f"  and {len(missing)} that this version reads and does not run (--later)"
    listed = f"read, not run by this version: {', '.join(missing)}"
    return textwrap.indent(textwrap.fill(listed, 96, break_on_hyphens=False), "  ")


def _tables() -> Mapping[str, tuple[Mapping[str, str], Iterable[str]]]:
    from nfrcheck.checks import CHECKS
    from nfrcheck.deployments import CONTROLS
    from nfrcheck.experiments.faults import FAULTS
    from nfrcheck.reports import REPORTS
    from nfrcheck.scenario import later
    from nfrcheck.scenario.probes import PROBES

    return {
        "checks": (_lines(CHECKS), later.CHECKS),
        "faults": (_lines(FAULTS), later.FAULTS),
        # One control a file: its first line says what it does, the class how it is written.
        "controls": (
            {name: _first(_module(model.__module__)) for name, model in CONTROLS.items()},
            later.CONTROLS,
        ),
        "probes": (_lines(PROBES), later.PROBES),
        "reports": ({name: _first(_module(one.module)) for name, one in REPORTS.items()}, ()),
    }


def _lines(table: Mapping[str, type]) -> dict[str, str]:
    return {name: _first(model) for name, model in sorted(table.items())}


def _first(thing: Any) -> str:
    """The first line of its own docstring, else of its module's; they are written for people."""
    import sys

    text = thing.__doc__ or sys.modules[thing.__module__].__doc__ or ""
    return text.strip().splitlines()[0] if text.strip() else ""


def _module(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        missing = error.name or str(error)

        class NotInstalled:
            __doc__ = f"needs nfrcheck[report]: {missing} is not installed"

        return NotInstalled

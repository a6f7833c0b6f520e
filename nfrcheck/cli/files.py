"""Which files a command means: the scenario, its deployment, the defaults of the repository.

Imported inside of commands only: reading brings pydantic and YAML with it.
"""

import difflib
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import click

from nfrcheck.cli.options import FOUND
from nfrcheck.cli.settings import out_folder, setting
from nfrcheck.errors import Diagnostic, InvalidFiles, UsageError
from nfrcheck.model.outside import is_file, is_folder, printable
from nfrcheck.plan.fingerprint import digests_of
from nfrcheck.scenario.diagnostics import render, summary
from nfrcheck.scenario.read import Pair, read_pair

T = TypeVar("T")
USAGE = 2
_RANK = {"error": 0, "warning": 1, "later": 2}
ENDING = ".deployment.yaml"
SCENARIO_ENDING = ".nfr.yaml"
SCENARIOS = Path("scenarios")


class Files(NamedTuple):
    """Both files, valid, and the folder in which runs are kept."""

    pair: Pair
    out: Path


def read_files(
    scenario: Path,
    deployment: str | None,
    *,
    profile: str | None = None,
    colour: bool | None = None,
) -> Files:
    """Warnings and what this version cannot run are told on stderr.

    Ends the command with 2 when the files are not valid, after all that is wrong was shown. Raises
    UsageError if there is no such file. `profile` replaces the scenario's own. `colour` None: as
    `--color` says.
    """
    place = find_deployment(existing(scenario), deployment)
    # Before they are read: a hash that is taken later must not be that of other bytes.
    digests = digests_of(scenario, place)
    pair = valid(lambda: read_pair(scenario, place, profile=profile), colour)
    pair = pair._replace(scenario=replace(pair.scenario, digests=digests))
    warnings = [found for found in pair.diagnostics if found.severity == "warning"]
    if warnings:
        show_diagnostics(warnings, colour)
    for found in pair.diagnostics:
        if found.severity == "later":
            told = printable(f"{found.where}: {found.message}")
            click.secho(told, err=True, color=colour, dim=True)
    return Files(pair, out_folder())


def valid(reading: Callable[[], T], colour: bool | None = None) -> T:
    """What is read; if it is not valid, the command ends with 2 after everything was shown."""
    try:
        return reading()
    except InvalidFiles as invalid:
        click.get_current_context().meta[FOUND] = invalid.diagnostics
        show_diagnostics(invalid.diagnostics, colour)
        click.echo(f"{summary(invalid.diagnostics)}{explain(invalid.diagnostics)}", err=True)
        click.get_current_context().exit(USAGE)


def explain(diagnostics: Iterable[Diagnostic]) -> str:
    """What to call to learn more about the first error, else the first warning."""
    ranked = sorted(diagnostics, key=lambda found: _RANK[found.severity])
    return f" \N{MIDDLE DOT} nfrcheck explain {ranked[0].code}" if ranked else ""


def show_diagnostics(
    diagnostics: Iterable[Diagnostic], colour: bool | None = None, *, err: bool = True
) -> None:
    """With their frames; on stderr unless they are what was asked for."""
    stream = sys.stderr if err else sys.stdout
    width = shutil.get_terminal_size((100, 24)).columns if stream.isatty() else None
    # Click strips the colours where the stream is no terminal, or `--color` says so.
    click.echo(render(tuple(diagnostics), colour=True, width=width), err=err, color=colour)


def existing(scenario: Path) -> Path:
    """Raises UsageError, with the nearest scenario there is."""
    if is_file(scenario):
        return scenario
    beside = scenario.parent if is_folder(scenario.parent) else SCENARIOS
    near = sorted(beside.glob(f"*{SCENARIO_ENDING}")) or sorted(
        SCENARIOS.glob(f"*{SCENARIO_ENDING}")
    )
    close = difflib.get_close_matches(str(scenario), [str(path) for path in near], n=1, cutoff=0.5)
    meant = f"did you mean {close[0]}?" if close else f"there is {_listed(near)}" if near else None
    kind = "is a folder" if is_folder(scenario) else "is not there"
    raise UsageError(f"{scenario} {kind}", meant or "nfrcheck init URL writes a first one")


def find_deployment(scenario: Path, named: str | None) -> Path:
    """The flag or variable, else the file beside the scenario, else the default, else the only one.

    Raises UsageError.
    """
    if named:
        return _named(scenario, named, Path())
    beside = scenario.with_name(scenario.name.removesuffix(SCENARIO_ENDING) + ENDING)
    if scenario.name.endswith(SCENARIO_ENDING) and is_file(beside):
        return beside
    default, root = setting("deployment")
    if default:
        return _named(scenario, default, root)
    # The nearest folder that has any decides: what lies farther off belongs to other scenarios.
    there = next(filter(None, map(_in, _folders(scenario))), [])
    if len(there) == 1:
        return there[0]
    if not there:
        raise UsageError("there is no deployment file", "nfrcheck init URL writes a first one")
    raise UsageError(f"there are {len(there)} deployments: say which", f"-d {_short(there[0])}")


def deployments(scenario: Path) -> list[Path]:
    """All that a NAME can stand for, for this scenario."""
    found: dict[Path, Path] = {}
    for folder in _folders(scenario):
        for path in _in(folder):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def _in(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}")) if is_folder(folder) else []


def _folders(scenario: Path) -> tuple[Path, ...]:
    return (scenario.parent / "deployments", SCENARIOS / "deployments", scenario.parent)


def _named(scenario: Path, named: str, root: Path) -> Path:
    as_path = root / named
    if named.endswith((".yaml", ".yml")) or "/" in named:
        if is_file(as_path):
            return as_path
        raise UsageError(f"the deployment file {as_path} is not there", _choice(scenario, named))
    for folder in _folders(scenario):
        path = folder / f"{named}{ENDING}"
        if is_file(path):
            return path
    raise UsageError(f"there is no deployment {named}", _choice(scenario, named))


def _choice(scenario: Path, named: str) -> str:
    names = [_short(path) for path in deployments(scenario)]
    close = difflib.get_close_matches(named, names, n=1)
    if close:
        return f"did you mean {close[0]}?"
    if names:
        return f"there is {', '.join(names[:8])}"
    return f"NAME is scenarios/deployments/NAME{ENDING}"


def _short(path: Path) -> str:
    return path.name.removesuffix(ENDING)


def _listed(paths: list[Path]) -> str:
    more = f" and {len(paths) - 4} more" if len(paths) > 4 else ""
    return ", ".join(str(path) for path in paths[:4]) + more

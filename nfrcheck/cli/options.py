"""Flags and arguments: each flag is also a variable, and what a team agrees on stands in a file.

A flag beats its variable, the variable beats `[tool.nfrcheck]` of pyproject.toml, and that beats
the default.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from nfrcheck.cli.settings import out_folder, setting

F = TypeVar("F", bound=Callable[..., Any])
PROFILES = ("ci", "gameday", "soak")
FOUND = "nfrcheck.diagnostics"
"""Where in `meta` of click's context all that is wrong with the files stands, for `--json`."""


class Duration(click.ParamType[float]):
    """A time with its unit, such as `90 s`; gives seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        from nfrcheck.model.units import UnitError, parse_duration

        if isinstance(value, float):
            return value
        try:
            return parse_duration(str(value))
        except UnitError as error:
            hint = f": {error.remedy}" if error.remedy else ""
            self.fail(f"{error.message}{hint}", param, ctx)


DURATION = Duration()


class Flag(click.Option):
    """An option whose default may stand in `[tool.nfrcheck]`, under the name in `key`."""

    key: str = ""

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        # While a shell completes, a file that is wrong is not the matter.
        asked = self.key and not ctx.resilient_parsing
        value, root = setting(self.key) if asked else (None, Path())
        if value is not None and isinstance(self.type, click.Path):
            value = root / value
        return super().get_default(ctx, call=call) if value is None else value


def flag(*names: str, variable: str = "", key: bool = False, **how: Any) -> Callable[[F], F]:
    """An option that is also `NFRCHECK_<ITS LONG NAME>`, or `variable`.

    `variable` is needed where another command has a flag of the same name for something else.
    `key`: its default may stand in `[tool.nfrcheck]`.
    """
    long = next(name for name in names if name.startswith("--")).removeprefix("--")
    kind = type("Flag", (Flag,), {"key": long}) if key else Flag
    named = variable or f"NFRCHECK_{long.replace('-', '_').upper()}"
    return click.option(*names, cls=kind, envvar=named, show_envvar=True, **how)


def _deployments(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    ending = ".deployment.yaml"
    found = Path("scenarios", "deployments").glob(f"*{ending}")
    names = sorted(path.name.removesuffix(ending) for path in found)
    fitting = [CompletionItem(name) for name in names if name.startswith(begun)]
    return fitting or [CompletionItem(begun, type="file")]


def kept_runs(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """What a shell offers where the name of a run is wanted."""
    names = ["@last", *sorted(path.parent.name for path in out_folder().glob("*/plan.json"))]
    fitting = [CompletionItem(name) for name in names if name.startswith(begun)]
    return fitting or [CompletionItem(begun, type="dir")]


def deployment_option(function: F) -> F:
    """`-d`, as every command that needs a deployment takes it."""
    return flag(
        "-d",
        "--deployment",
        metavar="NAME|FILE",
        shell_complete=_deployments,
        help="NAME is scenarios/deployments/NAME.deployment.yaml. May be left out when there is "
        "only one, or when X.deployment.yaml stands beside X.nfr.yaml.",
    )(function)


def profile_option(function: F) -> F:
    """`--profile`, as every command takes it that reads a scenario."""
    return flag(
        "--profile",
        key=True,
        type=click.Choice(PROFILES),
        help="Take these defaults instead of those that the scenario names.",
    )(function)


def out_option(function: F) -> F:
    """`--out`: where run folders are made, and where the names of runs are looked for."""
    return flag(
        "--out",
        type=click.Path(path_type=Path),
        help="The folder of the run folders.  [default: reports/runs]",
    )(function)


def inconclusive_option(function: F) -> F:
    return flag(
        "--inconclusive",
        key=True,
        type=click.Choice(["fail", "warn"]),
        default="fail",
        show_default=True,
        help="warn: exit 0 where undecided targets lean to PASS.",
    )(function)


def all_option(function: F) -> F:
    return flag(
        "--all",
        "every",
        key=True,
        is_flag=True,
        help="Show every target that passed, not the first few.",
    )(function)


def scenario_argument(function: F) -> F:
    """The scenario file; whether it is there is said later, with the nearest name."""
    return click.argument("scenario", metavar="FILE", type=click.Path(path_type=Path))(function)

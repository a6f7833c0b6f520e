"""Which reports are wanted, and how they are written: what `run`, `judge` and `report` share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from nfrcheck.cli.options import flag
from nfrcheck.errors import UsageError
from nfrcheck.reports import REPORTS

F = TypeVar("F", bound=Callable[..., Any])
SHORT = {"md": "markdown", "prom": "prometheus"}
SHOWN = {name: short for short, name in SHORT.items()}


class ReportLost(UsageError):
    """A report could not be written; what was judged is not touched by that."""


class Formats(click.ParamType[tuple[str, ...]]):
    """Names of reports, separated by commas; gives those of REPORTS."""

    name = "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        names = [SHORT.get(word, word) for word in words]
        there = f"there is {', '.join(SHOWN.get(name, name) for name in REPORTS)}"
        for name in names:
            if name not in REPORTS:
                self.fail(f"there is no report {name}; {there}", param, ctx)
        if not names:
            self.fail(f"it names nothing; {there}", param, ctx)
        return tuple(dict.fromkeys(names))


def format_option(function: F) -> F:
    """`--format`, for commands that write reports."""
    return flag(
        "--format",
        "formats",
        # `validate --format` is something else.
        variable="NFRCHECK_REPORT_FORMAT",
        key=True,
        type=Formats(),
        default=",".join(SHOWN.get(name, name) for name in REPORTS),
        show_default=True,
        metavar="NAMES",
        help="Which reports, separated by commas.",
    )(function)


def assets_option(function: F) -> F:
    return flag(
        "--assets",
        key=True,
        type=click.Choice(["inline", "split"]),
        default="inline",
        show_default=True,
        help="split: the styles of the page in a file beside it, for servers such as Jenkins that "
        "forbid inline ones.",
    )(function)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The reports that somebody wants of a run."""

    formats: tuple[str, ...] = tuple(REPORTS)
    split: bool = False

    def write(self, run: Mapping[str, Any], folder: Path) -> tuple[dict[str, Path], list[str]]:
        """What was written by its short name, and what was not, in words."""
        written: dict[str, Path] = {}
        lost: list[str] = []
        for name in self.formats:
            try:
                written[SHOWN.get(name, name)] = write_report(name, run, folder, split=self.split)
            except ReportLost as error:
                lost.append(f"{error.message} ({error.remedy})" if error.remedy else error.message)
        return written, lost


def write_report(name: str, run: Mapping[str, Any], folder: Path, *, split: bool = False) -> Path:
    """Raises ReportLost for a missing extra or a folder that cannot be written."""
    try:
        return REPORTS[name](dict(run), folder, split=split)
    except ImportError as error:
        raise ReportLost(
            f"the report {name} needs {error.name or error}", "pip install 'nfrcheck[report]'"
        ) from error
    except OSError as error:
        raise ReportLost(f"{error.filename or folder}: {error.strerror}") from error


def ready_for(junit: Path) -> Path:
    """Makes the folder of a copy before anything is contacted. Raises UsageError."""
    try:
        junit.parent.mkdir(parents=True, exist_ok=True)
        with junit.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise UsageError(f"--junit {junit} cannot be written: {error.strerror}") from error
    return junit


def read_run(folder: Path) -> dict[str, Any]:
    """Its run.json. Raises UsageError."""
    from nfrcheck.history.keep import RUN, read_json
    from nfrcheck.model.outside import why

    remedy = f"nfrcheck judge {folder} writes it again"
    try:
        run = read_json(folder / RUN)
    except AssertionError as error:
        raise UsageError(f"{folder / RUN} is damaged: it is no JSON object", remedy) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder / RUN} cannot be read: {why(error)}", remedy) from error
    if missing := _missing(run):
        raise UsageError(f"{folder / RUN} is damaged: it has no `{missing}`", remedy)
    return run


_NEEDED: dict[str, type | tuple[type, ...]] = {
    "scenario": str,
    "deployment": str,
    "started_at": str,
    "seconds": (int, float),
    "seed": int,
    "verdict": str,
    "exit_code": int,
    "targets": list,
}


def _missing(run: Mapping[str, Any]) -> str | None:
    """The first of what every report shows that is not there, or is no such value."""
    for key, kind in _NEEDED.items():
        if not isinstance(run.get(key), kind):
            return key
    for target in run["targets"]:
        if not isinstance(target, dict):
            return "targets"
        for key in ("id", "verdict"):
            if not isinstance(target.get(key), str):
                return f"{key}` of a target in `targets"
    return None

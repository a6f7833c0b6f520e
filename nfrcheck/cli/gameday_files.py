"""What every `gameday` command needs: the file, one of its days, the moment, the plan."""

import difflib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from nfrcheck.cli.options import flag
from nfrcheck.errors import Refused, UsageError
from nfrcheck.model.outside import is_file

T = TypeVar("T")


class Chosen(NamedTuple):
    """One game day, and the file that it stands in."""

    name: str
    day: Any
    file: Path


class Planned(NamedTuple):
    """Both files and what a run of them would do; `refused` if they must not be run here."""

    files: Any
    plan: Any | None
    refused: str | None = None


def needs(extra: str, loading: Callable[[], T]) -> T:
    """What `loading` imports; raises UsageError if the extra is not installed."""
    try:
        return loading()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("nfrcheck"):
            raise
        raise UsageError(
            f"needs nfrcheck[{extra}]: {error.name} is not installed",
            f'pip install "nfrcheck[{extra}]"',
        ) from error


def read_days(path: Path) -> dict[str, Any]:
    """Every game day of the file; ends the command with 2 after all that is wrong was shown."""
    from nfrcheck.cli.files import valid

    read = needs("gameday", _reader)
    if not is_file(path):
        raise UsageError(f"{path} is not there", "--gamedays FILE names another")
    return valid(lambda: read(path))


def _reader() -> Callable[[Path], dict[str, Any]]:
    from nfrcheck.gameday.read import read_gamedays

    return read_gamedays


def choose(path: Path, name: str | None) -> Chosen:
    """The day of this name; the name may be left out when there is only one."""
    days = read_days(path)
    if name is None and len(days) == 1:
        name = next(iter(days))
    if name is None or name not in days:
        near = difflib.get_close_matches(name or "", days, n=1)
        listed = f"did you mean {near[0]}?" if near else f"there is {', '.join(days) or 'none'}"
        wrong = f"there is no game day {name}" if name else f"there are {len(days)}: say which"
        raise UsageError(wrong, listed)
    return Chosen(name, days[name], path)


def moment(text: str | None, day: Any | None = None) -> datetime:
    """Now, or the time that somebody names; without an offset it is the game day's wall clock."""
    if text is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`{text}` is no time", "such as 2026-11-29T02:17") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=day.zone if day is not None else UTC)
    # Sums and differences are right in UTC alone.
    return at.astimezone(UTC)


def planned(chosen: Chosen) -> Planned:
    """Reads both files and plans them; contacts nothing."""
    from nfrcheck.cli.files import existing, read_files
    from nfrcheck.plan import Options, plan

    day = chosen.day
    named = day.deployment
    if named.endswith((".yaml", ".yml")) or "/" in named:
        named = str(chosen.file.parent / named)
    try:
        files = read_files(existing(day.scenario), named)
    except UsageError as error:
        where = f"{chosen.file}: game day {chosen.name}"
        raise UsageError(f"{where}: {error.message}", error.remedy) from error
    try:
        made = plan(files.pair.scenario, files.pair.deployment, Options())
    except Refused as refused:
        return Planned(files, None, refused.message)
    return Planned(files, made)


def gamedays_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return flag(
        "--gamedays",
        type=click.Path(path_type=Path),
        default=Path("gamedays.yaml"),
        show_default=True,
        metavar="FILE",
        help="The file with the game days.",
    )(function)


def at_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return flag(
        "--at",
        metavar="TIME",
        help="As if it were this time, such as 2026-11-29T02:17.",
    )(function)

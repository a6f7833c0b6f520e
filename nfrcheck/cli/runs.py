"""Which kept run is meant: a folder, the name of one, or the newest."""

from pathlib import Path

from nfrcheck.cli.settings import out_folder
from nfrcheck.errors import UsageError
from nfrcheck.history.keep import PLAN, read_json
from nfrcheck.model.outside import is_file, is_folder

LAST, PREVIOUS = "@last", "@previous"
_SECOND = len("2026-11-22T020014Z")


def find_run(run: str, out: Path | None = None) -> Path:
    """The folder of a run; names are looked for in `out`. Raises UsageError."""
    out = out or out_folder()
    if run == LAST:
        return newest(out)
    if run == PREVIOUS:
        return previous(newest(out))
    for folder in (Path(run), out / run):
        if is_folder(folder):
            return folder
    if is_file(Path(run)):
        return Path(run).parent
    raise UsageError(f"there is no run {run}", f"a folder, {LAST}, {PREVIOUS}, or a name in {out}")


def newest(out: Path) -> Path:
    """The run that started last. Raises UsageError if there is none."""
    kept = [path.parent for path in out.glob(f"*/{PLAN}")] if is_folder(out) else []
    if not kept:
        raise UsageError(f"there is no run in {out}", "nfrcheck run SCENARIO makes one")
    return max(kept, key=_started)


def previous(folder: Path) -> Path:
    """The run of the same scenario that started last before this one. Raises UsageError."""
    scenario = _scenario_of(folder)
    if scenario is None:
        raise UsageError(f"{folder / PLAN} is not there, or names no scenario")
    mine = _started(folder)
    older = [path.parent for path in folder.parent.glob(f"*/{PLAN}")]
    for found in sorted(filter(lambda one: _started(one) < mine, older), key=_started)[::-1]:
        if _scenario_of(found) == scenario:
            return found
    raise UsageError(f"there is no run of {scenario} before {folder.name}")


def _scenario_of(folder: Path) -> str | None:
    """None where the plan is damaged."""
    try:
        return read_json(folder / PLAN).get("scenario")
    except (OSError, ValueError, AssertionError):
        return None


def _started(folder: Path) -> tuple[str, int, str]:
    """Names begin with the second of the start; within one, the plan that was written last."""
    written = (folder / PLAN).stat().st_mtime_ns
    return folder.name[:_SECOND], written, folder.name

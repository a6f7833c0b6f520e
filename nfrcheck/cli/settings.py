"""The defaults of a repository: `[tool.nfrcheck]` of the nearest pyproject.toml."""

from pathlib import Path
from typing import Any

from nfrcheck.errors import UsageError
from nfrcheck.model.outside import why

SETTINGS: dict[str, type] = {
    "deployment": str,
    "out": str,
    "profile": str,
    "max-time": str,
    "inconclusive": str,
    "format": str,
    "assets": str,
    "junit": str,
    "strict": bool,
    "quiet": bool,
    "all": bool,
}
"""Each is a flag without its hyphens; paths start from the folder of the file."""
OUT = Path("reports/runs")


def setting(name: str) -> tuple[Any, Path]:
    """A default of the repository, None if it has none, and the folder that its paths start from.

    Raises UsageError if the file cannot be read or names what there is not.
    """
    table, root = _settings()
    return table.get(name), root


def out_folder() -> Path:
    """Where runs are kept: the repository's `out`, else `reports/runs`."""
    named, root = setting("out")
    return root / (named or OUT)


def _settings() -> tuple[dict[str, Any], Path]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return _table(path), Path() if folder == here else folder
    return {}, Path()


def _table(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        tools = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {why(error)}") from error
    if not isinstance(tools, dict):
        raise UsageError(f"{path}: `tool` is a table", "begin ours with a line `[tool.nfrcheck]`")
    table = tools.get("nfrcheck", {})
    if not isinstance(table, dict):
        remedy = "begin it with a line `[tool.nfrcheck]`"
        raise UsageError(f"{path}: `nfrcheck` in [tool] is a table", remedy)
    for key, value in table.items():
        if key not in SETTINGS:
            raise UsageError(
                f"{path}: unknown key `{key}` in [tool.nfrcheck]", f"there is {', '.join(SETTINGS)}"
            )
        if not isinstance(value, SETTINGS[key]):
            wanted = "a text" if SETTINGS[key] is str else "true or false"
            raise UsageError(f"{path}: `{key}` in [tool.nfrcheck] is {wanted}")
    return dict(table)

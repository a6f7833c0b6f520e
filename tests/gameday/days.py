"""Game days for tests: one that may run, and variations of it."""

from datetime import UTC, datetime
from pathlib import Path

from nfrcheck.gameday.day import GameDay
from nfrcheck.gameday.read import read_gamedays

SCENARIO = "nfrcheck: 1\ntargets: {}\n"


def day(folder: Path, **keys: str) -> GameDay:
    """Read from a file, as a user writes it; `keys` replace or add what stands there."""
    return read_gamedays(written(folder, **keys))["weekly"]


def written(folder: Path, **keys: str) -> Path:
    chosen = {
        "scenario": "shop.nfr.yaml",
        "deployment": "local.deployment.yaml",
        "schedule": '"17 2 * * SUN"',
        "timezone": "Europe/Berlin",
        "window": '{open: "02:00", close: "05:00", latest_start: 45 min}',
        "approval": "{needed: none}",
        **keys,
    }
    (folder / "shop.nfr.yaml").touch()
    lines = "".join(f"    {key}: {value}\n" for key, value in chosen.items() if value)
    path = folder / "gamedays.yaml"
    path.write_text(f"gamedays:\n  weekly:\n{lines}", "utf-8")
    return path


def where_it_is_noon() -> str:
    """A zone in which no midnight is near, whenever the tests run."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"

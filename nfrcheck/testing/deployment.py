"""Where the tests act: the entries, regions and components of the deployment file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Deployment:
    """What the fixture `nfr_deployment` is. Redefine the fixture to name another file."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.name: str = said["name"]
        self.path = Path(said["path"])
        self.entries: dict[str, str] = {
            name: entry["url"] for name, entry in said["entries"].items() if entry["url"]
        }
        """Name to URL."""
        self.entry_of: dict[str, str] = {
            entry["region"]: name for name, entry in said["entries"].items() if entry["region"]
        }
        """Region to the entry that leads into it."""
        self.regions: tuple[str, ...] = tuple(said["regions"])
        self.components: tuple[str, ...] = tuple(said["components"])
        self.protected: bool = said["safety"]["protected"]
        self.allowed_faults: tuple[str, ...] = tuple(said["safety"]["allow"])

    def __repr__(self) -> str:
        return f"<deployment {self.name}: {self.entries}>"

    @property
    def url(self) -> str:
        """Of the first entry that belongs to no region: where users come in."""
        outside = [name for name in self.entries if name not in self.entry_of.values()]
        return self.entries[next(iter([*outside, *self.entries]))]

    def entry_for(self, url: str) -> tuple[str, str] | None:
        """The entry through which a URL leads, and the path behind it."""
        for name, start in self.entries.items():
            rest = url.removeprefix(start)
            if rest != url and rest[:1] in {"", "/", "?"}:
                return name, rest or "/"
        return None

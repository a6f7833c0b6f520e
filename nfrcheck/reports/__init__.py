"""What a run found, as files; this table is the list. Each report reads `run.json` alone."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Late:
    """A report whose module, and the libraries that it needs, are imported when it writes."""

    module: str
    splits: bool = False
    """Whether it can put into files beside it what some servers forbid inside a page."""

    def __call__(self, run: dict[str, Any], folder: Path, *, split: bool = False) -> Path:
        how = {"split": split} if self.splits else {}
        written: Path = importlib.import_module(self.module).write(run, folder, **how)
        return written


REPORTS: Mapping[str, Late] = {
    "html": Late("nfrcheck.reports.html", splits=True),
    "junit": Late("nfrcheck.reports.junit"),
    "markdown": Late("nfrcheck.reports.markdown"),
    "prometheus": Late("nfrcheck.reports.prometheus"),
}


def terminal(run: Mapping[str, Any], width: int, colour: bool, *, every: bool = False) -> str:
    """The table at the end of a run; `every` shows all targets that passed, not the first few."""
    shown: str = importlib.import_module("nfrcheck.reports.table").render(
        run, width, colour=colour, every=every
    )
    return shown

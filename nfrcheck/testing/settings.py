"""What was asked of the plugin: options, ini values and variables, read once a session."""

import os
import shlex
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

LOAD, ALL = "load", "all"
NOT_RUN = "NFR test not run: "
OWN = (sys.executable, "-P", "-m", "nfrcheck")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Paths are absolute; `root` is where every child works, so that files are found from there."""

    root: Path
    mode: str
    command: tuple[str, ...]
    deployment: str | None
    out: Path | None
    """Where run folders go; None: where `nfrcheck run` puts them by itself."""
    inconclusive: str

    def refusal(self, drills: Collection[str], *, faults: bool = False) -> str | None:
        """Why this session does not run what needs these drills, or None."""
        injects = bool(drills) or faults
        if self.mode == ALL or (self.mode == LOAD and not injects):
            return None
        if injects:
            what = f" ({', '.join(drills)})" if drills else ""
            return f"it injects faults{what}: --nfr=all runs it"
        return "it sends load: --nfr=load or --nfr=all runs it"


def settings(config: pytest.Config) -> Settings:
    out = config.getoption("nfr_report")
    here = config.invocation_params.dir
    return Settings(
        root=config.rootpath,
        mode=config.getoption("nfr"),
        command=tuple(config.getini("nfrcheck_command")) or OWN,
        deployment=_deployment(config),
        out=here / out if out else None,
        inconclusive=config.getoption("nfr_inconclusive"),
    )


def _deployment(config: pytest.Config) -> str | None:
    """A NAME as it is; a path from where it was written: the call, or the ini file."""
    named = config.getoption("nfr_deployment")
    if named or os.environ.get("NFRCHECK_DEPLOYMENT"):
        return placed(named or os.environ["NFRCHECK_DEPLOYMENT"], config.invocation_params.dir)
    written = config.getini("nfr_deployment")
    return placed(written, config.rootpath) if written else None


def placed(named: str, folder: Path) -> str:
    """What has the form of a path is one; else it is the NAME of a deployment."""
    is_path = named.endswith((".yaml", ".yml")) or "/" in named
    return str(folder / named) if is_path else named


def shown(words: Collection[str]) -> str:
    """A command as one would type it."""
    typed = shlex.join(words)
    return typed.replace(shlex.join(OWN), "nfrcheck", 1)

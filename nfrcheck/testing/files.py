"""What scenario and deployment files hold, as `nfrcheck describe` says; read once a content."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nfrcheck import __version__
from nfrcheck.testing.settings import Settings

ENDING = ".nfr.yaml"
WITHIN_S = 60.0
_CACHE = "nfrcheck/described"
_MOST_KEPT = 200


class Unreadable(Exception):
    """The file is not valid; the text is what `nfrcheck validate` shows, with file and line."""


class Files:
    """Asks a child, and remembers its answer in pytest's cache as long as the file is the same."""

    def __init__(self, settings: Settings, cache: pytest.Cache | None) -> None:
        self._settings = settings
        self._cache = cache
        self._known: dict[Path, dict[str, Any]] = {}

    def scenario(self, path: Path) -> dict[str, Any]:
        """Raises Unreadable."""
        if path not in self._known:
            self._known[path] = self._remembered(path) or self._asked(path)
        return self._known[path]

    def deployment(self) -> dict[str, Any]:
        """Raises Unreadable."""
        named = self._settings.deployment
        return self._describe(*(["-d", named] if named else []))

    def find(self, named: str | None) -> Path:
        """The scenario that a marker names, from the root; without a name the only one."""
        folder = self._settings.root
        if named:
            return Path(os.path.abspath(folder / named))  # noqa: PTH100 - links stay as pytest has them
        there = sorted((folder / "scenarios").glob(f"*{ENDING}"))
        if len(there) != 1:
            found = ", ".join(path.name for path in there) or "none"
            raise Unreadable(f"which scenario? `scenario=` must name it; in scenarios/: {found}")
        return there[0]

    def _asked(self, path: Path) -> dict[str, Any]:
        said = self._describe(str(path))
        if said["alone"] and self._cache is not None:
            kept = self._cache.get(_CACHE, {})
            kept[str(path)] = [self._digest(path), said]
            self._cache.set(_CACHE, dict(list(kept.items())[-_MOST_KEPT:]))
        return said

    def _remembered(self, path: Path) -> dict[str, Any] | None:
        if self._cache is None:
            return None
        digest, said = self._cache.get(_CACHE, {}).get(str(path), (None, None))
        return said if digest == self._digest(path) else None

    def _digest(self, path: Path) -> str:
        about = f"{__version__} {self._settings.command} "
        try:
            return hashlib.sha256(about.encode() + path.read_bytes()).hexdigest()
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}") from error

    def _describe(self, *words: str) -> dict[str, Any]:
        command = [*self._settings.command, "--color", "never", "describe", *words]
        try:
            done = subprocess.run(
                command,
                cwd=self._settings.root,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=WITHIN_S,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unreadable(f"nfrcheck could not be asked: {error}") from error
        if done.returncode:
            raise Unreadable(done.stderr.strip() or f"nfrcheck ended with {done.returncode}")
        said: dict[str, Any] = json.loads(done.stdout)
        return said

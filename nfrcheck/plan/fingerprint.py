"""The hash of a plan: what would have to change before something else is done.

It covers the bytes of the scenario, of the deployment and of every local file that they name, the
version of nfrcheck, and the options that change what is done. It does not cover the values of
secrets, whether from variables or files: a hash that is shown to people must not tell them.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nfrcheck import __version__
from nfrcheck.errors import DeploymentError, Refused
from nfrcheck.plan.named import NamedFiles, named_files
from nfrcheck.plan.steps import Plan

FORMAT = 1
LARGEST = 256 << 20
"""Bytes of a file that are hashed at most, so that no plan takes minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """All that the hash depends on.

    Files are named from the scenario's folder, or absolutely where the word was absolute, so that
    neither the working folder nor the place of the checkout changes the hash.
    """

    files: Mapping[str, str]
    """Name to the SHA-256 of its bytes."""
    secrets: tuple[str, ...]
    """Files that are named and left out, because they hold a secret."""
    options: Mapping[str, Any]
    version: str = __version__

    def digest(self) -> str:
        """64 hexadecimal digits."""
        whole = {
            "format": FORMAT,
            "nfrcheck": self.version,
            "options": self.options,
            "files": self.files,
            "secrets": self.secrets,
        }
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(made: Plan) -> str:
    """64 hexadecimal digits. Raises as `covered`."""
    return covered(made).digest()


def covered(made: Plan) -> Covered:
    """Reads every named file now. Raises DeploymentError for one that cannot be covered.

    Raises Refused if one is not as it was before the plan was made of it: the hash would be that of
    another plan.
    """
    home = Path(made.scenario_path).absolute().parent.resolve()
    found = named_files(made.scenario_path, made.deployment_path)
    digests = _digests(found)
    if made.digests is not None and (changed := _changed(made.digests, digests)):
        raise Refused(f"changed while it was planned: {', '.join(changed)}", "plan it again")

    def name(path: Path) -> str:
        return str(path) if path in found.absolute else os.path.relpath(path, home)

    return Covered(
        files={name(path): digests[str(path)] for path in found.covered},
        secrets=tuple(sorted(name(path) for path in found.secrets)),
        options={
            "seed": made.seed,
            "only": sorted(made.only),
            "skip": sorted(made.skip),
            "profile": made.profile,
            "max_time_s": made.max_time_s,
        },
    )


def digests_of(scenario: Path | str, deployment: Path | str) -> dict[str, str]:
    """Absolute path to SHA-256 of every file that a hash covers; to be taken before they are read.

    Empty if no hash can cover them, which is no error before somebody asks for one.
    """
    try:
        return _digests(named_files(str(scenario), str(deployment)))
    except (DeploymentError, OSError, ValueError, RuntimeError):  # names that lead nowhere
        return {}


def what_changed(kept: Mapping[str, Any], made: Plan) -> list[str]:
    """Since `kept`, a read `plan.json`, was written: each file and option that differs, in words.

    Empty if nothing differs, and the hash is that of what is listed. Raises as `covered`.
    """
    now = covered(made)
    found = [*_files(_mapping(kept, "files"), now.files), *_options(kept, now)]
    if sorted(kept.get("secrets") or ()) != list(now.secrets):
        found.append("other files hold the secrets")
    if not found and kept.get("hash") != now.digest():
        found.append("the plan file itself: its hash is not that of what it lists")
    return found


def _digests(found: NamedFiles) -> dict[str, str]:
    return {str(path): _digest(path) for path in found.covered}


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [path for path in sorted({*before, *now}) if before.get(path) != now.get(path)]


def _files(before: Mapping[str, Any], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield f"{name} is gone, or no longer named"
        elif name not in before:
            yield f"{name} is new"
        elif before[name] != now[name]:
            yield f"{name} has changed"


def _options(kept: Mapping[str, Any], now: Covered) -> Iterator[str]:
    before = {**_mapping(kept, "options"), "nfrcheck": kept.get("nfrcheck")}
    for name, value in {**now.options, "nfrcheck": now.version}.items():
        if before.get(name) != value:
            yield f"{name} was {_shown(before.get(name))} and is {_shown(value)}"


def _mapping(kept: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = kept.get(key)
    return value if isinstance(value, Mapping) else {}


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "not given"
    return "not given" if value is None else str(value)


def _digest(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            largest = LARGEST >> 20
            raise DeploymentError(f"{path} is larger than {largest} MiB: no hash can cover it")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DeploymentError(f"{path} cannot be read: {error.strerror}") from error

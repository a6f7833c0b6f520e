"""What an experiment is played and put back with: a copy of its file, and the same environment.

Whoever puts it back may do so much later, from another shell and another state of the checkout.
"""

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nfrcheck.errors import DeploymentError

UNSET = "NFRCHECK_UNSET"
"""Names a rollback takes out of its environment first, with blanks between them."""


def copy_of(experiment: Path, folder: Path, name: str) -> Path:
    """A file of the same kind that nobody else can read. Raises DeploymentError."""
    copy = folder / f"{name}{experiment.suffix}"
    try:
        content = experiment.read_bytes()
        copy.unlink(missing_ok=True)
        descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DeploymentError(f"experiment {experiment.name} cannot be kept: {error}") from error
    return copy


def environment_of(experiment: Path) -> dict[str, Any]:
    """What its rollbacks need of the environment, as references; and what must not be there.

    A variable that is missing then is told by its name; left to the library, its default would
    name another target. Raises DeploymentError for what is no experiment.
    """
    # Not at the top: whoever plays no experiment need not have the library.
    library = importlib.import_module("chaoslib.loader")
    try:
        whole = library.parse_experiment_from_file(str(experiment))
    except Exception as error:
        raise DeploymentError(f"experiment {experiment.name} cannot be read: {error}") from error
    named = dict.fromkeys(_named(whole))
    given = {name: os.environ[name] for name in named if name in os.environ}
    # An empty one is no secret, and no reference to it could be followed.
    found: dict[str, Any] = {name: {"env": name} if text else "" for name, text in given.items()}
    unset = " ".join(name for name in named if name not in given)
    return found | ({UNSET: unset} if unset else {})


def modules() -> dict[str, str]:
    """Where modules are found, from whatever folder."""
    named = os.environ.get("PYTHONPATH")
    if named is None:
        return {}
    absolute = (str(Path(one).absolute()) for one in named.split(os.pathsep))
    return {"PYTHONPATH": os.pathsep.join(absolute)}


def _named(value: Any) -> Iterator[str]:
    """The variables that configuration and secrets are read from."""
    if isinstance(value, Mapping):
        if value.get("type") == "env" and isinstance(value.get("key"), str):
            yield value["key"]
        for one in value.values():
            yield from _named(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)

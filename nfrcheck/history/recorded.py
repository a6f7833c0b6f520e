"""What a run recorded of its evidence: whoever judges it again must find the same."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nfrcheck.errors import NfrcheckError
from nfrcheck.history.keep import RUN, read_json

INCOMPLETE = "incomplete"
"""How a run ended that has no end: its controller died, or it still goes on."""
READ_BYTES = 1 << 20


class EvidenceLost(NfrcheckError):
    """What was measured is not there, or no longer what it was: it cannot be judged."""

    exit_code = 4


def must_be_as_recorded(folder: Path) -> None:
    """Raises EvidenceLost if a file is not the one whose digest `run.json` holds.

    A run that was judged before its end may have gone on: its files only ever grow.
    """
    if not (folder / RUN).is_file():
        return
    try:
        changes = list(_changes(folder, read_json(folder / RUN)))
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise EvidenceLost(
            f"{folder / RUN} is not what was recorded: it cannot be read ({error})", _REMEDY
        ) from error
    if changes:
        more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
        raise EvidenceLost(f"{changes[0]}{more}", _REMEDY)


_REMEDY = f"put the file back as it was; {RUN} is left as it is"


def _changes(folder: Path, recorded: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each file that is another one than was recorded."""
    may_grow = recorded["ended"] == INCOMPLETE
    known = {file["path"]: file for file in recorded["files"]}
    for name, file in known.items():
        path, then = folder / name, file["size"]
        if not path.is_file():
            yield f"{path} is gone, and {RUN} recorded it"
            continue
        now = path.stat().st_size
        if now != then and not (may_grow and now > then):
            yield f"{path} is not what was recorded: {then:,} bytes then, {now:,} now"
        elif _digest(path, then) != file["sha256"]:
            yield f"{path} is not what was recorded: it has another sha256 than in {RUN}"
    if not may_grow:
        for name in sorted(_evidence(folder) - set(known)):
            yield f"{folder / name} was not recorded: {RUN} knows all files of the run"


def _evidence(folder: Path) -> set[str]:
    """What is read for a verdict; other files may lie beside it."""
    return {path.name for path in folder.iterdir() if path.suffix in {".rec", ".ndjson"}}


def _digest(path: Path, size: int) -> str:
    """Of the first so many bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (read := file.read(min(size, READ_BYTES))):
            digest.update(read)
            size -= len(read)
    return digest.hexdigest()

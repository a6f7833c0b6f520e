"""Adds lines to `history.jsonl`: whole, on disk, and never in between those of another run."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

WAIT_S = 10.0
_LOOK_S = 0.02


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """The open file, held by nobody else. Raises OSError, TimeoutError among them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(handle, path)
        yield handle
    finally:
        # Closing gives the lock back.
        os.close(handle)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Says to other processes that this file is in use; the end of ours says that it is not."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_held(path: Path) -> bool:
    """Whether some process is inside of `held` with this file."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock(handle: int, path: Path) -> None:
    """A stopped process may hold it for ever, so that nobody waits for ever."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                message = f"another process has held it for {WAIT_S:g} s"
                raise TimeoutError(None, message, str(path)) from None
            time.sleep(_LOOK_S)
        else:
            return


def append(handle: int, lines: Iterable[Mapping[str, Any]]) -> None:
    """One write for all lines, then fsync. Raises OSError when the disk does not take them."""
    texts = [json.dumps(line, ensure_ascii=False, allow_nan=False) for line in lines]
    if not texts:
        return
    size = os.fstat(handle).st_size
    torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    # A line that a crash tore costs itself only.
    written = memoryview((("\n" if torn else "") + "\n".join(texts) + "\n").encode())
    while written:
        written = written[os.write(handle, written) :]
    os.fsync(handle)

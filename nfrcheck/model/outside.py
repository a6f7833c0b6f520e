"""What comes from outside: a name that may be of no file, text that may steer a terminal."""

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is there; `no` too for what cannot be a name: too long, or with a NUL."""
    return os.path.isfile(path)  # noqa: PTH113 - `Path.is_file` raises for such a name


def is_folder(path: Path) -> bool:
    """As `is_file`."""
    return os.path.isdir(path)  # noqa: PTH112 - as above


def why(error: Exception) -> str:
    """In words: without the number that the system has for it, and the path once more."""
    words = error.strerror if isinstance(error, OSError) else None
    return words or str(error)


def printable(text: str) -> str:
    """On one line, and unable to steer a terminal or to begin a line of a log."""
    return "".join(
        letter if letter.isprintable() else " " if letter == "\t" else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )

"""Saying something to whoever reads a pipe or a terminal, without ever waiting for them.

Standard library only: the guardian says its words with it too.
"""

import os
import select
from contextlib import suppress

PATIENCE_S = 0.3
_ALL_AT_ONCE = select.PIPE_BUF


def say(descriptor: int, text: str) -> None:
    """Writes if somebody reads. A reader that is gone or stuck must not keep us from healing."""
    rest = f"{text}\n".encode()
    with suppress(OSError):
        while rest:
            if not select.select([], [descriptor], [], PATIENCE_S)[1]:
                return
            # A pipe that is ready takes this much without blocking.
            rest = rest[os.write(descriptor, rest[:_ALL_AT_ONCE]) :]


def say_aloud(text: str) -> None:
    """To whoever reads the terminal, however quiet the run was asked to be."""
    say(2, text)

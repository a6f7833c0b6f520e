"""A terminal of a given width: what a command shows on it, byte for byte."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>()][A-Z0-9]?")
STYLE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])(?:;[0-9;]*)?m")


@dataclass(frozen=True)
class Shown:
    """How a command ended, and all that it wrote to its terminal."""

    code: int
    raw: str

    @property
    def text(self) -> str:
        """Without escapes and, where lines were drawn again, with each of their states."""
        return ESCAPE.sub("", self.raw).replace("\r\n", "\n").replace("\r", "\n")

    @property
    def width(self) -> int:
        """Columns of the widest line that the command itself wrote."""
        return max((cell_len(line) for line in self.text.splitlines()), default=0)


def show(
    words: Sequence[str | Path],
    columns: int,
    folder: Path,
    environment: Mapping[str, str],
    within_s: float = 120.0,
) -> Shown:
    """The command on a terminal of its own, `columns` wide; raises AssertionError if it hangs."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={name: it for name, it in environment.items() if name not in {"COLUMNS", "LINES"}},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        raw = _all_of(ours, time.monotonic() + within_s)
        return Shown(process.wait(10), raw.decode())
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _all_of(terminal: int, until: float) -> bytes:
    raw = b""
    while True:
        readable, _, _ = select.select([terminal], [], [], max(0.0, until - time.monotonic()))
        assert readable, f"it shows nothing and does not end: {raw[-2000:].decode()}"
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:  # nobody holds the other side any more
            return raw
        if not piece:
            return raw
        raw += piece

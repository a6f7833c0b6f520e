"""A command on a real (pseudo) terminal, and all that it wrote there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

WITHIN_S = 30.0


def on_a_terminal(
    arguments: list[str], folder: Path, environment: Mapping[str, str], columns: int = 100
) -> tuple[int, str]:
    """The exit code of `nfrcheck ARGUMENTS`, and what stdout and stderr showed together."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "NFRCHECK_STATE")}
    process = subprocess.Popen(
        [sys.executable, "-m", "nfrcheck", *arguments],
        cwd=folder,
        env={**plain, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    try:
        shown = _read(leader)
        return process.wait(WITHIN_S), shown
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def _read(leader: int) -> str:
    """Until nobody holds the other end."""
    shown, until = b"", time.monotonic() + WITHIN_S
    while (left := until - time.monotonic()) > 0:
        if not select.select([leader], [], [], left)[0]:
            break
        try:
            piece = os.read(leader, 1 << 16)
        except OSError:  # EIO: the other end is closed
            break
        if not piece:
            break
        shown += piece
    return shown.decode().replace("\r\n", "\n")

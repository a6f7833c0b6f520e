"""A run in the background of a shell goes on: the terminal's input is not meant for it."""

import os
import pty
import select
import sys
import termios
from pathlib import Path

from tests.box.running_box import wait_until

LISTENS = """
import asyncio, pathlib, sys
from nfrcheck.run.stop import Stop, Stopped
said = pathlib.Path(sys.argv[1])
async def main():
    stop = Stop()
    stop.listen(lambda: None, stdin=True)
    said.write_text("listening")
    try:
        for second in range(100):
            await stop.sleep(0.1)
            sys.stdout.write("x")
            sys.stdout.flush()
            said.write_text(f"listening {second}")
    except Stopped as stopped:
        said.write_text(f"stopped: {stopped.because}")
asyncio.run(main())
"""


def shell() -> tuple[int, int]:
    """An interactive shell on a terminal of its own: its process, and our end of it."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    return pid, terminal


def read_all(terminal: int) -> bytes:
    """What was shown since the last time."""
    shown = b""
    while select.select([terminal], [], [], 0)[0]:
        shown += os.read(terminal, 65_536)
    return shown


def test_what_is_typed_for_another_job_neither_stops_nor_ends_it(tmp_path: Path) -> None:
    said, program = tmp_path / "said", tmp_path / "listens.py"
    program.write_text(LISTENS, "utf-8")

    def now() -> str:
        read_all(terminal)
        return said.read_text("utf-8") if said.exists() else ""

    pid, terminal = shell()
    try:
        # With tostop, writing from the background would stop it as well.
        line = f"stty tostop; {sys.executable} {program} {said} & cat > /dev/null\n"
        os.write(terminal, line.encode())
        wait_until(lambda: now().startswith("listening"), 20)
        os.write(terminal, b"typed for cat\n")
        wait_until(lambda: b"typed for cat" in read_all(terminal), 10)
        before = now()
        wait_until(lambda: now() != before, 10)
        assert now().startswith("listening"), now()
        os.write(terminal, b"\x03")
        wait_until(lambda: os.tcgetpgrp(terminal) == pid, 10)
        os.write(terminal, b"fg\n")
        wait_until(lambda: os.tcgetpgrp(terminal) != pid, 10)
        # The shell gives the terminal its plain mode back: only then is Ctrl-D the end of input.
        wait_until(lambda: bool(termios.tcgetattr(terminal)[3] & termios.ICANON), 10)
        os.write(terminal, b"\x04")
        wait_until(lambda: now().startswith("stopped: standard input was closed"), 20)
    finally:
        os.close(terminal)
        os.kill(pid, 9)
        os.waitpid(pid, 0)

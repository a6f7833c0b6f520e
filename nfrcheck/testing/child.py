"""One nfrcheck as a child process. It ends, and puts back, when this process is gone."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

END_WITHIN_S = 180.0
"""A child whose input was closed heals, watches the recovery for a while and judges."""


class Child:
    """Runs in a process group of its own: Ctrl-C reaches pytest, which then ends the child."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        root: Path,
        said: Path,
        piped: bool = False,
        turn: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`said`: its stderr goes to this file, and with `piped` its stdout to `stdout`, else too.

        `turn` is a descriptor that stays open as long as the child lives.
        """
        self._said = said
        with said.open("wb") as err, said.with_suffix(".out").open("wb") as out:
            self.process = subprocess.Popen(
                words,
                cwd=root,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if piped else out,
                stderr=err,
                pass_fds=() if turn is None else (turn,),
                process_group=0,
            )

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout, "only of a child that is piped"
        return self.process.stdout

    def errors(self) -> str:
        """What it said on stderr so far."""
        return self._said.read_text("utf-8", errors="replace").strip()

    def output(self) -> str:
        """What it said on stdout so far, unless that is piped."""
        return self._said.with_suffix(".out").read_text("utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> int:
        """Lets it put back what it injected, and waits for that; its exit code."""
        assert self.process.stdin, "started with a pipe"
        self.process.stdin.close()
        try:
            self.process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            # Its guardian heals alone, whatever has become of it.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        return self.process.returncode

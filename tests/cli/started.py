"""Commands without the cost of their start-up.

Each is a process of its own, forked off a server that has imported what most commands need.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["nfrcheck.cli.checking", "tests.cli.started"])


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], within_s: float
) -> subprocess.CompletedProcess[str]:
    """`nfrcheck ARGUMENTS` in that folder with that environment only, and with an empty stdin."""
    with TemporaryDirectory() as written:
        stdout, stderr = Path(written, "stdout"), Path(written, "stderr")
        process = SERVER.Process(
            target=_command, args=(list(arguments), folder, dict(environment), stdout, stderr)
        )
        process.start()
        process.join(within_s)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["nfrcheck", *arguments], within_s)
        said, warned = (path.read_text(encoding="utf-8") for path in (stdout, stderr))
        return subprocess.CompletedProcess(list(arguments), process.exitcode or 0, said, warned)


def _command(
    arguments: list[str], folder: Path, environment: dict[str, str], stdout: Path, stderr: Path
) -> None:
    for descriptor, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["nfrcheck", *arguments]

    from nfrcheck.cli import main  # noqa: PLC0415 - who only calls for commands need not know them

    main()

"""Starts one command so that it outlives whoever asked; run as a script, order on stdin.

The order is JSON: argv, cwd, pid_file, log. The new process belongs to nobody (a second fork), so
that its end leaves no zombie with the guardian; it writes its own pid before it becomes the
command, so that the pid file is never wrong, not even for a command that writes its own later.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn


def main() -> int:
    order: dict[str, Any] = json.load(sys.stdin)
    # Both ends close by themselves when the command takes over: silence means success.
    complaints, complain = os.pipe()
    if os.fork() == 0:
        _become(order, complain)
    os.close(complain)
    with os.fdopen(complaints, encoding="utf-8", errors="replace") as lines:
        complaint = lines.read()
    sys.stdout.write(complaint)
    return 1 if complaint else 0


def _become(order: dict[str, Any], complain: int) -> NoReturn:
    argv: list[str] = order["argv"]
    try:
        os.setsid()
        if order["cwd"]:
            os.chdir(order["cwd"])
        _redirect(order["log"] or os.devnull)
        _write_pid(Path(order["pid_file"]))
        # Python ignores them, and what is ignored stays ignored in the command.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(argv[0], argv)  # noqa: S606 - a command without a shell is what is wanted
    except OSError as error:
        os.write(complain, f"{argv[0]}: {error.strerror}".encode())
    finally:
        os._exit(127)


def _redirect(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _write_pid(file: Path) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(f"{os.getpid()}\n", encoding="ascii")
    fresh.replace(file)


if __name__ == "__main__":
    sys.exit(main())

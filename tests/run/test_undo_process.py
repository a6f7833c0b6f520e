"""A process is hit only if it is the one that was named, and is started again just once."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.run.undo import attempt, confirm
from nfrcheck.run.undo_process import BUILD_ID, run_command, start_time
from tests.box.running_box import wait_until
from tests.victims.fixtures import Victim, gone_within


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def signal_step(process: subprocess.Popen[bytes], name: str, **more: Any) -> dict[str, Any]:
    began = start_time(process.pid)
    return {"kind": "signal", "pid": process.pid, "start_time": began, "signal": name, **more}


def test_a_signal_reaches_the_process_that_it_names() -> None:
    with sleeper() as process:
        outcome = attempt(signal_step(process, "KILL", wait=True))

        assert outcome.ok
        assert process.wait(5) == -9


def test_a_signal_spares_a_stranger_with_the_same_number() -> None:
    with sleeper() as process:
        step = signal_step(process, "KILL", wait=True)
        outcome = attempt({**step, "start_time": step["start_time"] - 1})

        assert outcome.ok
        assert "is gone" in outcome.because
        assert process.poll() is None


def test_a_zombie_counts_as_gone() -> None:
    with sleeper() as process:
        with gone_within(process.pid, 5):
            process.kill()

        assert start_time(process.pid) is None


def test_a_process_is_started_once_however_often_it_is_asked(victim: Victim) -> None:
    step = {"kind": "spawn", "argv": victim.argv, "pid_file": str(victim.pid_file), "log": None}
    first = victim.pid
    assert attempt(step).because == "it runs already"

    with gone_within(first, 5):
        os.kill(first, 9)
    outcomes = [attempt(step), attempt(step)]

    assert [outcome.ok for outcome in outcomes] == [True, True]
    assert victim.pid != first
    assert confirm(victim.check).ok


def test_a_process_is_started_when_its_number_went_to_a_stranger(victim: Victim) -> None:
    """The pid file names a process that began long after the file was written."""
    with gone_within(victim.pid, 5):
        os.kill(victim.pid, 9)
    with sleeper() as stranger:
        victim.pid_file.write_text(f"{stranger.pid}\n", "ascii")
        long_ago = time.time() - 3600
        os.utime(victim.pid_file, (long_ago, long_ago))
        step = {"kind": "spawn", "argv": victim.argv, "pid_file": str(victim.pid_file)}

        assert attempt(step).ok
        assert victim.pid != stranger.pid
        assert confirm(victim.check).ok
        assert stranger.poll() is None


def test_a_started_process_belongs_to_nobody_and_hears_every_signal(tmp_path: Path) -> None:
    """What an interpreter ignores stays ignored in what it starts, unless it is set back."""
    pid_file = tmp_path / "pid"
    attempt({"kind": "spawn", "argv": ["tail", "-f", "/dev/null"], "pid_file": str(pid_file)})
    pid = int(pid_file.read_text("ascii"))
    # The pid is written by the process itself, before it becomes the command.
    wait_until(lambda: Path(f"/proc/{pid}/comm").read_text("ascii") == "tail\n")
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    session = os.getsid(pid)
    with gone_within(pid, 5):
        os.kill(pid, 15)

    # Signals of the standard; the C library keeps some above them to itself.
    assert int(facts["SigIgn"], 16) & 0x7FFFFFFF == 0
    assert int(facts["PPid"]) != os.getpid()
    assert session == pid


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    step = {"kind": "spawn", "argv": ["./no-such-server"], "pid_file": str(tmp_path / "pid")}

    assert attempt(step).because == "./no-such-server: No such file or directory"


def test_a_command_that_puts_back_has_the_build_id_of_its_injection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which the guardian itself must not have by that name."""
    monkeypatch.delenv("BUILD_ID", raising=False)
    monkeypatch.setenv(BUILD_ID, "17")
    script = "import os, sys; sys.exit(os.environ.get('BUILD_ID') != '17')"

    ended = run_command({"kind": "argv", "argv": [sys.executable, "-c", script]}, 10)

    assert ended.ok, ended.because

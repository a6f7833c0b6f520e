"""Steps that touch processes: commands, signals to a process named exactly, detached starts.

Standard library only: the guardian runs without any installed package.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from nfrcheck.run.step import Outcome, Step, resolve, tells

_TAIL_BYTES = 400
_MOST_TOLD = 1 << 20
_ASK_AGAIN_S = 0.002
_WORK = {"STOP": "stand still", "CONT": "go on"}
_LAUNCH = str(Path(__file__).with_name("launch.py"))

BUILD_ID = "OF_THE_JOB_BUILD_ID"
"""Where a guardian has the `BUILD_ID` of its job: by that name a runner would find it to kill."""
# Sessions of the commands that run now, so that a dying caller can take them with it.
running: set[int] = set()
starting = threading.Lock()


def _environment(step: Step) -> dict[str, str]:
    environment = dict(os.environ)
    if (build := environment.pop(BUILD_ID, None)) is not None:
        environment["BUILD_ID"] = build
    return environment | {n: resolve(value) for n, value in (step.get("env") or {}).items()}


def run_command(step: Step, seconds: float) -> Outcome:
    """Runs `argv`, never through a shell; success is exit status 0 within `seconds`.

    With `tell` what it writes to stdout is told, as `step.tells` reads it.
    """
    argv = [str(word) for word in step["argv"]]
    environment = _environment(step)
    with _output() as output, _output() as told:
        try:
            # A command may have begun before its start is reported: whoever ends them waits.
            with starting:
                child = subprocess.Popen(
                    argv,
                    cwd=step.get("cwd"),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=told if "tell" in step else output,
                    stderr=output,
                    start_new_session=True,
                )
                running.add(child.pid)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return Outcome(ok=False, because=f"{argv[0]}: {reason}", final=True)
        ended = _ended(child, argv[0], seconds, output)
        if "tell" not in step or not ended.ok:
            return ended
        read = tells(step, os.pread(told, _MOST_TOLD, 0))
        return replace(read, because=f"{argv[0]}: {read.because}" if read.because else "")


def _ended(child: subprocess.Popen[bytes], name: str, seconds: float, output: int) -> Outcome:
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        _kill_session(child.pid)
        child.wait()
        return Outcome(ok=False, because=f"{name} took longer than {seconds:.1f} s")
    finally:
        running.discard(child.pid)
    if status == 0:
        return Outcome(ok=True)
    tail = _tail(output)
    return Outcome(ok=False, because=f"{name} ended with status {status}" + (tail and f": {tail}"))


def kill_running() -> None:
    """Ends all commands, for good: none starts in this process any more."""
    starting.acquire()
    for session in list(running):
        _kill_session(session)


def _kill_session(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


@contextmanager
def _output() -> Iterator[int]:
    # Not a pipe: a server that the command leaves behind would keep a pipe open for ever.
    # Not a file: the disk may be full when something has to be put back.
    descriptor = os.memfd_create("output")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _tail(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    written = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    words = written.decode("utf-8", "replace").split()
    # What was cut in its middle may be a part of a secret, which nobody would know again.
    return " ".join(words[1:] if size > _TAIL_BYTES else words)


def _seen(descriptor: int, pid: int, name: str, seconds: float) -> bool:
    """A signal is sent long before a process that runs on another core has taken it."""
    if name not in _WORK:
        return bool(select.select([descriptor], [], [], seconds)[0])
    deadline = time.monotonic() + seconds
    while is_stopped(pid) != (name == "STOP"):
        if time.monotonic() > deadline:
            return False
        # Nothing tells a stranger that a process stands still: it has to be asked.
        if select.select([descriptor], [], [], _ASK_AGAIN_S)[0]:
            break  # it has ended: nothing to wait for any more
    return True


def _state(pid: int) -> str:
    """One letter of proc(5); `X` for a process that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "X"
    return stat.rpartition(")")[2].split()[0]


def is_stopped(pid: int) -> bool:
    """Whether a process was told to stand still, and does."""
    return _state(pid) in "Tt"


def start_time(pid: int) -> int | None:
    """Clock ticks after boot at which `pid` began; None if it is gone or only a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name stands in brackets and may itself hold brackets and blanks.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def send_signal(step: Step, seconds: float) -> Outcome:
    """Signals the process that has both this pid and this start time, and no other.

    With `wait`, success means that the signal was seen to do its work: the process has ended,
    stands still, or runs again. A process that is gone is no failure: nothing is left to put back
    in it, and the check after it tells whether all is well.
    """
    pid = int(step["pid"])
    number = signal.Signals[f"SIG{step['signal']}"]
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return Outcome(ok=True, because=f"process {pid} is gone")
    try:
        # The descriptor holds this very process: its number cannot pass on to another one
        # between the look and the signal.
        if start_time(pid) != int(step["start_time"]):
            return Outcome(ok=True, because=f"process {pid} is gone")
        signal.pidfd_send_signal(descriptor, number)
        if step.get("wait") and not _seen(descriptor, pid, str(step["signal"]), seconds):
            word = _WORK.get(str(step["signal"]), "end")
            return Outcome(ok=False, because=f"process {pid} did not {word} in {seconds:.1f} s")
    except ProcessLookupError:
        return Outcome(ok=True, because=f"process {pid} is gone")
    except PermissionError:
        return Outcome(ok=False, because=f"process {pid} belongs to another user", final=True)
    finally:
        os.close(descriptor)
    return Outcome(ok=True)


def spawn(step: Step, seconds: float) -> Outcome:
    """Starts `argv` detached and writes `pid_file`, unless what it names still runs."""
    if _runs(step):
        return Outcome(ok=True, because="it runs already")
    order = {key: step.get(key) for key in ("argv", "cwd", "pid_file", "log")}
    environment = _environment(step)
    try:
        done = subprocess.run(
            [sys.executable, "-S", "-E", "-P", _LAUNCH],
            input=json.dumps(order).encode(),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(ok=False, because=f"{step['argv'][0]} did not start in {seconds:.1f} s")
    except OSError as error:
        return Outcome(ok=False, because=f"{sys.executable}: {error.strerror}")
    if done.returncode:
        return Outcome(ok=False, because=done.stdout.decode("utf-8", "replace").strip())
    return Outcome(ok=True)


def _runs(step: Step) -> bool:
    """Whether the process of the pid file is alive and no stranger with its number."""
    file = Path(step["pid_file"])
    try:
        pid, written_at = int(file.read_text(encoding="ascii").split()[0]), file.stat().st_mtime
    except (OSError, ValueError, IndexError):
        return False
    began = start_time(pid)
    if began is None:
        return False
    was = step.get("was")
    if was and int(was["pid"]) == pid:
        return began == int(was["start_time"])
    # A process that is younger than the file which names it got its number later.
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK")
    return age + 1.0 >= time.time() - written_at

"""The processes of one session: all that an experiment started, whatever became of its leader.

A process keeps its session when its parent is gone, so what an action left behind is found by it.
"""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_STATE, _SESSION, _START_TIME = 0, 3, 19
_ENDED = ("Z", "X")
_LOOK_S = 0.01
_GONE_S = 2.0
"""SIGKILL ends all but what hangs in the kernel, and that starts nothing any more."""


def place() -> str:
    """Where the numbers of processes mean something: until the next boot, in one namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def start_time(pid: int) -> int | None:
    """Clock ticks after boot; None for a process that is gone."""
    found = _stat(pid)
    return int(found[_START_TIME]) if found else None


def send(leader: Mapping[str, Any], number: signal.Signals) -> None:
    """Nothing for a process that is gone, or for another one with its number."""
    with suppress(KeyError, ProcessLookupError, PermissionError):
        descriptor = os.pidfd_open(leader["pid"])
        try:
            if start_time(leader["pid"]) == leader["start_time"]:
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def end_session(leader: Mapping[str, Any], *, spare_leader: bool = False) -> bool:
    """Kills what is left of a session, and waits until it is gone; whether there was anything.

    `leader`: its `pid`, `start_time` and `place`. While any process is of a session, the kernel
    gives its number to no other one: so a leader with another start time means that it is over.
    """
    spared = leader.get("pid") if spare_leader else None
    until, found = time.monotonic() + _GONE_S, False
    while left := [pid for pid in _living(leader) if pid != spared]:
        found = True
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() >= until:
            break
        time.sleep(_LOOK_S)
    return found


def _living(leader: Mapping[str, Any]) -> list[int]:
    """The processes of its session, with the leader, that still run."""
    pid, began = leader.get("pid"), leader.get("start_time")
    if pid is None or began is None or leader.get("place") != place():
        return []
    if start_time(pid) not in {began, None}:
        return []
    stats = {int(path.name): _stat(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    return [
        number
        for number, stat in stats.items()
        if stat
        and stat[_SESSION] == str(pid)
        and stat[_STATE] not in _ENDED
        and int(stat[_START_TIME]) >= began
    ]


def _stat(pid: int) -> list[str]:
    """What proc(5) tells of a process behind its name; nothing for one that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return []
    return stat.rpartition(")")[2].split()

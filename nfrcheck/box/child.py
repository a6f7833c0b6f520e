"""What a forked process of the box does before its work: let go of the parent, die with it."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, Protocol

import uvloop

from nfrcheck.box.acts import EXPIRED_CERT
from nfrcheck.box.app import App
from nfrcheck.box.door import CertifiedDoor, Door
from nfrcheck.box.edge import Edge
from nfrcheck.box.gateway import Gateway
from nfrcheck.box.http1 import Answer, Request
from nfrcheck.box.layout import Part, listen
from nfrcheck.box.store import Store
from nfrcheck.box.switches import Switches
from nfrcheck.box.truth import Truth
from nfrcheck.box.world import Birthright, World

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
LAST_ANSWERS_S = 0.25  # many times the service time


class Component(Protocol):
    async def serve(self, request: Request) -> Answer: ...
    async def watch(self) -> NoReturn: ...


COMPONENTS: dict[str, Callable[[World], Component]] = {
    "edge": Edge,
    "gateway": Gateway,
    "app": App,
    "store": Store,
}


def fork(work: Callable[[], Coroutine[Any, Any, None]], log: Path, group: int) -> int:
    """Returns the pid of a child that runs `work` in a process group; 0 founds its own."""
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    parent = os.getpid()
    # A signal between fork and the reset below would be written into the parent's wake-up pipe.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        pid = os.fork()
        if pid == 0:
            _live(work, log, group, parent)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    with contextlib.suppress(OSError):  # the child does the same; whoever comes first
        os.setpgid(pid, group)
    return pid


def _live(
    work: Callable[[], Coroutine[Any, Any, None]], log: Path, group: int, parent: int
) -> NoReturn:
    code = 1
    try:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        os.setpgid(0, group)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        _redirect(log)
        uvloop.run(work())
        code = 0
    except BaseException:  # noqa: BLE001  a forked child must never return into the parent's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _redirect(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(nothing, 0)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.close(nothing)
    os.close(written)


async def be(part: Part, given: Birthright) -> None:
    """Lives as one part of the box until SIGTERM."""
    loop = asyncio.get_running_loop()
    world = World(
        part=part,
        layout=given.layout,
        switches=Switches(given.board, part),
        slot=given.board.slot(part.name),
        truth=Truth(given.layout.truth, part.name, part.region),
        call_tls=given.call_tls,
        token=given.token,
    )
    component = COMPONENTS[part.kind](world)
    ending = asyncio.Event()
    door = _door(part, given, world.switches)
    server = await door.open(listen(part.host, given.layout.port), component.serve)
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    tasks = [
        loop.create_task(work)
        for work in (world.switches.watch(), component.watch(), ending.wait())
    ]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    server.close()
    door.dismiss()
    await asyncio.sleep(LAST_ANSWERS_S)


def _door(part: Part, given: Birthright, switches: Switches) -> Door:
    if not part.tls:
        return Door()
    door = CertifiedDoor(given.serve_tls[part.name], given.certificates[part.name])

    def adapt() -> None:
        door.show(expired=EXPIRED_CERT.name in switches.acts)

    adapt()
    switches.on_change(adapt)
    return door

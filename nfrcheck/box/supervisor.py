"""The supervisor: forks the parts, and kills, pauses and reaps them when the planes say so.

It has one thread and no event loop, so that forking is safe and a part is back in milliseconds.
"""

import contextlib
import json
import os
import select
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from nfrcheck.box import child, layout, links
from nfrcheck.box.layout import BY_NAME, PARTS
from nfrcheck.box.world import Birthright

PATIENCE_S = 2.0
NAP_S = 0.001

Speak = Callable[[dict[str, Any]], None]


class Supervisor:
    """`planes` makes the coroutine of the process that serves ops and ctl on its socket."""

    def __init__(
        self, given: Birthright, planes: Callable[[socket.socket], Any], *, proxy: bool
    ) -> None:
        self._given, self._planes, self._proxy = given, planes, proxy
        self._proxy_pid = 0
        self._pids: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._paused: set[str] = set()
        self._log = given.layout.folder / "box.log"
        self._wake, wake_in = socket.socketpair()
        wake_in.setblocking(False)
        self._wake_in = wake_in
        self._planes_end: socket.socket
        self._planes_pid = 0
        self._heard = b""
        self._on_ready: Speak
        self._failed = False

    def run(self, on_ready: Speak) -> int:
        """Serves until stdin ends, SIGTERM or SIGINT, and leaves nothing behind. Exit code."""
        self._on_ready = on_ready
        signal.set_wakeup_fd(self._wake_in.fileno())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        try:
            if self._proxy:
                self._start_proxy()
            for part in PARTS:
                self._start(part.name)
            self._start_planes()
            self._serve()
        finally:
            self._end()
        return 1 if self._failed else 0

    def _start_proxy(self) -> None:
        """Before all parts, for they connect through it; returns when it listens."""
        hear, speak = os.pipe()

        async def work() -> None:
            os.dup2(speak, 1)
            links.become_proxy(self._given.layout.port, self._given.layout.links)

        self._proxy_pid = child.fork(work, self._log, 0)
        os.close(speak)
        with os.fdopen(hear, "rb", 0) as told:
            # It says so itself, or its end closes the pipe; then no part comes up.
            select.select([told], [], [], links.PATIENCE_S)

    def _start_planes(self) -> None:
        mine, theirs = socket.socketpair()
        self._planes_end = mine

        async def work() -> None:
            mine.close()
            await self._planes(theirs)

        self._planes_pid = child.fork(work, self._log, 0)
        theirs.close()

    def _serve(self) -> None:
        # Poll, unlike epoll, also takes a plain file or /dev/null as stdin.
        with selectors.PollSelector() as waiting:
            waiting.register(self._wake, selectors.EVENT_READ, self._on_signal)
            waiting.register(self._planes_end, selectors.EVENT_READ, self._on_order)
            waiting.register(0, selectors.EVENT_READ, self._on_stdin)
            going_on = True
            while going_on:
                for key, _ in waiting.select():
                    going_on = going_on and key.data()

    def _on_stdin(self) -> bool:
        try:
            return os.read(0, 65536) != b""
        except OSError:  # a terminal in whose background we run
            time.sleep(100 * NAP_S)
            return True

    def _on_signal(self) -> bool:
        numbers = self._wake.recv(4096)
        self._reap()
        return not {signal.SIGTERM, signal.SIGINT} & set(numbers) and not self._failed

    def _on_order(self) -> bool:
        chunk = self._planes_end.recv(65536)
        self._failed |= not chunk  # without its planes a box is of no use
        *lines, self._heard = (self._heard + chunk).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if order["do"] == "ready":
                self._on_ready(order)
                continue
            self._obey(order["do"], order["parts"])
            self._planes_end.sendall(json.dumps(self._state()).encode() + b"\n")
        return not self._failed

    def _state(self) -> dict[str, Any]:
        self._reap()
        return {
            part.name: {
                "pid": self._pids.get(part.name),
                "state": "dead"
                if part.name not in self._pids
                else ("paused" if part.name in self._paused else "alive"),
            }
            for part in PARTS
        }

    def _obey(self, verb: str, names: list[str]) -> None:
        alive = [name for name in names if name in self._pids]
        if verb == "kill":
            self._kill(alive)
        elif verb == "stop":
            self._signal(alive, signal.SIGTERM)
            self._await_death(alive)
            self._kill([name for name in alive if name in self._pids])
        elif verb == "pause":
            self._signal(alive, signal.SIGSTOP)
            self._paused |= set(alive)
        elif verb == "resume":
            self._signal(alive, signal.SIGCONT)
            self._paused -= set(alive)
        elif verb == "start":
            for name in names:
                if name not in self._pids:
                    self._start(name)

    def _start(self, name: str) -> None:
        part = BY_NAME[name]
        peers = layout.of_region(part.region) if part.region else (part,)
        # A process group lives as long as one of its members; after that it is founded anew.
        group = self._groups.get(name, 0) if any(p.name in self._pids for p in peers) else 0

        async def work() -> None:
            self._let_go()
            await child.be(part, self._given)

        pid = child.fork(work, self._log, group)
        self._pids[name] = pid
        for peer in peers:
            self._groups[peer.name] = group or pid

    def _let_go(self) -> None:
        """In a new part: what belongs to the supervisor is closed."""
        self._wake.close()
        self._wake_in.close()
        with contextlib.suppress(AttributeError):  # the parts of the first hour have no planes
            self._planes_end.close()

    def _kill(self, names: list[str]) -> None:
        """SIGKILL; a whole region goes in one system call."""
        for group in {self._groups[name] for name in names}:
            members = {name for name in self._pids if self._groups[name] == group}
            if members <= set(names):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
        self._signal(names, signal.SIGKILL)
        self._await_death(names)

    def _signal(self, names: list[str], number: signal.Signals) -> None:
        for name in names:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pids[name], number)

    def _await_death(self, names: list[str]) -> None:
        end = time.monotonic() + PATIENCE_S
        while any(name in self._pids for name in names) and time.monotonic() < end:
            self._reap()
            time.sleep(NAP_S)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self._failed |= pid in {self._planes_pid, self._proxy_pid}
                for name in [name for name, known in self._pids.items() if known == pid]:
                    del self._pids[name]
                    self._paused.discard(name)

    def _end(self) -> None:
        for pid in [*self._pids.values(), self._planes_pid, self._proxy_pid]:
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        sys.stdout.flush()

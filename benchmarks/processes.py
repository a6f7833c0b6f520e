"""Processes that a benchmark starts: JSON lines with them, their CPU time, the core they run on."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
WITHIN_S = 30.0

Message = dict[str, Any]


class Worker:
    """A process that says JSON lines and is told some; it ends with its standard input."""

    def __init__(
        self, argv: Sequence[str], *, core: int | None = None, own_session: bool = False
    ) -> None:
        self.began = time.monotonic()
        self._argv = list(argv)
        self.process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=own_session,
        )
        self._rest = b""
        if core is not None:
            os.sched_setaffinity(self.process.pid, {core})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self.process.pid

    def tell(self, message: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, key: str, within_s: float = WITHIN_S) -> Message:
        """The next message that has this key; TimeoutError, EOFError when there is none."""
        deadline = time.monotonic() + within_s
        while True:
            message = json.loads(self._line(deadline))
            if key in message:
                return dict(message)

    def ask(self, question: str) -> Any:
        self.tell({"ask": question})
        return self.hear(question)[question]

    def close(self) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()

    def end(self) -> None:
        """By the end of its input; a process that does not heed that is killed."""
        self.close()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _line(self, deadline: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self._rest:
            if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"{self._argv} says nothing")
            arrived = os.read(descriptor, 65_536)
            if not arrived:
                raise EOFError(f"{self._argv} ended with {self.process.wait()}")
            self._rest += arrived
        line, _, self._rest = self._rest.partition(b"\n")
        return line


def worker(name: str, *arguments: object, core: int | None = None) -> Worker:
    """A program of `benchmarks/workers`."""
    argv = [sys.executable, "-m", f"benchmarks.workers.{name}", *map(str, arguments)]
    return Worker(argv, core=core)


@dataclass(frozen=True, slots=True)
class Target:
    """The server that is asked: a process of ours on its own core, which counts requests."""

    server: Worker
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self) -> int:
        """Requests that were answered so far."""
        return int(self.server.ask("count"))


@contextmanager
def target(*, unique: bool = False) -> Iterator[Target]:
    """`unique`: no two heads of answers are equal."""
    with worker("server", "unique" if unique else "same", core=target_core()) as server:
        yield Target(server, int(server.hear("port")["port"]))


def target_core() -> int:
    return min(os.sched_getaffinity(0))


def tester_core() -> int:
    """Another core than the target's, where there are two."""
    return max(os.sched_getaffinity(0))


def cpu_ns(pid: int) -> int:
    """CPU time of a process and of all below it that live, from the scheduler's own accounts."""
    return sum(_thread_ns(file) for one in _tree(pid) for file in _threads(one))


def _threads(pid: int) -> Iterator[Path]:
    return Path(f"/proc/{pid}/task").glob("*/schedstat")


def _thread_ns(file: Path) -> int:
    try:
        return int(file.read_text("ascii").split()[0])
    except FileNotFoundError:
        return 0  # it ended just now


def _tree(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            # The name may hold anything, so count from behind it.
            parent = int(file.read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(file.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found

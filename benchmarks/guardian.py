"""How soon a fault is undone once its controller was killed, and what arming costs before it."""

import ctypes
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.harness import Benchmark, Options, Row
from benchmarks.processes import WITHIN_S, Worker

ARMING_MS, UNDONE_S = 50.0, 1.0
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_WORKER = "benchmarks.workers.controller"


class Control(ThreadingHTTPServer):
    """The way to a part that was broken: POST puts it back, GET says 200 once it is."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Interface)
        self.undone = threading.Event()
        self.undone_at = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/part"


class _Interface(BaseHTTPRequestHandler):
    server: Control

    def do_POST(self) -> None:
        if not self.server.undone.is_set():
            self.server.undone_at = time.monotonic()
            self.server.undone.set()
        self._answer(200)

    def do_GET(self) -> None:
        self._answer(200 if self.server.undone.is_set() else 503)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Silent."""


def measure(options: Options) -> list[Row]:
    # So that a guardian whose controller was killed is our child, and can be waited for.
    if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    armed_ms, undone_s, closed_s = [], [], []
    folder = Path(tempfile.mkdtemp())
    try:
        for repetition in range(options.repetitions):
            with _control() as control:
                state = folder / f"state-{repetition}"
                armed, killed_at, ended_at = _kill(control, state, group=bool(repetition % 2))
                armed_ms.append(armed)
                undone_s.append(control.undone_at - killed_at)
                closed_s.append(ended_at - killed_at)
    finally:
        shutil.rmtree(folder)
    return [
        Row(what="arming", unit="ms", values=tuple(armed_ms), at_most=ARMING_MS),
        Row(what="kill -9 to fault undone", unit="s", values=tuple(undone_s), at_most=UNDONE_S),
        Row(what="kill -9 to verified and closed", unit="s", values=tuple(closed_s)),
    ]


def _kill(control: Control, state: Path, *, group: bool) -> tuple[float, float, float]:
    """Arming in ms, when the controller was killed, when its guardian had ended."""
    argv = [sys.executable, "-m", _WORKER, str(state), control.url]
    with Worker(argv, own_session=True) as controller:
        said = controller.hear("armed_ms")
        killed_at = time.monotonic()
        (os.killpg if group else os.kill)(controller.pid, signal.SIGKILL)
        controller.process.wait()
        if not control.undone.wait(WITHIN_S):
            raise TimeoutError("nothing was undone")
        _pid, status = os.waitpid(int(said["guardian"]), 0)
        ended_at = time.monotonic()
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"the guardian ended with {os.waitstatus_to_exitcode(status)}")
    return float(said["armed_ms"]), killed_at, ended_at


@contextmanager
def _control() -> Iterator[Control]:
    with Control() as control:
        thread = threading.Thread(target=control.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield control
        finally:
            control.shutdown()
            thread.join()


BENCHMARK = Benchmark(
    name="guardian",
    title="the fault is undone after kill -9 of the controller, or of its whole process group",
    measure=measure,
    notes=(
        "arming: from the order to its answer, the undo is on disk (fsync) then",
        "undone: the request that undoes it arrives; closed: verified, and the guardian has ended",
        "controller and process group are killed in turns; medians meet the limits",
    ),
    defaults=Options(repetitions=20),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

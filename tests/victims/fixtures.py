"""Real processes and servers to hurt, and a way to wait for the end of a process by event."""

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent
TO = {"scale": "{replicas}", "deploy": "{version}", "rollback": "{version}"}
AT_FIRST = {"replicas": "2", "version": "v1"}


@dataclass(slots=True)
class Victim:
    """A server process with a pid file; whatever started it again is known by that file."""

    port: int
    pid_file: Path
    argv: list[str]

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text("ascii"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def check(self) -> dict[str, Any]:
        return {"kind": "http", "url": self.url, "expect": [200, 299], "within_s": 10}

    @property
    def control(self) -> dict[str, Any]:
        return {
            "kind": "process",
            "pid": str(self.pid_file),
            "start": subprocess.list2cmdline(self.argv),
            "within": "10 s",
        }


@contextmanager
def gone_within(pid: int, seconds: float) -> Iterator[None]:
    """Fails if the process has not ended in time; it need not be a child."""
    descriptor = os.pidfd_open(pid)
    try:
        yield
        assert select.select([descriptor], [], [], seconds)[0], f"{pid} still runs"
    finally:
        os.close(descriptor)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    argv = [sys.executable, "-S", "-E", str(PROGRAMS / "server.py")]
    with subprocess.Popen([*argv, "0"], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        port = int(first.stdout.readline().split()[1])
        pid_file = tmp_path / "victim.pid"
        pid_file.write_text(f"{first.pid}\n", "ascii")
        running = Victim(port, pid_file, [*argv, str(port)])
        yield running
        # Never 0 or below, which would name whole groups of processes, this one among them.
        for pid in {first.pid, running.pid}:
            assert pid > 1, "a pid file of a test names no group"
            with suppress(ProcessLookupError):
                os.kill(pid, 9)


@dataclass(slots=True)
class Operations:
    """POST /VERB/PART changes a part of a system, GET /PART is 200 while it is well.

    POST /scale/PART/3, /deploy/PART/v2 and /rollback/PART/v1 change what GET /replicas/PART and
    GET /version/PART tell.
    """

    port: int = 0
    down: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    # A request that is listed here fails, as often as it is listed.
    broken: list[str] = field(default_factory=list)
    replicas: dict[str, str] = field(default_factory=dict)
    version: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def control(self, part: str, *verbs: str, **more: Any) -> dict[str, Any]:
        asked = {verb: f"POST {self.url}/{verb}/{part}" for verb in verbs}
        return {"kind": "http", "within": "5 s", **asked, **more}

    def changing(self, part: str) -> dict[str, Any]:
        """What a control needs to scale and to deploy a part, and an act of it."""
        return {
            **{verb: f"POST {self.url}/{verb}/{part}/{word}" for verb, word in TO.items()},
            **{word: f"GET {self.url}/{word}/{part}" for word in AT_FIRST},
            "acts": {
                "freeze": {
                    "do": f"POST {self.url}/drain/{part}",
                    "undo": f"POST {self.url}/undrain/{part}",
                }
            },
        }

    def told(self, word: str, part: str) -> str:
        told: dict[str, str] = getattr(self, word)
        return told.get(part, AT_FIRST[word])

    @property
    def changed(self) -> bool:
        parts = {*self.replicas, *self.version}
        words = [(word, part) for word in AT_FIRST for part in parts]
        return bool(self.down) or any(self.told(*one) != AT_FIRST[one[0]] for one in words)

    def step(self, verb: str, part: str) -> dict[str, Any]:
        url = f"{self.url}/{verb}/{part}"
        return {"kind": "http", "method": "POST", "url": url, "within_s": 5}

    def check(self, part: str) -> dict[str, Any]:
        return {"kind": "http", "url": f"{self.url}/{part}", "within_s": 5}

    def act(self, path: str, token: str | None) -> int:
        verb, part, *word = path.strip("/").split("/")
        self.log.append(" ".join((verb, part, *word)))
        self.tokens |= {token} if token else set()
        if f"{verb} {part}" in self.broken:
            self.broken.remove(f"{verb} {part}")
            return 500
        if verb in TO:
            (self.replicas if verb == "scale" else self.version)[part] = word[0]
        elif verb in {"kill", "pause", "drain", "break"}:
            self.down.add(part)
        else:
            self.down.discard(part)
        return 200


@pytest.fixture
def operations() -> Iterator[Operations]:
    state = Operations()

    class Interface(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.answer(state.act(self.path, self.headers.get("authorization")))

        def do_GET(self) -> None:
            word, _, part = self.path.strip("/").partition("/")
            if word in AT_FIRST:
                self.answer(200, state.told(word, part))
            else:
                self.answer(503 if word in state.down else 200)

        def answer(self, status: int, text: str = "") -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_words: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Interface) as server:
        state.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of this test alone."""
    folder = tmp_path / "state"
    monkeypatch.setenv("NFRCHECK_STATE", str(folder))
    return folder


def lines(ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]

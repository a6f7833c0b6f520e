"""What the fault proxy costs without a fault, and how exact its faults are; beside Toxiproxy."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness import Benchmark, Options, Row
from benchmarks.processes import ROOT, Target, cpu_ns, target, worker

TOXIPROXY = Path(sys.prefix) / "toxiproxy" / "server"
"""`make real` puts it there."""
DIRECT, OURS, THEIRS = "direct", "nfrcheck.faultproxy", "Toxiproxy 2.12"
REQUEST = b"GET / HTTP/1.1\r\nhost: target\r\n\r\n"
ENDS_WITH = b'"ok":1  }'
PIECE = bytes(256 * 1024)
BULK_MB = 200
CONNECTIONS = 32
ADDED_MS, RATE_MB_S = 100, 10
WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Way:
    """A port that leads to the target, and the proxy in between: its process, its control port."""

    requests: int
    bulk: int
    pid: int | None = None
    control: int | None = None

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        assert self.control is not None
        return ask(self.control, method, path, body)

    @contextmanager
    def toxic(self, kind: str, **attributes: int) -> Iterator[None]:
        for proxy in ("requests", "bulk"):
            body = {"name": "slow", "type": kind, "attributes": attributes}
            self.ask("POST", f"/proxies/{proxy}/toxics", body)
        yield
        for proxy in ("requests", "bulk"):
            self.ask("DELETE", f"/proxies/{proxy}/toxics/slow")


@dataclass(slots=True)
class Found:
    """A figure for each repetition."""

    round_trip_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    many_s: list[float] = field(default_factory=list)
    connection_us: list[float] = field(default_factory=list)
    bulk_mb_s: list[float] = field(default_factory=list)
    added_ms: list[float] = field(default_factory=list)
    rate_mb_s: list[float] = field(default_factory=list)


UNITS = {
    "round_trip_us": ("round trip, p50", "us"),
    "cpu_us": ("CPU of the proxy for each round trip", "us"),
    "many_s": (f"requests of {CONNECTIONS} connections", "1/s"),
    "connection_us": ("new connection and one answer, p50", "us"),
    "bulk_mb_s": ("one connection, all that goes", "MB/s"),
    "added_ms": (f"{ADDED_MS} ms added, p50", "ms"),
    "rate_mb_s": (f"bandwidth of {RATE_MB_S} MB/s", "MB/s"),
}
LIMITS: Mapping[str, tuple[float | None, float | None]] = {
    "round_trip_us": (300.0, None),
    "connection_us": (1_500.0, None),
    "bulk_mb_s": (None, 300.0),
    "added_ms": (ADDED_MS * 1.1, None),
    "rate_mb_s": (None, RATE_MB_S * 0.9),
}


def measure(options: Options) -> list[Row]:
    found: dict[str, Found] = {}
    with ExitStack() as stack:
        asked = stack.enter_context(target())
        bulk = stack.enter_context(_bulk())
        ways = {DIRECT: Way(asked.port, bulk)}
        ways[OURS] = stack.enter_context(_embedded(asked, bulk))
        if TOXIPROXY.is_file():
            ways[THEIRS] = stack.enter_context(_toxiproxy(asked, bulk))
        for _ in range(options.repetitions):
            for name, way in ways.items():
                _measure(way, options, found.setdefault(name, Found()))
                found[name].many_s.append(_requests_a_second(way, asked, options))
    return list(_rows(found))


def _measure(way: Way, options: Options, found: Found) -> None:
    used, times = cpu_ns(way.pid) if way.pid else 0, []
    with _connected(way.requests) as connection:
        begun = time.monotonic()
        while time.monotonic() - begun < options.seconds:
            times.append(_timed_us(lambda: _request(connection)))
    found.round_trip_us.append(statistics.median(times))
    if way.pid:
        found.cpu_us.append((cpu_ns(way.pid) - used) / 1e3 / len(times))
    found.connection_us.append(
        statistics.median(_timed_us(lambda: _once(way.requests)) for _ in range(200))
    )
    size = BULK_MB * 1_000_000 // (10 if options.smoke else 1)
    found.bulk_mb_s.append(_megabytes_a_second(way.bulk, size))
    if way.pid is None:
        return
    with way.toxic("latency", latency=ADDED_MS), _connected(way.requests) as connection:
        late = [_timed_us(lambda: _request(connection)) / 1e3 for _ in range(5)]
    found.added_ms.append(statistics.median(late))
    with way.toxic("bandwidth", rate=RATE_MB_S * 1_000):
        found.rate_mb_s.append(_megabytes_a_second(way.bulk, RATE_MB_S * 500_000))


def _rows(found: Mapping[str, Found]) -> Iterator[Row]:
    for key, (what, unit) in UNITS.items():
        for name in (DIRECT, OURS, THEIRS):
            if name not in found:
                if name == THEIRS:
                    yield Row(what=f"{what}, {name}", skipped="not installed")
                continue
            values = tuple(getattr(found[name], key))
            if values:
                most, least = LIMITS.get(key, (None, None)) if name == OURS else (None, None)
                yield Row(
                    what=f"{what}, {name}", unit=unit, values=values, at_most=most, at_least=least
                )


def _timed_us(act: Callable[[], object]) -> float:
    begun = time.perf_counter_ns()
    act()
    return (time.perf_counter_ns() - begun) / 1e3


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), WITHIN_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _request(connection: socket.socket) -> None:
    connection.sendall(REQUEST)
    answer = b""
    while not answer.endswith(ENDS_WITH):
        answer += connection.recv(65_536)


def _once(port: int) -> None:
    with _connected(port) as connection:
        _request(connection)


def _megabytes_a_second(port: int, size: int) -> float:
    with _connected(port) as connection:
        connection.sendall(b"%d\n" % size)
        begun, left, room = time.monotonic(), size, bytearray(1 << 20)
        while left > 0:
            arrived = connection.recv_into(room)
            if not arrived:
                raise EOFError(f"{left} bytes did not arrive")
            left -= arrived
        return size / 1e6 / (time.monotonic() - begun)


def _requests_a_second(way: Way, asked: Target, options: Options) -> float:
    """Closed loop, by the engine that loads use; the target counts."""
    with worker("rate_engine", way.requests, CONNECTIONS):
        before = asked.count()
        while asked.count() < before + CONNECTIONS:
            time.sleep(0.01)
        count, begun = asked.count(), time.monotonic()
        time.sleep(options.seconds)
        return (asked.count() - count) / (time.monotonic() - begun)


@contextmanager
def _bulk() -> Iterator[int]:
    """A server that sends as many bytes as it is asked for."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    left = int(connection.makefile("rb").readline() or b"0")
                    while left > 0:
                        left -= connection.send(PIECE[:left])

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def _embedded(asked: Target, bulk: int) -> Iterator[Way]:
    argv = [sys.executable, "-m", "nfrcheck.faultproxy", "--port", "0"]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            control = int(process.stdout.readline().rpartition(":")[2])
            yield _way(process.pid, control, asked, bulk)
        finally:
            process.terminate()


@contextmanager
def _toxiproxy(asked: Target, bulk: int) -> Iterator[Way]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        control = int(free.getsockname()[1])
    argv = [str(TOXIPROXY), "-host", "127.0.0.1", "-port", str(control)]
    quiet = {**os.environ, "LOG_LEVEL": "error"}
    with subprocess.Popen(argv, env=quiet, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + WITHIN_S
            while time.monotonic() < deadline:
                try:
                    ask(control, "GET", "/version")
                    break
                except OSError:
                    time.sleep(0.02)
            yield _way(process.pid, control, asked, bulk)
        finally:
            process.terminate()


def _way(pid: int, control: int, asked: Target, bulk: int) -> Way:
    ports = []
    for name, port in (("requests", asked.port), ("bulk", bulk)):
        body = {"name": name, "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{port}"}
        made = ask(control, "POST", "/proxies", body)
        ports.append(int(made["listen"].rpartition(":")[2]))
    requests, bulk_port = ports
    return Way(requests, bulk_port, pid, control)


def ask(control: int, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", control, timeout=WITHIN_S)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text!r}")
        return json.loads(text) if text else None
    finally:
        connection.close()


BENCHMARK = Benchmark(
    name="proxy",
    title="what a proxy costs without a fault, and how exact its faults are",
    measure=measure,
    notes=(
        "one client, one connection at a time; loopback; all share the machine's cores",
        "Toxiproxy logs errors alone; both proxies have no toxic but in the last two measures",
    ),
    defaults=Options(repetitions=5, seconds=1.0),
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())

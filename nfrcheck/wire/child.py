"""A process that sends traffic: its orders, its health and its end. What drives it is outside."""

import gc
import json
import math
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import numpy as np

from nfrcheck.errors import NfrcheckError
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.wire.alarm import Alarm
from nfrcheck.wire.control import Orders, Voice
from nfrcheck.wire.engine import Engine
from nfrcheck.wire.health import ROW_FIELDS, Heart, Processor, Second
from nfrcheck.wire.job import Outcome
from nfrcheck.wire.keeping import Keeping
from nfrcheck.wire.schedule import Ramp, Schedule, Step
from nfrcheck.wire.traffic import Lane, Stream, Traffic, compile_traffic

DRAIN_S = 0.25
"""How long a stop waits beyond the last time-out; what is under way then is recorded as stopped."""
PRIORITY = -10
SPARE_DESCRIPTORS = 64

_SLICE_NS = 50_000_000
_FLUSH_NS = 250_000_000
_HEALTH_NS = 1_000_000_000
_WARM_LATENCY_S = 0.05
_WARM_MAX = 256

Order = dict[str, Any]


class Child:
    """Everything but the loop: whoever drives it serves `engine` until `stopping`, then `finish`.

    `on_order` is given the orders that are not known here, `on_beat` is called 100 times a second.
    A job's tag is its lane, or a function that is given the outcome.
    """

    def __init__(self, traffic: Traffic, orders: Orders, voice: Voice) -> None:
        self.traffic, self.spec = traffic, traffic.spec
        self.orders, self.voice = orders, voice
        self.stopping = self.at_once = self.failed = self._capped = False
        self.streams = traffic.streams
        self.on_order: Callable[[Order], None] | None = None
        self.on_beat: Callable[[int], None] | None = None
        self.keeping = Keeping(traffic, self.ill)
        self.engine = Engine(traffic.endpoints, cap=self.spec.cap, on_outcome=self._take)
        now = time.monotonic_ns()
        self._heart, self._processor = Heart(now), Processor()
        self._flush_ns, self._health_ns = now + _FLUSH_NS, now + _HEALTH_NS
        self._sent = 0
        self._alarm = Alarm()
        self.engine.watch(self._alarm.fd, self.beat)
        self._alarm.set(self._heart.due_ns)

    def ready(self) -> None:
        """From here on a signal ends the child as an order does."""
        signal.signal(signal.SIGTERM, self._stop_by_signal)
        # Ctrl-C reaches the whole process group; the controller decides what ends when.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._check_room()
        self._rehearse()
        # What lives now lives to the end; garbage is not collected while the streams run.
        gc.collect()
        gc.freeze()
        self.voice.say({"ready": True, "pid": os.getpid()})

    def ill(self, because: str) -> None:
        sys.stderr.write(f"ill: {because}\n")
        self.voice.say({"ill": because})

    def serve(self) -> None:
        """One turn of the engine; an error of ours ends the streams, and says so."""
        try:
            self.engine.serve()
        except Exception as error:  # noqa: BLE001  # whatever it is, the controller must know
            self.die(error)

    def die(self, error: Exception) -> None:
        traceback.print_exception(error)
        self.failed = self.stopping = True
        self.ill(f"the streams died: {type(error).__name__}: {error}")

    def beat(self) -> None:
        now = time.monotonic_ns()
        self._heart.beat(now)
        self._alarm.set(self._heart.due_ns)
        self._obey()
        if self.on_beat is not None:
            self.on_beat(now)
        if self.engine.stats.in_flight > self.spec.cap and not self._capped:
            self._capped = True
            self.ill(
                f"the cap of {self.spec.cap} requests under way is reached: others wait for it"
            )
        if now >= self._flush_ns:
            self._flush_ns = now + _FLUSH_NS
            self.keeping.flush()
            self.voice.flush()
        if now >= self._health_ns:
            self._health_ns = now + _HEALTH_NS
            self.voice.say({"health": self._health(now)})

    def finish(self) -> int:
        """Drains, writes what is left and closes all; the exit code."""
        try:
            self._drain()
        except Exception as error:  # noqa: BLE001  # the files must be closed all the same
            self.die(error)
        gc.enable()
        self.engine.unwatch(self._alarm.fd)
        self._alarm.close()
        self.engine.close()
        self.keeping.close()
        self._processor.close()
        return 1 if self.failed else 0

    def _drain(self) -> None:
        """Until all is answered or timed out: a stop must not hide a server that hangs."""
        deadline = time.monotonic_ns() + round(drain_s(self.spec) * 1e9)
        while not (self.at_once or self.failed):
            now = time.monotonic_ns()
            if self.engine.drain(min(now + _SLICE_NS, deadline)) or now >= deadline:
                return
        self.engine.stop_streams()

    def say_stopped(self, more: dict[str, Any]) -> None:
        counts = {"sent": self.engine.stats.sent, "recorded": self.keeping.recorder.recorded}
        self.voice.say({"stopped": True} | counts | more)
        self.voice.flush(within_s=1.0)

    def _obey(self) -> None:
        try:
            for order in self.orders.new():
                self._do(order)
        except ValueError as error:
            self.ill(f"an order that cannot be read: {error}")
        if self.orders.closed:
            self.stopping = self.at_once = True

    def _do(self, order: Order) -> None:
        if order.get("do") == "start":
            self._start(int(order["at_ns"]))
        elif order.get("do") == "stop":
            self.stopping = True
        elif self.on_order is not None:
            self.on_order(order)

    def _start(self, at_ns: int) -> None:
        gc.disable()
        self._warm()
        for stream in self.streams:
            self.engine.add_stream(self._schedule(stream, at_ns), stream.make)

    def _schedule(self, stream: Stream, at_ns: int) -> Schedule:
        pieces = cast("list[Step | Ramp]", list(stream.ramp))
        return Schedule(
            at_ns,
            pieces or stream.rate,
            poisson=self.spec.arrivals == "poisson",
            seed=stream.seed,
            share=(self.spec.child, self.spec.children),
        )

    def _warm(self) -> None:
        """Opens connections beforehand, so that the pool need not grow in a hurry."""
        lanes = {lane.entry: lane for stream in self.streams for lane in stream.lanes}
        if self.spec.kind != "load" or any(lane.client == "fresh" for lane in lanes.values()):
            return
        rate = self.spec.rate / self.spec.children / len(lanes)
        for lane in lanes.values():
            count = math.ceil(rate * _WARM_LATENCY_S * 2)
            self.engine.warm(lane.endpoint, min(count, _WARM_MAX, self.spec.cap // len(lanes)))

    def _rehearse(self) -> None:
        """Does once, before it counts, what loads code when it is done for the first time."""
        rehearsed = Second(self.traffic.cells)
        rehearsed.add(np.zeros(2, dtype=[(name, "<i8") for name in ROW_FIELDS]))
        rehearsed.close()
        for stream in self.streams:
            self._schedule(stream, 0).due(0)

    def _check_room(self) -> None:
        rate = sum(stream.rate for stream in self.streams) / self.spec.children
        needed = math.ceil(rate * self.spec.timeout_s)
        if self.spec.cap < needed:
            self.ill(
                f"cap {self.spec.cap} is below rate x timeout = {needed}: "
                "in an outage requests would wait for the tester"
            )
        room = raise_descriptor_limit()
        if room < self.spec.cap + SPARE_DESCRIPTORS:
            self.ill(f"{room} open files are allowed, cap {self.spec.cap} needs 64 more than that")

    def _take(self, outcome: Outcome) -> None:
        tag = outcome.job.tag
        if type(tag) is Lane:
            self.keeping.take(outcome, tag)
        else:
            tag(outcome)

    def _stop_by_signal(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def _health(self, now: int) -> dict[str, Any]:
        used, waiting = self._processor.shares()
        stats = self.engine.stats
        sent, self._sent = stats.sent - self._sent, stats.sent
        # First the mark, then the records: what is said to have ended can be read.
        settled = self.engine.settled_ns(now)
        self.keeping.flush()
        kind = "load" if self.spec.kind == "load" else "probe"
        health = {
            "instrument": f"{kind}-{self.spec.stream}.{self.spec.child}",
            "t": round((now - self.spec.t0_ns) / 1e9, 3),
            "cpu": round(used, 4),
            "waiting": None if waiting is None else round(waiting, 4),
            "beat_p99_ms": self._heart.late_p99_ms(),
            "lag_p99_ms": round(stats.lag_ns(0.99) / 1e6, 3),
            "sent": sent,
            "in_flight": stats.in_flight,
            "settled": round((settled - self.spec.t0_ns) / 1e9, 6),
        } | self.keeping.second.close()
        stats.tick()
        return health


def drain_s(spec: TrafficSpec) -> float:
    """How long a child may go on after it was told to stop."""
    routes = [*spec.routes, *([spec.write.read] if spec.write else [])]
    return max(spec.timeout_s, *(route.timeout_s or 0.0 for route in routes)) + DRAIN_S


def raise_priority() -> None:
    """Where that is allowed: a tester that waits for a core makes the system look slow."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)


def raise_descriptor_limit() -> int:
    """As many open files as this process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else sys.maxsize


def open_child() -> Child | None:
    """Reads the spec from standard input. None, and why on the other side, when it is no spec."""
    raise_priority()
    orders, voice = Orders(sys.stdin.fileno()), Voice(sys.stdout.fileno())
    line = orders.wait()
    if line is None:
        return None
    try:
        spec = TrafficSpec.from_json(json.loads(line))
        return Child(compile_traffic(spec), orders, voice)
    except (ValueError, OSError, NfrcheckError) as error:
        sys.stderr.write(f"cannot begin: {error}\n")
        voice.say({"ill": f"cannot begin: {error}"})
        return None

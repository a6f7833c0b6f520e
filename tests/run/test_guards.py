"""A guard watches the figure that it names; what is spent of a budget does not come back."""

import asyncio
import http.server
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from nfrcheck.plan.steps import Guard
from nfrcheck.run.guards import Spent, Watch

NOTHING: Mapping[str, Any] = {}
HALF = Guard(metric="error_budget", above=0.5, for_s=1.0, target="users", allowed=20.0)


class Spec:
    def __init__(self, stream: str, kind: str) -> None:
        self.stream, self.kind = stream, kind


class Stream:
    """What a guard sees of a child: its health lines, one a second."""

    def __init__(self, stream: str = "users", kind: str = "load") -> None:
        self.spec = Spec(stream, kind)
        self.instrument = f"{kind}-{stream}.0"
        self.recent: deque[tuple[float, dict[str, Any]]] = deque(maxlen=120)


class Night:
    """Seconds that pass at once: in each, the next count of failures is what the children say.

    `told` is what all of them say besides.
    """

    def __init__(
        self,
        failures: dict[Stream, Sequence[int]],
        monkeypatch: pytest.MonkeyPatch,
        told: Mapping[str, Any] = NOTHING,
    ) -> None:
        self.failures = failures
        self.told = told
        self.second = 0
        self.sentences: list[str] = []
        monkeypatch.setattr(asyncio, "sleep", self._pass)

    def watch(self, *of: Guard, since: int = 0) -> list[str]:
        """The guards are in force from the second `since` on."""

        async def night() -> None:
            streams: Any = list(self.failures)
            watch = Watch(streams, lambda: float(self.second), self.sentences.append)
            await watch.run(lambda: of if self.second >= since else ())

        asyncio.run(_to_its_end(night()))
        return self.sentences

    async def _pass(self, _seconds: float) -> None:
        if all(self.second >= len(counts) for counts in self.failures.values()):
            raise asyncio.CancelledError
        for stream, counts in self.failures.items():
            if self.second < len(counts):
                bad = counts[self.second]
                line = {"bad": bad, "good": 100 - bad, **self.told}
                stream.recent.append((self.second + 0.1, line))
        self.second += 1


async def _to_its_end(night: Any) -> None:
    task = asyncio.ensure_future(night)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def test_a_budget_is_added_up_over_all_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night({Stream(): [4, 3, 0, 3, 1, 0]}, monkeypatch)

    (sentence,) = night.watch(HALF)

    spent = "error_budget of users: 55 % is spent, more than 50 %"
    assert sentence == f"{spent} (11 failures, 20 are allowed in the planned run)"
    assert night.second == 5, "ten failures are half and not more than half"


def test_what_was_spent_before_the_guard_was_in_force_is_spent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = Night({Stream(): [8, 0, 0, 0, 3, 0]}, monkeypatch)

    assert night.watch(HALF, since=4)
    assert night.second == 5


def test_several_children_spend_one_budget_and_other_streams_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = {Stream(): [3, 3, 0], Stream(): [3, 3, 0]}
    edge = {Stream("edge", "probe"): [50, 50, 50]}

    assert Night({**both, **edge}, monkeypatch).watch(HALF)
    assert not Night({Stream(): [3, 3, 0], **edge}, monkeypatch).watch(HALF)


def test_a_budget_of_a_probe_is_watched_beside_a_load(monkeypatch: pytest.MonkeyPatch) -> None:
    of_edge = Guard(metric="error_budget", above=0.5, target="edge", allowed=20.0)
    night = Night({Stream(): [0, 0, 0], Stream("edge", "probe"): [6, 6, 0]}, monkeypatch)

    (sentence,) = night.watch(of_edge)

    assert sentence.startswith("error_budget of edge: 60 % is spent")


def test_where_nothing_is_allowed_the_first_failure_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    none = Guard(metric="error_budget", above=0.5, target="users", allowed=0.0)

    assert not Night({Stream(): [0, 0, 0]}, monkeypatch).watch(none)
    assert Night({Stream(): [0, 1, 0]}, monkeypatch).watch(none) == [
        "users has failed, and its error budget is 0"
    ]


def test_a_time_that_is_asked_for_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Guard(metric="error_budget", above=0.5, for_s=3.0, target="users", allowed=20.0)
    night = Night({Stream(): [11, 0, 0, 0, 0, 0]}, monkeypatch)

    assert night.watch(patient)
    assert night.second == 3


def test_a_budget_whose_stream_is_silent_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night({Stream(): [0], Stream("edge", "probe"): [0] * 9}, monkeypatch)

    assert night.watch(HALF) == ["error_budget cannot be seen: load-users.0 is silent"]


def test_no_line_is_counted_twice() -> None:
    lines = deque([(1.0, {"bad": 2}), (2.0, {"bad": 3}), (3.0, {})], maxlen=3)
    spent = Spent()

    for _ in range(3):
        spent.add(lines)
    lines.append((4.0, {"bad": 5}))
    spent.add(lines)

    assert spent.bad == 10


TIMES = {"p50_ms": 10.0, "p90_ms": 150.0, "p95_ms": 250.0, "p99_ms": 300.0, "p99.9_ms": 900.0}


@pytest.mark.parametrize(
    ("percentile", "said"),
    [
        ("p50", []),
        ("p90", []),
        ("p95", ["p95 was 250 ms, above 200 ms for 2 s"]),
        ("p99", ["p99 was 300 ms, above 200 ms for 2 s"]),
        ("p99.9", ["p99.9 was 900 ms, above 200 ms for 2 s"]),
    ],
)
def test_a_guard_watches_the_percentile_that_it_names(
    percentile: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = Guard(metric=percentile, above=0.2, for_s=2.0)

    assert Night({Stream(): [0, 0, 0, 0]}, monkeypatch, TIMES).watch(guard) == said


def test_a_second_in_which_nothing_ended_says_nothing_about_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guard = Guard(metric="p95", above=0.2, for_s=1.0)

    assert not Night({Stream(): [0, 0]}, monkeypatch, {"p95_ms": None}).watch(guard)


class Answering(http.server.BaseHTTPRequestHandler):
    """`/stop` says stop, `/moved` sends there, `/away` to the same server by another name."""

    def do_GET(self) -> None:  # the name is the library's
        other = f"http://{self.headers['host'].replace('127.0.0.1', 'localhost')}/stop"
        away = {"/moved": "/stop", "/away": other}.get(self.path)
        self.send_response(302 if away else 200 if self.path == "/stop" else 404)
        if away:
            self.send_header("location", away)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as answering:
        thread = threading.Thread(target=answering.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{answering.server_port}"
        answering.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "stops"),
    [
        pytest.param("/stop", True, id="2xx"),
        pytest.param("/", False, id="404"),
        pytest.param("/moved", True, id="sent-on-by-the-same-host"),
        pytest.param("/away", False, id="sent-on-to-another-host"),
    ],
)
def test_a_stop_url_is_asked_itself(
    path: str, stops: bool, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    guard = Guard(metric="url", target=f"{server}{path}")

    said = Night({Stream(): [0]}, monkeypatch).watch(guard)

    assert said == ([f"the stop URL {server}{path} says stop"] if stops else [])

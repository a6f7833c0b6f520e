"""A link that carries no HTTP is hurt, seen and seen to be well again by what its clients speak."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from nfrcheck.deployments import ToxiproxyControl
from nfrcheck.model.links import Disturbance
from nfrcheck.run.undo import attempt, complaint, describe
from nfrcheck.run.undo_link import through
from nfrcheck.run.undo_speech import SPEECHES, first_words
from tests.victims.fault_proxies import FaultProxy, fault_proxy
from tests.victims.link_cases import go_through

pytestmark = [pytest.mark.usefixtures("state"), pytest.mark.sampled]


@contextmanager
def broker(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answers every connection as it is told, and keeps it open as brokers and databases do."""

    def serve() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(line,), daemon=True).start()

    def talk(line: socket.socket) -> None:
        # Whoever is hurt on purpose hangs up in the middle of a word.
        with line, suppress(OSError, struct.error):
            answer(line)
            while line.recv(4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def kafka(line: socket.socket) -> None:
    """ApiVersions, as any broker answers it: the correlation, no error, one key."""
    (size,) = struct.unpack(">i", line.recv(4))
    asked = line.recv(size)
    assert struct.unpack(">hhi", asked[:8]) == (18, 0, 1)
    body = struct.pack(">ihihhh", 1, 0, 1, 18, 0, 3)
    line.sendall(struct.pack(">i", len(body)) + body)


def greets(line: socket.socket) -> None:
    line.sendall(b"220 mail.example\r\n")


def mute(line: socket.socket) -> None:
    del line


def resets(line: socket.socket) -> None:
    line.recv(4096)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def step(address: str, speaks: str) -> dict[str, object]:
    host, _, port = address.partition(":")
    there = {"address": host, "port": int(port), "within_s": 1}
    return {"kind": "link", "url": f"tcp://{address}", "speaks": speaks, **there}


@dataclass(frozen=True, slots=True)
class Speaking(FaultProxy):
    """A fault proxy in front of something that speaks no HTTP."""

    speaks: str = "kafka"

    @property
    def control(self) -> dict[str, str]:
        return {**FaultProxy.control.fget(self), "speaks": self.speaks}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "speaks", "kind", "keys"),
    [
        pytest.param(kafka, "kafka", "link-latency", {"latency": "200 ms"}, id="kafka-latency"),
        pytest.param(kafka, "kafka", "link-cut", {}, id="kafka-cut"),
        pytest.param(kafka, "kafka", "link-hang", {}, id="kafka-hang", marks=pytest.mark.slow),
        pytest.param(kafka, "kafka", "link-reset", {}, id="kafka-reset", marks=pytest.mark.slow),
        pytest.param(
            *(greets, "greeting", "link-latency", {"latency": "200 ms"}),
            id="greeting-latency",
            marks=pytest.mark.slow,
        ),
        pytest.param(mute, "connect", "link-cut", {}, id="unknown-cut"),
    ],
)
def test_its_fault_is_seen_with_its_size_and_gone_afterwards(
    answer: Callable[[socket.socket], None], speaks: str, kind: str, keys: dict[str, str]
) -> None:
    with broker(answer) as upstream, fault_proxy(upstream) as proxy:
        go_through(Speaking(proxy.client, speaks=speaks), kind, keys)


def test_what_does_not_answer_is_not_well() -> None:
    with broker(mute) as address:
        outcome = attempt(step(address, "kafka"), 0.3)

    assert not outcome.ok
    assert "no answer in 0.3 s" in outcome.because


@pytest.mark.parametrize("speaks", ["kafka", "tls"])
def test_what_is_reset_is_told_as_that(speaks: str) -> None:
    with broker(resets) as address:
        assert through(step(address, speaks), 1).ending == "reset"


def test_a_proxy_that_cannot_reach_its_other_side_is_not_well_though_it_connects() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
    with fault_proxy(nobody) as proxy:
        outcome = attempt(step(proxy.told.listen, "connect"), 2)

    assert not outcome.ok, "it was taken, and closed at once"


@pytest.mark.parametrize(
    ("speaks", "wanted", "because"),
    [
        ("kafka", Disturbance(effect="bandwidth", run="r", bytes_s=1000), "and no bandwidth"),
        ("connect", Disturbance(effect="latency", run="r", seconds=1), "can show cut, and no"),
        ("connect", Disturbance(effect="cut", run="r", direction="in"), "one direction"),
        ("greeting", Disturbance(effect="reset", run="r"), "and no reset"),
    ],
)
def test_a_fault_that_could_not_be_seen_is_refused(
    speaks: str, wanted: Disturbance, because: str
) -> None:
    control = ToxiproxyControl.model_validate({"kind": "toxiproxy", "speaks": speaks})

    assert because in str(control.link("legacy", contact=False).refusal(wanted))


@pytest.mark.parametrize("speaks", SPEECHES)
def test_the_first_words_are_few_and_the_check_can_be_done_by_hand(speaks: str) -> None:
    check = step("127.0.0.1:9092", speaks)

    assert len(first_words(speaks, "db.example")) < 700
    assert complaint(check, check=True) is None
    assert describe(check) == f"nc -v 127.0.0.1 9092 # an answer to {speaks} must come"

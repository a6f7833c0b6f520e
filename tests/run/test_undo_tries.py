"""Of a share of the answers one is enough: a check that asks until one of them says the word."""

import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from nfrcheck.run.guard_client import Arming, GuardianClient
from nfrcheck.run.healing import Healed
from nfrcheck.run.undo import attempt, describe
from tests.experiments.children import Server, running_server
from tests.run.stories import tell


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def says(server: Server, *words: str) -> None:
    turn = itertools.cycle(words)
    server.answer = lambda _asked: (200, {"x-region": next(turn)}, b"")


def check(server: Server, **more: Any) -> dict[str, Any]:
    asked = {"kind": "http", "method": "GET", "url": server.url, "within_s": 5.0, "times": 1}
    return {**asked, "tell_header": "x-region", "among": ["b"], "tries": 6, **more}


def test_one_answer_of_so_many_is_enough(server: Server) -> None:
    says(server, "a", "a", "b")

    assert attempt(check(server)).ok
    assert len(server.asked) == 3


def test_none_of_so_many_is_not(server: Server) -> None:
    says(server, "a")

    outcome = attempt(check(server))

    assert outcome.because == f"{server.url}: a was told, and not b, the last of 6 answers"
    assert len(server.asked) == 6


def test_its_time_ends_it_and_it_does_not_hurry(server: Server) -> None:
    says(server, "a")
    began = time.monotonic()

    assert not attempt(check(server, tries=10_000, every_s=0.1), 0.5).ok

    assert time.monotonic() - began < 2
    assert len(server.asked) <= 6


def test_a_person_can_see_what_to_look_for() -> None:
    step = {"kind": "http", "url": "http://h/", "tries": 28, "among": ["b", "west"]}

    assert describe({**step, "tell_header": "x-region"}) == (
        "curl -X GET http://h/ # one of 28 answers must say in x-region: b or west"
    )
    assert describe({**step, "tell": "/by"}) == (
        "curl -X GET http://h/ # one of 28 answers must say in what is at /by: b or west"
    )


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("late_s", [0.0, 0.8])
def test_waiting_for_traffic_is_told_apart_from_healing(server: Server, late_s: float) -> None:
    """A target may ask how long traffic took to come back: that is counted from the healing on."""
    says(server, "a")
    found: list[Healed] = []

    async def story(guardian: GuardianClient) -> None:
        well = {"kind": "http", "url": server.url, "within_s": 5.0}
        undo = {"kind": "argv", "argv": ["true"], "within_s": 5.0}
        await guardian.arm(Arming(id="b", undo=[undo], verify=[check(server), well]))
        threading.Timer(late_s, says, [server, "a", "b"]).start()
        found.append(await guardian.heal("b"))

    tell(story)

    (healed,) = found
    assert healed.verified
    assert healed.share_s < healed.seconds
    assert healed.share_s > late_s - 0.4 if late_s else healed.share_s < 0.4

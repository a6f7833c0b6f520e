"""A change is not taken from a slow answer, and no more is asked than there is room for."""

import asyncio
import itertools
import time
from collections.abc import Iterator

import pytest

from nfrcheck.run.stop import Stop
from tests.experiments.children import Answer, Server, running_server
from tests.run.test_shown import armed, look, proof, says, watch

pytestmark = pytest.mark.slow


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def slow(server: Server, word: str, *seconds: float) -> None:
    """Each answer in turn takes so long."""
    turn = itertools.cycle(seconds)

    def answer(_asked: object) -> Answer:
        time.sleep(next(turn))
        return (200, {"x-node": word}, b"{}")

    server.answer = answer


def test_a_single_slow_answer_is_no_change(server: Server) -> None:
    says(server, "v1")

    assert look(server, armed(proof()), lambda: slow(server, "v1", 0, 0.6, *[0] * 40)) is not None


def test_answers_no_slower_than_before_are_no_change(server: Server) -> None:
    slow(server, "v1", 0.25, 0, 0, 0)

    assert look(server, armed(proof()), lambda: slow(server, "v1", 0.55)) is not None


def test_a_system_that_hangs_was_changed(server: Server) -> None:
    says(server, "v1")

    assert look(server, armed(proof()), server.open.clear) is None


def test_no_more_is_asked_than_there_is_room_for(server: Server) -> None:
    says(server, "v1")
    one, watching = armed(proof()), watch(server)
    watching.pause_s = 0.1

    began = time.monotonic()
    asyncio.run(watching.calm([one], ["way"]))
    calm_s, calm = time.monotonic() - began, len(server.asked)
    asyncio.run(watching.wait(one, ["way"], 1.0, Stop()))

    assert calm <= 1 + calm_s / 0.1
    assert len(server.asked) - calm <= 11


def test_where_less_may_be_asked_the_proof_takes_longer(server: Server) -> None:
    says(server, "v1")
    one, watching = armed(proof()), watch(server)
    asyncio.run(watching.calm([one], ["way"]))
    assert watching.slowed_s(one, ["way"]) == pytest.approx(0, abs=0.5)
    watching.pause_s = 0.2
    says(server, "v2")

    assert asyncio.run(watching.wait(one, ["way"], 1.0, Stop())) is not None
    within_s = 1.0 + watching.slowed_s(one, ["way"])
    assert asyncio.run(watching.wait(one, ["way"], within_s, Stop())) is None

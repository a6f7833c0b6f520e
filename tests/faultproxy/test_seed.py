"""The same seed and the same order of connections give the same draws."""

import socket

import pytest

from tests.contracts.servers import embedded
from tests.contracts.upstream import Upstream
from tests.contracts.wire import fastest, round_trip, talking


def _slow_ones(seed: str, behind: Upstream, other: str | None = None) -> list[bool]:
    with embedded("--seed", seed) as server:
        link = server.proxy("link", behind.port)
        link.add("latency", latency=30, toxicity=0.5)
        if other is not None:
            link.add(other, toxicity=0.5, average_size=10)
        seen = []
        for _ in range(24):
            with talking(link) as connection:
                seen.append(_fastest_s(connection) > 0.025)
        assert server.ask("GET", "/extensions").json["seed"] == seed
        return seen


def _fastest_s(connection: socket.socket) -> float:
    return fastest(lambda: round_trip(connection))


def test_the_same_seed_draws_the_same(behind: Upstream) -> None:
    once = _slow_ones("7", behind)

    assert len(set(once)) == 2
    assert _slow_ones("7", behind) == once
    assert _slow_ones("8", behind) != once


@pytest.mark.parametrize("other", ["slicer"])
def test_what_another_toxic_draws_changes_nothing(behind: Upstream, other: str) -> None:
    assert _slow_ones("7", behind, other) == _slow_ones("7", behind)

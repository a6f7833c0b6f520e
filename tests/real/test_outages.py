"""An outage is reported as an interval that holds the truth and is as narrow as probes allow.

A server of our own is out 30 times for a known time in each of three ways; the real probe child
watches it and the real check judges. `python -m tests.real.outages` prints what came out.
"""

import numpy as np
import pytest

from nfrcheck.model.verdict import Outcome
from tests.real.outages import SECONDS, TIMES, WAYS, Watched, table, watch_all

pytestmark = pytest.mark.timeout(240)

CLOCK_S = 1e-5
"""Records hold microseconds; an interval is made of a few of them."""
HELD_UP_S = 0.03
"""Probes leave every 10 ms; on a machine that has room the longest gap is below 20 ms."""


@pytest.fixture(scope="module")
def all_ways(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Watched]:
    return watch_all(WAYS, tmp_path_factory.mktemp("outages"), seed=7)


@pytest.fixture(params=WAYS)
def watched(all_ways: dict[str, Watched], request: pytest.FixtureRequest) -> Watched:
    return all_ways[request.param]


def held_up(watched: Watched) -> bool:
    return max(float(gaps.max()) for gaps in watched.gaps.values()) > HELD_UP_S


def test_every_outage_was_seen_by_every_kind_of_client(watched: Watched) -> None:
    for client in ("fresh", "pooled"):
        mine = [outage for outage in watched.outages if outage.client == client]
        assert len(mine) == len(SECONDS) * TIMES
        assert all(outage.verdict.failures for outage in mine), table(watched)


def test_an_outage_is_called_one_and_left_undecided_only_by_a_tester_that_was_held_up(
    watched: Watched,
) -> None:
    for outage in watched.outages:
        # Slow answers at its edges widen an interval as late probes do: it may hold the limit.
        blurred = held_up(watched) or outage.width_allowed > HELD_UP_S
        undecided = {Outcome.INVALID, Outcome.INCONCLUSIVE} if blurred else set()
        assert outage.verdict.outcome in {Outcome.FAIL} | undecided, table(watched)


def test_the_interval_holds_the_truth(watched: Watched) -> None:
    assert all(outage.contained for outage in watched.outages), table(watched)


def test_the_interval_is_no_wider_than_the_gaps_between_probes_at_its_ends(
    watched: Watched,
) -> None:
    too_wide = [o for o in watched.outages if o.width > o.width_allowed + CLOCK_S]

    assert not too_wide, table(watched)


def test_half_of_the_intervals_are_hardly_wider_than_two_gaps(watched: Watched) -> None:
    typical = np.median([outage.width for outage in watched.outages])

    assert typical < (0.1 if held_up(watched) else 0.025), table(watched)


def test_probes_leave_every_ten_milliseconds(watched: Watched) -> None:
    for client, gaps in watched.gaps.items():
        assert np.median(gaps) <= 0.012, f"{client}: {table(watched)}"

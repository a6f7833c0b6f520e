"""The clients of a store keep connections to it, and do not all return to it at once."""

from functools import partial
from typing import Any

import httpx
import pytest

from tests.box.running_box import RunningBox, wait_until

pytestmark = pytest.mark.slow

SESSIONS = 100
WINDOW_S = 0.1
APART = 35
"""8 as a rule, but a busy machine lets come at once who came while it stood still."""


def told(box: RunningBox, region: str) -> dict[str, Any]:
    """What the way to a region's store says of its connections."""
    url = f"http://127.0.0.4:{box.port}/proxies/system-to-legacy-{region}/connections"
    answer: dict[str, Any] = httpx.get(url, trust_env=False).json()
    return answer


def connected(box: RunningBox, region: str) -> bool:
    return len(told(box, region)["open"]) >= SESSIONS


def most_at_once(box: RunningBox) -> int:
    """The most that came to store a in any 100 ms, once it was lost and had returned."""
    wait_until(partial(connected, box, "a"))
    box.act("components/store-a/kill")
    wait_until(lambda: not any(one["state"] == "open" for one in told(box, "a")["open"]))
    box.act("components/store-a/restore")
    wait_until(partial(connected, box, "a"), within_s=12)
    ages: list[float] = [one["age_s"] for one in told(box, "a")["open"]]
    return max(sum(0 <= first - age <= WINDOW_S for age in ages) for first in ages)


@pytest.mark.parametrize("region", ["a", "b"])
def test_a_hundred_connections_are_kept_to_the_store(region: str, box: RunningBox) -> None:
    def lasting() -> int:
        return sum(one["age_s"] > 1.0 for one in told(box, region)["open"])

    wait_until(lambda: lasting() >= SESSIONS)

    assert told(box, region)["accepted"] < 2 * SESSIONS, "many were opened and closed again"


def test_the_clients_of_a_store_that_returns_come_back_apart(whole_box: RunningBox) -> None:
    assert most_at_once(whole_box) <= APART


def test_a_herd_comes_back_at_once_and_is_in_the_ledger(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "defects/herd", {"region": "a"})

    assert most_at_once(whole_box) > APART

    assert {event["node"] for event in whole_box.injected("herd")} == {"app-a1", "app-a2"}


def test_the_clients_are_let_in_in_order(whole_box: RunningBox) -> None:
    whole_box.ctl("PUT", "healthy/orderly-return", {})

    assert most_at_once(whole_box) <= 12


def test_a_replica_that_is_taken_away_takes_its_connections_along(whole_box: RunningBox) -> None:
    wait_until(partial(connected, whole_box, "b"))

    whole_box.act("apps/b/scale/1")

    wait_until(lambda: len(told(whole_box, "b")["open"]) < 0.6 * SESSIONS, within_s=1)

    whole_box.act("apps/b/scale/2")

    wait_until(partial(connected, whole_box, "b"))

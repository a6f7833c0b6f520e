"""How a region of the box comes back: healthy, before it is warm, and step by step."""

import time
from collections import Counter

import pytest

from tests.box.running_box import RunningBox, in_rotation, wait_until

pytestmark = pytest.mark.slow


def come_back(box: RunningBox) -> float:
    """Region b is lost, left and restored; when the router took it in again."""
    box.act("regions/b/kill")
    wait_until(lambda: not in_rotation(box, "b"))
    box.act("regions/b/restore")
    wait_until(lambda: in_rotation(box, "b"))
    return time.monotonic()


def answered(box: RunningBox, until: float) -> Counter[tuple[str, int]]:
    """Region and status of the answers of the global entry."""
    seen: Counter[tuple[str, int]] = Counter()
    while time.monotonic() < until:
        answer = box.get(box.global_)
        seen[answer.headers.get("x-served-region", ""), answer.status_code] += 1
    return seen


def share_of_b(seen: Counter[tuple[str, int]]) -> float:
    return sum(count for (region, _), count in seen.items() if region == "b") / seen.total()


def test_a_healthy_region_comes_back_without_a_failure_and_to_half_of_the_requests(
    whole_box: RunningBox,
) -> None:
    back = come_back(whole_box)

    seen = answered(whole_box, back + 1.0)

    assert {status for _, status in seen} == {200}
    assert 0.4 < share_of_b(seen) < 0.6


def test_a_region_that_returns_early_answers_503_for_two_seconds(whole_box: RunningBox) -> None:
    assert whole_box.ctl("PUT", "defects/early-return", {"region": "b"})
    wait_until(lambda: not whole_box.fails(whole_box.b))
    assert answered(whole_box, time.monotonic() + 0.3).keys() == {("a", 200), ("b", 200)}

    back = come_back(whole_box)
    cold, warm = answered(whole_box, back + 1.0), answered(whole_box, back + 2.5)

    assert set(cold) == {("a", 200), ("b", 503)}
    assert 0.4 < share_of_b(cold) < 0.6
    assert warm["b", 200]
    assert whole_box.get(whole_box.b).status_code == 200
    assert len(whole_box.injected("early-return")) >= cold["b", 503]
    assert {event["node"] for event in whole_box.injected("early-return")} == {"gw-b"}


def test_a_region_that_returns_slowly_gets_more_requests_step_by_step(
    whole_box: RunningBox,
) -> None:
    assert whole_box.ctl("PUT", "healthy/slow-return", {})

    back = come_back(whole_box)
    shares = []
    for second in range(4):
        seen = answered(whole_box, back + second + 1.0)
        assert {status for _, status in seen} == {200}
        shares.append(share_of_b(seen))

    # A sixth, a half and five sixths of its half; then all of it.
    for share, wanted in zip(shares, (0.083, 0.25, 0.417, 0.5), strict=True):
        assert abs(share - wanted) < 0.06

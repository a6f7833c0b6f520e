"""No loss seen is a bound, never "nothing"; what was lost spans an interval of time."""

import math

import pytest

from nfrcheck.evidence.loss import Write, data_loss, loss_bound, loss_text


@pytest.mark.parametrize(
    ("n", "bound"), [(1_000, 2.99e-3), (10_000, 2.995e-4), (100_000, 2.996e-5), (10**6, 2.996e-6)]
)
def test_no_loss_leaves_the_bound_of_the_table(n: int, bound: float) -> None:
    assert loss_bound(0, n) == pytest.approx(bound, rel=2e-3)


@pytest.mark.parametrize(
    ("lost", "n", "text"),
    [
        (0, 12_000, "0 of 12,000 events lost; at most 1 in 4,006 (95 %)"),
        (2, 10_000, "2 of 10,000 events lost; at most 1 in 1,588 (95 %)"),
        (0, 5, "0 of 5 events lost; at most 45.1 % (95 %)"),
        (0, 0, "no events were seen: nothing is known"),
    ],
)
def test_the_sentence_gives_count_and_bound(lost: int, n: int, text: str) -> None:
    assert loss_text(lost, n) == text


def test_without_any_event_everything_may_be_lost() -> None:
    assert loss_bound(0, 0) == 1.0


def writes(*lost: int, n: int = 50) -> list[Write]:
    """A write each 0.1 s, acknowledged after 20 ms."""
    return [Write(0.1 * i, 0.1 * i + 0.02, i not in lost) for i in range(n)]


def test_the_span_of_the_loss_lies_between_what_surely_and_possibly_went() -> None:
    found = data_loss(writes(20, 21, 22, 23, 24))

    assert (found.acked, found.lost) == (50, 5)
    assert found.span == pytest.approx((0.38, 0.62))


def test_no_loss_leaves_the_gap_between_two_writes() -> None:
    assert data_loss(writes()).span == pytest.approx((0.0, 0.12))


def test_one_lost_write_is_counted_although_its_span_may_be_nothing() -> None:
    found = data_loss(writes(20))

    assert (found.lost, found.span.lower) == (1, 0.0)


@pytest.mark.parametrize(
    "seen",
    [writes(48, 49), writes(0, 1), [], writes(n=1)],
    ids=["lost-to-the-end", "lost-from-the-start", "no-write", "one-write"],
)
def test_without_a_survivor_on_both_sides_the_span_is_open(seen: list[Write]) -> None:
    assert data_loss(seen).span.upper == math.inf


def test_the_order_of_the_writes_does_not_matter() -> None:
    assert data_loss(reversed(writes(20, 21))) == data_loss(writes(20, 21))

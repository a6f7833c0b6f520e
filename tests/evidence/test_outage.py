"""A run of requests without any success is an outage; one longer than allowed decides alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.outage import (
    Requests,
    counter_example,
    longest_run,
    runs_of_bad,
    stall_counter_example,
)


def steady(
    bad_from: float, bad_to: float, *, each: float = 0.1, bad_takes: float = 0.02
) -> Requests:
    """Twenty seconds of requests; those sent in the interval fail."""
    sent = [i * each for i in range(round(20 / each))]
    bad = [bad_from - 1e-9 <= s <= bad_to + 1e-9 for s in sent]
    done = [s + (bad_takes if b else 0.02) for s, b in zip(sent, bad, strict=True)]
    return Requests(sent, done, bytes(not b for b in bad))


def test_an_outage_is_found_with_both_ends() -> None:
    run = longest_run(steady(2.0, 11.9))

    assert run is not None
    assert (run.start_s, run.count) == (2.0, 100)
    assert (run.lower_s, run.upper_s) == pytest.approx((9.88, 10.12))
    assert run.text == "9.88 s from 00:02 (100 requests, none good)"


@pytest.mark.parametrize(
    ("bad_to", "found"),
    [
        pytest.param(1.95, False, id="nothing-failed"),
        pytest.param(3.0, False, id="lower-end-below-the-limit"),
        pytest.param(3.1, True, id="lower-end-above-the-limit"),
    ],
)
def test_only_a_surely_longer_outage_is_a_counter_example(bad_to: float, *, found: bool) -> None:
    assert (counter_example(steady(2.0, bad_to), 1.0) is not None) == found


def test_fewer_than_ten_requests_are_no_outage() -> None:
    nine, ten = (steady(2.0, 2.0 + n - 1, each=1.0) for n in (9, 10))

    assert counter_example(nine, 1.0) is None
    assert counter_example(ten, 1.0) is not None


def test_one_success_inside_splits_the_outage() -> None:
    whole = steady(2.0, 11.9)
    split = Requests(whole.sent, whole.done, whole.good[:70] + b"\x01" + whole.good[71:])

    assert [run.count for run in runs_of_bad(split)] == [50, 49]


def test_time_outs_shorten_what_is_sure_but_not_what_is_possible() -> None:
    run = longest_run(steady(2.0, 5.4, bad_takes=1.0))

    assert run is not None
    assert (run.lower_s, run.upper_s) == pytest.approx((2.4, 3.62))


def test_a_known_patience_makes_a_black_hole_visible() -> None:
    black_hole = steady(2.0, 5.4, bad_takes=5.0)

    assert counter_example(black_hole, 1.0) is None
    run = counter_example(black_hole, 1.0, known_bad_after_s=0.3)
    assert run is not None
    assert run.lower_s == pytest.approx(3.1)


def test_an_outage_without_an_end_has_no_upper_end() -> None:
    to_the_end, from_the_start = longest_run(steady(2.0, 99)), longest_run(steady(-1, 5.0))

    assert to_the_end is not None
    assert from_the_start is not None
    assert to_the_end.upper_s == from_the_start.upper_s == math.inf


def test_the_earliest_good_answer_ends_the_outage() -> None:
    # The first good request hangs for 3 s, the next one is answered at once.
    rows = [(0.0, 0.02, True)] + [(0.1 * i, 0.1 * i + 0.02, False) for i in range(1, 21)]
    requests = Requests.of([*rows, (2.1, 5.1, True), (2.2, 2.22, True)])

    run = longest_run(requests)

    assert run is not None
    assert run.upper_s == pytest.approx(2.22)


def test_a_freeze_is_a_stall_although_every_answer_comes_at_its_end() -> None:
    # Everything that is due from 5 s to 8 s is answered at 8 s: an open model sees all of it.
    sent = [i * 0.01 for i in range(2_000)]
    done = [8.0 if 5.0 <= s < 7.99 else s + 0.005 for s in sent]
    fast = bytes(d - s <= 0.2 for s, d in zip(sent, done, strict=True))

    stall = stall_counter_example(Requests(sent, done, fast), 1.0, 0.2)

    assert stall is not None
    assert stall.lower_s == pytest.approx(2.6, abs=0.02)
    assert stall_counter_example(Requests(sent, done, fast), 3.0, 0.2) is None


def test_the_longest_of_several_is_reported() -> None:
    good = [not (2 <= s < 4 or 10 <= s < 15) for s in (i * 0.1 for i in range(200))]

    run = longest_run(Requests.of((i * 0.1, i * 0.1, ok) for i, ok in enumerate(good)))

    assert run is not None
    assert run.start_s == pytest.approx(10.0)


def test_nothing_seen_is_no_outage() -> None:
    assert longest_run(Requests.of([])) is None


def test_requests_out_of_order_or_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="sorted"):
        Requests.of([(1.0, 1.1, True), (0.5, 0.6, True)])
    with pytest.raises(ValueError, match="different length"):
        Requests([1.0], [1.1], b"")


@given(st.lists(st.booleans(), max_size=120), st.integers(1, 12))
def test_runs_are_maximal_and_complete(good: list[bool], least: int) -> None:
    rows = Requests.of((float(i), i + 0.5, ok) for i, ok in enumerate(good))

    runs = list(runs_of_bad(rows, least))

    text = "".join("g" if ok else "b" for ok in good)
    assert [run.count for run in runs] == [len(r) for r in text.split("g") if len(r) >= least]
    assert all(run.lower_s <= run.upper_s for run in runs)

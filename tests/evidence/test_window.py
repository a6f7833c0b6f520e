"""An outage seen through probes is an interval that always holds the true one."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.outage import Requests
from nfrcheck.evidence.window import Recovery, Window, watch

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden_vectors.json").read_text())
RTO = {row["case"]: tuple(map(float, row["interval"])) for row in GOLDEN["rto"]}


def probes(
    *bad: tuple[float, float], until: float = 20.0, each: float = 0.1, bad_takes: float = 0.02
) -> Requests:
    """Probes that fail if they are sent in one of the intervals, both ends included."""
    rows = []
    for i in range(round(until / each)):
        sent = i * each
        ok = not any(low - 1e-9 <= sent <= high + 1e-9 for low, high in bad)
        rows.append((sent, sent + (0.02 if ok else bad_takes), ok))
    return Requests.of(rows)


@pytest.mark.parametrize(
    ("case", "seen"),
    [
        ("probe every 0.1 s, bad sends 2.0..5.4 s, 20 ms answers", probes((2.0, 5.4))),
        ("same, timeouts: bad answers after 1 s", probes((2.0, 5.4), bad_takes=1.0)),
        ("never recovers", probes((2.0, 99), until=5.0)),
    ],
    ids=["answers", "time-outs", "never"],
)
def test_the_window_is_the_reference_one(case: str, seen: Requests) -> None:
    assert watch(seen).interval == pytest.approx(RTO[case])


def test_an_outage_that_never_ends_has_no_upper_end() -> None:
    found = watch(probes((2.0, 99), until=5.0))

    assert not found.recovered
    assert found.interval.upper == math.inf
    assert found.outages[0].answering_from_s is None


def test_without_any_probe_everything_is_possible() -> None:
    found = watch(Requests.of([]))

    assert (found.sent, found.outages, found.interval) == (0, (), (0.0, math.inf))
    assert found.largest_gap_s == found.partial_outage_seen_s(1.0) == math.inf
    assert found.text == "0 of 0 probes failed at 0/s: too few to see an outage"


def test_clean_probes_say_which_outage_they_would_have_seen() -> None:
    found = watch(probes())

    assert (found.failed, found.sent) == (0, 200)
    assert found.largest_gap_s == pytest.approx(0.1)
    assert found.interval == pytest.approx((0.0, 0.12))
    assert found.partial_outage_seen_s(1.0) == pytest.approx(0.30)
    assert found.partial_outage_seen_s(0.01) == pytest.approx(30.0)
    assert found.text == (
        "0 of 200 probes failed at 10/s; a full outage longer than 0.12 s, or one of every tenth "
        "request for 3 s, would have been seen"
    )


def test_a_gap_between_the_probes_may_hide_an_outage() -> None:
    rows = [(s, s + 0.02, True) for s in (0.0, 0.1, 0.2, 3.2, 3.3)]

    assert watch(Requests.of(rows)).interval == pytest.approx((0.0, 3.02))


def test_requests_that_hang_until_the_system_is_back_do_not_hide_the_outage() -> None:
    rows = [(0.1 * i, 5.0 if 20 <= i < 50 else 0.1 * i + 0.02, True) for i in range(100)]

    assert watch(Requests.of(rows)).interval == pytest.approx((0.0, 3.1))


def test_an_outage_from_the_first_probe_on_began_at_an_unknown_time() -> None:
    found = watch(probes((0.0, 2.0)))

    assert found.recovered
    assert found.interval == pytest.approx((1.98, math.inf))


@pytest.mark.parametrize(
    ("until", "limit_s", "recovered"),
    [
        pytest.param(10.4, 2.0, False, id="49-probes-follow"),
        pytest.param(10.5, 2.0, True, id="50-probes-follow"),
        pytest.param(13.4, 4.0, False, id="twice-the-limit-has-not-passed"),
        pytest.param(13.6, 4.0, True, id="twice-the-limit-has-passed"),
        pytest.param(15.6, 60.0, True, id="ten-seconds-are-always-enough"),
    ],
)
def test_a_recovery_must_hold(until: float, limit_s: float, *, recovered: bool) -> None:
    found = watch(probes((2.0, 5.4), until=until), Recovery(limit_s=limit_s))

    assert found.recovered is recovered
    assert found.interval.upper == (pytest.approx(3.62) if recovered else math.inf)
    answering = found.outages[0].answering_from_s
    assert answering == (None if recovered else pytest.approx(5.5))


def test_a_relapse_inside_the_hold_reopens_the_outage() -> None:
    found = watch(probes((2.0, 3.0), (5.0, 5.4)), Recovery(limit_s=1.0))

    assert len(found.outages) == 1
    assert found.interval == pytest.approx((3.38, 3.62))
    assert found.outages[0].dark == pytest.approx((0.98, 1.22))
    assert (found.outages[0].failed, found.outages[0].sent) == (16, 35)


def test_outages_far_apart_are_reported_one_by_one() -> None:
    found = watch(probes((2.0, 3.0), (12.0, 14.0), until=30), Recovery(limit_s=2.0))

    assert [outage.start_s for outage in found.outages] == pytest.approx([2.0, 12.0])
    assert found.longest is found.outages[1]
    assert found.interval == pytest.approx((1.98, 2.22))


def test_one_bad_probe_in_a_thousand_does_not_undo_a_recovery() -> None:
    found = watch(probes((2.0, 3.0), (8.0, 8.0), each=0.01, until=30.0), Recovery(limit_s=5.0))

    assert [outage.failed for outage in found.outages] == [101, 1]
    assert found.longest is found.outages[0]


@pytest.mark.parametrize(
    ("relapse", "end_s"),
    [
        pytest.param((3.02, 3.06), 3.07, id="a-single-success"),
        pytest.param((4.0, 4.19), 4.20, id="two-percent-of-the-hold"),
    ],
)
def test_a_success_that_does_not_hold_is_no_recovery(
    relapse: tuple[float, float], end_s: float
) -> None:
    seen = probes((2.0, 3.0), relapse, each=0.01, until=30.0)

    found = watch(seen, Recovery(limit_s=5.0))

    assert len(found.outages) == 1
    assert found.interval.upper == pytest.approx(end_s + 0.02 - 1.99)


def test_degraded_service_is_no_recovery() -> None:
    # Down from 2 s to 6 s, then every other probe fails until 12 s.
    half = tuple((s, s) for s in (6 + 0.2 * i for i in range(30)))

    found = watch(probes((2.0, 6.0), *half, until=30.0), Recovery(limit_s=2.0))

    assert len(found.outages) == 1
    assert found.outages[0].degraded == pytest.approx((9.78, 10.02))
    assert found.outages[0].dark == pytest.approx((3.98, 4.22))


def test_a_known_patience_tightens_the_lower_end() -> None:
    seen = probes((2.0, 5.4), bad_takes=1.0)

    assert watch(seen, known_bad_after_s=0.1).interval.lower == pytest.approx(3.3)


def simulated(rnd: random.Random, each: float, out: tuple[float, float]) -> Window:
    rows, sent = [], rnd.uniform(0, each)
    while sent < out[1] + 30:
        met = sent + rnd.uniform(0, 0.05)
        ok = not out[0] <= met < out[1]
        rows.append((sent, met + rnd.uniform(0, 0.05), ok))
        sent += each * rnd.uniform(0.5, 1.5)
    return watch(Requests.of(rows), Recovery(limit_s=5.0))


@given(seed=st.integers(0, 10_000), each=st.sampled_from([0.1, 0.3]), lasts=st.floats(0.01, 8.0))
def test_the_interval_always_holds_the_true_outage(seed: int, each: float, lasts: float) -> None:
    found = simulated(random.Random(seed), each, (5.0, 5.0 + lasts))

    assert found.interval.lower <= lasts <= found.interval.upper


def failing_now_and_then(share: float, out: tuple[float, float], seed: int) -> Requests:
    """100/s for 40 s, of which so many fail by chance, and all of one stretch."""
    draw, rows = random.Random(seed), []
    for number in range(4_000):
        sent = number / 100
        rows.append((sent, sent + 0.01, draw.random() >= share and not out[0] <= sent < out[1]))
    return Requests.of(rows)


@pytest.mark.parametrize("share", [0.005, 0.02, 0.05])
def test_failures_that_were_usual_before_are_no_outage(share: float) -> None:
    short = 0
    for seed in range(40):
        found = watch(
            failing_now_and_then(share, (0.0, 0.0), seed), Recovery(limit_s=1.0, usual=share)
        )
        short += max((one.degraded.upper for one in found.outages), default=0.0) <= 0.5

    # A stray among the last few is too fresh to tell.
    assert short >= 30


def test_a_stray_at_the_end_leaves_it_open_where_none_were_usual() -> None:
    found = watch(probes((19.5, 19.5)), Recovery(limit_s=1.0))

    assert found.interval == (0.0, math.inf)


@pytest.mark.parametrize("share", [0.005, 0.02, 0.05])
def test_an_outage_is_seen_beside_failures_that_are_usual(share: float) -> None:
    for seed in range(40):
        seen = failing_now_and_then(share, (0.01, 3.01), seed)

        low, high = watch(seen, Recovery(limit_s=1.0, usual=share)).interval

        # A failure soon after its end may be a relapse.
        assert 2.9 < low < 3.5
        assert high > 3.0


def test_more_failures_than_were_usual_are_no_recovery() -> None:
    seen = failing_now_and_then(0.2, (0.0, 0.0), 1)

    assert not watch(seen, Recovery(limit_s=1.0, usual=0.02)).recovered

"""The outage of a drill is an interval that holds the truth; each run and client must keep it."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nfrcheck.checks.failover import Failover
from nfrcheck.model.records import REFUSED, RETRIED, TIMEOUT
from nfrcheck.model.verdict import Outcome
from tests.checks.courses import AT, KINDS, TWO_S, judged, probe, seen
from tests.checks.histories import answered, drill, history, question, stream

# ---- the interval


@pytest.mark.parametrize("length", [0.3, 1.0, 5.0])
def test_the_interval_holds_the_true_outage_and_is_hardly_wider_than_two_probes(
    length: float,
) -> None:
    found = judged(probe((10.2, 10.2 + length)))

    assert [part.name for part in found.parts[0].parts or found.parts] == [
        "lose-b/1 · fresh connections to global",
        "lose-b/1 · pooled connections to global",
    ]
    for part in found.parts[0].parts:
        low, high = part.interval or (0.0, 0.0)
        assert low <= length <= high
        assert high - low <= 2 * 0.02 + 0.01 + 0.002 + 1e-6


@example(seed=239, length=0.3, began=0.0, slow=0.125, hangs=False)
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    length=st.sampled_from([0.3, 1.0, 5.0]),
    began=st.floats(0.0, 1.0),
    slow=st.floats(0.001, 0.2),
    hangs=st.booleans(),
)
def test_the_interval_holds_the_truth_whatever_the_gaps_and_the_answer_times(
    seed: int, length: float, began: float, slow: float, *, hangs: bool
) -> None:
    random = np.random.default_rng(seed)
    made = stream(name="edge", kind="probe", rate=60.0, seconds=40.0, cells=KINDS[:1])
    sent = np.sort(made.due + random.random(len(made)) * 0.05)
    answers = sent + random.random(len(made)) * slow
    # What decides is the moment at which a request arrives, half of its time after the sending.
    arrived = (sent + answers) / 2
    start, end = AT + began, AT + began + length
    out = (arrived >= start) & (arrived < end)
    done = np.where(out & hangs, sent + 2.0, answers)
    watched = replace(
        made,
        due=sent,
        sent=sent,
        done=done,
        rate=0.0,
        status=np.where(out, TIMEOUT if hangs else 503, 200).astype(np.uint16),
    )

    found = judged(watched)

    low, high = found.interval or (math.inf, 0.0)
    first, last = np.flatnonzero(out)[[0, -1]]
    gaps = (sent[first] - sent[first - 1]) + (sent[last + 1] - sent[last])
    assert low <= length <= high
    assert high - low <= gaps + 3 * slow


def test_zero_failures_say_which_outage_would_have_been_seen() -> None:
    found = judged(probe())

    assert found.outcome is Outcome.PASS
    assert found.because.endswith(
        "0 of 856 requests failed; a full outage longer than 30 ms would have been seen"
    )
    assert found.measured == 0.0


def test_a_blip_before_the_fault_is_not_its_doing() -> None:
    found = judged(probe((9.2, 9.4)))

    assert (found.outcome, found.failures) == (Outcome.PASS, 0)


def test_what_was_under_way_when_the_fault_came_is_its_doing() -> None:
    made = probe()
    waiting = (made.due >= 9.9) & (made.due < 10.0)
    cut = answered(made, waiting, status=REFUSED, latency_s=0.2)

    found = judged(cut)

    assert found.failures == 5


def test_a_slow_probe_begins_with_its_last_good_answer() -> None:
    made = probe((10.0, 12.0), rate=4.0, cells=KINDS[:1], clients=(0,))

    found = judged(made, check=Failover.model_validate({"error_window": "<= 3 s"}))

    assert found.outcome is Outcome.PASS
    assert found.interval == pytest.approx((1.748, 2.26))


def test_a_recovery_needs_fifty_probes() -> None:
    made = probe((10.0, 12.0), rate=2.0, cells=KINDS[:1], clients=(0,))

    assert judged(made).outcome is Outcome.INCONCLUSIVE


def test_an_attempt_that_another_one_replaced_fails_unless_the_target_allows_it() -> None:
    made = probe((10.2, 13.2))
    retried = made.where(made.status == REFUSED)
    well = probe()
    order = np.argsort(np.concatenate([well.due, retried.due]), kind="stable")

    def joined(name: str) -> Any:
        return np.concatenate([getattr(well, name), getattr(retried, name)])[order]

    flags = np.concatenate([well.flags, retried.flags | RETRIED])[order]
    names = ("due", "sent", "done", "status", "cell")
    columns: dict[str, Any] = {name: joined(name) for name in names}

    hidden = replace(well, flags=flags.astype(np.uint8), **columns)
    again = Failover.model_validate({"error_window": "<= 2 s", "retries": 1})

    found = judged(hidden, check=again)

    assert (found.outcome, found.failures) == (Outcome.PASS, 0)
    assert judged(hidden).outcome is Outcome.FAIL


# ---- the verdict


@pytest.mark.parametrize(
    ("length", "outcome"),
    [
        pytest.param(0.0, Outcome.PASS, id="nothing-felt"),
        pytest.param(1.9, Outcome.PASS, id="below-the-limit"),
        pytest.param(2.0, Outcome.INCONCLUSIVE, id="limit-inside-the-interval"),
        pytest.param(2.3, Outcome.FAIL, id="above-the-limit"),
    ],
)
def test_both_ends_of_the_interval_must_lie_on_one_side(length: float, outcome: Outcome) -> None:
    assert judged(probe((10.1, 10.1 + length))).outcome is outcome


def test_the_longest_client_kind_speaks_for_the_drill() -> None:
    made = probe((10.2, 10.5))
    pooled = (made.due >= 10.2) & (made.due < 11.6) & (made.cell == 1)

    found = judged(answered(made, pooled, status=REFUSED, latency_s=0.002))

    assert found.outcome is Outcome.PASS
    assert found.because.startswith(
        "lose-b/1 · pooled connections to global: errors for 1.38 s to 1.43 s"
    )
    assert "beginning 0.21 s after the fault" in found.because


def test_what_never_recovers_fails_or_stays_open_but_never_passes() -> None:
    long, short = judged(probe((10.2, 99.0))), judged(probe((26.5, 99.0)))

    assert (long.outcome, short.outcome) == (Outcome.FAIL, Outcome.INCONCLUSIVE)
    assert "no recovery was seen" in long.because
    assert long.interval is not None
    assert long.interval[1] == math.inf


def test_a_relapse_is_a_part_of_the_outage() -> None:
    found = judged(probe((10.2, 11.0), (11.2, 12.6)))

    assert found.outcome is Outcome.FAIL


def test_one_bad_run_of_three_fails_and_is_named() -> None:
    made = probe((10.2, 10.5), (70.2, 70.5), seconds=110.0)
    pooled = (made.due >= 40.2) & (made.due < 43.5) & (made.cell == 1)

    found = judged(answered(made, pooled, status=REFUSED, latency_s=0.002), runs=3)

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {
        "region": "b",
        "run": "2",
        "entry": "global",
        "client": "pooled",
    }
    assert found.because.startswith(
        "lose-b/2 · pooled connections to global: errors for 3.28 s to 3.33 s"
    )
    assert [part.outcome for part in found.parts] == [Outcome.PASS, Outcome.FAIL, Outcome.PASS]


def test_three_good_runs_say_what_they_support() -> None:
    found = judged(probe((10.2, 11.5), seconds=110.0), runs=3)

    assert found.outcome is Outcome.PASS
    assert found.supports == "each of 3; supports at least 37 % of such failures"
    assert found.name == "lose-b/1"


@pytest.mark.parametrize(("planned", "took_place"), [(3, 2), (3, 0), (1, 0)])
def test_fewer_runs_than_planned_are_not_enough(planned: int, took_place: int) -> None:
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": planned})

    found = TWO_S.judge(seen(probe(seconds=110.0), runs=took_place), asked)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == f"lose-b took place {took_place} of {planned} times"
    assert found.needed is not None
    assert found.needed.drills == planned - took_place


def test_a_bad_run_fails_also_where_others_are_missing() -> None:
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": 3})

    assert TWO_S.judge(seen(probe((10.2, 14.0))), asked).outcome is Outcome.FAIL


def test_several_drills_are_judged_one_by_one() -> None:
    first, second = drill("lose-a", at=10.0, where={"region": "a"}), drill("lose-b", at=40.0)
    made = probe((40.2, 43.0), seconds=80.0)
    both = history(made, spans=(*first[0], *second[0]), faults=(first[1], second[1]))

    found = TWO_S.judge(both, question("edge", drills=("lose-a", "lose-b")))
    alone = TWO_S.judge(both, question("edge", drills=("lose-a",)))

    assert (found.outcome, found.where["region"]) == (Outcome.FAIL, "b")
    assert [part.outcome for part in found.parts] == [Outcome.PASS, Outcome.FAIL]
    assert alone.outcome is Outcome.PASS

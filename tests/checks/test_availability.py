"""Availability is decided only when there are enough requests, and never by none."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfrcheck.checks.availability import Availability
from nfrcheck.model.history import Span, Stream
from nfrcheck.model.question import EvidenceRules, Exclusion
from nfrcheck.model.records import Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    drill,
    history,
    in_cell,
    question,
    spread,
    stream,
)

NINETY = Availability.model_validate({"at_least": "90 %", "longest_outage": "off"})
FOUR_NINES = Availability.model_validate({"at_least": "99.99 %"})
FOUR_CELLS = (
    Cell("region-a", "home"),
    Cell("region-a", "order"),
    Cell("region-b", "home"),
    Cell("region-b", "order"),
)
LENIENT = Availability.model_validate({"at_least": "50 %"})
ROUTES = (Cell("global", "home"), Cell("global", "order"))
BRIEF = EvidenceRules(planned_seconds=5.0)
LONG = Span(name="steady", start=0.0, end=300.0)


def judged(made: Stream, check: Availability = NINETY, **more: Any) -> Verdict:
    return check.judge(history(made), question(**more))


@pytest.mark.parametrize(
    ("rate", "outcome"),
    [
        pytest.param(117.0, Outcome.PASS, id="35,100-clean-requests-in-300-s"),
        pytest.param(116.6, Outcome.INCONCLUSIVE, id="120-requests-too-few"),
    ],
)
def test_four_nines_pass_after_35_100_clean_requests(rate: float, outcome: Outcome) -> None:
    made = stream(rate=rate, seconds=300.0)
    asked = question(rules=EvidenceRules(planned_seconds=300.0))

    found = FOUR_NINES.judge(history(made, spans=[LONG]), asked)

    assert found.outcome is outcome
    assert found.failures == 0
    assert found.measured == 1.0


def test_what_is_missing_is_said_in_requests_and_in_words() -> None:
    found = judged(stream(rate=100.0), FOUR_NINES)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed is not None
    assert found.needed.requests == 29_100
    assert "29,100 more clean requests" in found.because


def test_a_run_that_is_too_short_for_the_bursts_it_promises_to_see_does_not_pass() -> None:
    made = stream(rate=1000.0)

    def asked(burst_s: float) -> Outcome:
        rules = EvidenceRules(planned_seconds=60.0, burst_s=burst_s)
        return FOUR_NINES.judge(history(made), question(rules=rules)).outcome

    assert asked(0.001) is Outcome.PASS
    assert asked(0.1) is Outcome.INCONCLUSIVE


def test_random_failures_far_above_the_limit_fail_it_and_those_below_do_not() -> None:
    made = stream(rate=200.0)

    broken = judged(answered(made, spread(made, 0.2), status=503))
    well = judged(answered(made, spread(made, 0.05), status=503))

    assert broken.outcome is Outcome.FAIL
    assert broken.odds is not None
    assert broken.odds >= 100
    assert well.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("made", "more", "because"),
    [
        pytest.param(
            stream(rate=0.0), {}, "shop sent no request in this stretch", id="zero-requests"
        ),
        pytest.param(
            stream(), {"during": ("soak",)}, "soak never took place: the run ended before it",
            id="no-such-phase",
        ),
        pytest.param(
            stream(), {"after_s": 61.0}, "a quiet phase never took place: the run ended before it",
            id="over-before-it-counts",
        ),
        pytest.param(stream(name="other"), {}, "shop recorded nothing", id="no-such-load"),
        pytest.param(
            stream(), {"stream_name": ""}, "no load recorded nothing", id="no-load-at-all"
        ),
        pytest.param(
            stream(), {"only": {"route": "ordr"}},
            "shop sent no request of route ordr in this stretch", id="no-such-route",
        ),
        pytest.param(
            stream(), {"exclude": (Exclusion(route="home"),)},
            "shop sent no request that counts in this stretch", id="its-only-route-excluded",
        ),
    ],
)  # fmt: skip
def test_nothing_seen_is_invalid(made: Stream, more: dict[str, Any], because: str) -> None:
    found = judged(made, FOUR_NINES, **more)

    assert (found.outcome, found.because) == (Outcome.INVALID, because)


def test_one_of_two_phases_that_never_took_place_is_not_covered_by_the_other() -> None:
    found = judged(stream(rate=1000.0), during=("steady", "soak"))

    assert found.outcome is Outcome.INVALID


def test_the_first_seconds_can_be_left_out() -> None:
    made = stream(rate=200.0)
    cold = answered(made, made.due < 10, status=503)

    assert judged(cold).outcome is Outcome.INCONCLUSIVE
    assert judged(cold, after_s=10.0).outcome is Outcome.PASS


def test_a_state_during_a_fault_that_was_not_proven_is_invalid() -> None:
    proven = drill(at=10.0)
    for spans, record in (proven, drill(at=10.0, confirmed=False)):
        seen = history(stream(), spans=spans, faults=(record,))
        found = NINETY.judge(seen, question(during=("lose-b",), rules=BRIEF))
        if record.confirmed:
            assert found.outcome is Outcome.PASS
        else:
            assert found.outcome is Outcome.INVALID
            assert found.because == (
                "lose-b/1: the fault was not proven: region-b still answered with status 200"
            )


def test_another_run_or_the_baseline_of_a_drill_needs_no_proof_of_this_one() -> None:
    first, second = drill(run=1, at=10.0), drill(run=2, at=38.0, confirmed=False)
    seen = history(
        stream(seconds=80.0), spans=(*first[0], *second[0]), faults=(first[1], second[1])
    )

    outcomes = {
        during: NINETY.judge(seen, question(during=(during,), rules=BRIEF)).outcome
        for during in ("lose-b/1", "lose-b/2", "lose-b/2/baseline", "lose-b/settle", "run")
    }

    assert outcomes == {
        "lose-b/1": Outcome.PASS,
        "lose-b/2": Outcome.INVALID,
        "lose-b/2/baseline": Outcome.PASS,
        "lose-b/settle": Outcome.INVALID,
        "run": Outcome.INVALID,
    }


def test_all_of_them_is_a_promise_that_one_bad_request_breaks_and_none_proves() -> None:
    always = Availability.model_validate({"at_least": "100 %"})
    made = stream()

    clean = judged(made, always)
    broken = judged(answered(made, made.due == 20.0, status=500), always)

    assert clean.outcome is Outcome.INCONCLUSIVE
    assert "no number of them can confirm 100 %" in clean.because
    assert (broken.outcome, broken.failures) == (Outcome.FAIL, 1)
    assert broken.because.endswith("the first one at 20.0 s")
    assert dict(broken.where) == {"entry": "global", "route": "home"}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), share=st.floats(0.0, 0.3), more=st.floats(0.0, 0.3))
def test_more_bad_requests_never_make_a_worse_verdict_better(
    seed: int, share: float, more: float
) -> None:
    made = stream(rate=50.0, cells=ROUTES)
    few = spread(made, share, seed)
    many = few | spread(made, more, seed + 1)

    before = judged(answered(made, few, status=503), LENIENT)
    after = judged(answered(made, many, status=503), LENIENT)

    assert not (before.outcome is Outcome.FAIL and after.outcome is Outcome.PASS)
    assert (before.failures or 0) <= (after.failures or 0)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_the_order_of_the_cells_does_not_change_the_verdict(seed: int) -> None:
    made = stream(rate=100.0, cells=FOUR_CELLS)
    broken = answered(made, in_cell(made, 3) & spread(made, 0.5, seed), status=503)
    place = np.random.default_rng(seed).permutation(4)
    turned = replace(
        broken,
        cells=tuple(FOUR_CELLS[int(np.flatnonzero(place == i)[0])] for i in range(4)),
        cell=place[broken.cell].astype(np.uint8),
    )

    one, other = judged(broken), judged(turned)

    assert (one.outcome, one.where, one.failures) == (other.outcome, other.where, other.failures)

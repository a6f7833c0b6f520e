"""A percentile counts from when requests were due; what failed is slower than any limit."""

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nfrcheck.checks.latency import Latency, quantile
from nfrcheck.model.history import Stream
from nfrcheck.model.question import EvidenceRules
from nfrcheck.model.records import NOT_SENT, REFUSED, TIMEOUT, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    between,
    every,
    history,
    question,
    spread,
    stream,
)

OFF = {"longest_stall": "off"}
P99 = Latency.model_validate({"p99": "< 200 ms"} | OFF)
RULES = EvidenceRules(planned_seconds=60.0)
ROUTES = (Cell("global", "home"), Cell("global", "order"))


def judged(made: Stream, check: Latency = P99, **more: Any) -> Verdict:
    return check.judge(history(made), question(rules=RULES, **more))


@pytest.mark.parametrize(
    ("share", "outcome"),
    [
        pytest.param(0.0, Outcome.PASS, id="all-fast"),
        pytest.param(0.005, Outcome.PASS, id="half-of-what-is-allowed"),
        pytest.param(0.011, Outcome.INCONCLUSIVE, id="at-the-limit"),
        pytest.param(0.03, Outcome.FAIL, id="three-times-too-many"),
    ],
)
def test_the_share_of_slow_requests_decides_a_percentile(share: float, outcome: Outcome) -> None:
    made = stream(rate=1000.0)

    found = judged(answered(made, spread(made, share), latency_s=0.3))

    assert found.outcome is outcome
    assert found.name == "p99"


@pytest.mark.parametrize(
    ("limit", "latency_s", "slow"),
    [
        pytest.param("< 200 ms", 0.1999, 0, id="below"),
        pytest.param("< 200 ms", 0.2, 6000, id="at-the-limit-is-too-slow"),
        pytest.param("<= 200 ms", 0.2, 0, id="at-the-limit-is-allowed"),
        pytest.param("<= 200 ms", 0.201, 6000, id="above"),
    ],
)
def test_the_limit_itself_belongs_to_the_side_that_is_written(
    limit: str, latency_s: float, slow: int
) -> None:
    made = stream()
    exact = replace(made, done=made.due + latency_s)

    found = judged(exact, Latency.model_validate({"p99": limit} | OFF))

    assert found.failures == slow


@pytest.mark.parametrize("status", [503, REFUSED, TIMEOUT], ids=["503", "refused", "time-out"])
def test_failures_are_infinitely_slow_however_quickly_they_come(status: int) -> None:
    made = stream(rate=1000.0)

    found = judged(answered(made, spread(made, 0.05), status=status, latency_s=0.001))

    assert found.outcome is Outcome.FAIL
    assert found.measured == math.inf
    assert judged(answered(made, spread(made, 0.05), latency_s=0.001)).outcome is Outcome.PASS


def test_several_percentiles_are_judged_one_by_one_and_the_worst_speaks() -> None:
    made = stream(rate=1000.0)
    tail = answered(made, spread(made, 0.004), latency_s=1.2)
    both = Latency.model_validate({"p99": "< 200 ms", "p99.9": "< 1 s"} | OFF)

    found = judged(tail, both)

    assert (found.outcome, found.name, found.measured) == (Outcome.FAIL, "p99.9", 1.2)
    assert {part.name: part.outcome for part in found.parts} == {
        "p99": Outcome.PASS,
        "p99.9": Outcome.FAIL,
    }
    assert judged(made, both).outcome is Outcome.PASS


def test_the_measured_percentile_lies_inside_its_interval() -> None:
    made = stream(rate=1000.0)
    waited = np.random.default_rng(5).lognormal(-4, 0.5, len(made)).round(6)
    varied = replace(made, done=made.due + waited)

    found = judged(varied)

    assert found.interval is not None
    assert found.measured == pytest.approx(np.quantile(waited, 0.99, method="inverted_cdf"))
    assert found.interval[0] < (found.measured or 0.0) < found.interval[1] < 0.2


def test_slow_requests_in_one_bunch_widen_the_interval_as_they_weaken_the_verdict() -> None:
    made = stream(rate=1000.0)

    bunched = judged(answered(made, between(made, 20.0, 20.45), latency_s=0.3))
    apart = judged(answered(made, every(made, 134), latency_s=0.3))

    assert (bunched.outcome, apart.outcome) == (Outcome.INCONCLUSIVE, Outcome.PASS)
    assert (bunched.interval or (0, 0))[1] >= 0.3 > (apart.interval or (0, 1))[1]


def test_too_few_requests_for_a_percentile_have_no_upper_end() -> None:
    found = judged(stream(rate=2.0))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.interval is not None
    assert found.interval[1] == math.inf


def test_the_broken_route_is_named_with_its_own_percentile() -> None:
    made = stream(rate=400.0, cells=ROUTES)
    slow = answered(made, (made.cell == 1) & spread(made, 0.3), latency_s=0.5)

    found = judged(slow)

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, {"route": "order"})
    assert (found.measured, found.samples) == (0.5, 12_000)
    assert judged(slow, only={"route": "home"}).outcome is Outcome.PASS


def test_slow_answers_without_a_region_count_in_every_region_for_a_pass() -> None:
    cells = (Cell("global", "home"), Cell("global", "home", "a"), Cell("global", "home", "b"))
    made = stream(rate=500.0, cells=cells[1:])
    lost = spread(made, 0.007)
    slow = answered(made, lost, latency_s=0.4)
    nameless = replace(slow, cells=cells, cell=np.where(lost, 0, made.cell + 1).astype(np.uint8))

    pooled, each = judged(nameless), judged(nameless, each=("region",))

    assert pooled.outcome is Outcome.PASS
    assert each.outcome is Outcome.INCONCLUSIVE
    assert [part.measured for part in each.parts] == [0.4, 0.4]


# ---- what is not judged


def test_a_wrong_token_is_a_question_and_no_percentile() -> None:
    made = stream(cells=ROUTES)

    found = judged(answered(made, made.cell == 1, status=401))

    assert found.outcome is Outcome.INVALID
    assert found.because == "401 on 100 % of route order: is the token right?"


def test_nothing_seen_is_no_percentile() -> None:
    assert judged(stream(rate=0.0)).outcome is Outcome.INVALID


def test_a_part_of_the_traffic_without_any_request_has_no_percentile() -> None:
    made = stream(rate=100.0)
    unused = replace(made, cells=(*made.cells, Cell("global", "order")))

    found = judged(unused, each=("route",))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert dict(found.where) == {"route": "order"}
    assert (found.measured, found.interval, found.samples) == (None, None, 0)


def test_the_few_that_were_not_sent_are_slow_ones() -> None:
    made = stream()

    found = judged(answered(made, every(made, 1500), status=NOT_SENT))

    assert (found.outcome, found.failures) == (Outcome.PASS, 4)


# ---- the keys


@pytest.mark.parametrize("name", ["p50", "p75", "p95", "p99", "p99.9", "p99.99"])
def test_percentiles_from_p50_to_p99_99_are_keys(name: str) -> None:
    assert list(Latency.model_validate({name: "< 200 ms"}).limits) == [name]
    assert quantile(name) * 100 == Decimal(name[1:])


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        pytest.param({"p100": "< 1 s"}, "unknown key `p100`", id="p100"),
        pytest.param({"p49": "< 1 s"}, "unknown key `p49`", id="p49"),
        pytest.param({"p99.999": "< 1 s"}, "unknown key `p99.999`", id="three-digits"),
        pytest.param({"longest_stall": "off"}, "needs a percentile", id="no-limit"),
        pytest.param("fast", "dict", id="no-mapping"),
    ],
)
def test_other_keys_are_refused(keys: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Latency.model_validate(keys)


# ---- properties


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), share=st.floats(0.0, 0.1), more=st.floats(0.0, 0.1))
def test_more_slow_requests_never_turn_a_fail_into_a_pass(
    seed: int, share: float, more: float
) -> None:
    made = stream(rate=200.0)
    few = spread(made, share, seed)
    many = few | spread(made, more, seed + 1)

    before = judged(answered(made, few, latency_s=0.5))
    after = judged(answered(made, many, latency_s=0.5))

    assert not (before.outcome is Outcome.FAIL and after.outcome is Outcome.PASS)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 400), q=st.sampled_from([50, 90, 99]))
def test_the_percentile_of_any_sample_is_an_element_of_it(seed: int, n: int, q: int) -> None:
    made = stream(rate=n / 60, seconds=60.0)
    waited = np.random.default_rng(seed).random(len(made)).round(5) * 0.1
    found = judged(
        replace(made, done=made.due + waited, rate=0.0),
        Latency.model_validate({f"p{q}": "< 200 ms"} | OFF),
    )

    if len(made):
        wanted = np.quantile(waited, q / 100, method="inverted_cdf")
        assert found.measured == pytest.approx(wanted, abs=1e-9)

"""How often a delay comes back, what stays as it was, and how soon everything is well again."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.model.verdict import Outcome
from tests.checks.dosing import ONE_HOP, asked, check, failed, judged, runs, seen, slowed
from tests.checks.histories import answered, between, in_cell

# ---- how often a delay comes back


def test_calls_one_after_another_multiply_the_delay() -> None:
    found = judged(slowed({0: (0.15, 0.58)}), per_hop="<= 1.2x")

    [part] = failed(found)
    assert found.outcome is Outcome.FAIL
    assert dict(part.where) == {"link": "system-to-legacy", "route": "product"}
    assert part.measured == pytest.approx(2.9)


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [
        pytest.param("<= 2x", Outcome.PASS, id="at-most"),
        pytest.param("< 2x", Outcome.FAIL, id="less-than"),
    ],
)
def test_the_slope_exactly_at_its_limit(limit: str, outcome: Outcome) -> None:
    assert judged(slowed({0: (0.1, 0.4)}), per_hop=limit).outcome is outcome


def test_each_route_may_have_a_slope_of_its_own() -> None:
    both = {"product": ("system-to-legacy",), "order": ("system-to-legacy",)}
    made = slowed({0: (0.05, 0.2), 1: (0.1, 0.4)})

    def found(**per_hop: str) -> Outcome:
        return judged(made, ask=asked(needs=both), per_hop=per_hop).outcome

    assert found(product="<= 1.1x", order="<= 2.1x") is Outcome.PASS
    assert found(product="<= 1.1x", order="<= 1.9x") is Outcome.FAIL


def test_a_slope_that_is_not_known_well_enough_is_not_decided() -> None:
    made = slowed(ONE_HOP)
    jitter = np.random.default_rng(1).normal(0.0, 0.2, len(made)).clip(-0.04)
    noisy = replace(made, done=made.done + np.where(between(made, 10, 70), jitter, 0.0).clip(0))

    found = judged(noisy, limits={"50 ms": {"p50": "< 2 s"}, "200 ms": {"p50": "< 2 s"}})
    assert found.outcome is Outcome.PASS

    steep = judged(
        noisy,
        limits={"50 ms": {"p50": "< 2 s"}, "200 ms": {"p50": "< 2 s"}},
        per_hop="<= 1.05x",
    )
    assert steep.outcome is Outcome.INCONCLUSIVE
    assert steep.needed is not None


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        pytest.param({}, "no route that is judged says that it depends on link", id="nobody"),
        pytest.param({"product": ("other",)}, "write `needs: [system-to-legacy]`", id="another"),
    ],
)
def test_without_a_route_that_needs_the_link_there_is_no_slope(
    needs: dict[str, tuple[str, ...]], said: str
) -> None:
    found = judged(slowed(ONE_HOP), ask=asked(needs=needs), per_hop="<= 1.2x")

    assert found.outcome is Outcome.NOT_RUN
    assert said in found.because


def test_what_is_no_delay_cannot_come_back() -> None:
    doses = ("10 kB/s", "100 kB/s")
    limits = {dose: {"p99": "< 1 s"} for dose in doses}
    found = check(limits=limits, per_hop="<= 1.2x").judge(seen(slowed(ONE_HOP), doses), asked())

    assert found.outcome is Outcome.NOT_RUN
    assert found.because == "per_hop: 10 kB/s is no delay that could come back"


def test_a_named_route_that_says_no_need_of_the_link_is_not_passed_over() -> None:
    made = slowed({0: (0.05, 0.2), 1: (0.5, 2.0)})
    limits = {"50 ms": {"p50": "< 3 s"}, "200 ms": {"p50": "< 3 s"}}

    found = judged(made, limits=limits, per_hop={"product": "<= 1.2x", "order": "<= 1.2x"})

    assert found.outcome is Outcome.NOT_RUN
    assert found.because.startswith("per_hop: route order was not asked for, or does not say")


def test_a_route_that_every_delay_breaks_is_endlessly_steep() -> None:
    made = slowed(ONE_HOP, seconds=100.0)
    broken = between(made, 10.1, 18.1) | between(made, 40.1, 48.1) | between(made, 70.1, 78.1)
    dead = answered(made, broken & in_cell(made, 0), status=504)
    doses = ("50 ms", "200 ms", "400 ms")
    limits = {dose: {"at_least": "10 %"} for dose in doses}

    found = check(limits=limits, per_hop="<= 1.2x").judge(seen(dead, doses), asked())

    per_hop = failed(found)[-1]
    assert dict(per_hop.where) == {"link": "system-to-legacy", "route": "product"}
    assert "waits endless ms for each ms" in per_hop.because


def test_a_route_that_was_never_answered_before_has_no_slope() -> None:
    made = slowed({0: (0.05, 2.0)})
    calm = ~between(made, 10.0, 19.0) & ~between(made, 40.0, 49.0) & in_cell(made, 0)
    limits = {"50 ms": {"p50": "< 3 s"}, "200 ms": {"p50": "< 3 s"}}

    found = judged(answered(made, calm, status=504), limits=limits, per_hop="<= 1.2x")

    assert found.outcome is Outcome.INVALID
    assert found.because == (
        "slow: route product was not answered before anything was done to link system-to-legacy"
    )


def test_the_lateness_of_the_tester_is_no_slope() -> None:
    made = slowed({0: (0.05 + 0.008, 0.2 + 0.018)})
    late = replace(made, sent=made.due + np.where(between(made, 40, 49), 0.018, 0.0))
    late = replace(late, sent=late.sent + np.where(between(made, 10, 19), 0.008, 0.0))

    found = judged(late, per_hop="<= 1.05x")

    assert found.outcome is Outcome.INVALID
    assert "only while it was disturbed (the tester sent them late)" in found.because


# ---- routes that do not need the link


def test_a_route_that_waits_for_a_link_it_does_not_need_fails() -> None:
    found = judged(slowed({0: (0.05, 0.2), 1: (0.05, 0.2)}), unaffected="<= 20 ms")

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"link": "system-to-legacy", "run": "1", "route": "order"}
    assert found.because == (
        "slow/1: at 50 ms, route order, which does not need link system-to-legacy, had a p95 of "
        "60 ms with 50 ms on it, 10 ms without"
    )


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [
        pytest.param("<= 20 ms", Outcome.PASS, id="at-most"),
        pytest.param("< 20 ms", Outcome.FAIL, id="less-than"),
        pytest.param("<= 200 %", Outcome.PASS, id="share"),
        pytest.param("<= 199 %", Outcome.FAIL, id="share-broken"),
    ],
)
def test_slower_by_exactly_the_limit(limit: str, outcome: Outcome) -> None:
    made = slowed({0: (0.05, 0.2), 1: (0.02, 0.02)})
    assert judged(made, unaffected=limit).outcome is outcome


def test_where_every_route_needs_the_link_nobody_can_be_unaffected() -> None:
    both = {"product": ("system-to-legacy",), "order": ("system-to-legacy",)}
    found = judged(slowed(ONE_HOP), ask=asked(needs=both), unaffected="<= 20 ms")

    assert found.outcome is Outcome.NOT_RUN
    assert "every route needs link system-to-legacy" in found.because


def test_the_lateness_of_the_tester_makes_no_route_slower() -> None:
    made = slowed(ONE_HOP)
    late = between(made, 10, 19) & in_cell(made, 1)

    found = judged(answered(made, late, latency_s=0.025, late_s=0.015), unaffected="<= 10 ms")

    assert found.outcome is Outcome.INVALID
    assert "only while it was disturbed (the tester sent them late)" in found.because


def test_a_slow_route_of_the_seconds_left_out_is_not_unaffected() -> None:
    made = slowed(ONE_HOP)
    choked = between(made, 10.1, 13.9) & in_cell(made, 1)

    found = judged(answered(made, choked, latency_s=0.09, late_s=0.03), unaffected="<= 20 ms")

    assert found.outcome is Outcome.INVALID
    assert found.because.endswith("would change the verdict")


def test_a_delay_that_came_back_in_the_seconds_left_out_is_a_slope() -> None:
    made = slowed(ONE_HOP)
    choked = between(made, 40.1, 43.9) & in_cell(made, 0)

    found = judged(answered(made, choked, latency_s=0.5, late_s=0.03), per_hop="<= 1.2x")

    assert found.outcome is Outcome.INVALID
    assert found.because.endswith("would change the verdict")


def test_a_route_that_was_never_answered_before_is_not_unaffected() -> None:
    made = slowed(ONE_HOP)
    calm = ~between(made, 10.0, 19.0) & ~between(made, 40.0, 49.0) & in_cell(made, 1)

    found = judged(answered(made, calm, status=504), unaffected="<= 20 ms")

    assert found.outcome is Outcome.INVALID
    assert "route order did not answer well before the fault" in found.because


def test_where_no_link_is_faulted_nobody_knows_who_is_unaffected() -> None:
    made = slowed({0: (0.05, 0.05), 1: (0.05, 0.05)})
    spans, records = runs()
    killed = tuple(replace(r, fault="component-kill", where={"component": "a"}) for r in records)

    found = check(unaffected="<= 10 ms").judge(seen(made, spans=spans, faults=killed), asked())

    assert found.outcome is Outcome.NOT_RUN
    assert "unaffected: the drill faults no link" in found.because


# ---- what comes after the healing


def test_a_route_that_stays_slow_after_the_healing_fails() -> None:
    found = judged(slowed(ONE_HOP, after_s=4.0), recovers_within="2 s")

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"link": "system-to-legacy", "run": "1", "route": "product"}
    assert found.because == (
        "slow/1: at 50 ms, still slower than its baseline 3.9 s to 4.0 s after 50 ms was put back"
    )


def test_a_slow_answer_now_and_then_is_no_relapse() -> None:
    made = slowed(ONE_HOP)
    now_and_then = between(made, 19, 30) & (np.arange(len(made)) % 60 == 0)

    found = judged(answered(made, now_and_then, latency_s=0.5), recovers_within="2 s")

    assert found.outcome is Outcome.PASS


def test_a_settling_too_short_to_see_a_recovery_is_not_decided() -> None:
    found = judged(slowed(ONE_HOP), recovers_within="5 s")

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed is not None
    assert found.needed.seconds == 15.0
    assert found.because == (
        "slow/1: at 50 ms, it was not seen to be over within 5.0 s of healing 50 ms"
    )


def test_a_fault_that_was_not_put_back_shows_no_recovery() -> None:
    spans, records = runs()
    stuck = tuple(replace(record, healed=None) for record in records)
    made = seen(slowed(ONE_HOP), spans=spans, faults=stuck)

    found = check(recovers_within="2 s").judge(made, asked())

    assert found.outcome is Outcome.INVALID
    assert "not seen to be put back" in found.because

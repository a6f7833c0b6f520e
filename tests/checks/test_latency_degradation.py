"""Each dose of delay on a link costs users what was declared, and nothing else pays for it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nfrcheck.checks.latency_degradation import LatencyDegradation
from nfrcheck.model.history import Health, Ill
from nfrcheck.model.question import Exclusion
from nfrcheck.model.units import Limit
from nfrcheck.model.verdict import Outcome
from tests.checks.dosing import LIMITS, ONE_HOP, asked, check, judged, runs, seen, slowed
from tests.checks.histories import answered, between, health, history, stream

EVERYTHING: dict[str, Any] = {
    "per_hop": "<= 1.2x",
    "unaffected": "<= 20 ms",
    "recovers_within": "2 s",
}


def test_growth_by_exactly_the_injected_delay_passes() -> None:
    found = judged(slowed(ONE_HOP), **EVERYTHING)

    assert found.outcome is Outcome.PASS
    assert found.supports == "each of 2; supports at least 22 % of such failures"
    per_hop = found.parts[1]
    assert dict(per_hop.where) == {"link": "system-to-legacy", "route": "product"}
    assert per_hop.measured == pytest.approx(1.0)
    assert per_hop.because == (
        "slow: route product waits 1.00 ms for each ms on link system-to-legacy "
        "(1.00 to 1.00; medians 10 ms, 60 ms, 210 ms)"
    )


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"only": {"route": "product"}}, id="only-the-other"),
        pytest.param({"exclude": (Exclusion(route="order"),)}, id="excluded"),
    ],
)
def test_a_route_that_does_not_count_is_in_no_limit(keys: dict[str, Any]) -> None:
    made = slowed({**ONE_HOP, 1: (0.5, 0.9)}, after_s=8.0)
    product = slowed(ONE_HOP)
    both = replace(made, done=np.where(made.cell == 1, made.done, product.done))
    limits: dict[str, Any] = {"per_hop": "<= 1.2x", "recovers_within": "2 s"}

    assert judged(both, **limits).outcome is Outcome.FAIL
    assert judged(both, ask=asked(**keys), **limits).outcome is Outcome.PASS


# ---- the limits of each dose


def test_a_dose_that_costs_too_much_names_its_run_and_its_route() -> None:
    found = judged(slowed({0: (0.05, 0.65), 1: (0.0, 0.0)}))

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"link": "system-to-legacy", "run": "2", "route": "product"}
    assert found.because == "slow/2: at 200 ms, route product: the p99 of 400 requests was 660 ms"


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [
        pytest.param("<= 210 ms", Outcome.PASS, id="at-most"),
        pytest.param("< 210 ms", Outcome.FAIL, id="less-than"),
    ],
)
def test_the_limit_exactly_met(limit: str, outcome: Outcome) -> None:
    limits = {"50 ms": {"p99": "< 300 ms"}, "200 ms": {"p99": limit}}
    assert judged(slowed({0: (0.05, 0.2), 1: (0.05, 0.2)}), limits=limits).outcome is outcome


def test_answers_that_fail_during_a_dose_fail_its_share() -> None:
    made = slowed(ONE_HOP)
    lost = between(made, 40.1, 48.1) & (np.arange(len(made)) % 4 == 0)
    limits = {"50 ms": {"at_least": "99 %"}, "200 ms": {"at_least": "99 %"}}

    found = judged(answered(made, lost, status=503), limits=limits)

    assert found.outcome is Outcome.FAIL
    assert found.because.startswith("slow/2: at 200 ms, route product: 200 of 400 requests")


def test_a_dose_is_the_same_with_or_without_a_space() -> None:
    limits = {dose.replace(" ", ""): limit for dose, limit in LIMITS.items()}

    assert judged(slowed(ONE_HOP), limits=limits).outcome is Outcome.PASS


def test_a_dose_without_a_limit_is_not_run() -> None:
    found = judged(slowed(ONE_HOP), limits={"50 ms": {"p99": "< 300 ms"}})

    assert found.outcome is Outcome.NOT_RUN
    assert found.because == "slow/2: `limits` has none for 200 ms"


def test_a_limit_whose_dose_was_never_given_is_not_decided() -> None:
    found = judged(slowed(ONE_HOP), limits={**LIMITS, "1 s": {"p99": "< 2 s"}})

    assert (found.outcome, found.because) == (Outcome.INCONCLUSIVE, "no run had a dose of 1 s")


def test_a_drill_that_varies_nothing_has_no_dose() -> None:
    spans, records = runs(("", ""))

    found = check().judge(history(slowed(ONE_HOP), spans=spans, faults=records), asked())

    assert found.outcome is Outcome.NOT_RUN
    assert "the drill varies nothing" in found.because


# ---- what cannot be judged


def test_an_unproven_fault_shows_nothing() -> None:
    spans, records = runs(confirmed=False)

    found = check().judge(seen(slowed(ONE_HOP), spans=spans, faults=records), asked())

    assert found.outcome is Outcome.INVALID
    assert "the fault was not proven" in found.because


@pytest.mark.parametrize("at", [14.0, 45.0], ids=["in-the-first-run", "in-the-second"])
def test_a_load_that_died_is_invalid(at: float) -> None:
    ill = Ill(t=at, instrument="load-shop.0", because="died")

    found = check().judge(seen(slowed(ONE_HOP), ills=(ill,)), asked())

    assert found.outcome is Outcome.INVALID
    assert "died" in found.because


def test_nothing_seen_is_invalid() -> None:
    found = check().judge(seen(stream(name="other")), asked())

    assert (found.outcome, found.because) == (
        Outcome.INVALID,
        "slow/1: shop recorded nothing",
    )


def test_too_few_requests_decide_nothing() -> None:
    found = judged(slowed(ONE_HOP, rate=10.0))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed is not None


def test_fewer_runs_than_planned_support_less() -> None:
    found = judged(slowed(ONE_HOP), ask=asked(expected_runs={"slow": 6}))

    assert (found.outcome, found.because) == (Outcome.INCONCLUSIVE, "slow took place 2 of 6 times")


def test_without_a_drill_it_is_not_run() -> None:
    assert judged(slowed(ONE_HOP), ask=asked(drills=())).outcome is Outcome.NOT_RUN


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({}, id="dose"),
        pytest.param({"per_hop": "<= 1.2x"}, id="per-hop"),
        pytest.param({"unaffected": "<= 20 ms"}, id="unaffected"),
        pytest.param({"recovers_within": "1 s"}, id="recovery"),
    ],
)
def test_a_starved_machine_is_not_held_against_the_target(keys: dict[str, str]) -> None:
    slow = {0: (0.4, 0.8), 1: (0.4, 0.8)} if not keys or "unaffected" in keys else {0: (0.1, 0.4)}
    limits = LIMITS if not keys else {dose: {"p99": "< 2 s"} for dose in LIMITS}
    made = replace(slowed(slow, after_s=4.0), local=True)

    def found(pressed_from: float) -> Outcome:
        host = tuple(
            Health(t=t + 1.0, instrument="host", figures={"pressed": float(t >= pressed_from)})
            for t in range(70)
        )
        lines = (*health("load-shop.0", 70), *host)
        return check(limits=limits, **keys).judge(seen(made, health=lines), asked()).outcome

    assert found(99.0) is Outcome.FAIL
    assert found(5.0) is Outcome.INVALID


# ---- the keys


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"limits": {}}, id="no-dose"),
        pytest.param({"limits": {"50 ms": {}}}, id="no-limit"),
        pytest.param({"limits": {"50 ms": {"p98.7.6": "< 1 s"}}}, id="no-percentile"),
        pytest.param({"limits": {"50 ms": {"p99": "1 s"}}}, id="no-direction"),
        pytest.param({"per_hop": "at least 1x"}, id="lower"),
    ],
)
def test_keys_that_say_no_limit_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LatencyDegradation.model_validate({"limits": LIMITS, **keys})


@pytest.mark.parametrize("per_hop", ["<= 1.2x", {"product": "<= 1.2x"}], ids=["all", "by-route"])
def test_what_is_kept_of_it_is_read_as_the_same(per_hop: Any) -> None:
    made = check(per_hop=per_hop, unaffected="<= 20 ms", recovers_within="2 s")

    kept = made.model_dump(mode="json", by_alias=True, exclude_unset=True)

    assert LatencyDegradation.model_validate(kept) == made


def test_all_its_limits_in_seconds() -> None:
    limits = check().limits

    assert {name: float(limit.value) for name, limit in limits.items()} == {
        "50 ms p99": 0.3,
        "200 ms p99": 0.6,
    }
    assert all(isinstance(limit, Limit) for limit in limits.values())


def test_what_was_left_out_because_the_tester_was_unwell_is_told() -> None:
    lines = tuple(
        replace(line, figures={"beat_p99_ms": 50.0}) if 12 <= line.t < 14 else line
        for line in health("load-shop.0", 70)
    )

    found = check(unaffected="<= 20 ms").judge(seen(slowed(ONE_HOP), health=lines), asked())

    assert found.outcome is Outcome.PASS
    assert all("left out in which the tester was unwell" in p.because for p in found.parts[0].parts)

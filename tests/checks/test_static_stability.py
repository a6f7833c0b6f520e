"""Requests are answered while a shared part is gone, and the part that was missed is named."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nfrcheck.checks.static_stability import StaticStability
from nfrcheck.model.history import FaultRecord, Health, History, Ill, Stream
from nfrcheck.model.question import Exclusion
from nfrcheck.model.records import STOPPED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    between,
    drill,
    health,
    history,
    in_cell,
    question,
    spread,
    stream,
)

BROWSE, ORDER = Cell("global", "browse"), Cell("global", "order")
PARTS = {"idp": 10.0, "registry": 40.0}
"""When each shared part is taken away."""


def load() -> Stream:
    return stream(rate=100.0, seconds=70.0, cells=(BROWSE, ORDER))


def without(made: Stream, part: str, *cells: int, after: float = 0.0) -> Stream:
    """Requests of these routes fail while the part is gone."""
    start = PARTS[part] + 0.1 + after
    gone = between(made, start, PARTS[part] + 9.0) & in_cell(made, *(cells or (0, 1)))
    return answered(made, gone, status=503)


def records(**more: Any) -> tuple[list[Any], tuple[FaultRecord, ...]]:
    made = [
        drill(f"without-{part}", at=at, where={"component": part}, **more)
        for part, at in PARTS.items()
    ]
    return [span for spans, _ in made for span in spans], tuple(
        replace(record, fault="component-kill") for _, record in made
    )


def seen(made: Stream, **more: Any) -> History:
    spans, faults = records()
    return history(made, **{"spans": spans, "faults": faults, **more})


def judged(
    made: Stream, seen_as: History | None = None, *, ask: Any = None, **keys: Any
) -> Verdict:
    drills = tuple(f"without-{part}" for part in PARTS)
    asked = {"drills": drills, "expected_runs": dict.fromkeys(drills, 1), **(ask or {})}
    check = StaticStability.model_validate({"at_least": "95 %", **keys})
    return check.judge(seen_as or seen(made), question(**asked))


def test_what_runs_on_without_each_part_passes() -> None:
    found = judged(load(), p99="< 200 ms")

    assert found.outcome is Outcome.PASS
    assert found.supports == "each of 2; supports at least 22 % of such failures"
    assert [part.name for part in found.parts] == ["without-idp/1", "without-registry/1"]


def test_a_part_that_should_not_matter_and_does_is_named() -> None:
    found = judged(without(load(), "registry"))

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"component": "registry", "run": "1"}
    assert found.because == (
        "without-registry/1: without component registry, 800 of 800 requests were not answered well"
    )
    assert found.parts[0].outcome is Outcome.PASS


def test_the_route_that_misses_it_is_named_as_well() -> None:
    found = judged(without(load(), "idp", 1))

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"component": "idp", "run": "1", "route": "order"}


def test_where_only_reading_is_judged_refused_writes_are_none_of_it() -> None:
    made = without(load(), "idp", 1)

    assert judged(made, ask={"only": {"route": "browse"}}).outcome is Outcome.PASS
    assert judged(made, ask={"exclude": (Exclusion(route="order"),)}).outcome is Outcome.PASS


def test_with_each_route_one_that_does_not_count_is_not_missed() -> None:
    made = without(load(), "idp", 1)
    keys = {"each": ("route",), "exclude": (Exclusion(route="order"),)}

    assert judged(made, ask=keys).outcome is Outcome.PASS


def test_an_answer_that_comes_too_late_fails_its_percentile() -> None:
    made = load()
    slow = answered(made, between(made, 40.1, 48.1) & in_cell(made, 0), latency_s=2.0)

    found = judged(slow, p99="< 200 ms")

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"component": "registry", "run": "1", "route": "browse"}
    assert found.because.endswith("route browse: the p99 of 400 requests was 2.0 s")


def test_with_each_every_route_must_keep_it() -> None:
    made = load()
    few = between(made, 10.1, 18.1) & in_cell(made, 1) & spread(made, 0.05)
    thin = answered(made, few, status=503)

    assert judged(thin).outcome is Outcome.PASS
    assert judged(thin, ask={"each": ("route",)}).outcome is Outcome.INCONCLUSIVE


def test_the_first_part_of_the_hold_may_be_left_out() -> None:
    made = load()
    noticing = answered(made, between(made, 10.1, 12.1), status=503)

    assert judged(noticing).outcome is Outcome.FAIL
    assert judged(noticing, ask={"after_s": 2.0}).outcome is Outcome.PASS


def test_the_limit_exactly_met_is_not_decided() -> None:
    made = load()
    twentieth = between(made, 10.1, 18.1) & (np.arange(len(made)) % 40 < 2)

    found = judged(answered(made, twentieth, status=503))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed is not None


def test_several_parts_that_are_taken_together_are_all_named() -> None:
    spans, faults = records()
    both = "kill components app-1, app-2"
    together = tuple(replace(fault, where={}, touched=both) for fault in faults)

    found = judged(load(), seen(without(load(), "idp"), spans=spans, faults=together))

    assert f"without {both}" not in found.because
    assert found.because.startswith(f"without-idp/1: during {both}, ")


# ---- what cannot be judged


def test_an_unproven_fault_shows_nothing() -> None:
    spans, faults = records(confirmed=False)

    found = judged(load(), seen(load(), spans=spans, faults=faults))

    assert found.outcome is Outcome.INVALID
    assert "the fault was not proven" in found.because


def test_a_load_that_died_is_invalid() -> None:
    ill = Ill(t=12.0, instrument="load-shop.0", because="died")

    assert judged(load(), seen(load(), ills=(ill,))).outcome is Outcome.INVALID


def test_nothing_seen_is_invalid() -> None:
    assert judged(stream(name="other")).outcome is Outcome.INVALID


def test_requests_that_the_tester_cut_off_are_not_held_against_it() -> None:
    made = load()
    cut = answered(made, between(made, 10.1, 18.1) & spread(made, 0.2), status=STOPPED)

    assert judged(cut).outcome is Outcome.INVALID


@pytest.mark.parametrize(
    "keys", [pytest.param({}, id="share"), pytest.param({"p99": "< 200 ms"}, id="time")]
)
def test_a_starved_machine_is_not_held_against_it(keys: dict[str, str]) -> None:
    made = load()
    hurt = between(made, 10.1, 18.1) & spread(made, 0.3)
    bad = answered(made, hurt, latency_s=2.0) if keys else answered(made, hurt, status=503)
    local = replace(bad, local=True)
    host = tuple(
        Health(t=t + 1.0, instrument="host", figures={"pressed": 0.9 if t >= 5 else 0.0})
        for t in range(70)
    )

    found = judged(local, seen(local, health=(*health("load-shop.0", 70), *host)), **keys)

    assert found.outcome is Outcome.INVALID
    assert "waited for a core" in found.because


def test_a_tester_that_was_unwell_for_most_of_it_has_seen_nothing() -> None:
    lines = tuple(
        replace(line, figures={"cpu": 1.0}) if line.t > 10 else line
        for line in health("load-shop.0", 70)
    )

    assert judged(load(), seen(load(), health=lines)).outcome is Outcome.INVALID


def test_fewer_runs_than_planned_support_less() -> None:
    found = judged(load(), ask={"expected_runs": {"without-idp": 2, "without-registry": 1}})

    assert (found.outcome, found.because) == (
        Outcome.INCONCLUSIVE,
        "without-idp took place 1 of 2 times",
    )


def test_without_a_drill_it_is_not_run() -> None:
    assert judged(load(), ask={"drills": ()}).outcome is Outcome.NOT_RUN


def test_a_share_must_be_said() -> None:
    with pytest.raises(ValidationError):
        StaticStability.model_validate({"p99": "< 200 ms"})

"""What may not eject a member, and what shows nothing of how a router treats one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.ejection import Ejection
from nfrcheck.model.history import Health, Ill, Stream
from nfrcheck.model.question import Exclusion
from nfrcheck.model.records import REFUSED
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.comings import (
    AT,
    BOTH,
    CELLS,
    HEALING,
    ONE_S,
    STEADY,
    judged,
    routed,
    taken,
    told,
)
from tests.checks.histories import between, drill, every, health, history, question, stream

CALM = Ejection.model_validate({"calm": "blip"})


# ---- nothing may be ejected


def blip(made: Stream, *, ejected: bool, **more: Any) -> Verdict:
    """A drill `blip` at 10 s; where b is ejected, a answers for four seconds."""
    spans, record = drill("blip", at=AT, where={"link": "edge-to-b"})
    if ejected:
        made = told(made, between(made, 12.0, 16.0) & (made.cell == 2), 1)
    given: dict[str, Any] = {"spans": [STEADY, *spans], "faults": (record,)}
    return judged(made, CALM, **(given | more))


def test_a_member_that_keeps_its_share_was_not_ejected() -> None:
    made = routed(left=0.0, back=-9.1)
    random = np.random.default_rng(1).random(len(made)) < 0.05

    found = blip(told(made, random & between(made, AT, HEALING), 0, 500), ejected=False)

    assert found.outcome is Outcome.PASS


def test_a_member_that_is_ejected_for_a_blip_is_named() -> None:
    found = blip(routed(left=0.0, back=-9.1), ejected=True)

    assert (found.outcome, found.where["region"]) == (Outcome.FAIL, "b")
    assert "region b was ejected where nothing should be" in found.because


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        pytest.param(True, Outcome.INCONCLUSIVE, id="still-asked"),
        pytest.param(False, Outcome.FAIL, id="left"),
    ],
)
def test_who_was_asked_in_vain_was_not_ejected(*, asked: bool, outcome: Outcome) -> None:
    made = routed(left=0.0, back=-9.1)
    away = between(made, 12.0, 13.1) & (made.cell == 2)

    found = blip(told(made, away, 0, REFUSED) if asked else told(made, away, 1), ejected=False)

    assert found.outcome is outcome
    assert ("may have been sent to it" in found.because) is asked


def test_a_calm_drill_that_was_not_held_proves_nothing() -> None:
    made = routed(left=0.0, back=-9.1)
    unproven = drill("blip", at=AT, confirmed=False)

    assert blip(made, ejected=False, faults=(unproven[1],)).outcome is Outcome.INVALID
    assert blip(made, ejected=False, faults=()).outcome is Outcome.INCONCLUSIVE
    assert blip(replace(made, cells=CELLS[:1] * 3), ejected=False).outcome is Outcome.NOT_RUN
    assert blip(routed(left=0.0, back=-9.1, rate=5.0), ejected=False).outcome is (
        Outcome.INCONCLUSIVE
    )


# ---- what cannot be judged


def test_at_least_one_limit_and_a_drill_are_needed() -> None:
    none = Ejection.model_validate({})

    assert judged(routed(), none).outcome is Outcome.NOT_RUN
    assert BOTH.judge(taken(routed()), question("edge")).outcome is Outcome.NOT_RUN


@pytest.mark.parametrize(("planned", "took_place"), [(3, 2), (1, 0)])
def test_fewer_runs_than_planned_are_not_enough(planned: int, took_place: int) -> None:
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": planned})

    found = BOTH.judge(taken(routed(runs=3), runs=took_place), asked)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == f"lose-b took place {took_place} of {planned} times"


def test_an_unproven_fault_shows_nothing() -> None:
    spans, record = drill(at=AT, confirmed=False)

    found = judged(routed(left=None), spans=[STEADY, *spans], faults=(record,))

    assert found.outcome is Outcome.INVALID
    assert "the fault was not proven" in found.because


def test_a_region_that_nobody_asked_before_cannot_be_left() -> None:
    made = told(routed(), np.ones(3000, dtype=np.bool_), 1)

    found = judged(made)

    assert found.outcome is Outcome.INVALID
    assert found.because == "lose-b/1: no entry led to b and to another one"


def test_a_header_that_no_answer_has_is_a_question() -> None:
    found = judged(told(routed(), np.ones(3000, dtype=np.bool_), 0))

    assert found.outcome is Outcome.INVALID
    assert found.because.endswith("is `served_by` right?")


def test_few_requests_decide_nothing() -> None:
    assert judged(routed(rate=3.0)).outcome is Outcome.INCONCLUSIVE


def test_a_probe_that_died_or_saw_nothing_is_invalid() -> None:
    ill = Ill(t=12.0, instrument="probe-edge.0", because="died")
    made = routed()

    assert judged(made, ills=(ill,)).outcome is Outcome.INVALID
    assert judged(made.where(made.due < 11.0)).outcome is Outcome.INVALID
    assert BOTH.judge(taken(), question("edge", drills=("lose-b",))).outcome is Outcome.INVALID


def test_a_router_is_not_blamed_for_a_starved_machine() -> None:
    made = replace(routed(left=2.5), local=True)
    host = tuple(
        Health(t=t + 1.0, instrument="host", figures={"pressed": 0.9 if t >= 5 else 0.0})
        for t in range(40)
    )

    found = judged(made, ONE_S, health=(*health("probe-edge.0", 41), *host))

    assert found.outcome is Outcome.INVALID
    assert "waited for a core" in found.because


def test_client_errors_say_that_the_request_is_wrong() -> None:
    made = routed()

    found = judged(replace(made, status=np.full(len(made), 404, dtype=np.uint16)))

    assert found.outcome is Outcome.INVALID
    assert "404" in found.because


def test_excluded_answers_are_no_mistake_and_no_request_to_the_dead() -> None:
    made = told(routed(), between(routed(), 12.0, 16.0) & every(routed(), 3), 0, 404)
    asked = question("edge", drills=("lose-b",), exclude=(Exclusion(status=("404",)),))

    assert judged(made).outcome is Outcome.INVALID
    assert BOTH.judge(taken(made), asked).outcome is Outcome.PASS


def test_only_chooses_the_entry() -> None:
    made = stream(name="edge", kind="probe", seconds=30.0)
    asked = question("edge", drills=("lose-b",), only={"entry": "other"})

    found = ONE_S.judge(history(made, spans=taken(made).spans, faults=taken(made).faults), asked)

    assert found.outcome is Outcome.INVALID

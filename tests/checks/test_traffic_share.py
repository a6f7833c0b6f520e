"""A region serves its share only if it also answers while every other region is taken away."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.traffic_share import TrafficShare
from nfrcheck.model.history import FaultRecord, Health, Ill, Span, Stream
from nfrcheck.model.records import REFUSED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import drill, health, question, stream
from tests.checks.shares import ENTRY, FORTY, STEADY, during, failing, seen, served


def judged(made: Stream, check: TrafficShare = FORTY, **more: Any) -> Verdict:
    return check.judge(seen(made, **more), question())


def outcomes(found: Verdict) -> dict[str, Outcome]:
    return {part.name: part.outcome for part in found.parts}


def test_a_share_that_each_region_serves_by_itself_passes() -> None:
    found = judged(served())

    assert found.outcome is Outcome.PASS
    assert outcomes(found) == dict.fromkeys(
        ("share of a", "share of b", "a alone in lose-b/1", "b alone in lose-a/1"), Outcome.PASS
    )
    assert found.because == (
        "each region gave its share (a 49.0 %, b 51.0 %) "
        "and answered alone while the other was gone"
    )


def test_a_header_alone_is_never_enough() -> None:
    found = judged(served(), lose=())

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "a header can be forged" in found.because
    assert found.needed is not None
    assert found.needed.drills == 1


@pytest.mark.parametrize("cell", [0, 2], ids=["no-answer-at-all", "502-in-its-own-name"])
def test_a_forged_header_fails_at_the_region_that_answers_nothing_alone(cell: int) -> None:
    found = judged(failing(served(), "a", cell=cell))

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, {"region": "b"})
    assert found.because == (
        "while region a was gone, region b answered 0 of 400 requests well: "
        "it does not serve by itself"
    )
    assert outcomes(found)["a alone in lose-b/1"] is Outcome.PASS


def test_a_slow_router_is_not_blamed_on_the_region_that_serves_what_reaches_it() -> None:
    made = served()
    still_dead = during(made, "a") & (np.arange(len(made)) % 5 > 0)
    slow = replace(
        made,
        status=np.where(still_dead, REFUSED, 200).astype(np.uint16),
        cell=np.where(still_dead, 0, made.cell).astype(np.uint8),
    )

    found = judged(slow)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.endswith("of the 80 that it answered itself 80 were good")


def test_the_entry_of_the_lost_region_does_not_count_against_the_other_one() -> None:
    entries = (*ENTRY, Cell("region-a", "home"), Cell("region-a", "home", "a"))
    made = replace(served(), cells=entries)
    direct = np.arange(len(made)) % 2 == 0
    cell = np.where(direct, 4, made.cell)
    dead = direct & during(made, "a")
    cell[dead] = 3
    status = np.where(dead, REFUSED, 200).astype(np.uint16)

    found = judged(
        replace(made, cell=cell.astype(np.uint8), status=status),
        TrafficShare.model_validate({"share": {"b": "at least 20 %"}}),
    )

    assert found.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("share_of_b", "outcome"),
    [
        pytest.param(0.5, Outcome.PASS, id="half"),
        pytest.param(0.4, Outcome.INCONCLUSIVE, id="at-the-limit"),
        pytest.param(0.2, Outcome.FAIL, id="a-fifth"),
    ],
)
def test_the_served_share_is_counted_in_quiet_phases(share_of_b: float, outcome: Outcome) -> None:
    found = judged(served(share_of_b))

    assert outcomes(found)["share of b"] is outcome


def test_a_range_limits_the_share_from_above_as_well() -> None:
    check = TrafficShare.model_validate({"share": {"b": "10 % .. 30 %"}})

    assert judged(served(0.2), check).outcome is Outcome.PASS
    assert judged(served(0.5), check).outcome is Outcome.FAIL
    assert set(outcomes(judged(served(0.2), check))) == {"share of b", "b alone in lose-a/1"}


def test_answers_that_name_no_region_may_be_any_regions() -> None:
    made = served()
    nameless = np.arange(len(made)) % 3 == 0
    found = judged(replace(made, cell=np.where(nameless, 0, made.cell).astype(np.uint8)))

    assert outcomes(found)["share of b"] is Outcome.INCONCLUSIVE
    assert "1,000 named no region" in found.parts[0].because


def test_only_the_named_routes_count() -> None:
    cells = (*ENTRY, Cell("global", "order"), Cell("global", "order", "a"))
    made = served()
    orders = np.arange(len(made)) % 2 == 0
    mixed = replace(made, cells=cells, cell=np.where(orders, 4, made.cell).astype(np.uint8))

    of_home = TrafficShare.model_validate({"share": "at least 40 %", "routes": "home"})

    assert judged(mixed, of_home).outcome is Outcome.PASS
    assert judged(mixed).outcome is Outcome.FAIL


# ---- what cannot be judged


def test_without_served_by_it_is_not_run() -> None:
    found = judged(stream(seconds=120.0))

    assert found.outcome is Outcome.NOT_RUN
    assert "declare `served_by`" in found.because


def test_a_header_that_no_answer_has_is_a_question() -> None:
    made = served()
    found = judged(replace(made, cell=np.zeros(len(made), dtype=np.uint8)))
    assert (found.outcome, found.because) == (
        Outcome.INVALID,
        "no answer said which region gave it: is `served_by` right?",
    )


def test_a_few_answers_say_nothing() -> None:
    found = judged(served(rate=1.0))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert outcomes(found)["a alone in lose-b/1"] is Outcome.INCONCLUSIVE
    assert found.parts[0].because == "region a: only 30 good answers"


def test_nothing_seen_is_invalid() -> None:
    assert judged(served(), spans=()).outcome is Outcome.INVALID


def test_an_unwell_tester_does_not_change_which_region_answers() -> None:
    def lines(*unwell: tuple[float, float]) -> tuple[Health, ...]:
        return tuple(
            replace(line, figures={"cpu": 1.0})
            if any(start <= line.t < end for start, end in unwell)
            else line
            for line in health("load-shop.0", 121)
        )

    forged = failing(served(), "a")

    assert judged(served(), health=lines((0, 120))).outcome is Outcome.PASS
    assert judged(forged, health=lines((0, 30))).outcome is Outcome.FAIL
    assert judged(forged, health=lines((38, 52))).outcome is Outcome.INVALID


def test_a_region_is_not_blamed_for_a_starved_machine() -> None:
    made = replace(failing(served(), "a"), local=True)
    host = tuple(
        Health(t=t + 1.0, instrument="host", figures={"pressed": 0.9 if t >= 35 else 0.0})
        for t in range(100)
    )

    found = judged(made, health=(*health("load-shop.0", 121), *host))

    assert found.outcome is Outcome.INVALID
    assert "waited for a core" in found.because
    assert outcomes(found)["a alone in lose-b/1"] is Outcome.PASS


@pytest.mark.parametrize("at", [45.0, 10.0], ids=["in-the-hold", "before-all"])
def test_a_load_that_died_is_invalid(at: float) -> None:
    ill = Ill(t=at, instrument="load-shop.0", because="died")

    found = judged(served(), ills=(ill,))

    assert found.outcome is Outcome.INVALID
    assert "died" in found.because


def test_an_unproven_fault_shows_nothing() -> None:
    spans, record = drill("lose-a", at=40.0, where={"region": "a"}, confirmed=False)
    other = drill("lose-b", at=80.0, where={"region": "b"})

    found = judged(served(), spans=[STEADY, *spans, *other[0]], faults=(record, other[1]))

    assert found.outcome is Outcome.INVALID
    assert dict(found.where) == {"region": "b"}


ARMED = FaultRecord(drill="lose-a", run=1, fault="region-kill", where={"region": "a"})


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(ARMED, id="only-armed"),
        pytest.param(replace(ARMED, commanded=40.0, confirmed=40.1), id="never-held"),
    ],
)
def test_a_drill_that_did_not_take_its_course_shows_nothing(record: FaultRecord) -> None:
    part = Span(name="lose-a", start=39.0, end=41.0, kind="drill", part="fault", run=1)

    found = judged(served(), spans=[STEADY, part], faults=(record,))

    assert outcomes(found)["b alone in lose-a/1"] is Outcome.INVALID


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"fault": "component-kill"}, id="another-fault"),
        pytest.param({"where": {"component": "edge"}}, id="no-region"),
    ],
)
def test_only_a_lost_region_leaves_the_other_one_alone(change: dict[str, Any]) -> None:
    spans, record = drill("lose-a", at=40.0, where={"region": "a"})

    found = judged(served(), spans=[STEADY, *spans], faults=(replace(record, **change),))

    assert outcomes(found)["b alone"] is Outcome.INCONCLUSIVE


def test_with_three_regions_the_loss_of_one_leaves_nobody_alone() -> None:
    found = judged(served(), regions=("a", "b", "c"))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "no drill took every other region away" in found.because


def test_drills_that_are_not_named_do_not_count() -> None:
    found = FORTY.judge(seen(served()), question(drills=("lose-b",)))

    assert outcomes(found)["a alone in lose-b/1"] is Outcome.PASS
    assert outcomes(found)["b alone"] is Outcome.INCONCLUSIVE

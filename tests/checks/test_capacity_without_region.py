"""The regions that are left carry the whole load; leaving the lost one is not what is asked."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nfrcheck.checks.capacity_without_region import CapacityWithoutRegion
from nfrcheck.model.history import Health, History, Ill, Stream
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.model.records import NOT_SENT, REFUSED, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    Mask,
    answered,
    between,
    drill,
    health,
    history,
    in_cell,
    question,
    stream,
)

NOBODY, A, B = (Cell("global", "home", region) for region in (None, "a", "b"))
PROOF, HEALING = 10.1, 30.1


def load(rate: float = 100.0) -> Stream:
    """Both regions answer in turn; from the fault to the healing a answers all alone."""
    made = stream(rate=rate, seconds=45.0, cells=(NOBODY, A, B))
    cell = np.where(np.arange(len(made)) % 2 == 0, 1, 2)
    cell[between(made, 10.0, 31.0)] = 1
    return replace(made, cell=cell.astype(np.uint8))


def overloaded(made: Stream, start: float, end: float, *, status: int = 503) -> Stream:
    """Two of five requests are refused by region a in its own name."""
    return answered(made, between(made, start, end) & fifth(made, 0, 3), status=status)


def fifth(made: Stream, *which: int) -> Mask:
    return np.isin(np.arange(len(made)) % 5, which)


def leaving(made: Stream, until: float) -> Stream:
    """Nobody answers every second request until the lost region is left."""
    lost = between(made, 10.0, until) & (np.arange(len(made)) % 2 == 0)
    gone = answered(made, lost, status=REFUSED)
    return replace(gone, cell=np.where(lost, 0, gone.cell).astype(np.uint8))


def seen(made: Stream, **more: Any) -> History:
    spans, record = drill(hold_s=20.0)
    return history(made, **{"spans": spans, "faults": (record,), "regions": ("a", "b"), **more})


def judged(
    made: Stream, seen_as: History | None = None, after: float = 0.0, **keys: Any
) -> Verdict:
    check = CapacityWithoutRegion.model_validate({"at_least": "99 %", **keys})
    return check.judge(seen_as or seen(made), asked(after_s=after))


def asked(runs: int = 1, **more: Any) -> Question:
    rules = EvidenceRules(planned_seconds=20.0)
    return question(drills=("lose-b",), expected_runs={"lose-b": runs}, rules=rules, **more)


def test_a_region_that_carries_everything_passes() -> None:
    found = judged(load(), p99="< 200 ms")

    assert found.outcome is Outcome.PASS
    assert found.supports == "each of 1; supports at least 5 % of such failures"
    assert found.because.startswith("lose-b/1: without region b, from 0 ms after the proof on, ")
    assert found.because.endswith(" (100/s were offered)")


def test_a_region_that_saturates_fails_under_its_own_name() -> None:
    found = judged(overloaded(load(), PROOF, HEALING))

    assert found.outcome is Outcome.FAIL
    assert dict(found.where) == {"region": "a", "run": "1"}
    assert "without region b" in found.because
    assert found.measured == pytest.approx(0.6)


def test_routes_that_suffer_alike_are_not_to_blame_for_their_region() -> None:
    cells = (NOBODY, A, B, Cell("global", "order", "a"), Cell("global", "order", "b"))
    made = overloaded(load(), PROOF, HEALING)
    orders = np.arange(len(made)) % 7 < 2
    cell = np.where(orders, made.cell + 2, made.cell).astype(np.uint8)

    found = judged(replace(made, cells=cells, cell=cell))

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, {"region": "a", "run": "1"})


def test_a_rest_that_queues_instead_of_refusing_fails_its_percentile() -> None:
    made = answered(load(), between(load(), PROOF, HEALING), latency_s=1.5)

    found = judged(made, p99="< 200 ms")

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, {"region": "a", "run": "1"})


def test_a_rest_that_breaks_down_for_a_while_fails_whatever_the_odds() -> None:
    made = load()
    down = answered(made, between(made, 20.0, 24.0), status=503)

    assert judged(down).outcome is Outcome.FAIL


# ---- what is left out


def test_leaving_the_lost_region_is_not_asked_about() -> None:
    found = judged(leaving(load(), until=13.0))

    assert found.outcome is Outcome.PASS
    assert "from 2.9 s after the proof on" in found.because
    assert found.figures["left_s"] == pytest.approx(2.89, abs=0.02)


def test_an_overload_that_begins_at_once_is_no_leaving() -> None:
    made = overloaded(leaving(load(), until=11.0), 11.0, HEALING)

    found = judged(made)

    assert found.outcome is Outcome.FAIL
    assert "from 890 ms after the proof on" in found.because


def test_where_the_lost_region_is_never_left_nothing_is_left_out() -> None:
    found = judged(leaving(load(), until=HEALING))

    assert found.outcome is Outcome.FAIL
    assert "from 0 ms after the proof on" in found.because


def test_where_no_answer_names_its_region_fifty_good_ones_end_it() -> None:
    made = leaving(load(), until=13.0)
    nameless = replace(made, cells=(NOBODY,), cell=np.zeros(len(made), dtype=np.uint8))

    assert judged(nameless).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("scale_within", "outcome"),
    [
        pytest.param("0 s", Outcome.FAIL, id="not-declared"),
        pytest.param("1 s", Outcome.FAIL, id="declared-too-short"),
        pytest.param("3 s", Outcome.PASS, id="exactly"),
        pytest.param("5 s", Outcome.PASS, id="longer"),
    ],
)
def test_scaling_out_within_the_declared_time_is_allowed(
    scale_within: str, outcome: Outcome
) -> None:
    found = judged(overloaded(load(), PROOF, PROOF + 3.0), scale_within=scale_within)

    assert found.outcome is outcome


def test_what_is_left_out_begins_with_what_was_declared_as_after() -> None:
    made = overloaded(load(), PROOF, PROOF + 3.0)

    assert judged(made, after=3.0).outcome is Outcome.PASS
    assert judged(made, after=2.0, scale_within="1 s").outcome is Outcome.PASS


def test_a_hold_of_which_nothing_is_left_decides_nothing() -> None:
    found = judged(load(), scale_within="20 s")

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because == (
        "lose-b/1: nothing is left of a hold of 20.0 s after 20.0 s for leaving region b "
        "and scaling"
    )
    assert found.needed is not None
    assert found.needed.seconds == 20.0


# ---- what cannot be judged


def test_the_limit_exactly_met_is_not_decided() -> None:
    made = load()
    hundredth = between(made, PROOF, HEALING) & (np.arange(len(made)) % 100 == 0)

    assert judged(answered(made, hundredth, status=503)).outcome is Outcome.INCONCLUSIVE


def test_a_generator_that_did_not_offer_the_declared_rate_is_invalid() -> None:
    made = load()
    unsent = answered(made, between(made, 15.0, 25.0) & fifth(made, 1), status=NOT_SENT)

    found = judged(unsent)

    assert found.outcome is Outcome.INVALID
    assert "planned requests were not sent" in found.because


def test_a_load_that_died_is_invalid() -> None:
    made = load()
    ill = Ill(t=15.0, instrument="load-shop.0", because="died")

    assert judged(made, seen(made, ills=(ill,))).outcome is Outcome.INVALID


def test_nothing_seen_is_invalid() -> None:
    assert judged(stream(name="other")).outcome is Outcome.INVALID


def test_an_unproven_fault_shows_nothing() -> None:
    spans, record = drill(hold_s=20.0, confirmed=False)

    found = judged(load(), seen(load(), spans=spans, faults=(record,)))

    assert found.outcome is Outcome.INVALID
    assert "the fault was not proven" in found.because


def test_a_fault_that_was_never_held_shows_nothing() -> None:
    spans, record = drill(hold_s=20.0)
    short = [span for span in spans if span.part != "hold"]

    found = judged(load(), seen(load(), spans=short, faults=(record,)))

    assert (found.outcome, found.because) == (
        Outcome.INVALID,
        "lose-b/1: the fault was not held",
    )


def test_a_starved_machine_is_not_held_against_the_rest() -> None:
    made = replace(overloaded(load(), PROOF, HEALING), local=True)
    host = tuple(
        Health(t=t + 1.0, instrument="host", figures={"pressed": 0.9 if t >= 5 else 0.0})
        for t in range(45)
    )

    found = judged(made, seen(made, health=(*health("load-shop.0", 45), *host)))

    assert found.outcome is Outcome.INVALID


def test_fewer_runs_than_planned_support_less() -> None:
    check = CapacityWithoutRegion.model_validate({"at_least": "99 %"})

    found = check.judge(seen(load()), asked(runs=3))

    assert (found.outcome, found.because) == (
        Outcome.INCONCLUSIVE,
        "lose-b took place 1 of 3 times",
    )


def test_a_drill_that_takes_no_region_is_not_run() -> None:
    spans, record = drill(hold_s=20.0, where={"component": "store-b"})
    other = replace(record, fault="component-kill")

    found = judged(load(), seen(load(), spans=spans, faults=(other,)))

    assert (found.outcome, found.because) == (
        Outcome.NOT_RUN,
        "lose-b/1: component-kill takes no region away",
    )


def test_without_a_drill_it_is_not_run() -> None:
    check = CapacityWithoutRegion.model_validate({"at_least": "99 %"})
    assert check.judge(seen(load()), question()).outcome is Outcome.NOT_RUN


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({}, id="no-limit"),
        pytest.param({"scale_within": "3 s"}, id="only-the-grace"),
        pytest.param({"p98.7.6": "< 1 s"}, id="no-percentile"),
    ],
)
def test_keys_that_say_no_limit_are_refused(keys: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CapacityWithoutRegion.model_validate(keys)


def test_the_answers_of_the_lost_region_itself_are_no_leaving() -> None:
    made = load()
    draining = between(made, 10.0, 14.0) & fifth(made, 2)
    cell = np.where(draining, 2, made.cell).astype(np.uint8)

    found = judged(replace(made, cell=cell))

    assert in_cell(replace(made, cell=cell), 2)[draining].all()
    assert found.outcome is Outcome.PASS
    assert found.figures["left_s"] == pytest.approx(3.88, abs=0.05)

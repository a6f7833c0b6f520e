"""A year is not composed of what nobody proved, watched or sent."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.yearly_availability import YearlyAvailability
from nfrcheck.model.history import Ill, Stream
from nfrcheck.model.question import Exclusion
from nfrcheck.model.records import NOT_SENT, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import STEADY, answered, every, health, history, in_cell
from tests.checks.years import (
    EXAMPLE,
    FIRST_S,
    PERIOD_S,
    asked,
    check,
    courses,
    edge,
    judged,
    seen,
    steady,
)


def broken(**more: Any) -> str:
    found = judged(**more)
    assert found.outcome is Outcome.INVALID
    return found.because


def of_two_routes(watcher: Stream) -> Stream:
    """A second route of the watcher is answered through every outage."""
    other = replace(watcher.cells[0], route="other")
    status = np.where(in_cell(watcher, 1), 200, watcher.status).astype(np.uint16)
    cells = (replace(other, route="home"), other)
    return replace(watcher, cells=cells, status=status)


@pytest.mark.parametrize(
    ("keys", "outcome"),
    [
        pytest.param({"only": {"route": "home"}}, Outcome.FAIL, id="the-route-that-was-out"),
        pytest.param({"only": {"route": "other"}}, Outcome.PASS, id="the-route-that-was-not"),
        pytest.param({"exclude": (Exclusion(route="home"),)}, Outcome.PASS, id="without-it"),
        pytest.param({"only": {"route": "none"}}, Outcome.INVALID, id="nobody"),
    ],
)
def test_where_the_load_saw_the_drills_its_outages_are_those_of_what_counts(
    keys: dict[str, Any], outcome: Outcome
) -> None:
    load = of_two_routes(edge([25.0] * 5, rate=800.0))
    spans, faults = courses(5)
    told = history(load, spans=(STEADY, *spans), faults=faults)

    found = check("99.9 %", "4000/year").judge(told, asked(stream_name="edge", **keys))

    assert found.outcome is outcome


def test_a_probe_stands_for_all_routes_of_a_load_but_not_for_another_entry() -> None:
    told = seen(steady(), EXAMPLE)

    def of(**only: str) -> Verdict:
        return check().judge(told, asked(only=only))

    assert of(route="home").outcome is Outcome.PASS
    elsewhere = seen(steady(), EXAMPLE, edge(EXAMPLE, cells=(Cell("us", "x"), Cell("us", "y"))))
    found = check().judge(elsewhere, asked(only={"entry": "global"}))
    assert found.outcome is Outcome.INVALID
    assert found.because == "edge sends no request of entry global"


def test_a_fault_that_was_not_proven_shows_nothing() -> None:
    spans, faults = courses(5)
    unproven = (*faults[:4], replace(faults[4], confirmed=None, because="it still answered"))

    assert "lose-b/5: the fault was not proven" in broken(faults=unproven, spans=(STEADY, *spans))


@pytest.mark.parametrize(
    ("instrument", "at", "said"),
    [
        pytest.param("probe-edge.0", 80.0, "lose-b/1: ", id="the-probe-in-a-drill"),
        pytest.param("load-shop.0", 30.0, "steady state: ", id="the-load"),
    ],
)
def test_an_instrument_that_died_shows_nothing(instrument: str, at: float, said: str) -> None:
    ill = Ill(t=at, instrument=instrument, because="it died")

    because = broken(ills=(ill,))

    assert because.startswith(said)
    assert "it died" in because


CUT_SHORT = pytest.mark.parametrize(
    ("planned", "said"),
    [
        ({"holds_s": {"lose-b": 60.0}}, "the fault was held 30.0 s of 1 min 00 s"),
        ({"settles_s": {"lose-b": 30.0}}, "the return was watched 12.0 s of 30.0 s"),
    ],
    ids=["hold", "settle"],
)


@CUT_SHORT
def test_a_drill_that_was_cut_short_does_not_tell_what_an_outage_costs(
    planned: dict[str, Any], said: str
) -> None:
    found = check(at_least="99 %").judge(seen(steady(), EXAMPLE), asked(**planned))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert f"lose-b/1: {said}" in found.because


@CUT_SHORT
def test_what_it_has_cost_until_then_stands(planned: dict[str, Any], said: str) -> None:
    del said
    found = check(times="5000/year").judge(seen(steady(), EXAMPLE), asked(**planned))

    assert found.outcome is Outcome.FAIL


def test_nobody_watched() -> None:
    told = seen(steady(), EXAMPLE)
    alone = replace(told, streams={"shop": told.streams["shop"]})

    found = check().judge(alone, asked())

    assert (found.outcome, found.because) == (Outcome.INVALID, "edge recorded nothing")


def test_nothing_was_sent() -> None:
    told = seen(steady(), EXAMPLE)
    alone = replace(told, streams={"edge": told.streams["edge"]})

    assert check().judge(alone, asked()).outcome is Outcome.INVALID


def test_wrong_requests_are_no_steady_state() -> None:
    made = steady()

    wrong = answered(made, every(made, 20), status=404)

    assert "steady state: 404 on 5 %" in broken(load=wrong)
    allowed = check().judge(seen(wrong, EXAMPLE), asked(client_errors=0.1))
    assert allowed.outcome is Outcome.PASS


def test_requests_that_the_tester_did_not_send_may_not_decide() -> None:
    made = steady()

    unsent = answered(made, every(made, 1_000), status=NOT_SENT)

    assert "the tester did not send, cut off or sent late would decide it" in broken(load=unsent)


def test_what_failed_only_while_the_tester_was_unwell_is_not_held_against_anybody() -> None:
    rule, long = check(times="1000/year"), [25.0] * 5
    unwell = tuple(
        line
        for made in ("probe-edge.0", "load-shop.0")
        for line in health(
            made, int(FIRST_S + 5 * PERIOD_S), **({"beat_p99_ms": 300.0} if "edge" in made else {})
        )
    )
    calm = tuple(
        replace(line, figures={**line.figures, "beat_p99_ms": 1.0}) if line.t < FIRST_S else line
        for line in unwell
    )

    found = judged(long, rule, health=calm)

    assert judged(long, rule).outcome is Outcome.FAIL
    assert found.outcome is Outcome.INVALID
    assert "it failed only while the tester or its machine was unwell" in found.because


def test_a_hole_in_the_watch_of_a_drill_shows_nothing() -> None:
    made = edge(EXAMPLE)

    holed = made.where((made.due < FIRST_S + 15) | (made.due > FIRST_S + 20))

    assert "nobody watched for" in broken(watcher=replace(holed, rate=0.0))


def test_the_figures_can_be_written_down() -> None:
    figures = judged([12.0, 50.0]).figures

    assert figures["chance_of_a_good_year"] is None
    assert math.isinf(figures["lost_s"][1])


# ---- drills that did not take place


def rarely(lose_c: str, **more: Any) -> Verdict:
    rule = YearlyAvailability.model_validate(
        {"at_least": "99.99 %", "incidents": {"lose-b": "2/year", "lose-c": lose_c}, **more}
    )
    both: dict[str, Any] = {
        "drills": ("lose-b", "lose-c"),
        "expected_runs": {"lose-b": 9, "lose-c": 1},
    }
    return rule.judge(seen(steady(), EXAMPLE), asked(**both))


def test_an_incident_that_never_happens_hides_no_missing_run() -> None:
    found = rarely("0/year")

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.startswith("lose-b took place 5 of 9 times; ")


def test_an_incident_that_never_happens_and_was_never_drilled_passes_nothing() -> None:
    rule = check(times="0/year")

    found = rule.judge(seen(steady(), ()), asked(1))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.startswith("lose-b took place 0 of 1 times; ")


def test_an_incident_that_hits_nobody_can_be_told_without_a_run() -> None:
    found = rarely("2/year", weights={"lose-c": "0 %"})

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.because.startswith("lose-b took place 5 of 9 times; ")

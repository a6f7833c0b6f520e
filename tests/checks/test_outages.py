"""One outage that was seen is a counter-example, whatever the long-run rate is."""

from typing import Any

import numpy as np
import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.model.history import Span, Stream
from nfrcheck.model.records import Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import (
    answered,
    between,
    drill,
    history,
    in_cell,
    question,
    stream,
)

FOUR_NINES = Availability.model_validate({"at_least": "99.99 %"})
FOUR_CELLS = (
    Cell("region-a", "home"),
    Cell("region-a", "order"),
    Cell("region-b", "home"),
    Cell("region-b", "order"),
)
LENIENT = Availability.model_validate({"at_least": "50 %"})
LONG = Span(name="steady", start=0.0, end=300.0)


def judged(made: Stream, check: Availability = LENIENT, **more: Any) -> Verdict:
    return check.judge(history(made), question(**more))


def outage(start: float, end: float, made: Stream | None = None) -> Stream:
    made = stream(rate=100.0, seconds=300.0) if made is None else made
    return answered(made, between(made, start, end), status=503, latency_s=0.002)


@pytest.mark.parametrize(
    ("seconds", "limit", "outcome"),
    [
        pytest.param(10.0, "1 s", Outcome.FAIL, id="10-s"),
        pytest.param(1.1, "1 s", Outcome.FAIL, id="just-longer"),
        pytest.param(0.9, "1 s", Outcome.PASS, id="0.9-s-is-none"),
        pytest.param(10.0, "off", Outcome.PASS, id="off"),
        pytest.param(10.0, "20 s", Outcome.PASS, id="allowed"),
    ],
)
def test_one_outage_that_was_seen_fails_at_once(
    seconds: float, limit: str, outcome: Outcome
) -> None:
    check = Availability.model_validate({"at_least": "50 %", "longest_outage": limit})

    found = check.judge(history(outage(161.0, 161.0 + seconds), spans=[LONG]), question())

    assert found.outcome is outcome


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [
        pytest.param(10.0, 3.0, id="30-requests"),
        pytest.param(10.0, 7.0, id="70-requests"),
        pytest.param(50.0, 1.2, id="60-requests"),
        pytest.param(5.0, 2.5, id="12-requests"),
    ],
)
def test_an_outage_of_few_requests_in_a_long_run_is_seen_too(rate: float, seconds: float) -> None:
    made = outage(1_200.0, 1_200.0 + seconds, stream(rate=rate, seconds=3_600.0))
    hour = Span(name="steady", start=0.0, end=3_600.0)

    found = LENIENT.judge(history(made, spans=[hour]), question())

    assert found.outcome is Outcome.FAIL
    assert "from 1200.0 s" in found.because


def test_the_sentence_of_an_outage_says_how_long_and_from_when() -> None:
    found = FOUR_NINES.judge(history(outage(161.0, 171.0), spans=[LONG]), question())

    assert found.because == (
        "one outage of 10.0 s from 161.0 s to 171.0 s (1,000 requests, none answered well); "
        "at most 1.0 s is allowed; this run: 96.67 %"
    )
    assert found.measured == pytest.approx(0.96667, abs=1e-5)
    assert found.figures["outage_from_s"] == pytest.approx(161.0)
    assert found.figures["outage_to_s"] == pytest.approx(171.0, abs=0.02)


def test_the_sentence_of_an_outage_without_an_end_says_so() -> None:
    found = FOUR_NINES.judge(history(outage(161.0, 300.0), spans=[LONG]), question())

    assert "one outage of 2 min 19 s from 161.0 s, not over by 300.0 s (" in found.because
    assert found.figures["outage_to_s"] is None


@pytest.mark.parametrize(
    ("cells", "out", "where"),
    [
        pytest.param((0, 1, 2, 3), (0, 1, 2, 3), {}, id="everywhere"),
        pytest.param((0, 1, 2, 3), (1, 3), {"route": "order"}, id="one-route"),
        pytest.param(
            (0, 1, 2, 3), (3,), {"entry": "region-b", "route": "order"}, id="one-route-at-one-entry"
        ),
    ],
)
def test_an_outage_of_one_part_of_the_traffic_is_found_there(
    cells: tuple[int, ...], out: tuple[int, ...], where: dict[str, str]
) -> None:
    made = stream(rate=100.0, cells=[FOUR_CELLS[index] for index in cells])

    found = judged(answered(made, between(made, 20, 23) & in_cell(made, *out), status=503), LENIENT)

    assert (found.outcome, dict(found.where)) == (Outcome.FAIL, where)
    blinking = between(made, 20, 23) & in_cell(made, *out) & (np.arange(len(made)) % 5 > 0)
    assert judged(answered(made, blinking, status=503), LENIENT).outcome is not Outcome.FAIL


def test_an_outage_goes_on_from_one_phase_to_the_next() -> None:
    spans = [Span(name="one", start=0, end=30.0), Span(name="two", start=30.0001, end=60.0)]
    apart = [Span(name="one", start=0, end=30.0), Span(name="two", start=30.8, end=60.0)]
    made = outage(29.4, 31.4, stream())

    assert LENIENT.judge(history(made, spans=spans), question()).outcome is Outcome.FAIL
    assert LENIENT.judge(history(made, spans=apart), question()).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        pytest.param(12.0, Outcome.PASS, id="while-the-fault-is-held"),
        pytest.param(21.0, Outcome.FAIL, id="after-it-was-healed"),
    ],
)
def test_what_was_injected_is_no_outage_of_its_own(at: float, outcome: Outcome) -> None:
    spans, record = drill(at=10.0, hold_s=8.0)
    seen = history(outage(at, at + 2.0, stream()), spans=spans, faults=(record,))

    found = LENIENT.judge(seen, question(during=("lose-b/whole",)))

    assert found.outcome is outcome


def test_an_outage_at_a_low_rate_needs_ten_requests() -> None:
    def found(rate: float) -> Outcome:
        made = stream(rate=rate, seconds=60.0)
        return judged(outage(20.0, 23.0, made), LENIENT).outcome

    assert found(10.0) is Outcome.FAIL
    assert found(3.0) is not Outcome.FAIL

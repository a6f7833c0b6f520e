"""A member of many that nobody names: its requests are few, and it is left or it is not."""

import numpy as np
import pytest

from nfrcheck.checks.ejection import Ejection
from nfrcheck.model.history import Span, Stream
from nfrcheck.model.records import REFUSED
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import answered, between, drill, history, question, stream

GONE, END = 10.0, 40.1


def judged(made: Stream) -> Verdict:
    spans, record = drill(at=GONE, hold_s=30.0, settle_s=12.0, where={"component": "node-17"})
    steady = Span(name="steady", start=0.0, end=4.9)
    seen = history(made, spans=(steady, *spans), faults=(record,))
    asked = question(drills=("lose-b",), expected_runs={"lose-b": 1})
    return Ejection.model_validate({"eject_within": "2 s"}).judge(seen, asked)


def asked_each(number: int, until: float = END) -> Stream:
    made = stream(rate=200.0, seconds=54.0)
    mine = between(made, GONE, until) & (np.arange(len(made)) % number == 0)
    return answered(made, mine, status=REFUSED)


@pytest.mark.parametrize("number", [20, 110, 300])
def test_a_member_that_is_asked_on_and_on_was_never_left(number: int) -> None:
    assert judged(asked_each(number)).outcome is Outcome.FAIL


@pytest.mark.parametrize("number", [1, 5, 20])
def test_a_member_that_is_asked_no_more_was_left(number: int) -> None:
    assert judged(asked_each(number, until=GONE + 0.5)).outcome is Outcome.PASS


def test_a_single_stray_later_does_not_bring_it_back() -> None:
    made = asked_each(5, until=GONE + 0.5)
    stray = np.arange(len(made)) == np.searchsorted(made.due, 30.0)

    assert judged(answered(made, stray, status=REFUSED)).outcome is Outcome.PASS

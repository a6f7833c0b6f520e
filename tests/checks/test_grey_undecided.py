"""What shows nothing of a grey region: no proven fault, a load that died, too short a hold."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.model.history import Ill
from nfrcheck.model.records import NOT_SENT, Cell
from nfrcheck.model.verdict import Outcome
from tests.checks.greys import CHECK, HEALED, LEFT, NOBODY, course, grey, judged, seen, shop
from tests.checks.histories import answered, between, question


def test_a_fault_that_was_not_proven_shows_nothing() -> None:
    found = judged(grey(shop(), until=HEALED), **course(confirmed=False))

    assert found.outcome is Outcome.INVALID
    assert "the fault was not proven" in found.because


def test_a_load_that_died_shows_nothing() -> None:
    made = grey(shop(), until=12.0)
    ill = Ill(t=12.0, instrument="load-shop.0", because="it ended with signal 9")

    assert judged(made, ills=(ill,)).outcome is Outcome.INVALID
    cut = made.where(made.due < 12.0)
    assert judged(cut).outcome is Outcome.INVALID


def test_nothing_recorded_is_invalid_and_regions_that_are_not_told_are_not_run() -> None:
    asked = question("other", drills=("grey-b",))
    assert CHECK.judge(seen(shop()), asked).outcome is Outcome.INVALID

    dumb = replace(shop(), cells=(Cell("global", "home"),) * 2)
    found = judged(dumb)
    assert found.outcome is Outcome.NOT_RUN
    assert "declare `served_by`" in found.because


def test_answers_that_never_name_a_region_are_invalid() -> None:
    made = shop()

    found = judged(replace(made, cell=np.full(len(made), NOBODY, dtype=np.uint8)))

    assert found.outcome is Outcome.INVALID
    assert "is `served_by` right?" in found.because


def test_a_failure_of_which_the_tester_spoilt_much_is_undecided() -> None:
    made = grey(shop(), until=12.0)
    unsent = between(made, LEFT, HEALED) & (np.arange(len(made)) % 12 == 0)

    found = judged(answered(made, unsent, status=NOT_SENT))

    assert found.outcome in {Outcome.INCONCLUSIVE, Outcome.INVALID}


@pytest.mark.parametrize(
    ("hold_s", "rate", "words"),
    [
        pytest.param(2.0, 100.0, "put back 2 s after it was proven", id="hold-too-short"),
        pytest.param(3.2, 100.0, "only 20 requests", id="too-few"),
    ],
)
def test_too_short_a_hold_decides_nothing(hold_s: float, rate: float, words: str) -> None:
    found = judged(grey(shop(rate), until=HEALED), **course(hold_s=hold_s))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert words in found.because
    assert found.needed


def test_fewer_runs_than_planned_support_less_than_was_asked_for() -> None:
    found = judged(grey(shop(), until=12.0), expected=3)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.needed
    assert found.needed.drills == 2


def test_no_drill_is_not_run() -> None:
    assert CHECK.judge(seen(shop()), question()).outcome is Outcome.NOT_RUN

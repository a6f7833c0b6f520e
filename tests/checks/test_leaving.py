"""An overload of the rest that answers nothing is not left out as if it were the leaving."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.checks.capacity_without_region import CapacityWithoutRegion
from nfrcheck.model.history import Stream
from nfrcheck.model.question import EvidenceRules
from nfrcheck.model.records import REFUSED, TIMEOUT, Cell
from nfrcheck.model.verdict import Outcome, Verdict
from tests.checks.histories import answered, between, drill, history, question, stream

NOBODY, A, B = (Cell("global", "home", region) for region in (None, "a", "b"))
PROOF = 10.1


def load(share: float = 0.5) -> Stream:
    """Region b serves so much of 1,000 requests a second; from the fault on a serves all."""
    made = stream(rate=1_000.0, seconds=45.0, cells=(NOBODY, A, B))
    mine = np.random.default_rng(1).random(len(made)) < share
    cell = np.where(mine & ~between(made, 10.0, 31.0), 2, 1)
    return replace(made, cell=cell.astype(np.uint8))


def lost(made: Stream, start: float, end: float, each: int, status: int = TIMEOUT) -> Stream:
    """One of so many requests is not answered, and nobody says by whom."""
    which = between(made, start, end) & (np.arange(len(made)) % each == 0)
    gone = answered(made, which, status=status, latency_s=0.5)
    return replace(gone, cell=np.where(which, 0, gone.cell).astype(np.uint8))


def judged(made: Stream, after: float = 0.0, **keys: str) -> Verdict:
    spans, record = drill(hold_s=20.0)
    seen = history(made, spans=spans, faults=(record,), regions=("a", "b"))
    check = CapacityWithoutRegion.model_validate({"at_least": "99 %", **keys})
    rules = EvidenceRules(planned_seconds=20.0)
    return check.judge(seen, question(drills=("lose-b",), rules=rules, after_s=after))


def test_failures_far_below_the_share_of_the_lost_region_are_no_leaving() -> None:
    found = judged(lost(load(), 10.0, 20.1, each=20))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "whether the lost region was still asked then, or the rest is to blame" in found.because
    assert "write `after` if leaving may take so long" in found.because


def test_an_overload_that_begins_a_moment_later_fails() -> None:
    assert judged(lost(load(), 10.3, 20.1, each=20)).outcome is Outcome.FAIL


def test_an_overload_right_after_the_leaving_is_no_part_of_it() -> None:
    left = lost(load(), 10.0, 11.0, each=2, status=REFUSED)

    found = judged(lost(left, 11.0, 20.1, each=20))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "without region b, from 10.0 s after the proof on" in found.because


@pytest.mark.parametrize(
    ("share", "each"),
    [pytest.param(0.5, 2, id="half"), pytest.param(0.1, 10, id="a-tenth")],
)
def test_a_slow_leaving_at_the_share_of_the_lost_region_is_left_out(
    share: float, each: int
) -> None:
    found = judged(lost(load(share), 10.0, 13.0, each=each, status=REFUSED))

    assert found.outcome is Outcome.PASS
    assert found.figures["left_s"] == pytest.approx(2.9, abs=0.02)


def test_who_declares_that_leaving_takes_long_is_believed() -> None:
    assert judged(lost(load(), 10.0, 20.1, each=20), after=10.0).outcome is Outcome.PASS


def test_a_few_failures_that_the_limit_bears_decide_nothing() -> None:
    assert judged(lost(load(), 10.0, 10.6, each=20), at_least="95 %").outcome is Outcome.PASS


def test_where_no_answer_names_its_region_each_has_an_equal_share() -> None:
    def nameless(made: Stream) -> Stream:
        return replace(made, cells=(NOBODY,), cell=np.zeros(len(made), dtype=np.uint8))

    slow = lost(load(), 10.0, 13.0, each=2, status=REFUSED)

    assert judged(nameless(slow)).outcome is Outcome.PASS
    assert judged(nameless(lost(load(), 10.0, 20.1, each=20))).outcome is Outcome.INCONCLUSIVE

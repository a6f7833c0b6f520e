"""What is usual is told by the quiet phases, and by nothing that an earlier drill did."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nfrcheck.model.history import Span, Stream
from nfrcheck.model.verdict import Outcome
from tests.checks.greys import A, B, judged, shop
from tests.checks.histories import Mask, answered, between, drill, in_cell

AT = 40.0
"""When the region becomes grey; an earlier drill began 30 s before."""
LEFT, HEALED = AT + 3.1, AT + 8.1


def night() -> dict[str, Any]:
    """A quiet phase, a run of another drill, and one of `grey-b`."""
    before, first = drill("lose-b", at=10.0)
    spans, record = drill("grey-b", at=AT)
    quiet = Span(name="steady", start=0.0, end=5.0)
    return {"spans": [quiet, *before, *spans], "faults": (first, record)}


def left_but(made: Stream, each: int) -> Stream:
    """Region b is left in time; from then on one of so many requests still fails, in a's name."""
    gone = between(made, AT, HEALED)
    made = replace(made, cell=np.where(gone, A, made.cell).astype(np.uint8))
    return answered(made, between(made, LEFT, HEALED) & nth(made, each), status=503)


def nth(made: Stream, each: int) -> Mask:
    which: Mask = np.arange(len(made)) % each == 0
    return which


@pytest.mark.parametrize("failed", [0, 2], ids=["clean", "half-of-it-failed"])
def test_what_failed_in_an_earlier_drill_loosens_no_limit(failed: int) -> None:
    made = left_but(shop(seconds=70.0), 20)
    if failed:
        made = answered(made, between(made, 10.0, 18.0) & nth(made, failed), status=503)

    found = judged(made, **night())

    assert found.outcome is Outcome.FAIL
    assert found.limit is not None
    assert found.limit.text == "<= 1 %"


def test_what_failed_in_the_quiet_phase_is_usual() -> None:
    made = left_but(shop(seconds=70.0), 20)

    found = judged(answered(made, between(made, 0.0, 5.0) & nth(made, 8), status=503), **night())

    assert found.outcome is Outcome.PASS


def test_an_earlier_slow_drill_makes_no_slow_answer_usual() -> None:
    made = shop(seconds=70.0)
    slow = (between(made, 10.0, 18.0) | between(made, AT, HEALED)) & in_cell(made, B)

    found = judged(answered(made, slow, latency_s=1.0), **night())

    assert found.outcome is Outcome.FAIL
    assert "region b still served 50 % after 3 s" in found.because


def test_who_came_to_the_region_in_an_earlier_drill_alone_was_not_there() -> None:
    made = shop(seconds=70.0)
    alone = replace(made, cell=np.full(len(made), A, dtype=np.uint8))
    made = replace(alone, cell=np.where(between(made, 10.0, 18.0), B, A).astype(np.uint8))

    found = judged(made, **night())

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "region b gave no answer before the fault: nobody was there" in found.because

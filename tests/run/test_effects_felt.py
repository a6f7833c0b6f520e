"""In front of a hurt link users must be hurt too, by errors or by no less than its size."""

import pytest

from nfrcheck.experiments.faults import LinkProof
from nfrcheck.model.links import Disturbance
from nfrcheck.run.effects import Calm, complaint, ready
from nfrcheck.run.undo_link import Seen

WAY = {"kind": "link", "expect": [200, 399], "times": 3}
WELL = Seen(ending="answered", status=200, first_s=0.01, seconds=0.01)
ERROR = Seen(ending="answered", status=503, first_s=0.01, seconds=0.01)
SILENT = Seen(ending="silent", seconds=1.0)
CALM = Calm(seen=(WELL,) * 5)
SLOW = Disturbance(effect="latency", run="r", seconds=0.5)
RESET = Disturbance(effect="reset", run="r")
STALLS = Disturbance(effect="stall", run="r", seconds=2.0, share=0.3)


def late(seconds: float) -> Seen:
    return Seen(ending="answered", status=200, first_s=0.01 + seconds, seconds=0.01 + seconds)


def said(wanted: Disturbance, *seen: Seen) -> str | None:
    return complaint(CALM, LinkProof(link="at-b", wanted=wanted, way=WAY, felt=True), seen)


@pytest.mark.parametrize(
    ("wanted", "seen", "shown"),
    [
        pytest.param(RESET, (ERROR, SILENT, ERROR), True, id="errors"),
        pytest.param(RESET, (ERROR, WELL, ERROR), False, id="not-all-errors"),
        pytest.param(SLOW, (late(0.5), late(2.5)), True, id="slower-by-once-and-more"),
        pytest.param(SLOW, (late(0.5), ERROR, SILENT), True, id="or-failing"),
        pytest.param(SLOW, (late(0.2), late(0.2)), False, id="not-slow-enough"),
        pytest.param(STALLS, (late(2.0),) * 3 + (WELL,) * 7, True, id="some-stalls"),
        pytest.param(STALLS, (late(2.0),) * 2 + (WELL,) * 8, False, id="hardly-any"),
    ],
)
def test_it_is_felt(wanted: Disturbance, seen: tuple[Seen, ...], shown: bool) -> None:
    assert (said(wanted, *seen) is None) is shown


def test_what_does_not_suffer_is_named() -> None:
    assert said(RESET, ERROR, WELL) == (
        "entry at-b was to suffer: 1 of 2 requests were hurt, and status 200 after 10 ms"
    )


def test_an_entry_that_was_unwell_before_could_not_show_it() -> None:
    proof = LinkProof(link="at-b", wanted=RESET, way=WAY, felt=True)

    assert ready(Calm(seen=(ERROR,)), proof) == (
        "entry at-b was unwell before the fault (status 503 after 10 ms)"
    )

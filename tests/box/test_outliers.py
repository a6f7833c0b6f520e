"""Answers put a callee out of rotation that its health check praises; a good one stays."""

import pytest

from nfrcheck.box.outliers import Patience, Suspicion

PATIENCE = Patience()


def after(*answers: bool) -> Suspicion:
    made = Suspicion()
    for well in answers:
        made.answered(PATIENCE, 100.0, well=well)
    return made


@pytest.mark.parametrize(
    ("answers", "out"),
    [
        pytest.param([False] * 4, False, id="four-in-a-row"),
        pytest.param([False] * 5, True, id="five-in-a-row"),
        pytest.param([False, False, False, False, True] * 20, False, id="never-five-in-a-row"),
        pytest.param([True] * 100, False, id="all-well"),
    ],
)
def test_errors_in_a_row(answers: list[bool], out: bool) -> None:
    assert after(*answers).out(100.1) is out


def test_it_is_tried_again_and_then_out_for_longer() -> None:
    made = after(*[False] * 5)
    assert not made.out(102.0)
    for _ in range(5):
        made.answered(PATIENCE, 102.0, well=False)

    assert made.out(105.9)
    assert not made.out(106.0)


def test_what_was_under_way_when_it_was_put_out_does_not_count_again() -> None:
    assert not after(*[False] * 50).out(102.0)


def late(made: Suspicion, *moments: float, others: tuple[Suspicion, ...] = ()) -> Suspicion:
    for moment in moments:
        made.late(PATIENCE, moment, others)
    return made


def test_lates_close_together() -> None:
    assert late(Suspicion(), 100.0, 101.0, 102.0).out(102.1)
    assert not late(Suspicion(), 100.0, 102.0, 104.0, 106.0).out(106.1)


def test_where_all_are_late_nobody_is_left() -> None:
    other = late(Suspicion(), 100.0, 101.0)

    assert not late(Suspicion(), 100.0, 101.0, 101.5, 101.6, others=(other,)).out(102.0)

"""A slope that a few odd points do not move, and an interval that holds the slope of the truth."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.slope import Point, robust_slope


def point(at: float, value: float, off: float = 0.0) -> Point:
    return Point(at=at, value=value, interval=Interval(value - off, value + off))


def test_points_on_a_line_have_its_slope() -> None:
    found = robust_slope([point(0.0, 1.0), point(2.0, 4.0), point(3.0, 5.5)])

    assert found is not None
    assert found.value == pytest.approx(1.5)
    assert found.interval == pytest.approx((1.5, 1.5))


def test_one_odd_point_of_many_does_not_move_it() -> None:
    points = [point(float(at), float(at)) for at in range(9)]
    points[4] = point(4.0, 400.0)

    found = robust_slope(points)

    assert found is not None
    assert found.value == pytest.approx(1.0)


@pytest.mark.parametrize("points", [[], [point(1.0, 2.0)], [point(1.0, 2.0), point(1.0, 3.0)]])
def test_where_the_same_was_done_everywhere_there_is_no_slope(points: list[Point]) -> None:
    assert robust_slope(points) is None


@given(
    rows=st.lists(
        st.tuples(st.floats(0.1, 1.0), st.floats(-9.0, 9.0), st.floats(0.0, 2.0), st.floats(0, 1)),
        min_size=2,
        max_size=7,
    )
)
def test_its_interval_holds_the_slope_of_any_truth_within_the_points(
    rows: list[tuple[float, float, float, float]],
) -> None:
    at = 0.0
    points, truth = [], []
    for step, value, off, lies in rows:
        at += step
        points.append(point(at, value, off))
        truth.append(point(at, value - off + 2 * off * lies))

    found, true = robust_slope(points), robust_slope(truth)

    assert found is not None
    assert true is not None
    assert found.interval.lower - 1e-9 <= true.value <= found.interval.upper + 1e-9


def test_what_was_never_answered_is_infinitely_steep_and_of_two_such_nobody_knows() -> None:
    lost = Point(at=1.0, value=math.inf, interval=Interval(2.0, math.inf))
    calm = point(0.0, 1.0)

    steep = robust_slope([calm, lost])
    unknown = robust_slope([Point(at=0.0, value=math.inf, interval=lost.interval), lost])

    assert steep is not None
    assert steep.interval == (1.0, math.inf)
    assert unknown is not None
    assert unknown.interval == (-math.inf, math.inf)


def test_the_order_of_the_points_does_not_matter() -> None:
    points = [point(0.0, 1.0, 0.1), point(2.0, 4.0, 0.2), point(3.0, 5.0, 0.3)]

    found = {robust_slope([*points[turn:], *points[:turn]]) for turn in range(3)}

    assert all(one == other for one, other in pairwise(found))


def lost(at: float) -> Point:
    return Point(at=at, value=math.inf, interval=Interval(math.inf, math.inf))


def test_what_fails_from_the_first_on_is_endlessly_steep_where_more_brings_no_less() -> None:
    points = [point(0.0, 1.0), lost(1.0), lost(2.0), lost(3.0)]

    rising, any_way = robust_slope(points, rising=True), robust_slope(points)

    assert rising is not None
    assert (rising.value, rising.interval) == (math.inf, (math.inf, math.inf))
    assert any_way is not None
    assert any_way.interval == (-math.inf, math.inf)


def test_of_two_infinite_ones_that_never_fall_it_is_not_known_how_steep() -> None:
    found = robust_slope([lost(0.0), lost(1.0)], rising=True)

    assert found is not None
    assert found.interval == (0.0, math.inf)

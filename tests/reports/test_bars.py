"""A bar shows on which side of its target a value lies, and says when it is off the picture."""

import pytest

from nfrcheck.reports.bars import Bar, bar, segments

UPPER = {"text": "< 200 ms", "value": 0.2, "high": None, "lower": False}
SHARE = {"text": "at least 99.99 %", "value": 0.9999, "high": None, "lower": True}
RANGE = {"text": "40 % .. 60 %", "value": 0.4, "high": 0.6, "lower": True}
NONE = {"text": "0 events", "value": 0.0, "high": None, "lower": False}


def tick(drawn: Bar) -> float:
    return float(drawn.target.split()[0].removeprefix("M"))


@pytest.mark.parametrize(
    ("limit", "measured", "side"),
    [
        pytest.param(UPPER, 0.163, -1, id="fast-enough"),
        pytest.param(UPPER, 0.231, 1, id="too-slow"),
        pytest.param(SHARE, 0.99995, 1, id="available-enough"),
        pytest.param(SHARE, 0.99985, -1, id="not-available-enough"),
        pytest.param(NONE, 1.0, 1, id="one-where-none-is-allowed"),
    ],
)
def test_the_point_lies_on_its_side_of_the_target(
    limit: dict[str, object], measured: float, side: int
) -> None:
    drawn = bar(limit, measured, None)

    assert drawn is not None
    assert (float(drawn.point) - tick(drawn)) * side > 0
    assert drawn.arrow == ""


@pytest.mark.parametrize(
    ("limit", "measured"),
    [pytest.param(UPPER, 5.0, id="far-too-slow"), pytest.param(SHARE, 0.9, id="far-too-little")],
)
def test_what_is_off_the_picture_is_an_arrow_and_no_point(
    limit: dict[str, object], measured: float
) -> None:
    drawn = bar(limit, measured, None)

    assert drawn is not None
    assert drawn.point == ""
    assert drawn.arrow


def test_a_range_has_two_ticks_and_its_zone_between_them() -> None:
    drawn = bar(RANGE, 0.5, (0.45, 0.55))

    assert drawn is not None
    assert drawn.target.count("M") == 2
    assert float(drawn.zone_x) == tick(drawn)


def test_an_end_that_does_not_exist_reaches_the_edge_without_a_stop() -> None:
    drawn = bar(UPPER, 0.1, (0.09, None))

    assert drawn is not None
    assert "H176" in drawn.whisker
    assert drawn.whisker.count("v8") == 1


@pytest.mark.parametrize(
    ("limit", "measured"), [(None, 1.0), (UPPER, None)], ids=["no-limit", "nothing-measured"]
)
def test_there_is_no_bar_without_both_values(
    limit: dict[str, object] | None, measured: float | None
) -> None:
    assert bar(limit, measured, None) is None


def test_segments_fill_the_bar_and_the_rarest_can_be_seen() -> None:
    pieces = segments([("fail", 1), ("inc", 0), ("pass", 499)])

    assert [piece.css for piece in pieces] == ["fail", "pass"]
    assert float(pieces[0].width) > 5
    assert float(pieces[-1].x) + float(pieces[-1].width) == pytest.approx(560, abs=0.2)
    assert segments([]) == ()

"""A measured number is below a limit only if its whole interval is, and says what it knows."""

import pytest

from nfrcheck.testing.measured import Measured

P99 = {"unit": "s", "measured": 0.31, "interval": [0.29, 0.34], "samples": 4000, "failures": 12}


@pytest.fixture
def p99() -> Measured:
    return Measured("p99 latency", P99, "runs/x/scorecard.html")


@pytest.mark.parametrize(
    ("limit", "below", "above"),
    [
        pytest.param("400 ms", True, False, id="clear-of-it"),
        pytest.param("320 ms", False, False, id="inside-the-interval"),
        pytest.param("0.2 s", False, True, id="missed"),
        pytest.param(0.4, True, False, id="seconds"),
    ],
)
def test_only_a_whole_interval_compares(
    p99: Measured, limit: str | float, below: bool, above: bool
) -> None:
    assert (p99 < limit, p99 <= limit) == (below, below)
    assert (p99 > limit, p99 >= limit) == (above, above)


def test_the_text_of_a_failed_assertion_has_value_interval_and_n(p99: Measured) -> None:
    assert p99.explain("<", "200 ms") == [
        "p99 latency < 200 ms",
        "measured  310 ms",
        "interval  290 ms .. 340 ms (95 %)",
        "n         4,000, 12 failed or slower",
        "missed: the whole interval lies on the other side of the limit",
        "scorecard runs/x/scorecard.html",
    ]
    assert "not decided" in p99.explain("<", "320 ms")[4]


def test_what_never_came_is_above_every_limit() -> None:
    never = Measured("p99 latency", {**P99, "measured": None, "interval": [2.0, None]}, "")

    assert not never < "1 h"
    assert never > "1 s"
    assert repr(never) == "p99 latency never (2.0 s .. never, n 4,000)"


def test_what_was_not_measured_is_neither_below_nor_above() -> None:
    unknown = Measured("availability", {**P99, "unit": "share", "interval": None}, "")

    assert not unknown < "100 %"
    assert not unknown > "0 %"


def test_a_bare_percentage_and_a_missing_unit_are_refused(p99: Measured) -> None:
    with pytest.raises(ValueError, match="unit"):
        _ = p99 < "400"

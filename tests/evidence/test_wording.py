"""Numbers read as people write them, and never promise more than they hold."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0012, "1.2 ms"), (0.01, "10 ms"), (0.1, "0.1 s"), (0.43, "0.43 s"), (1.0, "1 s"),
        (2.345, "2.3 s"), (12.345, "12.3 s"), (299.57, "300 s"), (600, "10 min"), (3000, "50 min"),
        (29_957, "8.3 h"), (299_573, "3.5 d"), (0.0, "0 ms"), (math.inf, "forever"),
    ],
)  # fmt: skip
def test_a_duration_has_its_natural_unit(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize("share", ["0.99", "0.9999", "0.999999", "0.5", "1"])
def test_a_declared_share_keeps_its_digits(share: str) -> None:
    assert wording.percent(Decimal(share)) == f"{float(share) * 100:.8g} %"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.990014, "99.00 %"), (0.9999001, "99.9900 %"), (0.99995, "99.9950 %"), (0.0, "0 %")],
)
def test_a_supported_share_shows_two_digits_after_the_nines(share: float, text: str) -> None:
    assert wording.percent_supported(share) == text


@given(st.floats(0.001, 1.0))
def test_a_supported_share_is_never_rounded_up(share: float) -> None:
    shown = float(wording.percent_supported(share).removesuffix(" %"))

    assert shown <= 100 * share + 1e-6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.51, "3.5"),
        (0.04, "0.04"),
        (99.9, "100"),
        (360.2, "360"),
        (0.0, "0"),
        (12_345.6, "12,346"),
    ],
)
def test_an_expected_count_has_two_digits_that_matter(value: float, text: str) -> None:
    assert wording.expected(value) == text


@pytest.mark.parametrize(
    ("log_odds", "text"),
    [
        (math.log(20), "20:1"), (math.log(21.99), "21:1"), (math.log(2.55), "2.5:1"),
        (0.0, "1:1"), (59.0, "over 1,000,000:1"), (math.log(12_345), "12,345:1"),
    ],
)  # fmt: skip
def test_odds_are_rounded_down(log_odds: float, text: str) -> None:
    assert wording.odds(log_odds) == text


def test_a_seen_share_has_three_digits_that_matter() -> None:
    assert wording.percent_seen(0.966_66) == "96.7 %"
    assert wording.percent_seen(0.000_1234) == "0.0123 %"

"""People read quantities in the unit and with the digits that they can compare."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.model.show import NOTHING
from nfrcheck.model.units import (
    show_count,
    show_duration,
    show_factor,
    show_rate,
    show_share,
    show_size,
)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.163, "163 ms"),
        (0.0042, "4.2 ms"),
        (0.9996, "1.0 s"),
        (11.4, "11.4 s"),
        (59.97, "1 min 00 s"),
        (2463, "41 min 03 s"),
        (7300, "2 h 02 min"),
        (200_000, "2 d 08 h"),
        (0, "0 ms"),
        (-0.2, "-200 ms"),
        (math.inf, "never"),
        (math.nan, NOTHING),
        (None, NOTHING),
    ],
)
def test_a_duration_is_shown_in_the_unit_that_fits(seconds: float | None, shown: str) -> None:
    assert show_duration(seconds) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.99994, "99.994 %"),
        (0.9667, "96.67 %"),
        (Decimal("0.9999"), "99.99 %"),
        (0.999_971_2, "99.9971 %"),
        (0.000_012, "0.0012 %"),
        (0.5, "50 %"),
        (1, "100 %"),
        (0, "0 %"),
        (None, NOTHING),
    ],
)
def test_a_share_is_shown_with_two_digits_of_its_smaller_part(
    share: float | Decimal | None, shown: str
) -> None:
    assert show_share(share) == shown


@given(share=st.decimals(min_value=0, max_value=1, places=9))
def test_a_share_below_its_limit_never_looks_as_if_it_were_met(share: Decimal) -> None:
    limit = Decimal("0.9999")

    shown = Decimal(show_share(share, limit).removesuffix(" %")) / 100

    assert (shown < limit) == (share < limit)


@pytest.mark.parametrize(
    ("share", "shown"),
    [("0.99989999", "99.989999 %"), ("0.9999", "99.99 %"), ("0.99990001", "99.990001 %")],
)
def test_a_share_beside_its_limit_gets_the_digits_that_tell_them_apart(
    share: str, shown: str
) -> None:
    assert show_share(Decimal(share), Decimal("0.9999")) == shown


def test_a_share_just_below_one_is_not_shown_as_all() -> None:
    assert show_share(Decimal("0.99999999")) == "99.999999 %"


def test_other_quantities_are_shown_with_three_digits() -> None:
    assert show_count(1_148_212) == "1,148,212"
    assert show_rate(1600) == "1,600/s"
    assert show_rate(2 / 31_557_600) == "2/year"
    assert show_rate(0) == "0/s"
    assert show_size(112_345) == "112 kB"
    assert show_factor(2.5) == "2.5x"


def test_what_was_not_measured_is_never_shown_as_zero() -> None:
    for show in (show_count, show_rate, show_size, show_factor, show_duration, show_share):
        assert show(None) == NOTHING

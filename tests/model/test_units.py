"""Every quantity carries its unit, every limit its direction; what is near them gets an answer."""

import math
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.model.units import (
    UNITS,
    Kind,
    Limit,
    Quantity,
    UnitError,
    parse,
    parse_count,
    parse_duration,
    parse_factor,
    parse_guard,
    parse_limit,
    parse_rate,
    parse_share,
    parse_size,
)

FOUR_NINES = Decimal("0.9999")


def parse_guard_of_share(text: str) -> Quantity:
    return parse_guard(text, "share", "40 %")


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (parse_duration, "200 ms", 0.2),
        (parse_duration, "200ms", 0.2),
        (parse_duration, "1.5 min", 90.0),
        (parse_duration, "2 d", 172_800.0),
        (parse_share, "99.99 %", FOUR_NINES),
        (parse_share, "100%", Decimal(1)),
        (parse_rate, "150/s", 150.0),
        (parse_rate, "120 /min", 2.0),
        (parse_rate, "2/year", 2 / 31_557_600),
        (parse_count, "100", 100),
        (parse_count, "0 events", 0),
        (parse_size, "4 KiB", 4096),
        (parse_size, "1.5 kB", 1500),
        (parse_factor, "2x", 2.0),
    ],
)
def test_a_quantity_is_read_in_its_own_unit(
    reader: Callable[[str], Any], text: str, value: float
) -> None:
    assert reader(text) == value


def test_a_share_is_exact() -> None:
    assert 1 - parse_share("99.99 %") == Decimal("0.0001")


@pytest.mark.parametrize(
    ("reader", "text", "remedy"),
    [
        (parse_share, "0.9999", "did you mean `99.99 %`?"),
        (parse_share, "99.99", "did you mean `99.99 %`?"),
        (parse_share, "99.9 percent", "did you mean `99.9 %`?"),
        (parse_share, "120 %", "at most `100 %`"),
        (parse_duration, "6", "did you mean `6 s`?"),
        (parse_duration, "5m", "did you mean `5 min`?"),
        (parse_duration, "1h30m", "did you mean `90 min`?"),
        (parse_duration, "PT5S", "did you mean `5 s`?"),
        (parse_duration, "PT1H30M", "did you mean `90 min`?"),
        (parse_duration, "1,000 ms", "did you mean `1000 ms`?"),
        (parse_duration, "2e2 ms", "did you mean `200 ms`?"),
        (parse_duration, "500 us", "did you mean `0.5 ms`?"),
        (parse_duration, "1,5 s", "did you mean `1.5 s`?"),
        (parse_duration, "2 weeks", "did you mean `14 d`?"),
        (parse_duration, "PT1.0005S", "did you mean `1.0005 s`?"),
        (parse_duration, "PT1.2.3S", "such as `10 s`"),
        (parse_duration, "1h30x", "such as `10 s`"),
        (parse_duration, "1.2,3.4 s", "such as `10 s`"),
        (parse_rate, "600 rpm", "did you mean `600/min`?"),
        (parse_duration, "<= 5 s", "write `5 s`"),
        (parse_duration, "40 %", "such as `10 s`"),
        (parse_duration, "-5 s", "such as `10 s`"),
        (parse_duration, "", "such as `10 s`"),
        (parse_duration, "1" * 100 + " s", "such as `10 s`"),
        (parse_rate, "150", "did you mean `150/s`?"),
        (parse_rate, "150 rps", "did you mean `150/s`?"),
        (parse_rate, "100 req/s", "did you mean `100/s`?"),
        (parse_rate, "60 per minute", "did you mean `60/min`?"),
        (parse_count, "1,000", "did you mean `1000`?"),
        (parse_count, "1.5", "such as `10`"),
        (parse_size, "4 kb", "did you mean `4 kB`?"),
        (parse_factor, "2", "did you mean `2x`?"),
        (parse_guard_of_share, "> 80 %", "`above 80 %`"),
        (parse_guard_of_share, "80 %", "`above 80 %`"),
        (parse_guard_of_share, "above 80", "did you mean `above 80 %`?"),
        (parse_guard_of_share, "above 2 s", "such as `above 40 %`"),
        (parse_guard_of_share, "over 3 %", "such as `above 40 %`"),
    ],
)
def test_what_is_written_out_of_habit_is_refused_with_the_right_form(
    reader: Callable[[str], Any], text: str, remedy: str
) -> None:
    with pytest.raises(UnitError) as refused:
        reader(text)

    assert refused.value.remedy == remedy


@pytest.mark.parametrize(
    ("text", "direction", "kind", "remedy"),
    [
        ("200 ms", "upper", "duration", "`< 200 ms`"),
        ("at least 200 ms", "upper", "duration", "`< 200 ms`"),
        ("1 s .. 2 s", "upper", "duration", "`< 2 s`"),
        ("0", "upper", "count", "`<= 0`"),
        ("40 %", "lower", "share", "`at least 40 %`"),
        ("< 40 %", "lower", "share", "`at least 40 %`"),
        ("> 40 %", "lower", "share", "did you mean `at least 40 %`?"),
        ("60 % .. 40 %", "lower", "share", "`40 % .. 60 %`"),
        ("at least 120 %", "lower", "share", "at most `100 %`"),
        ("≤ 5 s", "upper", "duration", "did you mean `<= 5 s`?"),
        ("at most 5 s", "upper", "duration", "did you mean `<= 5 s`?"),
        ("< 5m", "upper", "duration", "did you mean `< 5 min`?"),
        ("< 200", "upper", "duration", "did you mean `< 200 ms`?"),
        ("< at least 5 s", "upper", "duration", "write `5 s`"),
    ],
)
def test_a_limit_without_its_direction_is_refused(
    text: str, direction: Any, kind: Kind, remedy: str
) -> None:
    with pytest.raises(UnitError) as refused:
        parse_limit(text, direction, kind)

    assert refused.value.remedy == remedy


@pytest.mark.parametrize(
    ("text", "direction", "kind", "kept", "broken"),
    [
        ("< 200 ms", "upper", "duration", 0.199, 0.2),
        ("<=200ms", "upper", "duration", 0.2, 0.200_001),
        ("at least 40 %", "lower", "share", Decimal("0.4"), Decimal("0.3999")),
        (">= 40 %", "lower", "share", 0.41, 0.39),
        ("40 % .. 60 %", "lower", "share", 0.6, 0.61),
        ("40 % .. 60 %", "lower", "share", 0.41, 0.39),
        ("<= 0", "upper", "count", 0, 1),
    ],
)
def test_the_limit_itself_is_kept_only_where_it_says_so(
    text: str, direction: Any, kind: Kind, kept: float, broken: float
) -> None:
    limit = parse_limit(text, direction, kind)

    assert not limit.violated_by(kept)
    assert limit.violated_by(broken)


def test_a_range_has_one_unit() -> None:
    with pytest.raises(UnitError, match="cannot be compared"):
        parse_limit("5 % .. 5 s", "lower", "share", "duration")


def test_a_limit_knows_its_direction() -> None:
    assert parse_limit("< 5 s", "upper", "duration").upper
    assert not parse_limit("at least 5 %", "lower", "share").upper


def test_nothing_measured_neither_keeps_nor_breaks_a_limit() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Limit("<", 0.2, "duration", "< 200 ms").violated_by(math.nan)


def test_a_timeout_breaks_every_upper_limit() -> None:
    assert parse_limit("< 200 ms", "upper", "duration").violated_by(math.inf)


@pytest.mark.parametrize("text", [">= 40 %", "at  least 40%", "at least 40 %"])
def test_a_limit_is_printed_in_one_form(text: str) -> None:
    assert str(parse_limit(text, "lower", "share")) == "at least 40 %"


NUMBERS = st.decimals(min_value=0, max_value=1_000_000, places=3, allow_nan=False)
KINDS = st.sampled_from(sorted(UNITS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.sampled_from(sorted(UNITS[kind])))
)


@given(number=NUMBERS, kind_and_unit=KINDS, space=st.sampled_from(["", " ", "  "]))
def test_every_quantity_survives_printing(
    number: Decimal, kind_and_unit: tuple[Kind, str], space: str
) -> None:
    kind, unit = kind_and_unit
    digits = f"{int(number)}" if kind == "count" else f"{number:f}"

    once = parse(f"{digits}{space}{unit}", kind)

    assert parse(once.text, kind) == once
    exact = Decimal(digits) * UNITS[kind][unit]
    assert float(once.value) == pytest.approx(float(exact), abs=1 if kind == "size" else 0)


@given(number=NUMBERS, op=st.sampled_from(["<", "<="]))
def test_every_upper_limit_survives_printing(number: Decimal, op: str) -> None:
    limit = parse_limit(f"{op}{number:f} ms", "upper", "duration")

    assert parse_limit(limit.text, "upper", "duration") == limit


@given(text=st.text(max_size=80))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    for kind in UNITS:
        for reader in (
            lambda words, kind=kind: parse(words, kind),
            lambda words, kind=kind: parse_limit(words, "upper", kind),
            lambda words, kind=kind: parse_limit(words, "lower", kind),
        ):
            with suppress(UnitError):
                reader(text)

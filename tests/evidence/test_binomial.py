"""Fixed-n intervals agree with reference values to nine digits, and only the exact one decides."""

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfrcheck.evidence.binomial import (
    Ranks,
    binomial_cdf,
    clopper_pearson,
    jeffreys,
    lower_end,
    quantile_ranks,
    requests_needed,
    upper_end,
    wilson,
)
from nfrcheck.evidence.special import beta_cdf, beta_quantile, complement, odds_of, student_quantile

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden_vectors.json").read_text())


def name(row: dict[str, Any]) -> str:
    return "-".join(str(value) for value in row.values() if not isinstance(value, list))


def near(values: Any) -> Any:
    return pytest.approx(values, rel=6e-9, abs=1e-15)


@pytest.mark.parametrize("row", GOLDEN["binomial_intervals_95"], ids=name)
def test_every_interval_has_the_reference_ends(row: dict[str, Any]) -> None:
    k, n = row["k"], row["n"]

    assert clopper_pearson(k, n) == near(row["cp_two"])
    assert (lower_end(k, n), upper_end(k, n)) == near(row["cp_one"])
    assert jeffreys(k, n) == near(row["jeffreys_two"])
    assert wilson(k, n) == near(row["wilson_two"])


@pytest.mark.parametrize("row", GOLDEN["n_required_95"], ids=name)
def test_the_needed_requests_are_the_reference_ones(row: dict[str, Any]) -> None:
    assert requests_needed(row["limit"], row["k"]) == row["n"]


@pytest.mark.parametrize(
    ("p0", "needed"),
    [
        ("0.01", (299, 473, 628, 773, 1_049, 1_693, 2_902)),
        ("0.001", (2_995, 4_742, 6_294, 7_752, 10_511, 16_959, 29_058)),
        ("0.0005", (5_990, 9_486, 12_590, 15_505, 21_024, 33_921, 58_120)),
        ("0.0001", (29_956, 47_437, 62_956, 77_535, 105_128, 169_619, 290_616)),
        ("0.00001", (299_572, 474_385, 629_578, 775_364, 1_051_301, 1_696_219, 2_906_198)),
    ],
)
def test_the_table_of_needed_requests_holds(p0: str, needed: tuple[int, ...]) -> None:
    found = tuple(requests_needed(Decimal(p0), k) for k in (0, 1, 2, 3, 5, 10, 20))

    assert found == needed


def test_other_confidences_need_other_numbers() -> None:
    assert requests_needed(Decimal("0.0001"), 0, 0.90) == 23_025
    assert requests_needed(Decimal("0.0001"), 0, 0.99) == 46_050
    assert requests_needed(Decimal("0.000001"), 0) == 2_995_731


@pytest.mark.parametrize("row", GOLDEN["quantile_ranks_95"], ids=name)
def test_the_ranks_of_a_percentile_are_the_reference_ones(row: dict[str, Any]) -> None:
    assert quantile_ranks(row["n"], row["q"]) == Ranks(row["lower_rank"], row["upper_rank"])


@pytest.mark.parametrize(
    ("q", "one_sided", "two_sided"),
    [(0.5, 5, 6), (0.9, 29, 36), (0.95, 59, 72), (0.99, 299, 368), (0.999, 2_995, 3_688)],
    ids=["p50", "p90", "p95", "p99", "p99.9"],
)
def test_below_the_least_n_no_upper_end_exists(q: float, one_sided: int, two_sided: int) -> None:
    assert requests_needed(complement(q)) == one_sided
    assert quantile_ranks(two_sided - 1, q).upper == two_sided
    assert quantile_ranks(two_sided, q).upper <= two_sided


@pytest.mark.parametrize(
    ("n", "k", "display_only"),
    [(19_207, 0, jeffreys), (27_053, 0, wilson)],
    ids=["jeffreys", "wilson"],
)
def test_display_intervals_would_pass_too_early(n: int, k: int, display_only: Any) -> None:
    assert display_only(k, n, 0.90).upper <= 1e-4 * 1.00002
    assert upper_end(k, n) > 1e-4


@pytest.mark.parametrize("nines", ["0.9", "0.99", "0.999", "0.9999", "0.99999", "0.999999"])
def test_a_complement_has_no_float_trap(nines: str) -> None:
    assert complement(float(nines)) == float(1 - Decimal(nines))


def test_ninety_five_percent_are_twenty_to_one() -> None:
    assert (odds_of(0.95), odds_of(0.975), odds_of(Decimal("0.99"))) == (20.0, 40.0, 100.0)


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5)], ids=["less-than-none", "more-than-all"])
def test_impossible_counts_are_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        clopper_pearson(k, n)


@pytest.mark.parametrize("p0", [0.0, 1.0, -0.1])
def test_a_limit_outside_of_zero_and_one_is_refused(p0: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        requests_needed(p0)


def test_nothing_tried_leaves_everything_open() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert wilson(0, 0) == (0.0, 1.0)


@given(a=st.floats(0.5, 1e5), b=st.floats(0.5, 1e5), p=st.floats(1e-6, 1 - 1e-6, exclude_max=True))
def test_the_beta_quantile_inverts_the_distribution(a: float, b: float, p: float) -> None:
    assert beta_cdf(beta_quantile(p, a, b), a, b) == pytest.approx(p, rel=1e-6, abs=1e-9)


@given(a=st.floats(0.5, 1e4), b=st.floats(0.5, 1e4), x=st.floats(0.001, 0.999))
def test_the_beta_distribution_is_its_own_mirror_image(a: float, b: float, x: float) -> None:
    assert beta_cdf(x, a, b) + beta_cdf(1 - x, b, a) == pytest.approx(1.0, abs=1e-9)


@given(n=st.integers(1, 60), share=st.floats(0.01, 0.99), k=st.integers(0, 60))
def test_the_binomial_distribution_is_the_sum_of_its_terms(n: int, share: float, k: int) -> None:
    terms = (math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(min(k, n) + 1))

    assert binomial_cdf(k, n, share) == pytest.approx(math.fsum(terms), abs=1e-10)


@given(n=st.integers(1, 10_000), k=st.integers(0, 10_000))
def test_the_interval_holds_the_share_that_was_seen(n: int, k: int) -> None:
    k = min(k, n)

    lower, upper = clopper_pearson(k, n)

    assert lower <= k / n <= upper


def test_the_quantile_of_student_is_that_of_the_tables() -> None:
    assert student_quantile(0.5, 3) == 0.0
    assert student_quantile(0.99, 4) == pytest.approx(3.746947388, rel=1e-9)
    assert student_quantile(0.975, 1) == pytest.approx(12.70620474, rel=1e-9)
    with pytest.raises(ValueError, match="upper half"):
        student_quantile(0.1, 4)

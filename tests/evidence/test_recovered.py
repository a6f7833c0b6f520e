"""When a system is itself again after a fault was put back: seen, or not seen for long enough."""

import math

import pytest

from nfrcheck.evidence.outage import Requests
from nfrcheck.evidence.recovered import recovered_after
from nfrcheck.evidence.window import Recovery

HEALED = 100.0
RULES = Recovery(limit_s=1.0, good_share=0.96)
"""It must hold for 50 requests and for 2 s."""


def probes(*bad: tuple[float, float], until: float = 6.0, each: float = 0.02) -> Requests:
    """Sent from the healing on; bad ones, in seconds after it, take 0.1 s longer."""
    rows = []
    for i in range(round(until / each)):
        after = i * each
        good = not any(start - 1e-9 <= after < end - 1e-9 for start, end in bad)
        rows.append((HEALED + after, HEALED + after + (0.01 if good else 0.11), good))
    return Requests.of(rows)


@pytest.mark.parametrize("lasts", [0.1, 0.9, 2.4])
def test_the_interval_holds_the_time_that_it_took(lasts: float) -> None:
    low, high = recovered_after(probes((0.0, lasts)), HEALED, RULES)

    assert low <= lasts <= high
    assert high - low == pytest.approx(0.03)


def test_who_is_well_at_once_has_recovered_at_once() -> None:
    assert recovered_after(probes(), HEALED, RULES) == pytest.approx((0.0, 0.01))


def test_a_single_bad_one_later_on_reopens_nothing() -> None:
    found = recovered_after(probes((0.0, 0.5), (1.5, 1.52), (5.9, 6.0)), HEALED, RULES)

    assert found.upper == pytest.approx(0.51)


def test_a_relapse_while_it_must_hold_does() -> None:
    found = recovered_after(probes((0.0, 0.5), (1.5, 2.5)), HEALED, RULES)

    assert found == pytest.approx((2.48, 2.51))


def test_a_system_that_stays_bad_has_no_upper_end() -> None:
    assert recovered_after(probes((0.0, 6.0)), HEALED, RULES) == pytest.approx((5.98, math.inf))


def test_what_was_not_watched_for_long_enough_is_open_on_both_sides() -> None:
    found = recovered_after(probes((0.0, 0.5), until=2.0), HEALED, RULES)

    assert found == pytest.approx((0.48, math.inf))


def test_without_any_request_nothing_is_known() -> None:
    assert recovered_after(Requests.of([]), HEALED, RULES) == (0.0, math.inf)


def test_fewer_than_fifty_requests_confirm_nothing() -> None:
    assert recovered_after(probes(each=0.2), HEALED, RULES).upper == math.inf

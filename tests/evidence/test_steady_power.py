"""A yearly budget is out of reach where the steady state alone leaves nothing of it."""

import pytest

from nfrcheck.evidence.budget import Incident, Steady, compose
from nfrcheck.evidence.rules import Rules
from nfrcheck.evidence.steady_power import left_for_outages_s, steady_decidability

FOUR_NINES = Rules(p0=1e-4, burst_s=1e-9)
FREE = Incident(name="lose-b", per_year=2.0, outages_s=[(0.0, 0.0)])


@pytest.mark.parametrize("incidents", [1, 3])
@pytest.mark.parametrize("failures", [0, 1])
def test_the_budget_passes_from_just_so_many_requests_on(incidents: int, failures: int) -> None:
    decided = steady_decidability(FOUR_NINES, 100.0, 600.0, incidents=incidents)
    needed = (decided.clean, decided.one_failure)[failures]

    words = [
        compose(1e-4, Steady(k=failures, n=n, k_sure=0), [FREE] * incidents).word
        for n in (needed.requests - 1, needed.requests)
    ]

    assert words == ["inconclusive", "pass"]
    assert needed.seconds == needed.requests / 100.0


def test_more_incidents_leave_more_doubt_and_so_take_more_requests() -> None:
    assert [
        steady_decidability(FOUR_NINES, 100.0, 600.0, incidents=n).clean.requests for n in (1, 3)
    ] == [36_887, 43_819]


@pytest.mark.parametrize(
    ("seconds", "clean", "with_one"),
    [
        pytest.param(368.0, False, False, id="too-few"),
        pytest.param(369.0, True, False, id="none-to-spare"),
        pytest.param(600.0, True, True, id="enough"),
    ],
)
def test_what_is_planned_is_compared_with_it(seconds: float, clean: bool, with_one: bool) -> None:
    decided = steady_decidability(FOUR_NINES, 100.0, seconds, incidents=1)

    assert (decided.can_pass, decided.can_pass_with_one) == (clean, with_one)
    assert decided.planned_requests == 100 * seconds


def test_what_is_left_is_what_outages_may_cost() -> None:
    left = left_for_outages_s(FOUR_NINES, 60_000, incidents=1)

    def word(outage_s: float) -> str:
        # A thousand drills: their mean is as good as known.
        seen = Incident(name="lose-b", per_year=1.0, outages_s=[(outage_s, outage_s)] * 1000)
        return compose(1e-4, Steady(k=0, n=60_000, k_sure=0), [seen]).word

    assert left == pytest.approx(1_215, abs=1)
    assert (word(0.9 * left), word(1.1 * left)) == ("pass", "inconclusive")
    assert left_for_outages_s(FOUR_NINES, 30_000, incidents=1) < 0


def test_nothing_is_left_of_what_no_request_was_sent_for() -> None:
    decided = steady_decidability(FOUR_NINES, 0.0, 600.0, incidents=1)

    assert not decided.can_pass
    assert left_for_outages_s(FOUR_NINES, 0, incidents=1) == -float("inf")

"""Each run of a drill has a row: injected, proven by whom, felt, put back, and its cost."""

from dataclasses import replace

import pytest

from nfrcheck.model.scorecard import BudgetSpent, Scorecard
from nfrcheck.model.verdict import Bound, Outcome, Verdict
from nfrcheck.reports.drills import Drill, drills
from nfrcheck.reports.spending import Spending, spendings
from nfrcheck.reports.words import NOTHING, TO
from tests.reports import sample_runs as runs
from tests.reports.conftest import Parsed
from tests.reports.sample_targets import target


def row(made: Scorecard, name: str = "lose-b/1") -> Drill:
    return next(drill for drill in drills(made.to_json()) if drill.name == name)


def test_it_says_what_was_injected_and_how_much() -> None:
    slow = row(runs.failing(), "slow-legacy/1")

    assert slow.what == "link-latency · link system-to-legacy · 1 proxy, +300 ms"
    assert slow.size == "300 ms"


def test_it_says_who_saw_it() -> None:
    assert row(runs.failing()).witnesses == "region-b"


def test_nobody_is_named_for_a_fault_that_was_not_proven() -> None:
    assert row(runs.invalid()).witnesses == ""


def test_the_recovery_time_stands_beside_its_limit() -> None:
    rto = row(runs.failing()).rto

    assert rto is not None
    assert (rto.css, rto.figure, rto.limit) == ("fail", f"4.18{TO}4.23 s", "≤ 2 s")


def test_the_lost_writes_stand_beside_theirs() -> None:
    part = Verdict(
        outcome=Outcome.PASS,
        because="all were read back",
        name="lose-b/1",
        limit=Bound(text="<= 0 writes", value=0.0),
        measured=0.0,
        unit="writes",
        samples=900,
    )
    made = runs.failing()
    one = target("recovery-point", "recovery-point", "Lost writes", part)

    found = row(replace(made, targets=(*made.targets, one)))

    assert found.rpo is not None
    assert (found.rpo.css, found.rpo.figure, found.rpo.limit) == ("pass", "0 writes", "≤ 0 writes")
    assert row(made, "lose-b/2").rpo is None


def test_what_failed_when_it_came_back_is_counted() -> None:
    assert row(runs.failing()).back == "0 of 1,750 failed"
    assert row(runs.failing(), "slow-legacy/1").back == NOTHING


def test_a_failback_target_speaks_for_the_coming_back() -> None:
    part = Verdict(
        outcome=Outcome.FAIL,
        because="it took too long",
        name="lose-b/1 · errors",
        limit=Bound(text="<= 1 s", value=1.0),
        measured=2.0,
        interval=(1.98, 2.03),
        unit="s",
        samples=900,
    )
    made = runs.failing()
    one = target("failback", "failback", "Coming back", part)

    found = row(replace(made, targets=(*made.targets, one))).failback

    assert found is not None
    assert (found.css, found.figure, found.limit) == ("fail", f"1.98{TO}2.03 s", "≤ 1 s")


def test_the_page_shows_all_of_it(pages: dict[str, Parsed]) -> None:
    words = pages["fail"].words

    assert "by a request to region-b" in words
    assert f"4.18{TO}4.23 s" in words
    assert "0 of 1,750 failed" in words


# ---- the error budget


def spent(**changes: object) -> Spending:
    given = {
        "target": "availability",
        "stream": "shop",
        "allowed": 200.0,
        "failed": 130,
        "by_drill": {"lose-b/1": 20, "lose-b/2": 100},
    }
    budget = BudgetSpent(**(given | changes))  # type: ignore[arg-type]  # made by hand
    run = replace(runs.failing(), budgets=(budget,)).to_json()
    [found] = spendings(run, {"availability": "#t-availability"})
    return found


def test_the_drills_spend_a_share_of_the_budget() -> None:
    found = spent()

    assert (found.allowed, found.spent, found.share) == ("200", "120", "60 %")
    assert (found.bar, found.css, found.anchor) == ("72", "plain", "#t-availability")
    assert (found.dearest, found.rest) == ("lose-b/2: 100", "10")


def test_more_than_all_of_it_is_marked() -> None:
    found = spent(allowed=60.0)

    assert (found.share, found.css, found.bar) == ("200 %", "fail", "120")


@pytest.mark.parametrize(
    ("by_drill", "share", "css"),
    [({"lose-b/1": 0}, "0 %", "plain"), ({"lose-b/1": 1}, "more than all", "plain")],
)
def test_a_target_that_allows_nothing(by_drill: dict[str, int], share: str, css: str) -> None:
    found = spent(allowed=0.0, by_drill=by_drill)

    assert (found.share, found.css) == (share, css)


def test_without_a_drill_nothing_was_spent(pages: dict[str, Parsed]) -> None:
    assert spendings(runs.sample("pass"), {}) == ()
    assert "error budget that the drills spent" not in pages["pass"].words
    assert "error budget that the drills spent" in pages["fail"].words

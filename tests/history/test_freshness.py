"""A proof grows old: what was not proven for too long, or never, is stale."""

import datetime as dt
from typing import Any

from nfrcheck.history.freshness import DAY_S, rows_of
from nfrcheck.history.lines import Line
from nfrcheck.history.past import Past

NOW = dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC)


def line(target: str, at: str, verdict: str, **more: Any) -> Line:
    given: dict[str, Any] = {"judged": verdict, "build": "b1"}
    return Line(
        run=at,
        at=f"{at}T12:00:00+00:00",
        scenario="shop",
        deployment="staging",
        target=target,
        check="availability",
        verdict=verdict,
        **{**given, **more},
    )


PAST = Past(
    (),
    (
        line("old", "2026-05-01", "pass"),
        line("old", "2026-06-09", "inconclusive"),
        line("new", "2026-06-08", "pass"),
        line("never", "2026-06-08", "fail"),
        line(
            "waived",
            "2026-06-01",
            "waived",
            judged="fail",
            waived={"owner": "ann", "until": "2026-06-11", "because": "later"},
        ),
    ),
)


def test_what_is_stale_comes_first_and_an_undecided_run_proves_nothing() -> None:
    rows = {row.target: row for row in rows_of(PAST, NOW, 30 * DAY_S)}

    assert [name for name, row in rows.items() if row.stale] == ["old", "never", "waived"]
    assert rows["old"].cells == (
        *("old", "staging", "inconclusive", "2026-05-01 (build b1)"),
        *("40 d stale", ""),
    )
    assert rows["new"].cells[4] == "2 d"
    assert rows["never"].cells[3:5] == ("\N{EN DASH}", "never")


def test_without_a_limit_only_what_was_never_proven_is_stale() -> None:
    assert [row.target for row in rows_of(PAST, NOW) if row.stale] == ["never", "waived"]


def test_a_waiver_is_shown_with_the_days_that_it_still_holds() -> None:
    [row] = [row for row in rows_of(PAST, NOW) if row.waived]
    assert row.cells[-1] == "ann until 2026-06-11 (2 days left)"

    [row] = [row for row in rows_of(PAST, NOW + dt.timedelta(days=2)) if row.waived]
    assert row.cells[-1] == "ann until 2026-06-11 (over)"

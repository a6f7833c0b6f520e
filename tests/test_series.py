"""Charts count requests when they were due, failures included; no answer is no number, never 0."""

from dataclasses import replace

import numpy as np
import pytest

from nfrcheck.model.history import Span
from nfrcheck.model.records import REFUSED, RETRIED, Cell
from nfrcheck.series import series_of
from tests.checks.histories import answered, history, stream


def test_each_bin_counts_what_was_due_in_it() -> None:
    made = stream(rate=10.0, seconds=10.0)
    broken = answered(made, (made.due >= 2) & (made.due < 3), status=REFUSED)

    found = series_of(broken, history(broken, spans=[Span(name="steady", start=0, end=10.0)]))

    assert (found.stream, found.kind, found.start, found.step) == ("shop", "load", 0.0, 0.5)
    assert list(found.sent) == [5] * 20
    assert list(found.bad) == [0] * 4 + [5] * 2 + [0] * 14
    assert found.p50[3:7] == [0.01, None, None, 0.01]
    assert found.p99[4] is None


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(10.0, 0.5), (300.0, 0.5), (301.0, 1.0), (3600.0, 10.0), (400_000.0, 400_000 / 600)],
)
def test_a_longer_run_takes_the_finest_step_that_fits(seconds: float, step: float) -> None:
    made = stream(rate=0.01, seconds=seconds)

    found = series_of(made, history(made, spans=[Span(name="steady", start=0, end=seconds)]))

    assert found.step == pytest.approx(step)
    assert len(found.sent) <= 600
    assert sum(found.sent) == len(made)


def test_percentiles_are_those_of_the_good_answers_of_each_bin() -> None:
    made = stream(rate=200.0, seconds=1.0)
    waited = np.tile(np.arange(1, 101) / 1000, 2)

    found = series_of(
        replace(made, done=made.due + waited), history(spans=[Span(name="x", start=0, end=1)])
    )

    assert found.p50 == [0.05, 0.05]
    assert found.p99 == [0.099, 0.099]


def test_regions_are_counted_by_their_good_answers() -> None:
    cells = (Cell("global", "home", "a"), Cell("global", "home", "b"), Cell("global", "home"))
    made = stream(rate=300.0, seconds=1.0, cells=cells)
    slow = answered(made, made.cell == 1, latency_s=0.3)
    broken = answered(slow, made.cell == 2, status=503)

    found = series_of(broken, history(spans=[Span(name="x", start=0, end=1)]))

    assert {region: list(counts) for region, counts in found.by_region.items()} == {
        "a": [50, 50],
        "b": [50, 50],
    }
    assert found.p99_by_region["b"] == [0.3, 0.3]
    assert list(found.bad) == [50, 50]


def test_a_replaced_attempt_is_not_a_bad_request() -> None:
    made = stream(rate=10.0, seconds=1.0)
    broken = answered(made, made.due < 0.25, status=503)
    flags = np.where(made.due < 0.25, RETRIED, 0).astype(np.uint8)

    found = series_of(replace(broken, flags=flags), history(spans=()))

    assert sum(found.bad) == 0
    assert sum(found.sent) == 7


def test_an_empty_stream_has_bins_and_no_numbers() -> None:
    made = stream(rate=0.0)

    found = series_of(made, history(made))

    assert (sum(found.sent), set(found.p99)) == (0, {None})


def test_nothing_at_all_has_one_bin() -> None:
    found = series_of(stream(rate=0.0), history(spans=()))

    assert len(found.sent) == 1

"""Evidence of earlier runs of one build counts, all of it, and a bad run is never dropped."""

from dataclasses import replace
from decimal import Decimal

import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.latency import Latency
from nfrcheck.model.records import Cell
from nfrcheck.model.verdict import Outcome
from tests.checks.histories import answered, every, stream
from tests.checks.nights import SECONDS, Nights, night, nightly

FOUR_NINES = Availability(at_least=Decimal("0.9999"))
RATE = 10_000 / SECONDS


def test_the_fourth_clean_night_proves_four_nines() -> None:
    nights = Nights(nightly(FOUR_NINES))

    said = [nights.run(night()) for _ in range(4)]

    assert [one.outcome.value for one in said] == ["inconclusive"] * 3 + ["pass"]
    assert said[-1].samples == 10_000
    assert said[-1].because.endswith(
        "with the evidence of 3 earlier runs (30,000 requests since 2026-05-01, 0 of them failed, "
        "build b1)"
    )
    assert said[-1].supports.startswith("the tested conditions support ≥ 99.99")
    assert said[-1].figures["earlier"]["runs"] == 3


def test_without_being_asked_nothing_is_carried_over() -> None:
    nights = Nights(nightly(FOUR_NINES, carry_over=False))
    nights.run(night())

    assert nights.lines[-1].evidence is None


@pytest.mark.parametrize("other", ["b2", None], ids=["another-build", "unknown-build"])
def test_never_across_builds(other: str | None) -> None:
    nights = Nights(nightly(FOUR_NINES))
    for _ in range(3):
        nights.run(night())

    said = nights.run(night(), other)

    assert said.outcome is Outcome.INCONCLUSIVE
    assert "earlier runs (" not in said.because
    assert ("nobody says which build runs" in said.because) is (other is None)


def test_four_nights_need_their_seconds_as_well_as_their_requests() -> None:
    nights = Nights(nightly(FOUR_NINES))
    short = stream(rate=400.0, seconds=25.0)
    for _ in range(4):
        said = nights.run(night(short, 25.0))

    assert said.outcome is Outcome.INCONCLUSIVE
    assert "300 s to exclude 10-ms outages (ran 100 s" in said.because


def test_a_failure_in_an_earlier_night_is_not_forgotten() -> None:
    nights = Nights(nightly(FOUR_NINES))
    bad = stream(rate=RATE, seconds=SECONDS)
    nights.run(night(answered(bad, every(bad, 5_000), status=500)))
    for _ in range(3):
        said = nights.run(night())

    assert said.outcome is Outcome.INCONCLUSIVE
    assert "2 of them failed" in said.because


def test_nights_that_are_each_undecided_fail_together() -> None:
    nights = Nights(nightly(FOUR_NINES))
    bad = stream(rate=RATE, seconds=SECONDS)
    seen = night(answered(bad, every(bad, 2_500), status=500))

    said = [nights.run(seen).outcome for _ in range(6)]

    assert said[0] is Outcome.INCONCLUSIVE
    assert said[-1] is Outcome.FAIL


def test_a_hundred_good_nights_do_not_make_bad_ones_green() -> None:
    nights = Nights(nightly(FOUR_NINES))
    clean, bad = night(), stream(rate=RATE, seconds=SECONDS)
    for _ in range(20):
        nights.run(clean)
    seen = night(answered(bad, every(bad, 1_500), status=500))

    said = [nights.run(seen) for _ in range(3)]

    assert Outcome.PASS not in {one.outcome for one in said[1:]}
    assert said[-1].outcome is Outcome.FAIL


def test_an_outage_fails_its_own_night_and_counts_in_the_next() -> None:
    nights = Nights(nightly(FOUR_NINES))
    made = stream(rate=RATE, seconds=SECONDS)
    down = (made.due > 40.0) & (made.due < 50.0)
    said = nights.run(night(answered(made, down, status=503)))
    assert "one outage" in said.because

    assert nights.pieces[0].k == int(down.sum())
    assert nights.pieces[0].log_odds_pass < 0
    assert nights.run(night()).outcome is not Outcome.PASS


def test_every_stratum_and_every_limit_carries_its_own() -> None:
    cells = tuple(Cell("global", route, None, "pooled", None) for route in ("home", "cart"))
    made = stream(rate=RATE, seconds=SECONDS, cells=cells)
    latency = Latency.model_validate({"p99.9": "< 200 ms", "p99.99": "< 400 ms"})
    nights = Nights(nightly(latency, each=("route",)))

    said = [nights.run(night(made)).outcome.value for _ in range(8)]

    names = [(piece.limit, piece.stratum) for piece in nights.pieces]
    assert names == [
        (limit, stratum)
        for limit in ("p99.9", "p99.99")
        for stratum in ("", "route home", "route cart")
    ]
    assert said == ["inconclusive"] * 7 + ["pass"], "each route has half of the requests"


def test_several_stretches_are_carried_one_by_one() -> None:
    nights = Nights(nightly(FOUR_NINES, during=("steady", "after")))
    seen = night()
    halves = (
        replace(seen.spans[0], end=40.0),
        replace(seen.spans[0], name="after", start=40.0),
    )
    nights.run(replace(seen, spans=halves))

    assert [piece.stretch for piece in nights.pieces] == ["steady", "after"]
    assert sum(piece.n for piece in nights.pieces) == 10_000


def test_a_run_of_wrong_requests_neither_helps_nor_hurts() -> None:
    nights = Nights(nightly(FOUR_NINES))
    made = stream(rate=RATE, seconds=SECONDS)
    wrong = night(answered(made, every(made, 1), status=401, expected=False))
    assert nights.run(wrong).outcome is Outcome.INVALID

    assert nights.pieces[0].n == 0
    for _ in range(4):
        said = nights.run(night())
    assert said.outcome is Outcome.PASS


def test_an_invalid_night_takes_away_and_gives_nothing() -> None:
    nights = Nights(nightly(FOUR_NINES))
    seen = night()
    ill = replace(seen, health=())
    for _ in range(5):
        assert nights.run(ill).outcome is Outcome.INVALID
    assert not nights.pieces[0].valid

    assert nights.run(seen).outcome is Outcome.INCONCLUSIVE


def test_a_stretch_that_is_named_twice_has_its_evidence_once() -> None:
    nights = Nights(nightly(FOUR_NINES, during=("steady", "steady")))
    for _ in range(2):
        said = nights.run(night())

    assert said.outcome is Outcome.INCONCLUSIVE
    assert [piece.n for piece in nights.pieces] == [10_000]

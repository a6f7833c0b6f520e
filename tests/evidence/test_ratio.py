"""A share passes or fails only on enough evidence, and otherwise says what is missing."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.evidence.ratio import (
    Carried,
    Rules,
    ShareVerdict,
    Words,
    default_burst,
    judge_share,
)

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden_vectors.json").read_text())
FOUR_NINES = Rules(p0=Decimal("0.0001"), burst_s=0.010)
Block = tuple[int, int]


def spread(*runs: Block) -> list[Block]:
    """Blocks from (seconds, requests a second): all clean."""
    return [(rate, 0) for seconds, rate in runs for _ in range(seconds)]


def golden_verdict(row: dict[str, Any]) -> ShareVerdict:
    args = row["args"]
    rules = Rules(p0=args["p0"], burst_s=args.get("tau", 1.0), margin=args.get("margin", 1.0))
    return judge_share([(n, k) for times, n, k in row["blocks_rle"] for _ in range(times)], rules)


@pytest.mark.parametrize("row", GOLDEN["ratio_verdicts"], ids=lambda row: row["case"])
def test_the_verdict_is_the_reference_one(row: dict[str, Any]) -> None:
    found = golden_verdict(row)

    assert found.word == row["verdict"]
    assert (found.n, found.k) == (row["n"], row["k"])
    assert found.deff == pytest.approx(row["deff"], rel=1e-6)
    assert found.log_odds_pass == pytest.approx(row["log_odds_pass"], abs=6e-7)
    assert found.log_odds_fail == pytest.approx(row["log_odds_fail"], abs=6e-7)
    assert found.ci95 == pytest.approx(row["ci95"], rel=1e-5)
    assert found.phase_covered_s == pytest.approx(row["phase_covered_s"], abs=6e-7)


@pytest.mark.parametrize("row", GOLDEN["exposure_floor_s"], ids=str)
def test_the_exposure_floor_is_the_reference_one(row: dict[str, Any]) -> None:
    assert Rules(p0=row["p0"], burst_s=row["tau"]).floor_s == pytest.approx(row["T"], rel=1e-8)


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        pytest.param([*spread((299, 117)), (116, 0)], "inconclusive", id="one-request-too-few"),
        pytest.param(spread((300, 117)), "pass", id="35100-clean-requests-in-300-s"),
        pytest.param(spread((299, 1_000)), "inconclusive", id="one-second-too-few"),
        pytest.param([(150, 1), *spread((633, 150))], "inconclusive", id="one-failure-634-s"),
        pytest.param([(150, 1), *spread((634, 150))], "pass", id="one-failure-635-s"),
    ],
)
def test_four_nines_pass_as_soon_as_the_design_promises(blocks: list[Block], word: str) -> None:
    assert judge_share(blocks, FOUR_NINES).word == word


@pytest.mark.parametrize(
    ("planned_s", "p0", "floor_s", "burst_s"),
    [
        pytest.param(300, "0.0001", 0.010, 0.010, id="ci-floor"),
        pytest.param(720, "0.0001", 0.010, 720 * 0.0001 / 7.01, id="what-the-time-can-exclude"),
        pytest.param(720, "0.0001", 0.100, 0.100, id="gameday-floor"),
        pytest.param(3_600, "0.01", 0.010, 1.0, id="at-most-one-second"),
    ],
)
def test_the_plan_fixes_the_burst(
    planned_s: float, p0: str, floor_s: float, burst_s: float
) -> None:
    assert default_burst(planned_s, Decimal(p0), floor_s) == pytest.approx(burst_s)


@pytest.mark.parametrize(("planned_s", "p0"), [(701, "0.0001"), (300, "0.01"), (720, "0.001")])
def test_a_plan_has_room_for_one_failure_by_time(planned_s: int, p0: str) -> None:
    rules = Rules(p0=Decimal(p0), burst_s=default_burst(planned_s, Decimal(p0), 0.0001))

    assert judge_share([(1_000_000, 1), *spread((planned_s - 1, 1_000_000))], rules).word == "pass"


def test_five_minutes_support_99_percent_against_one_second_outages() -> None:
    found = judge_share(spread((300, 150)), FOUR_NINES)

    assert found.supported_1s == pytest.approx(0.99001, abs=1e-5)
    assert "≥ 99.00 % against 1-s outages" in found.claim
    assert "≥ 99.9900 % against 10-ms outages" in found.claim


@pytest.mark.parametrize(
    ("seconds", "supported"),
    [
        (60, ("99.950", "99.501", "95.01", "50.1")),
        (600, ("99.9950", "99.950", "99.501", "95.01")),
        (3_600, ("99.9992", "99.992", "99.917", "99.17")),
        (28_800, ("99.9999", "99.999", "99.990", "99.90")),
    ],
    ids=["1-min", "10-min", "1-h", "8-h"],
)
def test_a_clean_run_supports_what_the_table_says(seconds: int, supported: tuple[str, ...]) -> None:
    for phase, percent in zip((0.01, 0.1, 1.0, 10.0), supported, strict=True):
        found = judge_share([(100_000, 0)] * seconds, Rules(p0=0.01, burst_s=phase)).supported

        digits = len(percent.split(".")[1])
        assert 100 * found == pytest.approx(float(percent), abs=0.51 * 10**-digits)


@pytest.mark.parametrize(
    ("blocks", "rules", "sentence"),
    [
        pytest.param(
            spread((36, 1_000)),
            Rules(p0=0.0001, burst_s=0.001),
            "0 of 36,000 requests failed where 3.6 would be expected at the 99.99 % limit (odds "
            "21:1, stop rule 20:1, wrong at most 1 time in 20 however often we looked); error "
            "bursts up to 1.2 ms would have shown",
            id="pass",
        ),
        pytest.param(
            [(100, 1)] * 13 + [(2_000, 0)] * 17 + [(3_500, 0)],
            Rules(p0=0.0001, burst_s=0.0001),
            "13 of 38,800 requests failed where 3.9 would be expected at the 99.99 % limit",
            id="counts-and-what-chance-would-bring",
        ),
        pytest.param(
            spread((30, 1_000)),
            Rules(p0=0.0001, burst_s=0.001),
            "to pass it needs 5,100 more clean requests",
            id="requests-missing",
        ),
        pytest.param(
            spread((600, 1_000)),
            Rules(p0=0.0001, burst_s=1.0),
            "needs 8.3 h to exclude 1-s outages (ran 10 min: supports 99.50 %)",
            id="time-missing",
        ),
        pytest.param(
            spread((18, 1_000)),
            Rules(p0=0.0001, burst_s=0.001, margin=2),
            "passes 99.98 %, target 99.99 % within the allowed margin",
            id="margin-is-never-silent",
        ),
        pytest.param(
            [(100, 2), (100, 0)],
            Rules(p0=0.00001, burst_s=0.01),
            "fewer than 3 bad ones are never a FAIL",
            id="too-few-to-fail",
        ),
        pytest.param(
            [(150, 1), *spread((100, 150))],
            FOUR_NINES,
            "the evidence is divided by 1.5: until 16 seconds with failures show how they cluster, "
            "each may belong to a burst of 10 ms",
            id="one-failure-weighs-a-burst",
        ),
        pytest.param(
            spread((150, 100)) + [(100, 100)] * 2 + spread((148, 100)),
            Rules(p0=0.01, words=Words(bad="were slower than 200 ms", limit="p99")),
            "200 of 30,000 requests were slower than 200 ms where 300 would be expected at the "
            "p99 limit; to pass it needs 110,999 more clean requests; failures come in bunches, "
            "so the evidence is divided by 201",
            id="bunches-and-words-of-a-latency",
        ),
        pytest.param([], FOUR_NINES, "no requests were seen: nothing is known", id="no-data"),
    ],
)
def test_the_reason_says_what_was_seen_and_what_is_missing(
    blocks: list[Block], rules: Rules, sentence: str
) -> None:
    assert sentence in judge_share(blocks, rules).because


def test_a_fail_names_both_odds() -> None:
    found = judge_share([(100, 5)] * 60, Rules(p0=0.01, odds_fail=800))

    assert found.word == "fail"
    assert "over 1,000,000:1 against the target, stop rule 800:1" in found.because


def test_a_run_that_leans_to_fail_says_so() -> None:
    found = judge_share([(1_000, 1 if i % 3 == 0 else 0) for i in range(30)], FOUR_NINES)

    assert (found.word, found.leaning) == ("inconclusive", "fail")
    assert "leans to FAIL" in found.because


@pytest.mark.parametrize("margin", [1.0, 1.5])
@pytest.mark.parametrize(("k", "n"), [(0, 20_000), (1, 30_000), (4, 60_000)])
def test_the_needed_requests_are_exactly_enough(k: int, n: int, margin: float) -> None:
    rules = Rules(p0=0.0001, burst_s=0.000_001, margin=margin)
    start = [(n - k, 0)] + [(1, 1)] * k
    needed = judge_share(start, rules).needed_requests

    assert judge_share([*start, (needed - 1, 0)], rules).word == "inconclusive"
    assert judge_share([*start, (needed, 0)], rules).word == "pass"


def test_the_needed_seconds_cover_requests_and_phases() -> None:
    by_count = judge_share(spread((100, 100)), Rules(p0=0.0001, burst_s=0.001))
    by_time = judge_share(spread((100, 10_000)), Rules(p0=0.0001, burst_s=0.01))

    assert by_count.needed_seconds == pytest.approx(251.0)
    assert by_time.needed_seconds == pytest.approx(199.573, abs=1e-3)


def test_nothing_seen_is_never_a_pass() -> None:
    found = judge_share([(0, 0)] * 600, FOUR_NINES)

    assert (found.word, found.leaning, found.share_bad) == ("inconclusive", None, None)
    assert found.ci95 == (0.0, 1.0)


def test_seconds_without_traffic_are_no_exposure() -> None:
    blocks = spread((290, 1_000)) + [(0, 0)] * 100

    assert judge_share(blocks, FOUR_NINES).seconds == 290
    assert judge_share(blocks, FOUR_NINES).word == "inconclusive"


def test_what_may_be_bad_blocks_a_pass_and_proves_no_fail() -> None:
    rules, surely = Rules(p0=0.01), [(100, 1 if i % 20 == 0 else 0) for i in range(400)]
    maybe = [(100, 4)] * 400

    found = judge_share(maybe, rules, surely=surely)

    assert judge_share(surely, rules).word == "pass"
    assert judge_share(maybe, rules).word == "fail"
    assert (found.word, found.k, found.k_sure) == ("inconclusive", 1_600, 20)


def test_the_first_burst_of_a_young_run_is_no_rate() -> None:
    blocks = [*spread((4, 100)), (100, 60)]

    assert judge_share(blocks, Rules(p0=0.01, burst_s=1.0)).word == "inconclusive"
    assert judge_share(blocks, Rules(p0=0.01, burst_s=0.01)).word == "fail"


def test_evidence_of_earlier_runs_adds_up() -> None:
    nightly = judge_share(spread((100, 100)), Rules(p0=0.0001, burst_s=0.001))
    carried = Carried(
        n=30_000,
        seconds=300,
        log_odds_pass=3 * nightly.log_odds_pass,
        log_odds_fail=0.0,
        runs=3,
        since="2026-05-01",
        build="4.18.0",
    )

    found = judge_share(spread((100, 100)), Rules(p0=0.0001, burst_s=0.001), carried=carried)

    assert nightly.word == "inconclusive"
    assert found.word == "pass"
    assert found.because.endswith(
        "with the evidence of 3 earlier runs (30,000 requests since 2026-05-01, 0 of them failed, "
        "build 4.18.0)"
    )


def test_fewer_than_the_least_samples_never_pass() -> None:
    rules = Rules(p0=0.05, burst_s=0.001, min_samples=1_000)

    assert judge_share(spread((9, 100)), rules).needed_requests == 100
    assert judge_share(spread((9, 100)), rules).word == "inconclusive"
    assert judge_share(spread((10, 100)), rules).word == "pass"


@pytest.mark.parametrize(
    "wrong",
    [{"p0": 0}, {"p0": 1}, {"burst_s": 0}, {"margin": 0.5}, {"confidence": 1}],
    ids=str,
)
def test_rules_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"p0=|not a rule"):
        Rules(**{"p0": 0.01, **wrong})  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("block", [(5, 6), (5, -1)], ids=["more-bad-than-all", "less-than-none"])
def test_blocks_that_cannot_be_are_refused(block: Block) -> None:
    with pytest.raises(ValueError, match="more bad ones than requests"):
        judge_share([block], FOUR_NINES)

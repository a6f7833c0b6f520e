"""The scorecard shows drills, instruments and claims as they are, and the same bytes each time."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.failover import Failover
from nfrcheck.checks.latency import Latency
from nfrcheck.judge import judge, verdict_of
from nfrcheck.kinds import Target
from nfrcheck.model.history import Health, History, Ill, Span
from nfrcheck.model.scorecard import Claim, Scorecard
from nfrcheck.model.verdict import Bound, Outcome, Verdict, combine
from tests.checks.cards import FACTS, RULES, card, said, target
from tests.checks.courses import KINDS, probe
from tests.checks.histories import answered, drill, health, history, question, stream

# ---- drills, instruments, claims


def with_drill(made: Any = None, **more: Any) -> History:
    spans, record = drill(at=10.0)
    return history(made or probe((10.2, 10.5)), spans=spans, faults=(record,), **more)


def failover(**limits: str) -> Target:
    check = Failover.model_validate(limits or {"error_window": "<= 2 s"})
    asked = question("edge", drills=("lose-b",), expected_runs={"lose-b": 1})
    return Target(id="failover", check="failover", question=asked, judge=check)


@pytest.mark.parametrize("limits", [{}, {"failed": "<= 0"}], ids=["window", "failed"])
def test_a_drill_shows_the_window_of_each_kind_of_client(limits: dict[str, str]) -> None:
    found = card(failover(**limits), target(), seen=with_drill()).drills[0]

    assert list(found.windows) == [f"{kind.client} connections to global" for kind in KINDS]
    assert all(low < 0.3 < high for low, high in found.windows.values())
    assert found.failed == 30
    assert (found.drill, found.run, found.commanded, found.verified) == ("lose-b", 1, 10.0, 19.1)


def test_the_sentence_of_a_good_run_tells_how_the_failover_was_felt() -> None:
    found = card(failover(), target(), seen=with_drill())

    assert found.sentence.startswith("All 2 targets hold: lose-b/1 · fresh connections to global")


def test_a_drill_that_nobody_judged_has_no_window() -> None:
    found = card(target(), seen=with_drill()).drills[0]

    assert (dict(found.windows), found.failed) == ({}, None)


def lines(t: float, **figures: float) -> Health:
    return Health(t=t, instrument="load-shop.0", figures={"cpu": 0.1, **figures})


@pytest.mark.parametrize(
    ("said_so", "ills", "healthy", "because"),
    [
        pytest.param(health("load-shop.0", 60), (), True, "60 s of health lines, none missing"),
        pytest.param(
            tuple(lines(t) for t in (1, 2, 9, 10)), (), False,
            "4 s of health lines, but silent for 7.0 s",
        ),
        pytest.param(
            tuple(lines(t, beat_p99_ms=90.0 if t == 7 else 1.0) for t in range(1, 41)), (), True,
            "40 s of health lines, in 1 s unwell: the generator stood still for up to 90 ms",
        ),
        pytest.param(
            tuple(lines(t, cpu=1.0) for t in range(1, 11)), (), False,
            "10 s of health lines, in 10 s unwell: the generator used 100 % of a core",
        ),
        pytest.param((), (Ill(t=3.0, instrument="load-shop.0", because="died"),), False, "died"),
    ],
    ids=["well", "silent", "one-bad-second", "overloaded", "dead"],
)  # fmt: skip
def test_an_instrument_is_healthy_only_if_its_own_figures_say_so(
    said_so: tuple[Health, ...], ills: tuple[Ill, ...], because: str, *, healthy: bool
) -> None:
    found = card(target(), seen=history(stream(), health=said_so, ills=ills)).instruments[0]

    assert (found.name, found.healthy, found.because) == ("load-shop.0", healthy, because)
    if said_so:
        assert found.figures["cpu_max"] == max(line.figures["cpu"] for line in said_so)
        assert found.figures["cpu_mean"] == pytest.approx(
            sum(line.figures["cpu"] for line in said_so) / len(said_so)
        )


def claim(found: Scorecard, words: str) -> Claim:
    return next(one for one in found.architecture if words in one.claim)


NINES = Bound(text="at least 99.99 %", value=0.9999, lower=True)
NINETY = Bound(text="at least 90 %", value=0.9, lower=True)
P99 = said(Outcome.PASS, name="p99", limit=Bound(text="< 200 ms", value=0.2))


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        pytest.param([], "not examined", id="nobody"),
        pytest.param([said(Outcome.NOT_RUN)], "not examined", id="not-run"),
        pytest.param([said(Outcome.PASS, limit=NINES)], "proven", id="as-promised"),
        pytest.param([said(Outcome.PASS, limit=NINETY)], "unproven", id="less-was-promised"),
        pytest.param(
            [said(Outcome.PASS, limit=NINETY), said(Outcome.PASS, limit=NINES)], "proven", id="both"
        ),
        pytest.param(
            [said(Outcome.PASS, limit=NINES), said(Outcome.WAIVED)], "unproven", id="waived"
        ),
        pytest.param([said(Outcome.WAIVED), said(Outcome.FAIL)], "broken", id="broken"),
        pytest.param([said(Outcome.INVALID)], "unproven", id="invalid"),
        pytest.param([said(Outcome.INCONCLUSIVE)], "unproven", id="undecided"),
    ],
)
def test_a_claim_of_the_architecture_is_proven_only_by_what_promises_as_much(
    verdicts: list[Verdict], state: str
) -> None:
    rows = [target(verdict, f"x{n}") for n, verdict in enumerate(verdicts)]

    found = claim(card(*rows), "99.99 %")

    assert (found.state, found.by) == (state, tuple(row.id for row in rows))


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        pytest.param(P99, "proven", id="p99"),
        pytest.param(replace(P99, name="p50"), "unproven", id="the-median-says-nothing"),
        pytest.param(replace(P99, name="route x"), "unproven", id="a-part-says-nothing"),
        pytest.param(
            replace(P99, limit=Bound(text="< 400 ms", value=0.4)), "unproven", id="slower"
        ),
        pytest.param(combine([replace(P99, name="p50"), P99]), "proven", id="one-of-two"),
    ],
)
def test_a_fast_api_is_proven_by_a_high_percentile(verdict: Verdict, state: str) -> None:
    assert claim(card(target(verdict, check="latency")), "200 ms").state == state


def test_every_claim_is_there_even_if_nothing_was_examined() -> None:
    found = card().architecture

    assert len(found) == 16
    assert {one.state for one in found} == {"not examined"}


# ---- the file


def whole() -> tuple[tuple[Target, ...], History]:
    made = stream(rate=200.0, seconds=30.0)
    slow = answered(made, np.arange(len(made)) % 7 == 0, status=503, latency_s=5.0)
    steady = Span(name="steady", start=0.0, end=9.0)
    spans, record = drill(at=15.0)
    seen = history(slow, probe((15.2, 99.0)), spans=[steady, *spans], faults=(record,))
    targets = (
        Target(
            id="availability",
            check="availability",
            question=question(rules=RULES),
            judge=Availability.model_validate({"at_least": "99.99 %"}),
        ),
        Target(
            id="latency",
            check="latency",
            question=question(rules=RULES),
            judge=Latency.model_validate({"p99": "< 200 ms"}),
        ),
        failover(),
    )
    return targets, seen


def test_the_same_history_gives_the_same_bytes() -> None:
    one, other = (json.dumps(judge(*whole(), FACTS).to_json(), allow_nan=False) for _ in range(2))

    assert one == other


def test_what_does_not_exist_is_null_and_never_infinite() -> None:
    targets, seen = whole()
    plain = judge(targets, seen, FACTS).to_json()

    assert judge(targets, seen, FACTS).targets[1].verdict.measured == math.inf
    assert plain["targets"][1]["measured"] is None
    assert plain["targets"][2]["interval"][1] is None
    assert plain["drills"][0]["windows"]["fresh connections to global"][1] is None
    json.dumps(plain, allow_nan=False)


def test_a_scorecard_carries_what_the_run_knows_of_itself() -> None:
    found = card(
        target(title="", stretch="steady", requirement="NFR-1", source="x.nfr.yaml:3"),
        seen=history(stream(), notes=("seen",)),
        notes=("planned",),
        build="1.2.3",
        command="nfrcheck run",
        versions={"nfrcheck": "0"},
    )

    assert (found.notes, found.build, found.command) == (
        ("planned", "seen"),
        "1.2.3",
        "nfrcheck run",
    )
    row = found.targets[0]
    assert (row.title, row.stretch, row.requirement, row.source, row.label) == (
        "x",
        "steady",
        "NFR-1",
        "x.nfr.yaml:3",
        "availability",
    )
    assert [(phase.name, phase.kind) for phase in found.phases] == [("steady", "quiet")]
    assert [series.stream for series in found.series] == ["shop"]
    assert found.seconds == 60.0


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_the_order_of_health_lines_and_spans_does_not_change_a_verdict(seed: int) -> None:
    targets, seen = whole()
    random = np.random.default_rng(seed)
    mixed = replace(
        seen,
        health=tuple(seen.health[i] for i in random.permutation(len(seen.health))),
        spans=tuple(seen.spans[i] for i in random.permutation(len(seen.spans))),
    )

    for one in targets:
        assert verdict_of(one, mixed) == verdict_of(one, seen)

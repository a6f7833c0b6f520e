"""What a plan can decide is known before it runs, from the thinnest part that must pass alone."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.latency import Latency
from nfrcheck.kinds import Check, Target
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.model.traffic import EndpointSpec, Route, TrafficSpec
from nfrcheck.plan.decidable import guarantees, samples, undecidable
from nfrcheck.plan.steps import Plan

FOUR_NINES = Availability.model_validate({"at_least": "99.99 %"})
FAST = Latency.model_validate({"p99": "< 200 ms", "p99.9": "< 1 s"})


HERE = EndpointSpec(url="http://127.0.0.1", address="127.0.0.1")
SHOP = TrafficSpec(
    stream="shop",
    kind="load",
    folder="",
    t0_ns=0,
    rate=100.0,
    cap=100,
    entries=(("a", 3.0), ("b", 1.0)),
    endpoints={"a": HERE, "b": HERE},
    routes=(
        Route(name="browse", path="/", weight=8.0),
        Route(name="order", path="/o", weight=2.0, principal="alice"),
    ),
    run_id="r",
)


def spec(**given: Any) -> TrafficSpec:
    return replace(SHOP, **given)


def target(judge: Check, seconds: float = 600.0, **question: Any) -> Target:
    rules = EvidenceRules(planned_seconds=seconds, **question.pop("rules", {}))
    return Target(
        id="promise",
        check="any",
        question=Question(id="promise", rules=rules, stream="shop", **question),
        judge=judge,
        source="a.nfr.yaml:7",
    )


def plan(one: Target, traffic: TrafficSpec | None = None, regions: tuple[str, ...] = ()) -> Plan:
    return Plan(
        scenario="s",
        scenario_path="",
        deployment="d",
        deployment_path="",
        targets=(one,),
        steps=(),
        traffic=(traffic or SHOP,),
        entries={},
        paths={},
        regions=regions,
    )


@pytest.mark.parametrize(
    ("rate", "seconds", "decided"),
    [
        pytest.param(117.0, 300.0, True, id="35100-requests-in-300-s"),
        pytest.param(116.0, 300.0, False, id="300-requests-too-few"),
        pytest.param(1_000.0, 299.0, False, id="enough-requests-but-a-second-too-short"),
    ],
)
def test_four_nines(rate: float, seconds: float, *, decided: bool) -> None:
    made = plan(target(FOUR_NINES, seconds), spec(rate=rate))

    [sample] = samples(made)

    assert sample.can_pass is decided
    assert bool(undecidable(made)) is not decided


@pytest.mark.parametrize(
    ("each", "thinnest", "rate"),
    [
        pytest.param((), "shop", 100.0, id="the-whole"),
        pytest.param(("route",), "shop, route order", 20.0, id="route-by-weight"),
        pytest.param(("entry",), "shop, entry b", 25.0, id="entry-by-weight"),
        pytest.param(("entry", "route"), "shop, route order", 20.0, id="the-thinner-of-both"),
        pytest.param(("principal",), "shop, principal alice", 20.0, id="principal"),
        pytest.param(("region",), "shop, region x", 50.0, id="region-as-if-evenly"),
    ],
)
def test_the_thinnest_part_decides(each: tuple[str, ...], thinnest: str, rate: float) -> None:
    [sample] = samples(plan(target(FOUR_NINES, each=each), regions=("x", "y")))

    assert sample.part.name == thinnest
    assert sample.part.rate == pytest.approx(rate)
    assert sample.part.assumed is (each == ("region",))


def test_probes_top_up_a_thin_route() -> None:
    traffic = spec(
        routes=(Route(name="thin", path="/", weight=0.01, at_least_rate=30.0), *SHOP.routes)
    )

    [sample] = samples(plan(target(FOUR_NINES, each=("route",)), traffic))

    assert sample.part.name == "shop, route order"


def test_each_client_of_a_probe_has_the_full_rate() -> None:
    traffic = spec(kind="probe", clients=("fresh", "pooled"))

    assert samples(plan(target(FOUR_NINES), traffic))[0].part.rate == 200.0
    assert samples(plan(target(FOUR_NINES, each=("client",)), traffic))[0].part.rate == 100.0


def test_a_target_for_one_stratum_has_its_share() -> None:
    [sample] = samples(plan(target(FOUR_NINES, only={"route": "order"})))

    assert sample.part.rate == pytest.approx(20.0)


def test_every_limit_is_a_sample_of_its_own() -> None:
    found = samples(plan(target(FAST)))

    assert [(one.limit, one.p0) for one in found] == [
        ("p99", Decimal("0.01")),
        ("p99.9", Decimal("0.001")),
    ]


def test_the_remedies_are_enough() -> None:
    short = plan(target(FOUR_NINES, 90.0))
    [sample] = undecidable(short)

    assert sample.load == "shop: 100/s for 90 s = 9,000 requests; 35,100 are needed"
    assert sample.remedies == ("run it for 6 min at this rate", "promise 99.96 %")
    assert not undecidable(plan(target(FOUR_NINES, 360.0)))
    weaker = Availability.model_validate({"at_least": "99.96 %"})
    assert not undecidable(plan(target(weaker, 90.0)))


def test_a_weaker_promise_is_no_remedy_where_more_samples_were_asked_for() -> None:
    [sample] = undecidable(plan(target(FOUR_NINES, rules={"min_samples": 100_000})))

    assert not any(remedy.startswith("promise") for remedy in sample.remedies)


def test_more_requests_are_no_remedy_where_only_time_is_one() -> None:
    [sample] = undecidable(plan(target(FOUR_NINES, 200.0), spec(rate=1_000.0)))

    assert sample.load.endswith("300 s are needed, whatever the rate")
    assert not any(remedy.startswith("send") for remedy in sample.remedies)


def test_more_requests_are_a_remedy_where_they_are_one() -> None:
    [sample] = undecidable(plan(target(FOUR_NINES, 400.0), spec(rate=10.0)))

    assert "send 35,100 requests in 400 s (88/s)" in sample.remedies
    assert not undecidable(plan(target(FOUR_NINES, 400.0), spec(rate=88.0)))


def test_the_evidence_that_a_target_asks_for_counts() -> None:
    asked = target(FOUR_NINES, rules={"min_samples": 100_000})

    assert undecidable(plan(asked))
    assert not undecidable(plan(target(FOUR_NINES)))


def test_a_longer_burst_needs_more_time() -> None:
    assert undecidable(plan(target(FOUR_NINES, rules={"burst_s": 1.0})))


@pytest.mark.parametrize(
    ("seconds", "runs"),
    [
        pytest.param(85.0, 4, id="the-requests-decide"),
        pytest.param(600.0, 1, id="one-run-is-enough"),
    ],
)
def test_where_evidence_is_carried_over_several_runs_decide(seconds: float, runs: int) -> None:
    nightly = plan(target(FOUR_NINES, seconds, carry_over=True), spec(rate=10_000 / 85))

    [sample] = samples(nightly)

    assert sample.runs == runs
    assert not undecidable(nightly)
    assert bool(undecidable(plan(target(FOUR_NINES, seconds), SHOP))) is (runs > 1)


def test_a_target_that_would_take_years_of_runs_is_not_decided() -> None:
    assert undecidable(plan(target(FOUR_NINES, 2.0, carry_over=True), spec(rate=10.0)))


def test_no_load_confirms_a_promise_without_any_failure() -> None:
    perfect = plan(target(Availability.model_validate({"at_least": "100 %"})))

    assert [one.id for one in guarantees(perfect)] == ["promise"]
    assert not samples(perfect)


def test_what_judges_a_drill_or_cannot_be_judged_has_no_sample() -> None:
    assert not samples(plan(target(FOUR_NINES, drills=("lose-b",))))
    assert not samples(plan(replace(target(FOUR_NINES), judge=None)))

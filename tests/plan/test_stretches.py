"""How long a stretch is planned to be follows the rule by which its spans are judged."""

from dataclasses import replace
from pathlib import Path

import pytest

from nfrcheck.checks.evidence import one_by_one
from nfrcheck.judge import verdict_of
from nfrcheck.plan import Options, plan
from nfrcheck.plan.decidable import samples
from nfrcheck.plan.keep import kept_targets, read_targets
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair
from tests.checks.histories import answered, between
from tests.plan.perfect import perfect, until

DEPLOYMENT = """\
nfrcheck: 1
entries: {edge: {url: "http://127.0.0.1:1"}}
components: {node: {kind: shell, entry: edge, kill: "true", restore: "true", verify: "true"}}
safety: {allow: [component-kill]}
"""
SCENARIO = """\
nfrcheck: 1
load: {shop: {rate: 100/s, journey: {home: {get: /}}}}
drills:
  k:
    fault: {kind: component-kill, component: node}
    repeat: 3
    baseline: 5 s
    hold: 20 s
    settle: 60 s
phases: [warm-up: 7 s, steady: 60 s, k, steady: 30 s, late: 10 s]
targets:
  availability: {at_least: AT_LEAST, KEYS}
"""


def planned(folder: Path, keys: str, at_least: str = "99 %") -> Plan:
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT)
    written = SCENARIO.replace("KEYS", keys).replace("AT_LEAST", at_least)
    (folder / "a.nfr.yaml").write_text(written)
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, Options())


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [
        pytest.param("title: x", 100.0, id="all-quiet-phases"),
        pytest.param("after: 2 s", 94.0, id="after-is-left-out-of-each-phase"),
        pytest.param("after: 15 s", 60.0, id="a-phase-may-be-shorter-than-after"),
        pytest.param("during: steady", 90.0, id="both-parts"),
        pytest.param("during: steady/1", 60.0, id="first-part"),
        pytest.param("during: steady/2", 30.0, id="second-part"),
        pytest.param("during: k", 60.0, id="hold-of-all-runs"),
        pytest.param("during: k/2", 20.0, id="hold-of-one-run"),
        pytest.param("during: k/baseline", 15.0, id="another-part-of-all-runs"),
        pytest.param("during: k/2/settle", 60.0, id="a-part-of-one-run"),
        pytest.param("during: k/whole", 255.0, id="all-parts"),
        pytest.param("during: k, after: 15 s", 15.0, id="after-is-left-out-of-each-run"),
        pytest.param("during: run", 355.0, id="all-but-the-warm-up"),
        pytest.param("during: [steady, k/1]", 110.0, id="several"),
    ],
)
def test_the_planned_seconds(keys: str, seconds: float, tmp_path: Path) -> None:
    (target,) = planned(tmp_path, keys).targets

    assert target.question.rules.planned_seconds == seconds


def test_of_several_stretches_the_shortest_must_pass_alone(tmp_path: Path) -> None:
    made = planned(tmp_path, "during: [steady, k/2, late], after: 1 s", "99.9 %")

    (sample,) = samples(made)

    assert made.targets[0].question.stretches_s == {"steady": 88.0, "k/2": 19.0, "late": 9.0}
    assert (sample.stretch, sample.decided.planned_seconds) == ("late", 9.0)
    assert not sample.can_pass
    assert sample.load.startswith("shop, late: 100/s for 9 s = 900 requests;")


def test_a_kept_target_knows_its_stretches(tmp_path: Path) -> None:
    made = planned(tmp_path, "during: [steady, k/2]")

    assert read_targets(kept_targets(made.targets)) == made.targets


@pytest.mark.parametrize("at_least", ["99 %", "99.5 %", "99.9 %"])
@pytest.mark.parametrize(
    "keys",
    [
        "title: x",
        "after: 24 s",
        "during: steady/2",
        "during: [steady, k]",
        "during: [steady/1, steady/2]",
        "during: [k/1, k/2, k/3]",
        "during: k/2",
        "during: k/whole",
        "during: k/settle",
        "during: k, after: 15 s",
        "during: run",
    ],
)
def test_a_perfect_run_passes_what_validate_can_decide_and_nothing_else(
    keys: str, at_least: str, tmp_path: Path
) -> None:
    made = planned(tmp_path, keys, at_least)

    (sample,) = samples(made)
    verdict = verdict_of(made.targets[0], perfect(made))

    assert verdict.outcome.value == ("pass" if sample.can_pass else "inconclusive")


@pytest.mark.parametrize(
    ("during", "outcome"),
    [("steady", "fail"), ("steady/1", "pass"), ("steady/2", "fail"), ("k/1", "pass")],
)
def test_one_part_is_judged_alone(during: str, outcome: str, tmp_path: Path) -> None:
    made = planned(tmp_path, f"during: {during}", "98 %")
    well = perfect(made)
    second = well.stretch("steady")[1]
    shop = well.streams["shop"]
    bad = answered(shop, between(shop, second.start + 5, second.end), status=503)

    verdict = verdict_of(made.targets[0], replace(well, streams={"shop": bad}))

    assert verdict.outcome.value == outcome


def test_a_part_that_has_not_begun_is_empty(tmp_path: Path) -> None:
    made = planned(tmp_path, "during: steady/2")

    assert until(perfect(made), 100.0).stretch("steady/2") == ()


def test_what_is_judged_by_does_not_depend_on_how_the_run_went(tmp_path: Path) -> None:
    """The default burst follows from the plan, and is fixed before any data."""
    made = planned(tmp_path, "during: [steady, k/2], after: 1 s")
    target, whole = made.targets[0], perfect(made)

    for history in (whole, until(whole, 20.0)):
        asked = one_by_one(target, history)
        assert [one.rules.planned_seconds for one in asked] == pytest.approx([88.0, 19.0])

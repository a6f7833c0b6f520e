"""Checks of the hold of a drill know how long one hold is, and which routes need what."""

from pathlib import Path

import pytest

from nfrcheck.kinds import Target
from nfrcheck.plan import Options, plan
from nfrcheck.plan.keep import kept_targets, read_targets
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

SCENARIO = """\
nfrcheck: 1
load:
  shop:
    rate: 50/s
    journey: {browse: {get: /p, needs: [db]}, order: {post: /orders}}
  other: {rate: 5/s, journey: {home: {get: /}}}
drills:
  slow:
    fault: {kind: link-latency, link: db, latency: 50 ms}
    vary: {latency: [50 ms, 200 ms]}
    repeat: 1
    hold: 12 s
  lose: {fault: {kind: component-kill, component: app}, repeat: 2, hold: 20 s}
targets:
  latency-degradation:
    drill: slow
    load: shop
    limits: {50 ms: {p99: < 1 s}, 200 ms: {p99: < 1 s}}
    per_hop: {browse: < 2x}
  static-stability: {drill: lose, load: other, at_least: 95 %, after: 2 s}
  capacity-without-region: {drill: lose, load: shop, p99: < 1 s, after: 2 s, scale_within: 5 s}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {global: {url: "http://127.0.0.1:1"}}
components: {app: {kind: shell, entry: global, kill: "true", restore: "true", verify: "true"}}
links:
  db:
    kind: toxiproxy
    url: "http://127.0.0.1:8474"
    proxy: db
    listen: "127.0.0.1:1"
    upstream: "127.0.0.1:2"
safety: {allow: [component-kill, link-latency]}
"""


@pytest.fixture(name="planned")
def _planned(tmp_path: Path) -> Plan:
    scenario, deployment = tmp_path / "a.nfr.yaml", tmp_path / "b.deployment.yaml"
    scenario.write_text(SCENARIO)
    deployment.write_text(DEPLOYMENT)
    pair = read_pair(scenario, deployment)
    return plan(pair.scenario, pair.deployment, Options())


def target(planned: Plan, name: str) -> Target:
    return next(one for one in planned.targets if one.id == name)


def test_what_each_route_needs_reaches_the_check(planned: Plan) -> None:
    asked = target(planned, "latency-degradation").question
    assert dict(asked.needs) == {"browse": ("db",), "order": ()}
    assert dict(target(planned, "static-stability").question.needs) == {"home": ()}


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        pytest.param("latency-degradation", 12.0, id="whole-hold"),
        pytest.param("static-stability", 18.0, id="without-after"),
        pytest.param("capacity-without-region", 13.0, id="without-scaling"),
    ],
)
def test_planned_is_one_hold_without_what_is_left_out(
    planned: Plan, name: str, seconds: float
) -> None:
    assert target(planned, name).question.rules.planned_seconds == seconds


def test_every_run_of_the_drill_is_expected(planned: Plan) -> None:
    assert dict(target(planned, "latency-degradation").question.expected_runs) == {"slow": 2}
    assert [drill.varied for drill in planned.drills if drill.name == "slow"] == ["50 ms", "200 ms"]


def test_what_is_kept_of_the_targets_is_read_as_the_same(planned: Plan) -> None:
    assert read_targets(kept_targets(planned.targets)) == planned.targets


def test_a_load_leaves_no_later_than_a_tenth_of_the_tightest_limit(planned: Plan) -> None:
    assert target(planned, "latency-degradation").question.lag_limit_s == 0.05


def test_how_long_each_run_is_to_be_held_reaches_the_check(planned: Plan) -> None:
    assert dict(target(planned, "static-stability").question.holds_s) == {"lose": 20.0}
    assert dict(target(planned, "latency-degradation").question.holds_s) == {"slow": 12.0}


def test_a_plan_that_was_kept_before_holds_were_is_read(planned: Plan) -> None:
    kept = kept_targets(planned.targets)
    for one in kept["targets"]:
        del one["question"]["holds_s"]

    assert all(not one.question.holds_s for one in read_targets(kept))


def test_each_run_judged_by_odds_has_strata_that_make_a_failure_harder(planned: Plan) -> None:
    # One limit, all requests and two routes, in each of two runs.
    rules = target(planned, "capacity-without-region").question.rules
    assert (rules.strata, rules.odds_fail) == (6, 120.0)


def test_how_long_each_return_is_to_be_watched_reaches_the_check(planned: Plan) -> None:
    settles_s = {drill.name: drill.settle_s for drill in planned.drills}

    asked = target(planned, "static-stability").question

    assert dict(asked.settles_s) == {"lose": settles_s["lose"]}
    assert settles_s["lose"] > 0


def test_a_plan_that_was_kept_before_returns_were_is_read(planned: Plan) -> None:
    kept = kept_targets(planned.targets)
    for one in kept["targets"]:
        del one["question"]["settles_s"]

    assert all(not one.question.settles_s for one in read_targets(kept))

"""A guard watches what it says, and an error budget is that of all planned requests."""

from pathlib import Path

import pytest

from nfrcheck.errors import InvalidFiles, ScenarioError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Guard, Plan
from nfrcheck.scenario.read import read_pair

DEPLOYMENT = """
nfrcheck: 1
entries: {app: {url: "http://127.0.0.1:1"}}
components: {node: {kind: shell, entry: app, kill: "true", restore: "true", verify: "true"}}
safety: {allow: [component-kill], SAFETY}
"""
SCENARIO = """
nfrcheck: 1
load: {users: {rate: 50/s, journey: {home: {get: /}, order: {get: /order}}}}
probes: {edge: {kind: http, get: /, every: 100 ms, client: [fresh, pooled]}}
drills:
  lose: {fault: {kind: component-kill, component: node}, GUARD
         repeat: 2, baseline: 5 s, hold: 10 s, settle: 10 s}
phases: [warm-up: 10 s, steady: 40 s, lose]
targets:
  failover: {drill: lose, error_window: <= 1 s, load: users}
  TARGETS
"""
BUDGET = "abort_if: {error_budget: above 50 %},"
# 10 s + 40 s + 2 x 25 s; 50 requests a second of the load, 20 of the probe.
SECONDS = 100


def made(folder: Path, targets: str, guard: str = BUDGET, safety: str = "", **how: object) -> Plan:
    (folder / "a.deployment.yaml").write_text(DEPLOYMENT.replace("SAFETY", safety))
    text = SCENARIO.replace("TARGETS", targets).replace("GUARD", guard)
    (folder / "a.nfr.yaml").write_text(text)
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, Options(**how))  # type: ignore[arg-type]  # the fields by name


@pytest.mark.parametrize(
    ("targets", "budgets"),
    [
        pytest.param("availability: {at_least: 99 %, load: users}", {"users": 50.0}, id="a-load"),
        pytest.param("availability: {at_least: 99 %, probe: edge}", {"edge": 20.0}, id="a-probe"),
        pytest.param(
            "a: {check: availability, at_least: 99 %, load: users}\n"
            "  b: {check: availability, at_least: 99.9 %, load: users}",
            {"users": 5.0},
            id="the-tightest-of-two",
        ),
        pytest.param(
            "a: {check: availability, at_least: 99 %, load: users}\n"
            "  b: {check: availability, at_least: 90 %, probe: edge}",
            {"users": 50.0, "edge": 200.0},
            id="each-of-two-streams",
        ),
        pytest.param("availability: {at_least: 100 %, load: users}", {"users": 0.0}, id="none"),
        pytest.param(
            "a: {check: availability, at_least: 99.9 %, load: users, only: {route: order}}\n"
            "  b: {check: availability, at_least: 99 %, load: users}",
            {"users": 50.0},
            id="not-of-a-part",
        ),
    ],
)
def test_the_budget_of(targets: str, budgets: dict[str, float], tmp_path: Path) -> None:
    found = made(tmp_path, targets)

    assert found.seconds == SECONDS
    for drill in found.drills:
        assert {guard.metric for guard in drill.guards} == {"error_budget"}
        assert {guard.target: guard.allowed for guard in drill.guards} == budgets
        assert {(guard.above, guard.for_s) for guard in drill.guards} == {(0.5, 1.0)}


@pytest.mark.parametrize(
    "targets",
    [
        pytest.param("latency: {p99: < 1 s, load: users}", id="no-availability"),
        pytest.param(
            "availability: {at_least: 99 %, load: users, only: {route: order}}", id="of-a-part"
        ),
    ],
)
def test_a_budget_that_nobody_declares_is_refused(targets: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="has no budget to watch"):
        made(tmp_path, targets)


def test_a_time_that_is_written_is_kept(tmp_path: Path) -> None:
    guard = "abort_if: {error_budget: above 50 %, for: 4 s},"

    found = made(tmp_path, "availability: {at_least: 99 %, load: users}", guard)

    assert {guard.for_s for drill in found.drills for guard in drill.guards} == {4.0}


def test_what_users_are_promised_does_not_depend_on_what_is_judged(tmp_path: Path) -> None:
    targets = "availability: {at_least: 99 %, load: users}"

    found = made(tmp_path, targets, only=("failover",))

    assert [guard.allowed for guard in found.drills[0].guards] == [50.0]


def test_a_deployment_guards_the_whole_run_with_it_and_the_plan_says_so(tmp_path: Path) -> None:
    safety = "abort_if: {error_budget: above 25 %}"

    found = made(tmp_path, "availability: {at_least: 99 %, load: users}", "", safety)

    assert found.guards == (
        Guard(metric="error_budget", above=0.25, for_s=1.0, target="users", allowed=50.0),
    )
    shown = " ".join(" ".join(show(found)).split())
    assert "more than 25 % of the error budget (50 failures of users) are spent" in shown


@pytest.mark.parametrize("percentile", ["p50", "p90", "p95", "p99", "p99.9"])
def test_every_percentile_becomes_a_guard(percentile: str, tmp_path: Path) -> None:
    guard = f"abort_if: {{{percentile}: above 300 ms, for: 2 s}},"

    found = made(tmp_path, "latency: {p99: < 1 s, load: users}", guard)

    assert found.drills[0].guards == (Guard(metric=percentile, above=0.3, for_s=2.0),)
    assert f"{percentile} is above 300 ms for 2 s" in " ".join(show(found))


@pytest.mark.parametrize(
    ("guard", "message", "remedy"),
    [
        ("error_ratio: above 5", "`5` has no unit", "did you mean `above 5 %`?"),
        ("error_ratio: above 40", "`40` has no unit", "did you mean `above 40 %`?"),
        ("error_ratio: 40 %", "`40 %` is a guard without its `above`", "`above 40 %`"),
        (
            "error_ratio: above 2 s",
            "`2 s` is a duration, `error_ratio` takes a share",
            "such as `above 40 %`",
        ),
        (
            "error_ratio: above 100 %",
            "no more than all requests can fail: above 100 % it would never stop",
            "such as `above 40 %`",
        ),
        (
            "error_budget: above 2x",
            "`2x` is a factor, `error_budget` takes a share",
            "such as `above 40 %`",
        ),
        ("p99: above 200", "`200` has no unit", "did you mean `above 200 ms`?"),
        ("p99: above 40 %", "`40 %` is a share, `p99` takes a duration", "such as `above 2 s`"),
        ("url: file:///etc/hosts", "`file:///etc/hosts` is not a URL", "http or https"),
    ],
)
def test_a_guard_that_could_never_trip_is_refused_where_it_stands(
    guard: str, message: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidFiles) as refused:
        made(tmp_path, "availability: {at_least: 99 %, load: users}", f"abort_if: {{{guard}}},")

    (found,) = refused.value.diagnostics
    lines = (tmp_path / "a.nfr.yaml").read_text().splitlines()
    assert "abort_if" in lines[found.line - 1]
    assert (found.code, found.message, found.remedy) == ("NFR015", message, remedy)


def test_a_share_of_the_budget_may_be_more_than_all_of_it(tmp_path: Path) -> None:
    guard = "abort_if: {error_budget: above 150 %},"

    found = made(tmp_path, "availability: {at_least: 99 %, load: users}", guard)

    assert [guard.above for guard in found.drills[0].guards] == [1.5]


def test_what_tops_up_a_thin_route_has_its_part_of_the_budget(tmp_path: Path) -> None:
    made(tmp_path, "availability: {at_least: 99 %, load: users}")
    path = tmp_path / "a.nfr.yaml"
    path.write_text(path.read_text().replace("/order}", "/order, at_least_rate: 30/s}"))
    pair = read_pair(path, tmp_path / "a.deployment.yaml")

    found = plan(pair.scenario, pair.deployment, Options())

    # The route has 25 of the 50 requests a second, and 5 more to be 30.
    assert [guard.allowed for guard in found.drills[0].guards] == [pytest.approx(55)]

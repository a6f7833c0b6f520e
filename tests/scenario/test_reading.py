"""What stands in the files arrives typed; what can mean only one thing is filled in."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from nfrcheck.scenario.loads import Ramp
from nfrcheck.scenario.phases import DrillPhase, Quiet
from nfrcheck.scenario.probes import HttpProbe, WritesProbe

from .conftest import DEPLOYMENT, SCENARIO, Complain, Read

TOP = "nfrcheck: 1\nload: {users: {rate: 50/s, journey: {home: {get: /}}}}\n"
TARGETS = "targets: {availability: {at_least: 99.9 %}}\n"
NODES = """\
components:
  one: {kind: shell, kill: ./node kill 1, restore: ./node start 1, verify: ./node up 1}
  two: {kind: shell, kill: ./node kill 2, restore: ./node start 2, verify: ./node up 2}
"""


def test_the_timeline_is_filled_in(read: Read) -> None:
    drill = "drills: {kill: {fault: {kind: component-kill, component: one}}}\n"

    phases = read(TOP + drill + TARGETS, DEPLOYMENT + NODES).scenario.phases

    assert phases == (
        Quiet("warm-up", 10.0, kind="warm-up"),
        Quiet("steady", 600.0, until_decided=True),
        DrillPhase("kill"),
        Quiet("examine", 0.0, kind="examine"),
    )


def test_phases_are_read_in_order_and_may_come_twice(read: Read) -> None:
    phases = "phases: [warm-up: 5 s, steady: 60 s, calm: {until: decided}, steady: 30 s]\n"

    found = read(TOP + phases + TARGETS).scenario.phases

    assert [(each.name, getattr(each, "seconds", None)) for each in found] == [
        ("warm-up", 5.0), ("steady", 60.0), ("calm", 600.0), ("steady", 30.0), ("examine", 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "repeat", "warm_up"), [("ci", 3, 10.0), ("gameday", 5, 30.0), ("soak", 5, 300.0)]
)
def test_a_profile_fills_in_its_defaults(
    read: Read, profile: str, repeat: int, warm_up: float
) -> None:
    drill = "drills: {kill: {fault: {kind: component-kill, component: one}}}\n"

    scenario = read(f"{TOP}profile: {profile}\n{drill}{TARGETS}", DEPLOYMENT + NODES).scenario

    assert scenario.drills["kill"].repeat == repeat
    assert scenario.phases[0] == Quiet("warm-up", warm_up, kind="warm-up")


def test_a_varied_fault_has_a_run_for_each_value_and_repetition(read: Read) -> None:
    drill = (
        "drills:\n  kill:\n    fault: {kind: component-kill, component: one}\n"
        "    vary: {component: [one, two]}\n    repeat: 2\n"
    )

    found = read(TOP + drill + TARGETS, DEPLOYMENT + NODES).scenario.drills["kill"]

    assert found.varied_key == "component"
    assert [run.value for run in found.runs] == ["one", "one", "two", "two"]
    assert found.runs[2].faults[0].target("component") == "two"


def test_several_faults_are_applied_together(read: Read) -> None:
    faults = "[{kind: component-kill, component: one}, {kind: component-kill, component: two}]"

    scenario = read(
        f"{TOP}drills: {{both: {{fault: {faults}}}}}\n{TARGETS}", DEPLOYMENT + NODES
    ).scenario

    assert [each.target("component") for each in scenario.drills["both"].faults] == ["one", "two"]


def test_a_fault_names_a_part_that_the_deployment_has(complain: Complain) -> None:
    drill = "drills: {kill: {fault: {kind: component-kill, component: tow}}}\n"

    found = complain(TOP + drill + TARGETS, DEPLOYMENT + NODES)

    assert [(each.message, each.remedy) for each in found] == [
        ("there is no component `tow`", "did you mean `two`?")
    ]


def test_the_only_drill_and_the_only_load_need_no_name(read: Read) -> None:
    drill = "drills: {kill: {fault: {kind: component-kill, component: one}}}\n"

    target = read(
        f"{TOP}{drill}targets: {{failover: {{error_window: <= 1 s}}}}\n", DEPLOYMENT + NODES
    ).scenario.target("failover")

    assert (target.drill, target.load) == (("kill",), ("users",))


def test_two_loads_must_be_told_apart(complain: Complain) -> None:
    second = "  more: {rate: 5/s, journey: {home: {get: /}}}\n"
    loads = f"nfrcheck: 1\nload:\n  users: {{rate: 5/s, journey: {{home: {{get: /}}}}}}\n{second}"

    found = complain(loads + TARGETS)

    assert found[0].code == "NFR019"
    assert found[0].remedy == "`load: users`"


def test_two_entries_must_be_told_apart(complain: Complain) -> None:
    entries = 'nfrcheck: 1\nentries: {a: {url: "http://h"}, b: {url: "http://h"}}\n'

    assert complain(deployment=entries)[0].remedy == "there is `a`, `b`"


def test_the_timeout_is_at_least_twice_the_largest_latency_limit(read: Read) -> None:
    targets = "targets: {latency: {p99: < 4 s}}\n"

    assert read(TOP + targets).scenario.load["users"].timeout == 8.0
    assert read(TOP + TARGETS).scenario.load["users"].timeout == 5.0


def test_common_keys_are_typed(read: Read) -> None:
    target = read(
        TOP
        + """\
targets:
  availability:
    at_least: 99.9 %
    during: [steady, run]
    after: 5 s
    each: region
    only: {route: home}
    exclude: [404, {route: home, status: timeout}]
    class: advisory
    evidence: {confidence: 99 %, min_samples: 100, margin: 2x}
    waived: {owner: us, until: 2026-12-31, because: "slow, but fine"}
""",
        DEPLOYMENT + "regions: {a: {}}\nserved_by: {header: x-region}\n",
    ).scenario.target("availability")

    assert (target.during, target.after, target.each) == (("steady", "run"), 5.0, ("region",))
    assert target.only == {"route": "home"}
    assert [(each.route, each.status) for each in target.exclude] == [
        (None, ("404",)),
        ("home", ("timeout",)),
    ]
    assert target.class_ == "advisory"
    assert target.evidence.confidence == Decimal("0.99")
    assert target.waived is not None
    assert target.waived.until == date(2026, 12, 31)


def test_scalars_are_typed_by_their_key_and_not_by_yaml(read: Read) -> None:
    body = "{count: 010, version: '1.10', amount: 1.5, on: true, off: no, day: 2026-12-31}"

    load = read(
        f"nfrcheck: 1\nload: {{u: {{rate: 5/s, journey: {{a: {{post: /, json: {body}}}}}}}}}\n"
        + TARGETS
    ).scenario.load["u"]

    assert load.journey["a"].json_ == {
        "count": "010", "version": "1.10", "amount": 1.5, "on": True, "off": "no",
        "day": "2026-12-31",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "value"),
    [
        ("150/s", 150.0),
        ("50/s .. 600/s", Ramp(50.0, 600.0)),
        ("[50/s, 100/s]", (50.0, 100.0)),
        ("{steady: 50/s}", {"steady": 50.0}),
    ],
)
def test_a_rate_that_changes_reads_and_is_not_run_yet(read: Read, rate: str, value: object) -> None:
    scenario = read(SCENARIO.replace("50/s", rate)).scenario

    assert scenario.load["users"].rate == value
    assert bool(scenario.target("availability").later) == (rate != "150/s")


@pytest.mark.parametrize(
    "load",
    [
        "{rate: 5/s, contract: orders}",
        "{locustfile: users.py, users: 10}",
        "{rate: 5/s, journey: {a: {steps: [{b: {get: /}}, {c: {get: /}}]}}}",
        "{rate: 5/s, journey: {a: {get: /, save: {x: /id}}}}",
    ],
    ids=["contract", "locustfile", "steps", "save"],
)
def test_a_load_of_a_later_version_makes_its_targets_later(read: Read, load: str) -> None:
    deployment = f"{DEPLOYMENT}contracts: {{orders: {{openapi: o.yaml}}}}\n"

    scenario = read(f"nfrcheck: 1\nload: {{u: {load}}}\n{TARGETS}", deployment).scenario

    assert scenario.is_later("load", "u")
    assert "will be NOT RUN" in (scenario.target("availability").later or "")


def test_probes_are_known_by_their_keys(read: Read) -> None:
    probes = """\
probes:
  edge: {get: /health, every: 10 ms, client: [fresh, pooled]}
  orders: {post: /orders, json: {sku: a}, id: /id, read: {get: "/orders/{id}"}, rate: 10/s}
"""

    found = read(TOP + probes + TARGETS).scenario.probes

    edge, orders = found["edge"], found["orders"]
    assert isinstance(edge, HttpProbe)
    assert (edge.every, edge.client) == (0.01, ("fresh", "pooled"))
    assert edge.entry == {"app": 1}
    assert isinstance(orders, WritesProbe)
    assert (orders.method, orders.read.path, orders.rate) == ("POST", "/orders/{id}", 10.0)


def test_this_deployments_rate_replaces_the_scenarios(read: Read) -> None:
    pair = read(SCENARIO, DEPLOYMENT + "rates: {users: 5/s}\n")

    assert pair.scenario.load["users"].rate == 5.0
    assert any("as the deployment says" in each for each in pair.scenario.filled)


def test_a_part_holds_the_control_that_it_names(read: Read) -> None:
    components = read(SCENARIO, DEPLOYMENT + NODES).deployment.components

    assert components["one"].control.offers("kill")
    assert not components["one"].control.offers("pause")


def test_a_control_of_a_later_version_reads(read: Read) -> None:
    pair = read(SCENARIO, DEPLOYMENT + "links: {ab: {kind: envoy, url: 'http://h', to: b}}\n")

    assert [each.severity for each in pair.diagnostics] == ["later"]
    assert pair.deployment.links["ab"].control is None


def test_without_safety_is_less_than_an_empty_one(read: Read) -> None:
    assert read().deployment.safety is None
    safety = read(SCENARIO, DEPLOYMENT + "safety: {allow: component-kill}\n").deployment.safety
    assert safety is not None
    assert (safety.allow, safety.regions_at_once) == (("component-kill",), 1)


def test_a_missing_column_names_those_that_are_there(complain: Complain, tmp_path: Path) -> None:
    (tmp_path / "skus.csv").write_text("sku,price\na,1\n", "utf-8")
    load = "{rate: 5/s, data: {s: {csv: skus.csv, column: skus}}, journey: {a: {get: /}}}"

    found = complain(f"nfrcheck: 1\nload: {{u: {load}}}\n{TARGETS}")

    assert found[0].remedy == "there is `sku`, `price`"


def test_a_json_body_may_be_null(read: Read) -> None:
    body = "nfrcheck: 1\nload: {u: {rate: 5/s, journey: {a: {post: /, json: null}, b: {get: /}}}}\n"

    journey = read(body + TARGETS).scenario.load["u"].journey

    assert (journey["a"].has_json, journey["a"].json_) == (True, None)
    assert not journey["b"].has_json


def test_a_name_in_the_file_wins_over_the_files_name(read: Read) -> None:
    assert read(SCENARIO + "name: mine\n").scenario.name == "mine"
    assert read().scenario.name == "a"


def test_entries_by_dns_read_and_are_not_used_yet(read: Read) -> None:
    pair = read(SCENARIO, "nfrcheck: 1\nentries: {app: {dns: shop.example}}\n")

    assert "an entry by `dns`" in pair.diagnostics[0].message


def test_examine_may_stand_anywhere(read: Read) -> None:
    phases = read(TOP + "phases: [examine, steady]\n" + TARGETS)

    assert [each.name for each in phases.scenario.phases] == ["warm-up", "examine", "steady"]

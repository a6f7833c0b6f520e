"""Who judges a return is given the counters of what leads to the part that was taken away."""

from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.keep import kept_targets, read_targets
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

SCENARIO = """\
nfrcheck: 1
load: {shop: {rate: 50/s, journey: {browse: {get: /p}}}}
drills:
  lose: {fault: {kind: FAULT}, repeat: 1, hold: 3 s}
targets:
  recovery-surge: {drill: lose, peak: <= 20 %}
  availability: {at_least: 90 %}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {global: {url: "http://127.0.0.1:1"}}
regions:
  b: {kind: shell, kill: "true", restore: "true", verify: "true"}
components:
  db: {kind: shell, region: b, entry: global, kill: "true", restore: "true", verify: "true"}
  cache: {kind: shell, entry: global, kill: "true", restore: "true", verify: "true"}
links:
  to-db:
    kind: toxiproxy
    url: "http://127.0.0.9:8474"
    to: db
    proxy: [db-1, db-2]
    listen: ["127.0.0.1:11", "127.0.0.1:12"]
    upstream: ["127.0.0.1:3", "127.0.0.1:4"]
  also-to-db:
    kind: toxiproxy
    url: "http://127.0.0.9:8474"
    to: db
    proxy: db-2
    listen: "127.0.0.1:12"
    upstream: "127.0.0.1:4"
  a-to-b: {kind: toxiproxy, joins: [b], listen: "127.0.0.1:5", upstream: "127.0.0.1:6"}
  cache: {kind: toxiproxy, to: cache, listen: "127.0.0.1:7", upstream: "127.0.0.1:8"}
  of-another-server:
    kind: toxiproxy
    url: "http://127.0.0.8:8474/"
    to: cache
    proxy: db-1
    listen: "127.0.0.1:9"
    upstream: "127.0.0.1:10"
safety: {allow: [component-kill, region-kill, link-cut]SAFETY}
"""


def planned(folder: Path, fault: str, safety: str = "") -> Plan:
    scenario, deployment = folder / "a.nfr.yaml", folder / "b.deployment.yaml"
    scenario.write_text(SCENARIO.replace("FAULT", fault))
    deployment.write_text(DEPLOYMENT.replace("SAFETY", safety))
    pair = read_pair(scenario, deployment)
    return plan(pair.scenario, pair.deployment, Options())


def counting(made: Plan) -> list[str]:
    return [spec.stream for spec in made.traffic if spec.counts]


@pytest.mark.parametrize(
    ("fault", "streams"),
    [
        ("component-kill, component: db", ["at_db-1", "at_db-2"]),
        ("component-kill, component: [db, cache]", ["at_db-1", "at_db-2", "at_cache", "at_db-1_3"]),
        ("link-cut, link: a-to-b", ["at_a-to-b"]),
    ],
)
def test_each_proxy_that_leads_there_is_asked_once(
    tmp_path: Path, fault: str, streams: list[str]
) -> None:
    made = planned(tmp_path, fault)

    assert counting(made) == streams
    assert made.targets[0].question.counted == {"lose/1": tuple(streams)}
    assert read_targets(kept_targets(made.targets))[0] == made.targets[0]


def test_so_are_all_that_lead_into_a_region(tmp_path: Path) -> None:
    assert counting(planned(tmp_path, "region-kill, region: b")) == [
        "at_db-1",
        "at_db-2",
        "at_a-to-b",
    ]


def planned_with(folder: Path, was: str, now: str) -> Plan:
    """Both components are killed, and one thing in the deployment is another."""
    planned(folder, "component-kill, component: [db, cache]")
    deployment = folder / "b.deployment.yaml"
    text = deployment.read_text()
    assert was in text
    deployment.write_text(text.replace(was, now))
    pair = read_pair(folder / "a.nfr.yaml", deployment)
    return plan(pair.scenario, pair.deployment, Options())


@pytest.mark.parametrize(
    ("was", "now", "lacks"),
    [
        pytest.param(
            "to: cache",
            "to: db",
            "no link through a proxy leads to component cache, so nobody counts who connects to "
            "it: say `to: COMPONENT` of such a link",
            id="one-part-is-not-counted",
        ),
        pytest.param(
            '"http://127.0.0.1:1"',
            '"http://127.0.0.1:7"',
            "the load itself connects through the proxy cache: its own connections would be "
            "counted",
            id="our-own-load-comes-that-way",
        ),
    ],
)
def test_what_cannot_be_counted_is_said(tmp_path: Path, was: str, now: str, lacks: str) -> None:
    made = planned_with(tmp_path, was, now)

    assert made.targets[0].judge is None
    assert made.targets[0].lacks == lacks
    assert not counting(made)


def test_what_nobody_asks_for_is_not_counted(tmp_path: Path) -> None:
    planned(tmp_path, "component-kill, component: db")
    pair = read_pair(tmp_path / "a.nfr.yaml", tmp_path / "b.deployment.yaml")

    assert not counting(plan(pair.scenario, pair.deployment, Options(only=("availability",))))


def test_it_is_shown_what_is_asked_and_no_entry_is_used_for_it(tmp_path: Path) -> None:
    made = planned(tmp_path, "component-kill, component: db")

    lines = " ".join(" ".join(show(made)).split())
    assert "probe at_db-1 20/s constant to proxy db-1" in lines
    assert made.used == {"global"}


def test_the_host_of_the_proxy_is_one_that_safety_must_allow(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=r"127\.0\.0\.9 is not among the hosts"):
        planned(tmp_path, "component-kill, component: db", ", hosts: [127.0.0.1]")

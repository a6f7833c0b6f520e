"""A request may take as long as the limits need, so that slow is told from lost."""

import pytest

from nfrcheck.plan import Options, plan

from .conftest import DEPLOYMENT, SHOP, Read

DOSES = """\
drills:
  slow: {fault: {kind: link-latency, link: db}, vary: {latency: [50 ms, 1 s]}}
targets:
  latency-degradation: {drill: slow, limits: {50 ms: {p99: < 10 s}, 1 s: {p50: < 2 s}}}
"""
LINK = 'links: {db: {kind: toxiproxy, url: "http://127.0.0.1:1", proxy: db, entry: app}}\n'


def test_a_limit_of_a_dose_is_told_from_a_lost_request(read: Read) -> None:
    """An answer within the limit is no time-out."""
    pair = read(f"nfrcheck: 1\nload:\n{SHOP}{DOSES}", DEPLOYMENT + LINK)

    assert pair.scenario.load["shop"].timeout == 20.0
    (spec, *_) = plan(pair.scenario, pair.deployment, Options()).traffic
    assert spec.timeout_s == 20.0


@pytest.mark.parametrize(
    "target",
    [
        "capacity-without-region: {drill: lose, p99: < 10 s}",
        "static-stability: {drill: lose, at_least: 99 %, p99: < 10 s}",
        "deploy-without-downtime: {drill: lose, failed: <= 0, p99: < 10 s}",
    ],
    ids=lambda target: target.partition(":")[0],
)
def test_the_percentiles_of_every_check_count(read: Read, target: str) -> None:
    drill = "drills: {lose: {fault: {kind: component-kill, component: node}}}\n"
    node = 'components: {node: {kind: shell, entry: app, kill: "a", restore: "a", verify: "a"}}\n'

    pair = read(f"nfrcheck: 1\nload:\n{SHOP}{drill}targets:\n  {target}\n", DEPLOYMENT + node)

    assert pair.scenario.load["shop"].timeout == 20.0

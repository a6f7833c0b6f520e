"""What the demo builds in, the demo's own targets find in at least 99 of 100 runs: computed."""

from decimal import Decimal
from pathlib import Path

import pytest

from nfrcheck.box import defects
from nfrcheck.evidence.power import detection_probability
from nfrcheck.evidence.ratio import Rules, default_burst
from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Plan, Quiet
from nfrcheck.scenario.read import read_pair

ROOT = Path(__file__).resolve().parents[1]
DEPLOYMENT = """
nfrcheck: 1
entries:
  global: {url: "https://127.0.0.1:1"}
  region-a: {url: "https://127.0.1.1:1", region: a}
  region-b: {url: "https://127.0.2.1:1", region: b}
served_by: {header: x-served-region}
regions:
  a: {kind: shell, kill: "true", restore: "true", verify: "true"}
  b: {kind: shell, kill: "true", restore: "true", verify: "true"}
principals: {alice: {token: {env: TOKEN}}}
safety: {allow: [region-kill]}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("demo") / "box.deployment.yaml"
    path.write_text(DEPLOYMENT)
    pair = read_pair(ROOT / "scenarios" / "region-failover.nfr.yaml", path)
    return plan(pair.scenario, pair.deployment, Options())


@pytest.mark.parametrize(
    ("name", "limit", "stratum"),
    [
        pytest.param("avail-9997", "0.005", 0.5, id="half-of-the-requests-go-to-the-sick-region"),
        pytest.param("route-hole", "0.005", 0.05, id="one-request-in-twenty-is-of-the-rare-route"),
        pytest.param("tail-999", "0.001", 1.0, id="every-request-may-be-late"),
    ],
)
def test_the_demo_finds_it_in_99_of_100_runs(
    demo: Plan, name: str, limit: str, stratum: float
) -> None:
    (steady,) = (s for s in demo.steps if isinstance(s, Quiet) and s.name == "steady")
    (load,) = (spec for spec in demo.traffic if spec.kind == "load")
    rate = defects.resolve(name, {}, strength="demo", seed=1)["rate"]
    question = demo.targets[0].question
    p0 = Decimal(limit)
    rules = Rules(
        p0=p0,
        burst_s=default_burst(steady.seconds, p0, question.rules.burst_floor_s),
        odds_fail=question.rules.odds_fail,
    )

    found = detection_probability(
        rules, rate, int(load.rate * steady.seconds * stratum), int(steady.seconds)
    )

    assert found >= 0.99

"""Every secret that the files of a run name is known by its reference, and by nothing else."""

from pathlib import Path

from nfrcheck.plan.secret_names import secrets_of
from nfrcheck.scenario.read import read_pair

SCENARIO = """
nfrcheck: 1
load:
  shop:
    entry: global
    rate: 5/s
    headers: {x-tenant: {env: TENANT}}
    journey: {browse: {get: /, headers: {x-more: {file: more.txt}}}}
phases: [steady: 1 s]
targets: {availability: {at_least: 50 %}}
"""
DEPLOYMENT = """
nfrcheck: 1
entries: {global: {url: "http://127.0.0.1:9"}}
components:
  app:
    kind: http
    entry: global
    kill: "POST http://127.0.0.1:9/k"
    restore: "POST http://127.0.0.1:9/r"
    headers: {authorization: {env: OPERATOR}}
buses: {eu: {kind: kafka, bootstrap: ["127.0.0.1:9"], security: {password: {env: KAFKA}}}}
principals:
  alice: {token: {env: ALICE}}
  alice-again: {token: {env: ALICE}}
"""


def test_each_is_found_once_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.nfr.yaml").write_text(SCENARIO, "utf-8")
    (tmp_path / "a.deployment.yaml").write_text(DEPLOYMENT, "utf-8")
    pair = read_pair(tmp_path / "a.nfr.yaml", tmp_path / "a.deployment.yaml")

    found = secrets_of(pair.scenario, pair.deployment)

    named = [{"env": name} for name in ("TENANT", "OPERATOR", "KAFKA", "ALICE")]
    assert sorted(map(str, found)) == sorted(
        map(str, [*named, {"file": str(tmp_path / "more.txt")}])
    )

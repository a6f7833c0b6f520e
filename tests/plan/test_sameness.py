"""Evidence adds up only between runs that did the same to the same system, and sent the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from nfrcheck.plan import Options, plan
from nfrcheck.plan.sameness import alike_of, key_of
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

SCENARIO = """\
nfrcheck: 1
evidence: {carry_over: true}
load:
  shop: {rate: 20/s, entry: main, journey: {n: {get: /}}}
  noise: {rate: 20/s, entry: main, journey: {n: {get: /noise}}}
drills:
  d: {fault: {kind: region-kill, region: b}, repeat: 2, hold: 5 s}
  e: {fault: {kind: region-kill, region: a}, repeat: 1, hold: 5 s}
phases: [warm-up: 2 s, steady: 20 s, d, e]
targets: {availability: {at_least: 99 %, load: shop, during: d/1/hold}}
"""
DEPLOYMENT = """\
nfrcheck: 1
include: [common.yaml]
build: {env: BUILD}
regions:
  a: {kind: shell, kill: "true", restore: "true", isolate: "true", rejoin: "true"}
  b: {kind: shell, kill: "true", restore: "true", isolate: "true", rejoin: "true"}
safety: {allow: [region-kill, region-isolate, link-latency]}
"""
COMMON = """\
nfrcheck: 1
entries:
  main: {url: "http://127.0.0.1:8000"}
  ea: {url: "http://127.0.0.1:8000", region: a}
  eb: {url: "http://127.0.0.1:8000", region: b}
"""
DRY, CONTACT = Options(), Options(contact=True)


def made(
    folder: Path,
    scenario: str = SCENARIO,
    deployment: str = DEPLOYMENT,
    common: str = COMMON,
    options: Options = DRY,
) -> Plan:
    (folder / "a.nfr.yaml").write_text(scenario)
    (folder / "a.deployment.yaml").write_text(deployment)
    (folder / "common.yaml").write_text(common)
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, options)


def key(plan: Plan) -> str:
    return key_of(plan.targets[0], plan)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("region-kill, region: b", "region-isolate, region: b", id="another-fault"),
        pytest.param("region: b", "region: a", id="another-region"),
        pytest.param("repeat: 2, hold: 5 s", "repeat: 2, hold: 6 s", id="held-for-longer"),
        pytest.param("noise: {rate: 20/s", "noise: {rate: 2/s", id="another-load-beside-it"),
        pytest.param(
            "  noise: {rate: 20/s, entry: main, journey: {n: {get: /noise}}}\n",
            "",
            id="no-load-beside-it",
        ),
    ],
)
def test_never_across_other_faults_or_other_traffic(old: str, new: str, tmp_path: Path) -> None:
    before = key(made(tmp_path))
    assert SCENARIO.count(old) == 1

    assert key(made(tmp_path, SCENARIO.replace(old, new))) != before


def test_never_across_other_ways_of_the_same_fault(tmp_path: Path) -> None:
    before = key(made(tmp_path))

    assert key(made(tmp_path, deployment=DEPLOYMENT.replace('"true"', '"false"', 1))) != before


def test_never_across_other_words_in_what_the_deployment_includes(tmp_path: Path) -> None:
    before = key(made(tmp_path))

    assert key(made(tmp_path, common=COMMON + 'rates: {shop: "20/s"}\n')) != before


def test_never_across_addresses(tmp_path: Path) -> None:
    before = made(tmp_path)
    moved = replace(before.entries["main"], url="http://127.0.0.1:9000")

    after = replace(before, entries={**before.entries, "main": moved})

    assert key(after) != key(before)


@pytest.mark.parametrize(
    ("during", "old", "new", "same"),
    [
        pytest.param("d/1/hold", "steady: 20 s", "steady: 30 s", True, id="a-phase-not-asked"),
        pytest.param("d", "region: a}, repeat: 1", "region: b}, repeat: 1", True, id="other-drill"),
        pytest.param("d", "repeat: 2", "repeat: 1", False, id="all-runs-of-the-drill"),
        pytest.param("d/1", "repeat: 2", "repeat: 1", True, id="one-run-of-the-drill"),
        pytest.param("run", "region: a}, repeat: 1", "region: b}, repeat: 1", False, id="the-run"),
        pytest.param("run", "warm-up: 2 s", "warm-up: 3 s", True, id="the-run-without-warm-up"),
        pytest.param(None, "region: b", "region: a", True, id="quiet-phases-and-a-drill"),
        pytest.param("steady/1", "steady: 20 s", "steady: 30 s", False, id="a-part-of-a-phase"),
    ],
)
def test_only_the_steps_that_are_asked_about_count(
    during: str | None, old: str, new: str, same: bool, tmp_path: Path
) -> None:
    asked = f", during: {during}" if during else ""
    scenario = SCENARIO.replace(", during: d/1/hold", f"{asked}, evidence: {{burst: 100 ms}}")
    before = key(made(tmp_path, scenario))

    assert (key(made(tmp_path, scenario.replace(old, new))) == before) is same


def test_the_size_of_a_fault_counts_and_the_id_of_the_run_does_not(tmp_path: Path) -> None:
    proxy = 'links: {db: {kind: toxiproxy, url: "http://127.0.0.1:1", proxy: db, entry: main}}\n'
    slow = "kind: link-latency, link: db, latency: 1 s"
    scenario = SCENARIO.replace("kind: region-kill, region: b", slow)
    before = key(made(tmp_path, scenario, DEPLOYMENT + proxy))

    assert key(made(tmp_path, scenario, DEPLOYMENT + proxy)) == before
    assert (
        key(made(tmp_path, scenario.replace("latency: 1 s", "latency: 2 s"), DEPLOYMENT + proxy))
        != before
    )


def with_headers(headers: str, who: str = "") -> str:
    return SCENARIO.replace("{n: {get: /}}", f"{{n: {{get: /{who}, headers: {{{headers}}}}}}}")


def test_never_across_other_headers(tmp_path: Path) -> None:
    """A flag that is on is another request, and maybe another answer."""
    written = ("", 'x-flag: "off"', 'x-flag: "on"', 'x-other: "on"')

    plans = [made(tmp_path, with_headers(headers)) for headers in written]

    assert len({key(one) for one in plans}) == len(written)
    assert len({alike_of(one.targets[0], one) for one in plans}) == len(written)


@pytest.mark.parametrize(
    ("headers", "who"),
    [pytest.param("x-key: {env: SECRET}", "", id="header"), pytest.param("", ", as: me", id="who")],
)
def test_a_secret_that_was_replaced_leaves_the_evidence_as_it_is(
    headers: str, who: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = f"{DEPLOYMENT}principals: {{me: {{token: {{env: SECRET}}}}}}\n"
    scenario = with_headers(headers, who)
    found = []
    for secret in ("first-secret", "second-secret"):
        monkeypatch.setenv("SECRET", secret)
        found.append(made(tmp_path, scenario, people, options=CONTACT))
    sent = [[*one.traffic[0].routes[0].headers.values()] for one in found]

    assert sent[0] != sent[1]
    assert key(found[0]) == key(found[1])
    assert alike_of(found[0].targets[0], found[0]) == alike_of(found[1].targets[0], found[1])

"""What is written down does not get around what is allowed: addresses, rates, URLs, times."""

import json
from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.lengths import cut_short
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair
from tests.plan.small import DRILL, ENTRY, PARTS, TARGETS

LOADS = f"load: {{users: {{rate: 1/s, journey: {{home: {{get: /}}}}}}}}\n{TARGETS}"
ALL = {"allow": ["component-kill"], "max_rate": "9000/s"}


def made(folder: Path, scenario: str, safety: str | None, entries: str = ENTRY) -> Plan:
    declared = "" if safety is None else f"safety: {{allow: [component-kill]{safety}}}"
    (folder / "a.nfr.yaml").write_text(f"nfrcheck: 1\n{scenario}")
    (folder / "a.deployment.yaml").write_text(f"nfrcheck: 1\n{entries}\n{PARTS}\n{declared}\n")
    pair = read_pair(folder / "a.nfr.yaml", folder / "a.deployment.yaml")
    return plan(pair.scenario, pair.deployment, Options())


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "policy.json"
    monkeypatch.setenv("NFRCHECK_SAFETY", str(path))
    return path


NAMED = 'entries: {app: {url: "http://shop.test", resolve: 192.0.2.9}}'


@pytest.mark.parametrize(
    ("hosts", "missing"),
    [
        pytest.param(["shop.test"], "entry app: `resolve: 192.0.2.9`", id="only-the-name"),
        pytest.param([".test"], "entry app: `resolve: 192.0.2.9`", id="only-names-below"),
        pytest.param(["192.0.2.9"], "shop.test", id="only-the-address"),
        pytest.param(["shop.test", "192.0.2.9"], None, id="both"),
    ],
)
@pytest.mark.parametrize("whose", ["deployment", "policy"])
def test_an_address_that_is_written_down_is_in_scope_only_as_itself(
    hosts: list[str], missing: str | None, whose: str, policy: Path, tmp_path: Path
) -> None:
    here = f", hosts: [{', '.join(hosts)}]" if whose == "deployment" else ""
    policy.write_text(json.dumps({**ALL, "hosts": hosts} if whose == "policy" else ALL))

    if missing is None:
        found = made(tmp_path, LOADS, here, NAMED)
        assert found.entries["app"].address == "192.0.2.9"
    else:
        with pytest.raises(DeploymentError, match="is not among the hosts") as refused:
            made(tmp_path, LOADS, here, NAMED)
        assert refused.value.message.startswith(f"{missing} is not among")


def test_two_addresses_of_one_name_are_both_looked_at(tmp_path: Path) -> None:
    two = """entries:
  app: {url: "http://shop.test", resolve: 127.0.0.1}
  two: {url: "http://shop.test", resolve: 192.0.2.9}"""
    load = "load: {users: {rate: 60/s, entry: app, journey: {home: {get: /}}}}"
    hosts = ", hosts: [shop.test, 127.0.0.1]"

    with pytest.raises(DeploymentError, match="are allowed without a `safety:` section"):
        made(tmp_path, f"{load}\n{TARGETS}", None, two)
    with pytest.raises(DeploymentError, match=r"entry two: `resolve: 192\.0\.2\.9` is not among"):
        made(tmp_path, f"{load}\n{TARGETS}", hosts, two)


TOPPED = f"""
load: {{users: {{rate: 10/s, journey: {{home: {{get: /}}, order: {{get: /o, MORE}}}}}}}}
{TARGETS}"""


def test_what_tops_up_a_thin_route_counts_against_the_highest_rate(
    policy: Path, tmp_path: Path
) -> None:
    policy.write_text(json.dumps({**ALL, "max_rate": "100/s"}))
    # The route has 5 of the 10 requests a second; the rest comes on top.
    just = made(tmp_path, TOPPED.replace("MORE", "at_least_rate: 95/s"), ", max_rate: 500/s")

    assert just.traffic[0].cap >= 100 * just.traffic[0].timeout_s
    with pytest.raises(DeploymentError, match="101 requests a second in all are more than"):
        made(tmp_path, TOPPED.replace("MORE", "at_least_rate: 96/s"), ", max_rate: 500/s")


STOP = "abort_if: {url: 'http://192.0.2.50/stop'}"
STOPPED_DRILL = DRILL.replace("repeat: 1", f"repeat: 1, {STOP}")


@pytest.mark.parametrize(
    ("scenario", "safety", "rules"),
    [
        pytest.param(LOADS, f", hosts: [127.0.0.1], {STOP}", {}, id="of-the-deployment"),
        pytest.param(STOPPED_DRILL, ", hosts: [127.0.0.1]", {}, id="of-a-drill"),
        pytest.param(STOPPED_DRILL, "", {"hosts": ["127.0.0.1"]}, id="against-the-policy"),
    ],
)
def test_a_stop_url_out_of_scope_is_refused(
    scenario: str, safety: str, rules: dict[str, object], policy: Path, tmp_path: Path
) -> None:
    policy.write_text(json.dumps({**ALL, **rules}))

    with pytest.raises(DeploymentError, match="is not among the hosts") as refused:
        made(tmp_path, scenario, safety)

    named = "`abort_if: {url: http://192.0.2.50/stop}`: 192.0.2.50"
    assert refused.value.message.startswith(named)
    assert refused.value.remedy == "add it: `hosts: [127.0.0.1, 192.0.2.50]`"


def test_a_stop_url_in_scope_or_of_the_operator_is_watched(policy: Path, tmp_path: Path) -> None:
    url = "http://192.0.2.51/stop"
    policy.write_text(json.dumps({**ALL, "abort_if": {"url": url}}))

    found = made(tmp_path, STOPPED_DRILL, ", hosts: [127.0.0.1, 192.0.2.50]")

    assert [guard.target for guard in found.guards] == [url]
    assert [guard.target for guard in found.drills[0].guards] == ["http://192.0.2.50/stop"]


@pytest.mark.parametrize(
    ("phases", "limit", "sentence"),
    [
        pytest.param(
            "[warm-up: 10 s, steady: 50 s, lose]",
            "60 s",
            "the run takes at least 1 min 25 s: the time limit of 1 min will abort it (exit 5)",
            id="surely",
        ),
        pytest.param(
            "[warm-up: 10 s, steady: {until: decided, at_most: 50 s}, lose]",
            "60 s",
            "the run takes up to 1 min 25 s: the time limit of 1 min will abort it (exit 5), "
            "unless its targets are decided before",
            id="perhaps",
        ),
        pytest.param("[warm-up: 10 s, steady: 50 s, lose]", "90 s", None, id="long-enough"),
    ],
)
def test_a_plan_that_its_time_limit_cuts_short_says_so(
    phases: str, limit: str, sentence: str | None, tmp_path: Path
) -> None:
    found = made(tmp_path, f"{DRILL}phases: {phases}\n", f", max_time: {limit}")

    assert cut_short(found) == sentence
    shown = " ".join(" ".join(show(found)).split())
    assert (f"! {sentence}" in shown) if sentence else ("will abort it" not in shown)

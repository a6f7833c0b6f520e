"""Several faults of one drill: each must be seen by itself, and all stay within what is allowed."""

from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

KILL = "kill: ./x kill, restore: ./x start, verify: ./x up"
HTTP = 'kind: http, restore: "POST http://127.0.0.1:3/start", verify: "GET http://127.0.0.1:3/up"'
WEB, CACHE = f"entry: a, kind: shell, {KILL}", f"entry: b, kind: shell, {KILL}"
SAFETY = "safety: {allow: [component-kill, component-pause, component-act]}"
BOTH = "[{kind: component-kill, component: web}, {kind: component-kill, component: cache}]"


def planned(
    folder: Path, fault: str, *, web: str = WEB, cache: str = CACHE, safety: str = SAFETY
) -> Plan:
    scenario, deployment = folder / "s.nfr.yaml", folder / "s.deployment.yaml"
    scenario.write_text(
        "nfrcheck: 1\n"
        "load: {shop: {entry: a, rate: 10/s, journey: {browse: {get: /}}}}\n"
        f"drills: {{d: {{fault: {fault}, repeat: 1}}}}\n"
        "targets: {failover: {drill: d, load: shop, error_window: <= 1 s}}\n",
        "utf-8",
    )
    deployment.write_text(
        "nfrcheck: 1\n"
        'entries: {a: {url: "http://127.0.0.1:1"}, b: {url: "http://127.0.0.1:2"}}\n'
        f"components: {{web: {{{web}}}, cache: {{{cache}}}}}\n{safety}\n",
        "utf-8",
    )
    pair = read_pair(scenario, deployment)
    return plan(pair.scenario, pair.deployment, Options())


def test_each_of_two_faults_is_seen_through_its_own_entry(tmp_path: Path) -> None:
    (drill,) = planned(tmp_path, BOTH).drills

    assert [armed.seen_by for armed in drill.armed] == [("a",), ("b",)]


def test_two_faults_that_one_entry_would_prove_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError) as refused:
        planned(tmp_path, BOTH, cache=CACHE.replace("entry: b", "entry: a"))

    assert "a leads through another of its faults too" in refused.value.message
    assert "kill component web" in refused.value.message


def test_a_component_is_not_hurt_twice_at_once(tmp_path: Path) -> None:
    twice = "[{kind: component-kill, component: web}, {kind: component-pause, component: web}]"
    web = f"{WEB}, pause: ./x stop, resume: ./x go"

    with pytest.raises(DeploymentError, match="two of its faults touch component web"):
        planned(tmp_path, twice, web=web)


@pytest.mark.parametrize(
    ("fault", "web"),
    [
        pytest.param(
            "{kind: component-kill, component: web}",
            f'entry: a, {HTTP}, kill: "POST http://shop.example/kill"',
            id="the-fault",
        ),
        pytest.param(
            "{kind: component-act, component: web, act: wipe}",
            f'entry: a, {HTTP}, acts: {{wipe: {{do: "POST http://shop.example/w", undo: none}}}}',
            id="an-act-that-nothing-undoes",
        ),
        pytest.param(
            "{kind: component-kill, component: web}",
            'entry: a, kind: http, kill: "POST http://127.0.0.1:3/k", '
            'restore: "POST http://127.0.0.1:3/s", verify: "GET http://shop.example/up"',
            id="the-check",
        ),
    ],
)
def test_no_host_is_asked_that_safety_does_not_name(fault: str, web: str, tmp_path: Path) -> None:
    bounded = SAFETY.replace("}", ", hosts: [127.0.0.1]}")

    with pytest.raises(DeploymentError, match=r"shop\.example is not among the hosts"):
        planned(tmp_path, fault, web=web, safety=bounded)
    with pytest.raises(DeploymentError, match="on anything but loopback"):
        planned(tmp_path, fault, web=web, safety="")

"""A drill that scales or deploys is planned without contact, shown, and kept inside its bounds."""

from pathlib import Path

import pytest

from nfrcheck.errors import DeploymentError, InvalidFiles
from nfrcheck.plan import Options, plan
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.read import read_pair

ALLOW = "[component-kill, component-scale, component-deploy, component-act]"
ROLL = "deploy: ./x {version}, rollback: ./x {version}, version: ./x which"
SCALE = "scale: ./x {replicas}, replicas: ./x count"
ACTS = "acts: {warm: {do: ./x warm, undo: ./x cool}, burn: {do: ./x burn, undo: none}}"
SHOWS = "shows: {replicas: {header: x-node}, version: {json: /build, get: /healthz}}"
KILL = "kill: ./x kill, restore: ./x start"
APP = f"kind: shell, {KILL}, {ROLL}, {SCALE}, {ACTS}, verify: ./x up"
BUILD = "build: {entry: a, get: /info, json: /build}"


def quoted(keys: str) -> str:
    """In flow style a word in braces has to be quoted."""
    for word in ("./x {version}", "./x {replicas}"):
        keys = keys.replace(word, f'"{word}"')
    return keys


def planned(
    folder: Path,
    fault: str,
    app: str = f"entry: a, region: a, {SHOWS}, {APP}",
    *,
    more: str = "",
    below: str = "",
) -> Plan:
    """`more`: keys of the drill; `below`: what else the deployment says."""
    scenario, deployment = folder / "s.nfr.yaml", folder / "s.deployment.yaml"
    scenario.write_text(
        "nfrcheck: 1\n"
        "load: {shop: {entry: a, rate: 10/s, journey: {browse: {get: /}}}}\n"
        "probes: {edge: {kind: http, entry: b, get: /, every: 1 s}}\n"
        f"drills: {{d: {{fault: {{{fault}}}, repeat: 1{more}}}}}\n"
        "targets: {deploy-without-downtime: {load: shop, failed: <= 0}}\n",
        "utf-8",
    )
    deployment.write_text(
        "nfrcheck: 1\n"
        "regions: {a: {}, b: {}}\n"
        'entries: {a: {url: "http://127.0.0.1:1", region: a}, b: {url: "http://127.0.0.1:2"}}\n'
        f"components:\n  app: {{{quoted(app)}}}\n"
        f"  db: {{region: b, entry: b, kind: shell, {KILL}}}\n"
        f"safety: {{allow: {ALLOW}, hosts: [127.0.0.1]}}\n{below}\n",
        "utf-8",
    )
    pair = read_pair(scenario, deployment)
    return plan(pair.scenario, pair.deployment, Options())


def shown(made: Plan) -> str:
    return " ".join(" ".join(show(made)).split())


def test_a_roll_out_is_planned_though_nobody_is_asked(tmp_path: Path) -> None:
    made = planned(tmp_path, "kind: component-deploy, component: app, version: v2")

    said = shown(made)
    assert "deploy component app to version v2" in said
    assert "rollback component app to the version found before" in said
    assert "by ./x as-found" in said
    assert "its effect must be seen through a" in said
    (target,) = made.targets
    assert (target.title, target.question.drills) == ("Nobody notices a roll-out", ("d",))


def test_an_act_that_nothing_undoes_is_shown_as_that(tmp_path: Path) -> None:
    said = shown(planned(tmp_path, "kind: component-act, component: app, act: burn"))

    assert "nothing undoes burn of component app" in said
    assert "by nothing: its `undo` is `none`" in said


def test_what_no_answer_shows_is_told_before_the_run(tmp_path: Path) -> None:
    app = f"entry: a, {APP}"
    fault = "kind: component-scale, component: app, replicas: 3"

    assert "nothing independent: the drill will be INVALID" in shown(planned(tmp_path, fault, app))


def test_a_version_is_shown_by_the_build_of_the_deployment(tmp_path: Path) -> None:
    fault = "kind: component-deploy, component: app, version: v2"
    made = planned(tmp_path, fault, f"entry: a, {APP}", below=BUILD)

    (proof,) = made.drills[0].armed[0].answers
    assert proof.sign is not None
    assert (proof.sign.json, proof.sign.path) == ("/build", "/info")


@pytest.mark.parametrize(("confirm", "ways"), [("b", ("b",)), ("edge", ("b",))])
def test_an_entry_or_a_probe_may_be_named_to_see_it(
    confirm: str, ways: tuple[str, ...], tmp_path: Path
) -> None:
    fault = "kind: component-deploy, component: app, version: v2"
    made = planned(tmp_path, fault, more=f", confirm: {confirm}")

    assert made.drills[0].seen_by == ways


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    fault = "kind: component-deploy, component: app, version: v2"

    with pytest.raises(InvalidFiles, match="there is no probe or entry `nobody`"):
        planned(tmp_path, fault, more=", confirm: nobody")


def test_several_components_of_two_regions_are_two_regions_at_once(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="touches 2 regions at once"):
        planned(tmp_path, "kind: component-kill, component: [app, db]")


def test_an_unknown_component_of_several_is_an_error_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidFiles, match="there is no component `dbb`"):
        planned(tmp_path, "kind: component-kill, component: [app, dbb]")


def test_what_answers_show_is_a_number_a_version_or_an_act(tmp_path: Path) -> None:
    app = f"entry: a, shows: {{wram: {{header: x}}}}, {APP}"

    with pytest.raises(InvalidFiles, match="has no act `wram`"):
        planned(tmp_path, "kind: component-act, component: app, act: warm", app)


def test_a_control_that_cannot_read_back_is_refused_by_the_plan(tmp_path: Path) -> None:
    app = "entry: a, kind: shell, scale: ./x {replicas}"

    with pytest.raises(DeploymentError, match="nothing tells the replicas of component app"):
        planned(tmp_path, "kind: component-scale, component: app, replicas: 3", app)

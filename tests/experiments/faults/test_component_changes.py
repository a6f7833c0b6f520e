"""A change that could not be read, proven or put back is refused; one list is one fault."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import CONTROLS, ActFailed, Control
from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults import FAULTS, Armed, Component, Injection
from nfrcheck.model.signs import Sign
from nfrcheck.run.undo import attempt
from tests.victims.site import Town, component, entry

SCALE = {
    "scale": "./n.sh scale {replicas}",
    "replicas": "echo 2",
    "verify": "./n.sh up",
}
DEPLOY = {
    "deploy": "./n.sh deploy {version}",
    "rollback": "./n.sh back {version}",
    "version": "echo v1",
    "verify": "./n.sh up",
}
ACTS = {
    "acts": {
        "freeze": {"do": "./n.sh freeze", "undo": "./n.sh thaw"},
        "burn": {"do": "./n.sh burn", "undo": "none"},
    },
    "verify": "./n.sh up",
}


def shell(keys: dict[str, Any]) -> Control:
    return CONTROLS["shell"].model_validate(keys, context={"folder": Path("/")})


def town(keys: dict[str, Any], **more: Any) -> Town:
    return Town(components=component("n", shell(keys), region="b"), **more)


def arm(kind: str, site: Town, **keys: Any) -> Armed:
    return FAULTS[kind].model_validate({"kind": kind, "component": "n", **keys}).arm(site)


def ready(armed: Armed) -> Armed:
    return asyncio.run(armed.ready())


def undone(armed: Armed) -> list[str]:
    return [" ".join(step["argv"]) for step in armed.undo]


def done(armed: Armed) -> list[list[str]]:
    acts = [one for one in armed.injections if isinstance(one, Injection)]
    steps = [one.control.steps(one.verb, one.words, {}) for one in acts]
    return [step["argv"] for each in steps for step in each]


def test_a_number_of_replicas_is_put_back_to_what_is_read_last() -> None:
    armed = arm("component-scale", town(SCALE), replicas="5")

    assert done(armed) == [["./n.sh", "scale", "5"]]
    assert (armed.touched, armed.where) == (
        "scale component n to 5 replicas",
        {"component": "n", "region": "b"},
    )
    assert armed.note == "scale component n to the number of replicas found before"
    found = ready(armed)
    assert undone(found) == ["./n.sh scale 2"]
    assert found.injections == armed.injections
    # That it is there again is read as well, after a request through the entry.
    assert [step["argv"] for step in found.verify] == [["./n.sh", "up"], ["echo", "2"]]
    assert attempt(found.verify[-1]).ok
    assert not attempt({**found.verify[-1], "argv": ["echo", "5"]}).ok


def test_a_version_is_rolled_back_to_the_one_that_is_read_last() -> None:
    armed = arm("component-deploy", town(DEPLOY), version="1.10")

    assert done(armed) == [["./n.sh", "deploy", "1.10"]]
    assert undone(ready(armed)) == ["./n.sh back v1"]


def test_what_was_not_read_yet_is_no_recipe() -> None:
    (step,) = arm("component-scale", town(SCALE), replicas="5").undo

    assert step["unread"]
    assert step["argv"] == ["./n.sh", "scale", "as-found"]


def test_an_act_is_undone_by_its_undo() -> None:
    armed = arm("component-act", town(ACTS), act="freeze")

    assert (done(armed), undone(armed)) == ([["./n.sh", "freeze"]], ["./n.sh thaw"])
    assert (armed.touched, armed.note) == ("freeze component n", "undo freeze of component n")
    assert ready(armed) is armed


def test_an_act_that_nothing_undoes_was_declared_so_and_is_still_verified() -> None:
    armed = arm("component-act", town(ACTS), act="burn")

    assert [step["kind"] for step in armed.undo] == ["nothing"]
    assert armed.note == "nothing undoes burn of component n"
    assert [step["argv"][-1] for step in armed.verify] == ["up"]


def test_answers_must_show_it_where_the_deployment_says() -> None:
    sign = Sign(header="x-build")
    parts = {"n": Component(name="n", control=shell(DEPLOY), entry="n", shows={"version": sign})}
    site = Town(components=parts, entries=entry("n", "http://n.example"))

    (proof,) = arm("component-deploy", site, version="v2").answers

    assert (proof.sign, proof.entry, proof.replicas) == (sign, "n", None)
    (bare,) = arm("component-scale", town(SCALE), replicas="5").answers
    assert (bare.sign, bare.replicas) == (None, 5)
    assert "the deployment needs `shows: {replicas: {header: NAME}}`" in bare.lacking


WITHOUT_PROOF = {key: value for key, value in SCALE.items() if key != "verify"}
REFUSED = [
    pytest.param("component-scale", DEPLOY, {"replicas": "3"}, "has no `scale`", id="no-scale"),
    pytest.param(
        "component-scale",
        SCALE | {"scale": "./n.sh more"},
        {"replicas": "3"},
        "does not say which replicas",
        id="no-number",
    ),
    pytest.param(
        "component-scale",
        {key: value for key, value in SCALE.items() if key != "replicas"},
        {"replicas": "3"},
        "nothing tells the replicas of component n, so that it could not be put back",
        id="not-readable",
    ),
    pytest.param(
        "component-scale", WITHOUT_PROOF, {"replicas": "3"}, "nothing could prove", id="no-proof"
    ),
    pytest.param(
        "component-deploy",
        {key: value for key, value in DEPLOY.items() if key != "rollback"},
        {"version": "v2"},
        "has no `rollback`",
        id="no-rollback",
    ),
    pytest.param(
        "component-deploy",
        DEPLOY | {"rollback": "./n.sh undo"},
        {"version": "v2"},
        "the `rollback` of component n does not say which version",
        id="one-further-each-time",
    ),
    pytest.param("component-act", ACTS, {"act": "melt"}, "has no act `melt`", id="no-act"),
    pytest.param(
        "component-act",
        {"acts": ACTS["acts"]},
        {"act": "burn"},
        "nothing could prove",
        id="act-without-proof",
    ),
]


@pytest.mark.parametrize(("kind", "control", "keys", "reason"), REFUSED)
def test_arming_refuses(
    kind: str, control: dict[str, Any], keys: dict[str, str], reason: str
) -> None:
    with pytest.raises(DeploymentError, match=reason):
        arm(kind, town(control), **keys)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("echo 5", "has replicas 5 already: nothing would change"),
        ("echo many", "told `many`, which is no number"),
        ("echo 2 of 3", "what was told is not one word"),
        ("true", "what was told is not one word"),
        ("false", "ended with status 1"),
    ],
)
def test_what_cannot_be_right_is_not_injected(told: str, reason: str) -> None:
    armed = arm("component-scale", town(SCALE | {"replicas": told}), replicas="5")

    with pytest.raises((DeploymentError, ActFailed), match=reason):
        ready(armed)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("component-scale", {}),
        ("component-scale", {"replicas": "some"}),
        ("component-scale", {"replicas": "3", "at": "commit"}),
        ("component-deploy", {"version": ""}),
        ("component-act", {}),
        ("component-kill", {"component": []}),
        ("component-kill", {"component": ["n", "n"]}),
    ],
)
def test_a_fault_that_says_too_little_is_not_read(kind: str, keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FAULTS[kind].model_validate({"component": "n", **keys})


@pytest.mark.parametrize("acts", [{"x": {"do": "./x"}}, {"x": {"undo": "none"}}])
def test_an_act_without_its_undo_is_not_read(acts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        shell({"acts": acts})


# ---- several components


def both(**regions: str) -> Town:
    verbs = {verb: f"./{{name}}.sh {verb}" for verb in ("kill", "restore", "verify")}
    parts: dict[str, Component] = {}
    for name, region in regions.items():
        keys = {verb: text.replace("{name}", name) for verb, text in verbs.items()}
        parts |= component(name, shell(keys), region=region, by=name)
    ways = {name: entry(name, f"http://{name}.example")[name] for name in regions}
    return Town(components=parts, entries=ways)


def test_several_components_are_one_fault_healed_in_reverse() -> None:
    armed = arm("component-kill", both(gw="a", app="a"), component=["gw", "app"])

    assert [one.title for one in armed.injections] == ["component gw", "component app"]
    # The guardian runs them from last to first.
    assert undone(armed) == ["./gw.sh restore", "./app.sh restore"]
    assert armed.where == {"component": "gw, app", "region": "a"}
    assert armed.entries == ("gw", "app")


def test_components_of_two_regions_name_both() -> None:
    assert arm("component-kill", both(gw="a", app="b"), component=["gw", "app"]).where == {
        "component": "gw, app",
        "region": "a, b",
    }


def test_one_unknown_component_of_several_is_refused() -> None:
    with pytest.raises(DeploymentError, match="no component `db`"):
        arm("component-kill", both(gw="a"), component=["gw", "db"])

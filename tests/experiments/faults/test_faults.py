"""A fault that could not be put back, or not be seen to be back, is refused before any traffic."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import CONTROLS, Control
from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults import FAULTS, Armed, Injection
from tests.victims.fixtures import Victim, gone_within
from tests.victims.site import Town, component, entry


def shell(*verbs: str, **keys: str) -> Control:
    commands = {verb: f"./node.sh {verb}" for verb in verbs} | keys
    return CONTROLS["shell"].model_validate(commands, context={"folder": Path("/srv")})


def arm(kind: str, site: Town, **keys: Any) -> Armed:
    return FAULTS[kind].model_validate({"kind": kind, **keys}).arm(site)


def injections(armed: Armed) -> list[Injection]:
    return [one for one in armed.injections if isinstance(one, Injection)]


def words(steps: tuple[dict[str, Any], ...]) -> list[str]:
    return [step["argv"][-1] if step["kind"] == "argv" else step["url"] for step in steps]


@pytest.mark.parametrize("kind", FAULTS)
def test_a_kind_is_the_word_in_the_file(kind: str) -> None:
    assert FAULTS[kind].model_fields["kind"].default == kind


@pytest.mark.parametrize(
    ("kind", "verb", "undo"),
    [
        ("component-kill", "kill", "restore"),
        ("component-pause", "pause", "resume"),
        ("component-drain", "drain", "undrain"),
        ("component-restart", "restart", "restore"),
    ],
)
def test_each_verb_has_its_undo(kind: str, verb: str, undo: str) -> None:
    site = Town(components=component("n2", shell(verb, undo, "verify"), region="b"))

    armed = arm(kind, site, component="n2")

    assert [(one.title, one.verb) for one in injections(armed)] == [("component n2", verb)]
    assert words(armed.undo) == [undo]
    assert words(armed.verify) == ["verify"]
    assert armed.where == {"component": "n2", "region": "b"}
    assert (armed.touched, armed.note) == (f"{verb} component n2", f"{undo} component n2")


def test_the_entry_is_asked_before_the_controls_own_word() -> None:
    site = Town(
        components=component("n2", shell("kill", "restore", "verify"), by="n2"),
        entries=entry("n2", "http://n2.example:81", path="/products/1"),
    )

    armed = arm("component-kill", site, component="n2")

    assert words(armed.verify) == ["http://n2.example:81/products/1", "verify"]
    request = armed.verify[0]
    assert (request["address"], request["times"], request["expect"]) == ("127.0.0.1", 3, [200, 399])


def test_a_region_is_killed_by_its_own_control() -> None:
    site = Town(
        regions={"b": shell("kill", "restore")},
        entries={**entry("b", "http://b.example", "b"), **entry("global", "http://example")},
        components=component("n2", None, region="b"),
    )

    armed = arm("region-kill", site, region="b")

    assert armed.touched == "kill region b"
    assert words(armed.undo) == ["restore"]
    assert words(armed.verify) == ["http://b.example/"]


def test_a_region_without_a_control_is_killed_by_killing_all_its_components() -> None:
    site = Town(
        regions={"a": None, "b": None},
        components={
            **component("n1", shell("kill", kill="n1 kill", restore="n1 up"), region="a"),
            **component("n2", shell(kill="n2 kill", restore="n2 up"), region="b"),
            **component("n3", shell(kill="n3 kill", restore="n3 three-up"), region="b"),
        },
        entries=entry("b", "http://b.example", "b"),
    )

    armed = arm("region-kill", site, region="b")

    assert armed.touched == "kill region b: component n2, component n3"
    assert [one.title for one in armed.injections] == ["component n2", "component n3"]
    assert words(armed.undo) == ["up", "three-up"]
    # One way in, asked once, not once for each component.
    assert words(armed.verify) == ["http://b.example/"]
    assert armed.where == {"region": "b"}


def test_a_restart_is_not_undone_by_a_second_outage() -> None:
    site = Town(components=component("n2", shell("restart", "verify")))

    (step,) = arm("component-restart", site, component="n2").undo

    assert step["only_if_unverified"]


def test_a_crash_point_is_passed_to_the_control() -> None:
    control = shell(kill="./node.sh kill {at}", restore="./node.sh start", verify="./node.sh up")
    site = Town(components=component("n2", control))

    (injection,) = injections(arm("component-kill", site, component="n2", at="after-commit"))

    assert injection.words["at"] == "after-commit"


NODE = {"component": "n2"}
REFUSED = [
    pytest.param("component-kill", Town(), NODE, "no component `n2`", id="unknown"),
    pytest.param(
        "component-kill", Town(components=component("n2", None)), NODE, "cannot be", id="untouched"
    ),
    pytest.param(
        "component-pause",
        Town(components=component("n2", shell("kill", "restore", "verify"))),
        NODE,
        "has no `pause`",
        id="no-verb",
    ),
    pytest.param(
        "component-kill",
        Town(components=component("n2", shell("kill", "verify"))),
        NODE,
        "no `restore`: nothing could put it back",
        id="no-undo",
    ),
    pytest.param(
        "component-kill",
        Town(components=component("n2", shell("kill", "restore"))),
        NODE,
        "nothing could prove",
        id="no-proof",
    ),
    pytest.param(
        "component-kill",
        Town(components=component("n2", shell("kill", "restore", "verify"))),
        {**NODE, "at": "commit"},
        "takes no crash point",
        id="no-crash-point",
    ),
    pytest.param("region-kill", Town(), {"region": "b"}, "no region `b`", id="unknown-region"),
    pytest.param(
        "region-kill",
        Town(regions={"b": None}),
        {"region": "b"},
        "no components",
        id="empty-region",
    ),
    pytest.param(
        "region-drain",
        Town(
            regions={"b": shell("kill", "restore")},
            components=component("n2", shell("kill", "restore"), region="b"),
        ),
        {"region": "b"},
        "component n2 has no `drain`",
        id="one-component-cannot",
    ),
]


@pytest.mark.parametrize(("kind", "site", "keys", "reason"), REFUSED)
def test_arming_refuses(kind: str, site: Town, keys: dict[str, str], reason: str) -> None:
    with pytest.raises(DeploymentError, match=reason):
        arm(kind, site, **keys)


def test_a_process_that_does_not_run_cannot_be_killed(victim: Victim) -> None:
    control = CONTROLS["process"].model_validate({**victim.control, "verify": "true"})
    site = Town(components=component("n2", control))
    arm("component-kill", site, component="n2")
    with gone_within(victim.pid, 5):
        os.kill(victim.pid, 9)

    with pytest.raises(DeploymentError, match="no process runs"):
        arm("component-kill", site, component="n2")


@pytest.mark.parametrize("keys", [{}, {"component": "N 2"}, {"component": "n2", "regoin": "b"}])
def test_a_file_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        FAULTS["component-kill"].model_validate(keys)


def test_a_plan_that_is_only_looked_at_needs_no_process_to_be_there(tmp_path: Path) -> None:
    control = CONTROLS["process"].model_validate(
        {"kind": "process", "pid": str(tmp_path / "gone.pid"), "start": "true"}
    )
    town = Town(components=component("node", control, by="node"), entries=entry("node", "http://x"))

    with pytest.raises(DeploymentError, match="no process runs"):
        FAULTS["component-kill"].model_validate({"component": "node"}).arm(town)
    town.contact = False
    armed = FAULTS["component-kill"].model_validate({"component": "node"}).arm(town)

    assert armed.touched == "kill component node"

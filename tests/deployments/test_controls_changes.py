"""A control tells how many and which version there are, and does acts that have names."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import ActFailed
from nfrcheck.errors import DeploymentError
from tests.deployments.test_controls import SHELL, control
from tests.victims.fixtures import Operations

TOLD: dict[str, dict[str, Any]] = {
    "shell": {
        "kind": "shell",
        "scale": "n.sh {replicas}",
        "replicas": "sh -c 'echo note >&2; echo 3'",
    },
    "http": {
        "kind": "http",
        "scale": {"patch": "http://o.example/n", "json": {"spec": {"replicas": "{replicas}"}}},
        "replicas": {"get": "http://o.example/n", "json": "/spec/replicas"},
        "acts": {"x": {"do": "POST http://o.example/x", "undo": "none"}},
    },
}


@pytest.mark.parametrize("kind", TOLD)
def test_a_number_goes_where_the_file_says(kind: str) -> None:
    one = control(TOLD[kind])

    assert one.names("scale", "replicas")
    (step,) = one.steps("scale", {"replicas": "5"})
    assert "5" in json.dumps(step.get("argv") or step.get("body"))


def test_what_a_command_prints_is_told_and_its_errors_are_not() -> None:
    assert asyncio.run(control(TOLD["shell"], Path("/")).read("replicas")) == "3"


def test_what_an_answer_says_is_told_whole_or_at_a_place(operations: Operations) -> None:
    look = f"{operations.url}/replicas/store"
    whole = control({"kind": "http", "replicas": f"GET {look}"})
    pointed = control({"kind": "http", "replicas": {"get": look, "json": "/x"}})

    assert asyncio.run(whole.read("replicas")) == "2"
    with pytest.raises(ActFailed, match="there is nothing at /x in what was told"):
        asyncio.run(pointed.read("replicas"))


def test_a_part_that_does_not_tell_is_not_asked() -> None:
    with pytest.raises(DeploymentError, match="offers no `replicas`"):
        control(SHELL).look("replicas")


def test_acts_are_verbs_of_their_own() -> None:
    acts = {"acts": {"warm": {"do": "n.sh warm {run}", "undo": "n.sh cool"}}}
    for keys in ({"kind": "shell"}, {"kind": "process", "pid": "1"}):
        one = control(keys | acts)

        assert (one.offers("do warm"), one.offers("undo warm")) == (True, True)
        assert one.names("do warm", "run")
        assert one.steps("do warm", {"run": "r1"})[0]["argv"] == ["n.sh", "warm", "r1"]
        assert not one.offers("do melt")
        assert not one.knows("melt")


def test_an_act_that_nothing_undoes_is_known_and_offers_no_undo() -> None:
    one = control(TOLD["http"])

    assert one.knows("x")
    assert one.offers("do x")
    assert not one.offers("undo x")


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "http", "replicas": "POST http://o.example/n"},
        {"kind": "http", "replicas": {"get": "o.example/n"}},
        {"kind": "http", "version": {"get": "http://o.example/n", "json": "spec"}},
        {"kind": "toxiproxy", "url": "http://127.0.0.1:1", "acts": {}},
    ],
)
def test_a_look_is_a_get_at_an_address(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        control(keys)

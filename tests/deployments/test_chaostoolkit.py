"""Any action or probe of an extension is a verb: called with a deadline, its secrets nowhere."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nfrcheck.deployments import CONTROLS, ActFailed, Control
from nfrcheck.errors import DeploymentError
from nfrcheck.run.undo import attempt, complaint, confirm, put_back
from tests.victims.experiments import MODULE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _extension(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the interpreter of a call finds the functions, as those of an installed extension."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def control(place: Path, **keys: Any) -> Control:
    written = {
        "kind": "chaostoolkit",
        "module": MODULE,
        "within": "20 s",
        "kill": {"func": "take_down", "arguments": {"place": str(place / "down")}},
        "restore": {"func": "bring_up", "arguments": {"place": str(place / "down")}},
        "verify": {"func": "is_up", "arguments": {"place": str(place / "down")}},
        **keys,
    }
    return CONTROLS["chaostoolkit"].model_validate(written, context={"folder": place})


def order(step: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(step["argv"][-1])
    return found


def test_what_a_verb_did_is_put_back_and_seen_by_the_guardians_own_code(tmp_path: Path) -> None:
    one = control(tmp_path)
    (undo,), (check,) = one.steps("restore"), one.checks()
    assert complaint(undo) is None
    assert complaint(check, check=True) is None

    asyncio.run(one.act("kill"))
    assert (tmp_path / "down").exists()
    assert "is_up returned false" in confirm(check, 2).because

    assert put_back(undo).ok
    assert confirm(check).ok
    assert not (tmp_path / "down").exists()


def test_it_offers_what_it_was_given(tmp_path: Path) -> None:
    one = control(tmp_path)

    offered = [verb for verb in ("kill", "restore", "pause", "verify", "kind") if one.offers(verb)]

    assert offered == ["kill", "restore", "verify"]
    with pytest.raises(DeploymentError, match="offers no `pause`"):
        one.steps("pause")


@pytest.mark.parametrize(
    ("call", "because"),
    [
        pytest.param({"func": "fail"}, "RuntimeError: no such pod", id="raises"),
        pytest.param({"func": "say_no"}, "say_no returned false", id="returns-false"),
        pytest.param({"func": "no_such"}, "does not expose a function", id="no-function"),
        pytest.param(
            {"func": "is_up", "module": "no.such"}, "could not find Python", id="no-module"
        ),
        pytest.param({"func": "is_up"}, "required argument 'place' is missing", id="no-argument"),
    ],
)
def test_a_call_that_fails_says_why(call: dict[str, str], because: str, tmp_path: Path) -> None:
    with pytest.raises(ActFailed, match=because):
        asyncio.run(control(tmp_path, kill=call).act("kill"))


def test_a_call_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = {"func": "take_down_for", "arguments": {"place": str(tmp_path / "down"), "seconds": 60}}

    with pytest.raises(ActFailed, match=r"took longer than 3\.0 s"):
        asyncio.run(control(tmp_path, kill=slow, within="3 s").act("kill"))


def test_secrets_are_given_to_the_function_and_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_NAME", "planted-secret")
    keep = {"func": "keep", "arguments": {"place": str(tmp_path / "given")}}
    one = control(tmp_path, kill=keep, secrets={"token": {"env": "A_NAME"}})
    (step,) = one.steps("kill")
    assert "planted-secret" not in json.dumps(step)
    assert complaint(step) is None

    outcome = attempt(step)

    assert "planted-secret" in (tmp_path / "given").read_text("utf-8")
    assert "refused" in outcome.because
    assert "planted-secret" not in outcome.because


def test_a_secret_that_is_not_there_is_told_before_anything_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A_NAME", raising=False)
    one = control(tmp_path, secrets={"token": {"env": "A_NAME"}})

    with pytest.raises(ActFailed, match="A_NAME is not set"):
        asyncio.run(one.act("kill"))
    assert not (tmp_path / "down").exists()


@pytest.mark.parametrize("key", ["token", "api_key", "db-password", "auth", "Cookie"])
def test_a_literal_secret_is_refused(key: str, tmp_path: Path) -> None:
    for place in (
        {"arguments": {key: "abc"}},
        {"arguments": {"headers": [{key: "abc"}]}},
        {"arguments": {key: ["abc"]}},
        {"configuration": {"k8s": {key: "abc"}}},
    ):
        with pytest.raises(ValidationError, match="a secret stands in the file itself"):
            control(tmp_path, **place)


def test_words_of_the_fault_are_filled_in(tmp_path: Path) -> None:
    number = {"place": str(tmp_path / "n"), "replicas": "{replicas}"}
    one = control(tmp_path, scale={"func": "scale", "arguments": number})
    assert one.names("scale", "replicas")

    (step,) = one.steps("scale", {"replicas": "3"})

    assert order(step)["arguments"]["replicas"] == 3
    with pytest.raises(DeploymentError, match=r"needs \{replicas\}"):
        one.steps("scale")


def test_a_probe_tells_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "n").write_text("4", "utf-8")
    look = {"func": "replicas", "arguments": {"place": str(tmp_path / "n")}}

    assert asyncio.run(control(tmp_path, replicas=look).read("replicas")) == "4"


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"module": None}, id="no-module-anywhere"),
        pytest.param({"kill": {"func": "os; rm"}}, id="no-name"),
        pytest.param({"kill": {"module": "chaosk8s"}}, id="no-function"),
        pytest.param({"kill": {"func": "f", "argments": {}}}, id="unknown-key"),
        pytest.param({"kill": "kubectl delete pod"}, id="a-command"),
    ],
)
def test_what_cannot_be_called_is_refused(keys: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        control(tmp_path, **keys)


def test_an_author_is_no_secret(tmp_path: Path) -> None:
    written = {"author": "me", "authors": ["you"]}

    (step,) = control(tmp_path, kill={"func": "say_no", "arguments": written}).steps("kill")

    assert order(step)["arguments"] == written


def test_a_call_is_the_same_from_wherever_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "n").write_text("4", "utf-8")
    monkeypatch.chdir(ROOT.parent)
    monkeypatch.setenv("PYTHONPATH", ROOT.name)
    one = control(tmp_path, kill={"func": "replicas", "arguments": {"place": "n"}})

    (step,) = one.steps("kill")
    monkeypatch.chdir("/")

    assert (step["cwd"], step["env"]["PYTHONPATH"]) == (str(tmp_path), str(ROOT))
    assert attempt(step).ok


def test_arguments_keep_the_types_that_were_written(tmp_path: Path) -> None:
    written = {"label": "app=web", "qty": 2, "all": True, "names": ["a", "b"], "rest": None}
    one = control(tmp_path, kill={"func": "say_no", "arguments": written}, configuration={"n": 1})

    (step,) = one.steps("kill")

    assert order(step)["arguments"] == written
    assert order(step)["configuration"] == {"n": 1}

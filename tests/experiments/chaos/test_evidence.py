"""A journal is read as evidence: what Chaos Toolkit calls completed may have done nothing."""

import json
from typing import Any

import pytest

from nfrcheck.experiments.chaos.evidence import (
    Hiding,
    complaint,
    failure,
    remarks,
    secret_texts,
)
from nfrcheck.wire.redaction import REDACTED


def run(status: str | None = "succeeded", output: Any = None, **provider: Any) -> dict[str, Any]:
    activity = {"type": "action", "name": "kill", "provider": {"type": "python", **provider}}
    return {"activity": activity, "output": output} | ({} if status is None else {"status": status})


def raised(text: str) -> dict[str, Any]:
    return {**run("failed"), "exception": [f"chaoslib.exceptions.ActivityFailed: {text}\n"]}


def state(met: bool, output: Any = None) -> dict[str, Any]:
    probe = {"activity": {"name": "is-up"}, "status": "succeeded", "output": output}
    return {"steady_state_met": met, "probes": [{**probe, "tolerance_met": met}]}


def journal(*runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    states = {"before": more.pop("before", None), "after": more.pop("after", None)}
    states["during"] = more.pop("during", [])
    whole = {"status": "completed", "end": "now", "deviated": False}
    return {**whole, "run": list(runs), "steady_states": states, **more}


@pytest.mark.parametrize(
    ("one", "because"),
    [
        pytest.param(run(), None, id="returned-nothing"),
        pytest.param(run(output={"status": 503}), None, id="python-may-return-anything"),
        pytest.param(run(output=False), "it returned false", id="false"),
        pytest.param(raised("KeyError: 'pod'"), "KeyError: 'pod'", id="raised"),
        pytest.param(run(None), "it was interrupted", id="interrupted"),
        pytest.param(run(output={"status": 0}, type="process"), None, id="command"),
        pytest.param(
            run(output={"status": 2, "stderr": "no\nsuch pod"}, type="process"),
            "status 2: no such pod",
            id="command-that-failed",
        ),
        pytest.param(run(output={"status": 204}, type="http"), None, id="request"),
        pytest.param(run(output={"status": 500}, type="http"), "status 500", id="a-500"),
        pytest.param(run(output={"status": 404}, type="http"), "status 404", id="a-404"),
        pytest.param(
            run(output={"status": 404}, type="http", method="DELETE"), None, id="gone-already"
        ),
    ],
)
def test_whether_an_action_was_done(one: dict[str, Any], because: str | None) -> None:
    assert failure(one) == because


PROBE = {**run(), "activity": {"type": "probe", "name": "look"}}


@pytest.mark.parametrize(
    ("kept", "because"),
    [
        pytest.param(journal(run()), None, id="done"),
        pytest.param(journal(run(), run(None)), None, id="cut-short-by-the-end-of-the-hold"),
        pytest.param(journal(run(), run(None), status="interrupted"), None, id="interrupted"),
        pytest.param(journal(), "no action of its method was begun", id="empty-method"),
        pytest.param(journal(PROBE), "no action of its method was begun", id="only-probes"),
        pytest.param(journal(run(), raised("no")), "its action `kill` failed: no", id="one-failed"),
        pytest.param(
            journal(before=state(met=False, output=503)),
            "its hypothesis was out of tolerance before, so its method never began: "
            "its probe `is-up` gave 503",
            id="gate",
        ),
        pytest.param(journal(run(), before=state(met=True)), None, id="gate-passed"),
    ],
)
def test_what_speaks_against_an_experiment(kept: dict[str, Any], because: str | None) -> None:
    assert complaint(kept) == because


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        pytest.param(journal(run()), [], id="nothing"),
        pytest.param(
            journal(run(), after=state(met=False, output=1), deviated=True),
            ["deviated: its probe `is-up` gave 1"],
            id="deviated",
        ),
        pytest.param(
            # Of these the toolkit says `deviated: false`, and its command ends with 0.
            journal(run(), during=[state(met=True), state(met=False, output=9)]),
            ["1 of 2 times its hypothesis was not met: its probe `is-up` gave 9"],
            id="missed-meanwhile",
        ),
        pytest.param(
            journal(run(), status="interrupted"),
            ["the end of the hold cut its method short"],
            id="interrupted",
        ),
        pytest.param(
            journal(run(), status=None, end=None),
            ["its process was killed before it could end"],
            id="killed",
        ),
    ],
)
def test_what_else_a_reader_is_told(kept: dict[str, Any], words: list[str]) -> None:
    assert list(remarks(kept)) == words


def test_a_journal_is_kept_without_secrets_and_in_plain_json() -> None:
    hide = Hiding({"password": "hunter22"}, {"headers": {"Authorization": "Bearer abc12345"}})
    kept = {
        "output": {"said": "hunter22 is refused", 1: b"raw", "ratio": float("nan")},
        "Authorization": "Bearer abc12345",
        "echo": ["abc12345", {"api_key": "whatever"}, None, True, 3],
    }

    found = json.loads(hide.json(kept))

    assert found["output"] == {"said": f"{REDACTED} is refused", "1": "b'raw'", "ratio": "nan"}
    assert found["Authorization"] == REDACTED
    assert found["echo"] == [REDACTED, {"api_key": REDACTED}, None, True, 3]


def test_every_text_of_loaded_secrets_is_one() -> None:
    assert list(secret_texts({"k8s": {"token": "t", "more": ["u", 7]}, "flag": True})) == [
        *("t", "u", "7"),
    ]


def test_names_of_secrets_are_none() -> None:
    provider = {"secrets": ["kubernetes"], "module": "chaosk8s"}

    assert Hiding(provider).text("kubernetes") == "kubernetes"


def test_secrets_of_the_environment_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_TOKEN", "planted-1")

    assert Hiding().text("it said planted-1.") == f"it said {REDACTED}."

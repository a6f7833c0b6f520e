"""What puts an experiment back stands fast: its copy, its variables, its modules."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.chaos.start import ExperimentRun
from nfrcheck.experiments.faults import FAULTS, Armed
from nfrcheck.run.undo import attempt
from tests.victims.experiments import Trouble, activity
from tests.victims.site import Town, entry

ROOT = Path(__file__).resolve().parents[3]
CONFIGURATION = {"where": {"type": "env", "key": "A_PLACE", "default": "/nowhere"}}


@pytest.fixture
def trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trouble:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Trouble(tmp_path)


def kept(trouble: Trouble, **keys: Any) -> Armed:
    path = trouble.file(**keys)
    site = Town(entries=entry("global", "http://127.0.0.1:9"), confirm=("global",))
    fault = FAULTS["chaos-toolkit"].model_validate({"experiment": path, "within": "10 s"})
    folder = trouble.place / "run"
    folder.mkdir(exist_ok=True)
    return fault.arm(site).kept_in(folder, "lose.1.1")


def step(armed: Armed) -> dict[str, Any]:
    (undo,) = armed.undo
    return dict(undo)


def test_what_is_put_back_is_what_was_kept_whatever_became_of_the_file(trouble: Trouble) -> None:
    armed = kept(trouble)
    (run,) = armed.injections
    assert isinstance(run, ExperimentRun)
    trouble.file(rollbacks=[activity("fail")])

    assert run.kept is not None
    assert run.kept.stat().st_mode & 0o777 == 0o600
    assert step(armed)["argv"][4] == str(run.kept)
    assert attempt(step(armed)).ok
    assert trouble.log == ["up"]


def test_relative_paths_in_it_start_where_its_file_is(trouble: Trouble) -> None:
    armed = kept(trouble, rollbacks=[activity("bring_up", arguments={"place": "here"})])
    (trouble.place / "here").touch()

    assert attempt(step(armed)).ok
    assert not (trouble.place / "here").exists()


def test_it_is_put_back_when_the_folder_of_the_run_is_gone(trouble: Trouble) -> None:
    armed = kept(trouble)
    for path in (trouble.place / "run").iterdir():
        path.unlink()
    (trouble.place / "run").rmdir()

    assert attempt(step(armed)).ok
    assert trouble.log == ["up"]


def test_a_variable_that_it_was_played_with_is_never_replaced_by_its_default(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_PLACE", str(trouble.down))
    back = activity("bring_up", arguments={"place": "${where}"})
    armed = kept(trouble, rollbacks=[back], configuration=CONFIGURATION)
    assert str(trouble.down) not in json.dumps(step(armed)["env"]), "a reference"
    monkeypatch.delenv("A_PLACE")

    outcome = attempt(step(armed))

    assert not outcome.ok
    assert "A_PLACE is not set" in outcome.because
    assert trouble.log == []
    monkeypatch.setenv("A_PLACE", str(trouble.down))
    assert attempt(step(armed)).ok
    assert trouble.log == ["up"]


def test_a_default_that_it_was_played_with_is_never_replaced_by_a_variable(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A_PLACE", raising=False)
    where = {**CONFIGURATION["where"], "default": str(trouble.down)}
    back = activity("bring_up", arguments={"place": "${where}"})
    armed = kept(trouble, rollbacks=[back], configuration={"where": where})
    monkeypatch.setenv("A_PLACE", "/nowhere/else")

    assert attempt(step(armed)).ok
    assert trouble.log == ["up"]


def test_secrets_are_told_by_the_names_of_their_variables(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_NAME", "planted-secret")
    monkeypatch.setenv("AN_EMPTY_ONE", "")
    monkeypatch.delenv("ANOTHER", raising=False)
    names = {"token": "A_NAME", "user": "AN_EMPTY_ONE", "more": "ANOTHER"}
    secrets = {"broken": {one: {"type": "env", "key": name} for one, name in names.items()}}

    env = step(kept(trouble, secrets=secrets))["env"]

    assert env == {
        "A_NAME": {"env": "A_NAME"},
        "AN_EMPTY_ONE": "",
        "NFRCHECK_UNSET": "ANOTHER",
        "PYTHONPATH": str(ROOT),
    }


def test_modules_are_found_from_everywhere(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([ROOT.name, str(ROOT)]))

    found = step(kept(trouble))["env"]["PYTHONPATH"]

    assert found.split(os.pathsep) == [str(ROOT), str(ROOT)]


def test_what_cannot_be_kept_is_not_played(trouble: Trouble) -> None:
    armed = kept(trouble)

    with pytest.raises(DeploymentError, match="cannot be kept"):
        armed.kept_in(trouble.place / "no-such-folder", "lose.1.1")

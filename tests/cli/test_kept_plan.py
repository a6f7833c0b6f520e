"""`nfrcheck run plan.json` does exactly the plan that was kept, or nothing, and says why."""

import json
import os
import shutil
from typing import Any

import pytest

from nfrcheck.errors import Refused
from nfrcheck.pipeline import Wish, carry_out
from nfrcheck.plan import Options
from nfrcheck.run.ui import Silent
from nfrcheck.scenario.read import read_pair
from tests.cli.kept_project import FILE, PLAN, held, keep, run
from tests.cli.project import Project


def test_a_plan_that_nothing_changed_would_be_run(kept: Project) -> None:
    ended = kept.run("run", "plan.json", "--dry-run")

    assert ended.returncode == 0, ended.stderr
    assert "kill      component app-b" in ended.stdout
    assert not kept.contacted


def test_a_plan_that_something_changed_is_refused_by_the_command(kept: Project) -> None:
    kept.write("scenarios/deployments/app", "exit 1")

    ended = kept.run("run", "plan.json")

    assert ended.returncode == 8
    assert "not the plan of its files any more: deployments/app has changed" in ended.stderr
    assert not kept.contacted
    assert not (kept.folder / "reports").exists()


def test_the_run_itself_holds_to_the_hash(kept: Project) -> None:
    """Between the reading of the plan and the run something may still change."""
    pair = read_pair(FILE, "scenarios/deployments/local.deployment.yaml")
    kept.write("scenarios/deployments/app", "exit 1")

    with pytest.raises(Refused, match="is another one than was asked for"):
        carry_out(pair, Wish(seed=7, digest=held(kept)["hash"]), Silent())

    assert not kept.contacted


def test_it_holds_the_hash_the_files_and_the_options(kept: Project) -> None:
    plan = held(kept)

    assert set(plan["files"]) == {
        "shop.nfr.yaml",
        "deployments/local.deployment.yaml",
        "deployments/app",
    }
    assert plan["scenario"]["path"] == "scenarios/shop.nfr.yaml"
    assert plan["options"].keys() == {"seed", "only", "skip", "profile", "max_time_s"}
    assert isinstance(plan["options"]["seed"], int)
    assert len(plan["hash"]) == 64


def test_a_seed_is_drawn_once_and_kept(kept: Project) -> None:
    shown = kept.run(*PLAN).stdout

    seed = held(kept)["options"]["seed"]
    assert seed not in {0, 7}
    assert f"plan.json, seed {seed}, hash\n             {held(kept)['hash']}\n" in shown
    assert "run it       nfrcheck run plan.json\n" in shown


def test_the_same_options_give_the_same_file(kept: Project) -> None:
    words = ("--seed", "7", "--only", "failover", "--max-time", "9 min", "--profile", "gameday")
    kept.run(*PLAN, *words)
    first = (kept.folder / "plan.json").read_bytes()

    kept.run(*PLAN, *words)

    assert (kept.folder / "plan.json").read_bytes() == first
    assert held(kept)["options"] == {
        "seed": 7,
        "only": ["failover"],
        "skip": [],
        "profile": "gameday",
        "max_time_s": 540.0,
    }
    assert str(kept.folder).encode() not in first, "a plan means the same in every checkout"
    assert run()[0] == 0


def test_its_files_are_found_from_the_folder_of_the_plan(
    kept: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write("kept/here/x", "")
    keep("kept/here/plan.json", Options())
    assert run("kept/here/plan.json") == (0, "")

    monkeypatch.chdir(kept.folder / "kept")
    assert run("../plan.json") == run("here/plan.json") == (0, "")

    other = kept.folder.parent / "other"
    shutil.copytree(kept.folder, other)
    assert run(os.path.relpath(other / "plan.json")) == (0, "")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("scenarios/shop.nfr.yaml", "shop.nfr.yaml has changed"),
        (
            "scenarios/deployments/local.deployment.yaml",
            "deployments/local.deployment.yaml has changed",
        ),
        ("scenarios/deployments/app", "deployments/app has changed"),
    ],
)
def test_a_file_that_changed_is_named_and_nothing_is_run(
    name: str, told: str, kept: Project
) -> None:
    with (kept.folder / name).open("a") as file:
        file.write("# a word more\n")

    code, said = run()

    assert code == 8
    assert f"not the plan of its files any more: {told}" in said
    assert "nfrcheck plan FILE -o PLAN.JSON" in said


@pytest.mark.parametrize("name", ["scenarios/shop.nfr.yaml", "scenarios/deployments/app"])
def test_a_file_that_is_gone_is_named(name: str, kept: Project) -> None:
    (kept.folder / name).unlink()

    code, said = run()

    assert code == 8
    assert f"{name.removeprefix('scenarios/')} is gone" in said


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        pytest.param(("options", "seed"), 3, "the plan file itself", id="seed"),
        pytest.param(("options", "only"), ["failover"], "the plan file itself", id="only"),
        pytest.param(("files", "shop.nfr.yaml"), "0" * 64, "shop.nfr.yaml has changed", id="files"),
        pytest.param(("secrets",), ["x"], "other files hold the secrets", id="secrets"),
        pytest.param(("nfrcheck",), "0.0.1", "nfrcheck was 0.0.1 and is", id="version"),
        pytest.param(("steps", 2, "hold_s"), 1.0, "its steps would be others", id="steps"),
        pytest.param(
            ("steps", 2, "faults", 0, "undo", 0, "argv"), ["x"], "its steps would", id="undo"
        ),
        pytest.param(("traffic", 0, "rate"), 1.0, "its traffic would be others", id="traffic"),
        pytest.param(("entries", "b"), "http://a.example", "its entries would be", id="entries"),
        pytest.param(("text", 0), "will touch nothing", "its text would be", id="text"),
        pytest.param(("targets", 0, "critical"), False, "its targets would be", id="targets"),
        pytest.param(("hash",), "0" * 64, "the plan file itself", id="hash"),
    ],
)
def test_a_plan_that_was_edited_is_refused(
    part: tuple[Any, ...], value: object, told: str, kept: Project
) -> None:
    """Whoever reads and approves it must have read what is done."""
    plan = held(kept)
    place = plan
    for key in part[:-1]:
        place = place[key]
    assert place[part[-1]] != value
    place[part[-1]] = value
    kept.write("plan.json", json.dumps(plan))

    code, said = run()

    assert code == 8, said
    assert told in said


def test_another_policy_of_the_operator_is_another_plan(
    kept: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write("policy.json", json.dumps({"allow": ["component-kill"], "abort_if": {"file": "x"}}))

    monkeypatch.setenv("NFRCHECK_SAFETY", "policy.json")

    code, said = run()

    assert code == 8
    assert "its guards would be others" in said

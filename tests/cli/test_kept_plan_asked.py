"""A kept plan is run as it was kept, whatever else is asked for; what is no plan is told apart."""

import pytest

from nfrcheck.plan import Options
from tests.cli.kept_project import PLAN, held, keep, run
from tests.cli.project import SCENARIO, Project


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "words",
    [
        ("--seed", "7"),
        ("--only", "failover"),
        ("--skip", "failover"),
        ("--max-time", "9 min"),
        ("--profile", "ci"),
        ("-d", "local"),
    ],
    ids=lambda words: words[0],
)
def test_a_flag_that_would_change_the_plan_is_wrong(words: tuple[str, ...]) -> None:
    code, said = run("plan.json", *words)

    assert code == 2
    assert "would change the plan, which is run as it was kept" in said


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("SEED", "7", "8"),
        ("MAX_TIME", "540 s", "9 s"),
        ("SKIP", "latency", "failover"),
        ("ONLY", "", "failover"),
        ("PROFILE", "ci", "soak"),
        ("DEPLOYMENT", "local", "production"),
    ],
)
def test_a_variable_may_say_the_same_and_nothing_else(
    name: str, same: str, other: str, kept: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert held(kept)
    keep("plan.json", Options(seed=7, skip=("latency",), max_time_s=540.0))

    monkeypatch.setenv(f"NFRCHECK_{name}", same)
    assert run() == (0, "")

    monkeypatch.setenv(f"NFRCHECK_{name}", other)
    code, said = run()
    assert code == 2
    assert f"NFRCHECK_{name} would change the plan" in said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no-json"),
        pytest.param("[]", id="a-list"),
        pytest.param('{"run": "2026", "schema_version": 1}', id="of-a-run-folder"),
        pytest.param('{"hash": "x", "schema_version": 2}', id="without-options"),
        pytest.param(
            '{"hash": "x", "schema_version": 2, "options": {"seed": 1, "only": [], "skip": [], '
            '"profile": "ci", "max_time_s": null}}',
            id="without-files",
        ),
    ],
)
def test_what_is_no_plan_is_said_to_be_none(text: str, kept: Project) -> None:
    kept.write("plan.json", text)

    code, said = run()

    assert code == 2
    assert said.startswith("plan.json is ")


def test_a_scenario_of_any_name_is_still_a_scenario(project: Project) -> None:
    """YAML may begin with a brace too."""
    project.write("scenarios/shop.nfr.yaml", "{nfrcheck: 1, targets: {}}")

    ended = project.run("run", "scenarios/shop.nfr.yaml", "--dry-run")

    assert ended.returncode == 2
    assert "there is no target" in ended.stderr


def test_a_protected_deployment_is_planned_and_names_what_is_to_be_approved(
    project: Project,
) -> None:
    place = project.deployment("local")
    place.write_text(place.read_text().replace("safety: {", "safety: {protected: true, "))

    planned = project.run(*PLAN)
    ended = project.run("run", "plan.json")

    assert planned.returncode == 0, planned.stderr
    assert "approval     needed: local is protected" in planned.stdout
    assert ended.returncode == 8
    assert "local is protected" in ended.stderr
    assert held(project)["hash"] in ended.stderr
    assert not project.contacted
    assert not (project.folder / "reports").exists()


def test_validate_says_that_an_approval_will_be_needed(project: Project) -> None:
    place = project.deployment("local")
    place.write_text(place.read_text().replace("safety: {", "safety: {protected: true, "))

    ended = project.run("validate", "scenarios/shop.nfr.yaml")

    assert ended.returncode == 0
    assert "NFR025" in ended.stdout + ended.stderr


def test_the_plan_that_is_kept_holds_no_word_of_a_secret(project: Project) -> None:
    project.write("scenarios/deployments/key", "a-secret-of-some-length")
    place = project.deployment("local")
    place.write_text(place.read_text().replace("{env: A_TOKEN_THAT_NOBODY_SET}", "{file: key}"))
    assert SCENARIO.count("as: alice")

    assert project.run(*PLAN).returncode == 0

    assert held(project)["secrets"] == ["deployments/key"]
    assert "a-secret" not in (project.folder / "plan.json").read_text()

"""Which deployment is meant: the flag, the variable, the one beside, the default, the only one."""

import json
from pathlib import Path

import pytest

from nfrcheck.cli.files import find_deployment
from nfrcheck.cli.settings import out_folder
from nfrcheck.errors import UsageError
from tests.cli.project import Project

HERE = Path("scenarios/shop.nfr.yaml")


@pytest.fixture
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.folder)
    return project


@pytest.mark.usefixtures("inside")
def test_the_only_one_needs_no_name() -> None:
    assert find_deployment(HERE, None) == Path("scenarios/deployments/local.deployment.yaml")


def test_a_name_stands_for_its_file(inside: Project) -> None:
    wanted = inside.deployment("staging")

    assert find_deployment(HERE, "staging").resolve() == wanted


def test_a_path_is_a_path(inside: Project) -> None:
    wanted = inside.deployment("elsewhere", folder="ops")

    assert find_deployment(HERE, "ops/elsewhere.deployment.yaml").resolve() == wanted


def test_with_several_one_must_be_named(inside: Project) -> None:
    inside.deployment("staging")

    with pytest.raises(UsageError, match="2 deployments: say which") as refused:
        find_deployment(HERE, None)
    assert refused.value.remedy == "-d local"


def test_the_one_beside_the_scenario_belongs_to_it(inside: Project) -> None:
    inside.deployment("staging")
    wanted = inside.deployment("shop", folder="scenarios")

    assert find_deployment(HERE, None).resolve() == wanted


def test_the_repository_has_a_default(inside: Project) -> None:
    wanted = inside.deployment("staging")
    inside.write("pyproject.toml", '[tool.nfrcheck]\ndeployment = "staging"\nout = "evidence"\n')

    assert find_deployment(HERE, None).resolve() == wanted
    assert out_folder() == Path("evidence")


def test_the_variable_counts_like_the_flag(project: Project) -> None:
    project.deployment("staging")

    shown = project.run("validate", NFRCHECK_DEPLOYMENT="staging").stdout

    assert "scenarios/shop.nfr.yaml on staging:" in shown


@pytest.mark.usefixtures("inside")
def test_a_slip_in_the_name_has_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="there is no deployment locla") as refused:
        find_deployment(HERE, "locla")
    assert refused.value.remedy == "did you mean local?"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        pytest.param('deploiment = "x"', "unknown key `deploiment`", id="unknown-key"),
        pytest.param("out = 3", "`out` in .* is a text", id="no-text"),
        pytest.param("out = ", "cannot be read", id="no-toml"),
    ],
)
def test_a_default_that_makes_no_sense_is_refused(inside: Project, table: str, words: str) -> None:
    inside.write("pyproject.toml", f"[tool.nfrcheck]\n{table}\n")

    with pytest.raises(UsageError, match=words):
        out_folder()


def test_what_a_deployment_holds_is_told_by_its_name(project: Project) -> None:
    project.deployment("staging")

    ended = project.run("describe", "-d", "staging")

    assert ended.returncode == 0, ended.stderr
    assert set(json.loads(ended.stdout)["entries"]) == {"global", "b"}

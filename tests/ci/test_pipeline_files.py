"""What CI systems are handed is what they accept, stands once, and overwrites nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nfrcheck.ci import PIPELINES, USUAL, pipeline_file, rendered
from nfrcheck.errors import UsageError
from tests.ci.pipelines import ACTION, COMPONENT, EXPRESSION, HOOKS, JENKINSFILE, load
from tests.cli.project import Project
from tests.cpu import alone, least

pytestmark = pytest.mark.slow

SCENARIO, DEPLOYMENT = "scenarios/shop.nfr.yaml", "staging"
WORDS = {**USUAL, "SCENARIO": SCENARIO, "DEPLOYMENT": DEPLOYMENT}
INPUTS = {word: f"$[[ inputs.{word.lower()} ]]" for word in WORDS}
SCHEMAS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}


def accepts(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    """The schema as the vendor publishes it; it comes with the tool, nothing is fetched."""
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_vendor_accepts_what_init_writes(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yml"
    path.write_text(pipeline_file(kind, SCENARIO, DEPLOYMENT, tmp_path).text, "utf-8")

    checked = accepts(SCHEMAS[kind], path)

    assert checked.returncode == 0, checked.stdout


def test_the_vendor_refuses_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yml"
    path.write_text(rendered("github.yml", WORDS).replace("runs-on:", "runs-in:"), "utf-8")

    assert accepts(SCHEMAS["github"], path).returncode == 1


def test_the_vendor_accepts_the_action() -> None:
    checked = accepts("vendor.github-actions", ACTION)

    assert checked.returncode == 0, checked.stdout


def test_the_component_is_the_job_of_init_with_inputs(tmp_path: Path) -> None:
    head, _, job = COMPONENT.read_text("utf-8").partition("---\n")
    (tmp_path / "job.yml").write_text(rendered("gitlab.yml", WORDS), "utf-8")

    assert job == rendered("gitlab.yml", INPUTS), "write it again from the template"
    declared = load(head)["spec"]["inputs"]
    assert set(declared) == {word.lower() for word in WORDS}
    assert {name for name, it in declared.items() if "default" not in it} == {"scenario"}
    assert declared["package"]["default"] == USUAL["PACKAGE"]
    assert declared["stage"]["default"] == USUAL["STAGE"]
    assert accepts(SCHEMAS["gitlab"], tmp_path / "job.yml").returncode == 0


def test_the_jenkinsfile_is_the_one_of_init() -> None:
    assert JENKINSFILE.read_text("utf-8") == rendered("Jenkinsfile", WORDS)


def test_the_workflow_may_read_and_nothing_else() -> None:
    workflow = load(rendered("github.yml", WORDS))

    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"]
    [minute] = {entry["cron"].split()[0] for entry in workflow["on"]["schedule"]}
    assert int(minute) % 2 == 1
    assert int(minute) % 5 != 0


@pytest.mark.parametrize("text", [rendered("github.yml", WORDS), ACTION.read_text("utf-8")])
def test_every_action_has_a_major_version(text: str) -> None:
    used = re.findall(r"uses: (\S+)", text)

    assert len(used) >= 2
    assert all(
        re.fullmatch(r"actions/[a-z/-]+@v\d+|\./\.github/actions/nfrcheck", it) for it in used
    )


def test_no_expression_of_github_is_left_to_a_shell() -> None:
    steps = load(ACTION.read_text("utf-8"))["runs"]["steps"]
    steps += load(rendered("github.yml", WORDS))["jobs"]["nfrcheck"]["steps"]

    shells = [step["run"] for step in steps if "run" in step]
    assert len(shells) >= 5
    assert not [shell for shell in shells if EXPRESSION.search(shell)]


@pytest.mark.parametrize("name", ["a b.nfr.yaml", "x'.nfr.yaml", "$(id).nfr.yaml", "ü.nfr.yaml"])
def test_a_name_that_would_need_quotes_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot stand in a pipeline file"):
        pipeline_file("github", name, DEPLOYMENT, tmp_path)


@pytest.mark.parametrize("kind", PIPELINES)
def test_init_writes_a_pipeline_with_the_first_files(kind: str, empty: Project) -> None:
    ended = empty.run("init", "https://shop.example/", "--ci", kind)

    assert ended.returncode == 0, ended.stderr
    text = (empty.folder / PIPELINES[kind].path).read_text("utf-8")
    assert "scenarios/shop-example.nfr.yaml" in text
    assert "'shop-example'" in text or '"shop-example"' in text
    assert "@" not in re.sub(r"actions/\S+@v\d", "", text), "a word was not filled in"
    assert f"created  {PIPELINES[kind].path}" in ended.stdout
    assert all(len(line) <= 100 for line in ended.stdout.splitlines())
    assert not empty.contacted


def test_without_ci_there_is_no_pipeline(empty: Project) -> None:
    ended = empty.run("init", "http://127.0.0.1:8000", "--ci", "none")

    assert ended.returncode == 0
    assert {path.name for path in empty.folder.iterdir()} == {"scenarios"}


def test_the_flag_is_a_variable_too(project: Project) -> None:
    ended = project.run("init", "scenarios/shop.nfr.yaml", NFRCHECK_CI="jenkins")

    assert ended.returncode == 0, ended.stderr
    assert "NFRCHECK_DEPLOYMENT = 'local'" in (project.folder / "Jenkinsfile").read_text("utf-8")


def test_a_scenario_that_is_there_gets_a_pipeline_and_stays(project: Project) -> None:
    before = (project.folder / "scenarios/shop.nfr.yaml").read_text("utf-8")
    project.deployment("other")

    unsaid = project.run("init", "scenarios/shop.nfr.yaml", "--ci", "github")
    said = project.run("init", "scenarios/shop.nfr.yaml", "--ci", "github", "-d", "other")

    assert unsaid.returncode == 2
    assert "say which" in unsaid.stderr
    assert said.returncode == 0, said.stderr
    assert "|| 'other' }}" in (project.folder / PIPELINES["github"].path).read_text("utf-8")
    assert (project.folder / "scenarios/shop.nfr.yaml").read_text("utf-8") == before
    assert not project.contacted


def test_a_deployment_that_has_no_name_is_called_by_its_path(project: Project) -> None:
    place = project.deployment("far", "elsewhere")

    ended = project.run(
        *("init", "scenarios/shop.nfr.yaml", "--ci", "gitlab"), "-d", f"elsewhere/{place.name}"
    )

    assert ended.returncode == 0, ended.stderr
    job = load((project.folder / ".gitlab-ci.yml").read_text("utf-8"))["nfrcheck"]
    assert job["variables"]["NFRCHECK_DEPLOYMENT"] == "elsewhere/far.deployment.yaml"


@pytest.mark.parametrize("kind", ["gitlab", "jenkins"])
def test_a_pipeline_that_is_there_stays_and_gets_a_neighbour(kind: str, project: Project) -> None:
    pipeline = PIPELINES[kind]
    assert pipeline.beside
    project.write(str(pipeline.path), "mine")

    first = project.run("init", "scenarios/shop.nfr.yaml", "--ci", kind)
    again = project.run("init", "scenarios/shop.nfr.yaml", "--ci", kind)

    assert first.returncode == 0, first.stderr
    assert f"add      {pipeline.use}" in first.stdout
    assert (project.folder / pipeline.path).read_text("utf-8") == "mine"
    assert "nfrcheck run" in (project.folder / pipeline.beside).read_text("utf-8")
    assert again.returncode == 2
    assert f"{pipeline.beside} is there already" in again.stderr


def test_what_is_refused_leaves_nothing_behind(empty: Project) -> None:
    empty.write(str(PIPELINES["github"].path), "mine")

    ended = empty.run("init", "http://127.0.0.1:8000", "--ci", "github")

    assert ended.returncode == 2
    assert "error: .github/workflows/nfrcheck.yml is there already\nhelp: edit it" in ended.stderr
    assert not (empty.folder / "scenarios").exists()


def test_inside_of_a_repository_nothing_would_find_it(empty: Project) -> None:
    (empty.folder / ".git").mkdir()
    below = Project(empty.folder / "services" / "shop", empty.server)
    below.folder.mkdir(parents=True)

    ended = below.run("init", "http://127.0.0.1:8000", "--ci", "github")

    assert ended.returncode == 2
    assert f"at the top of the repository, {empty.folder}" in ended.stderr
    assert "services/shop" in ended.stderr
    assert not list(below.folder.iterdir())


def test_the_hook_checks_all_files_of_a_commit_at_once(project: Project) -> None:
    [hook] = load(HOOKS.read_text("utf-8"))
    project.write("scenarios/bad.nfr.yaml", "nfrcheck: 1\nlaod: {}\n")
    files = sorted(
        path for path in project.folder.rglob("*") if re.search(hook["files"], str(path))
    )

    ended = project.run(*hook["entry"].split()[1:], *(str(file) for file in files))

    assert {file.name for file in files} == {
        "shop.nfr.yaml",
        "bad.nfr.yaml",
        "local.deployment.yaml",
    }
    assert hook["pass_filenames"] is True
    assert ended.returncode == 2
    assert "scenarios/bad.nfr.yaml:2:1" in ended.stdout
    assert "can decide" in ended.stdout, "the good one was checked as well"
    assert not project.contacted


@alone
def test_the_hook_takes_less_than_a_second(project: Project) -> None:
    assert least(lambda: project.cpu_s("validate", "scenarios/shop.nfr.yaml")) < 1.0

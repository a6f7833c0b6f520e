"""Every shell line that a pipeline file holds does what it is there for.

Run as the runner of that CI system runs it, against a service that is well and one that is not.
A machine that is too busy to measure on makes verdicts invalid; then a step must end as its run.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nfrcheck.ci import PIPELINES, pipeline_file
from tests.box.running_box import wait_until
from tests.ci.pipelines import ACTION, Step, filled, github, jenkins, jenkins_environment, load
from tests.ci.rehearsal import (
    SHELL,
    Runner,
    build_wheel,
    clean_environment,
    new_python,
)
from tests.experiments.children import Server

pytestmark = [pytest.mark.whole, pytest.mark.slow, pytest.mark.timeout(120)]

SCENARIO = """\
nfrcheck: 1
load: {users: {rate: 100/s, journey: {first: {get: /}}}}
phases: [warm-up: 100 ms, steady: 3 s]
targets: {availability: {at_least: 50 %, during: run}}
"""
DEPLOYMENT = """\
nfrcheck: 1
entries: {{app: {{url: "{url}"}}}}
safety: {{hosts: [127.0.0.1], max_rate: 500/s}}
"""
NAME = "scenarios/shop.nfr.yaml"
STAGED = "staging"
OUTCOMES = {200: (0, "pass"), 500: (1, "fail")}
"""What the service answers to everything -> how its run ends."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_python(tmp_path_factory.mktemp("python") / "venv")


@pytest.fixture
def service() -> Iterator[Server]:
    server = Server()
    yield server
    server.die()


@pytest.fixture
def runner(tmp_path: Path, python: Path, service: Server) -> Runner:
    """A checkout with a scenario for the service, on a runner of GitHub."""
    checkout, temporary = tmp_path / "checkout", tmp_path / "temp"
    (checkout / "scenarios" / "deployments").mkdir(parents=True)
    temporary.mkdir()
    (checkout / NAME).write_text(SCENARIO, "utf-8")
    for name in (STAGED, "other"):
        place = checkout / "scenarios" / "deployments" / f"{name}.deployment.yaml"
        place.write_text(DEPLOYMENT.format(url=service.url), "utf-8")
    environment = clean_environment(
        python,
        tmp_path,
        GITHUB_ACTIONS="true",
        GITHUB_WORKSPACE=str(checkout),
        GITHUB_STEP_SUMMARY=str(temporary / "summary"),
        GITHUB_OUTPUT=str(temporary / "output"),
        RUNNER_TEMP=str(temporary),
    )
    return Runner(checkout, temporary, dict(environment))


def package(wheel: Path) -> str:
    return f"nfrcheck[load,report] @ {wheel.as_uri()}"


def answering(service: Server, status: int) -> None:
    service.answer = lambda _asked: (status, {}, b"{}")


def check(runner: Runner, ended: int, status: int) -> None:
    """The job ended as its run, whose verdict is right unless it saw that the machine was busy."""
    found = runner.document
    code, verdict = OUTCOMES[status]
    if runner.busy and found["verdict"] in {"invalid", "inconclusive"}:
        # `--inconclusive warn` is set for pull requests.
        assert ended == found["exit_code"] or (ended, status) == (0, 200), runner.said
        return
    assert (ended, found["exit_code"], found["verdict"]) == (code, code, verdict), runner.said


def workflow(wheel: Path, root: Path) -> tuple[dict[str, str], list[Step]]:
    """The environment of the job and its steps, on a pull request."""
    text = pipeline_file("github", NAME, STAGED, root).text
    job = load(text)["jobs"]["nfrcheck"]
    values = {
        f"vars.NFRCHECK_DEPLOYMENT || '{STAGED}'": STAGED,
        "vars.NFRCHECK_PACKAGE || 'nfrcheck[load,report]'": package(wheel),
        "github.event_name == 'pull_request' && 'warn' || 'fail'": "warn",
    }
    env = {name: filled(value, values) for name, value in job["env"].items()}
    return env, list(github(job["steps"], values))


@pytest.mark.parametrize("status", [200, 500])
def test_the_workflow_of_github(runner: Runner, service: Server, wheel: Path, status: int) -> None:
    answering(service, status)
    env, steps = workflow(wheel, runner.folder)
    runner.environment |= env

    ended = runner.run(steps)

    check(runner, ended, status)
    assert list(runner.codes.values()) == [0, 0, ended, 0], "install, validate, run, put back"
    assert "nothing is left" in runner.said
    [run] = runner.runs
    assert runner.read("summary") == (run / "summary.md").read_text("utf-8")
    uploaded = [step for step in steps if step.uses.startswith("actions/upload-artifact")]
    assert [step.always for step in uploaded] == [True]


def test_a_file_that_is_wrong_stops_the_workflow_at_its_line(
    runner: Runner, service: Server, wheel: Path
) -> None:
    (runner.folder / NAME).write_text(SCENARIO.replace("rate:", "rat:"), "utf-8")
    env, steps = workflow(wheel, runner.folder)
    runner.environment |= env

    ended = runner.run(steps)

    assert ended == 2
    assert f"::error file={NAME},line=2,col=" in runner.said
    assert not service.asked
    assert not runner.runs


def test_a_cancelled_workflow_ends_its_run_first(runner: Runner, wheel: Path) -> None:
    (runner.folder / NAME).write_text(SCENARIO.replace("3 s", "40 s"), "utf-8")
    env, steps = workflow(wheel, runner.folder)
    runner.environment |= env
    shells = [step for step in steps if step.shell]
    assert runner.run(shells[:2]) == 0

    stopped(runner, shells[2], signal.SIGINT)

    assert runner.document["exit_code"] == 130
    assert runner.step(shells[3]) == 0


def stopped(runner: Runner, step: Step, how: signal.Signals) -> int:
    """The step, while its run is measuring, gets the signal of a cancelled job: its shell alone."""
    process = runner.start(step)
    records = "reports/runs/*/load-users.0.0.rec"
    wait_until(lambda: any(runner.folder.glob(records)) or process.poll() is not None, 20.0)
    os.kill(process.pid, how)
    return runner.ended(process)


def action(runner: Runner, wheel: Path, **inputs: str) -> list[Step]:
    document = load(ACTION.read_text("utf-8"))
    given = {name: it.get("default", "") for name, it in document["inputs"].items()}
    given |= {"scenario": NAME, "version": wheel.as_uri(), **inputs}
    values = {f"inputs.{name}": value for name, value in given.items()}
    values["inputs.deployment || env.NFRCHECK_DEPLOYMENT"] = given["deployment"]
    values["env.NFRCHECK_OUT || 'reports/runs'"] = "reports/runs"
    outputs = {name: it["value"] for name, it in document["outputs"].items()}
    assert outputs == {name: f"${{{{ steps.run.outputs.{name} }}}}" for name in outputs}
    assert set(outputs) == {"verdict", "exit-code", "scorecard"}
    assert runner.folder.is_dir()
    return list(github(document["runs"]["steps"], values))


@pytest.mark.parametrize("status", [200, 500])
def test_the_action_of_github(runner: Runner, service: Server, wheel: Path, status: int) -> None:
    answering(service, status)
    earlier = runner.folder / "reports" / "runs" / "2020-01-01T000000Z-shop" / "run.json"
    earlier.parent.mkdir(parents=True)
    earlier.write_text('{"verdict": "pass"}', "utf-8")
    steps = action(runner, wheel, deployment=STAGED, args="--seed 7 --inconclusive warn")

    ended = runner.run(steps)

    earlier.unlink()
    check(runner, ended, status)
    [run] = [path.relative_to(runner.folder) for path in runner.runs]
    assert runner.document["seed"] == 7
    assert runner.outputs == {
        "verdict": runner.document["verdict"],
        "exit-code": str(ended),
        "scorecard": f"{run}/scorecard.html",
        "folder": str(run),
    }
    assert runner.codes["Put back what a killed run left"] == 0
    assert (runner.folder / run / "scorecard.html").stat().st_size > 10_000


def test_without_a_run_the_action_says_how_it_ended_and_nothing_else(
    runner: Runner, wheel: Path
) -> None:
    ended = runner.run(action(runner, wheel, deployment="nowhere"))

    assert ended == 2
    assert runner.outputs == {"verdict": "", "exit-code": "2", "scorecard": "", "folder": ""}


@pytest.mark.parametrize(
    "how",
    [pytest.param(signal.SIGINT, id="INT"), pytest.param(signal.SIGTERM, id="TERM")],
)
def test_a_cancelled_action_ends_its_run_first(
    runner: Runner, wheel: Path, how: signal.Signals
) -> None:
    (runner.folder / NAME).write_text(SCENARIO.replace("3 s", "40 s"), "utf-8")
    install, run, _ = (step for step in action(runner, wheel, deployment=STAGED) if step.shell)
    assert runner.step(install) == 0

    ended = stopped(runner, run, how)

    assert ended == runner.document["exit_code"] != 0
    assert runner.outputs["exit-code"] == str(ended)


def gitlab(runner: Runner, wheel: Path) -> list[Step]:
    """GitLab joins the lines of a script to one shell; variables of the project count more."""
    job = load(pipeline_file("gitlab", NAME, STAGED, runner.folder).text)["nfrcheck"]
    runner.environment |= job["variables"] | {"NFRCHECK_PACKAGE": package(wheel)}
    script, after = ("\n".join(job[key]) for key in ("script", "after_script"))
    assert job["artifacts"]["when"] == "always"
    return [
        Step("script", script, "", {}, always=False),
        Step("after_script", after, "", {}, always=True),
    ]


def jenkins_steps(runner: Runner, wheel: Path) -> list[Step]:
    text = pipeline_file("jenkins", NAME, STAGED, runner.folder).text
    runner.environment |= jenkins_environment(text) | {"NFRCHECK_PACKAGE": package(wheel)}
    runner.shell = SHELL
    return jenkins(text)


OTHERS: dict[str, Callable[[Runner, Path], list[Step]]] = {
    "gitlab": gitlab,
    "jenkins": jenkins_steps,
}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("gitlab", 500),
        ("jenkins", 500),
        ("jenkins", 200),
    ],
)
def test_the_pipelines_of_others(
    runner: Runner, service: Server, wheel: Path, kind: str, status: int
) -> None:
    answering(service, status)
    steps = OTHERS[kind](runner, wheel)

    ended = runner.run(steps)

    check(runner, ended, status)
    assert "nothing is left" in runner.said
    [run] = runner.runs
    assert (run / "junit.xml").is_file()
    if kind == "jenkins":
        shown = runner.folder / "reports" / "nfrcheck"
        assert "<style" not in (shown / "scorecard.html").read_text("utf-8")
        assert (shown / "scorecard.css").stat().st_size > 1000


def test_every_kind_of_pipeline_is_rehearsed() -> None:
    assert PIPELINES.keys() == {"github", *OTHERS}

"""A plan names no process by its number: one that ends or is started again makes no other plan."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nfrcheck.plan import Options
from tests.cli.kept_project import held, keep, run
from tests.cli.project import Project

CONTROL = "kind: process, entry: b, pid: app.pid, start: sh app"


@pytest.fixture(params=["kill", "pause"])
def process(
    request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Starts the process that the pid file names; each call another one."""
    monkeypatch.chdir(project.folder)
    place = project.deployment("local")
    text = place.read_text()
    before, _, rest = text.partition("app-b: {")
    after = rest.partition("}\n")[2]
    allow = after.replace("component-kill", f"component-{request.param}")
    place.write_text(f"{before}app-b: {{{CONTROL}}}\n{allow}")
    scenario = project.folder / "scenarios/shop.nfr.yaml"
    scenario.write_text(
        scenario.read_text().replace("component-kill", f"component-{request.param}")
    )
    project.write("scenarios/deployments/app", "exec sleep 60")
    begun: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        words = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        begun.append(subprocess.Popen(words, stdin=subprocess.PIPE))
        project.write("scenarios/deployments/app.pid", str(begun[-1].pid))

    yield start
    for one in begun:
        one.communicate()


def test_it_may_be_another_one(process: Callable[[], None], project: Project) -> None:
    process()
    keep("plan.json", Options())
    process()

    assert run() == (0, "")
    assert held(project)["steps"][2]["faults"][0]["undo"]


@pytest.mark.parametrize("when", ["then", "now"])
def test_it_may_have_been_away(when: str, process: Callable[[], None], project: Project) -> None:
    pid = Path(project.folder, "scenarios/deployments/app.pid")
    if when == "now":
        process()
    keep("plan.json", Options())
    if when == "now":
        pid.unlink()
    else:
        process()

    assert run() == (0, "")


def test_what_starts_it_is_part_of_the_plan(process: Callable[[], None], project: Project) -> None:
    process()
    keep("plan.json", Options())

    project.write("scenarios/deployments/app", "exec sleep 61")

    code, said = run()
    assert code == 8
    assert "deployments/app has changed" in said

"""`--profile` takes the place of the scenario's own: in the plan, in its rules, on the page."""

import json

import pytest

from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Quiet
from nfrcheck.scenario.read import read_pair
from tests.cli.project import Project

FILE = "scenarios/shop.nfr.yaml"
PLACE = "scenarios/deployments/local.deployment.yaml"


def test_the_plan_has_the_phases_of_the_profile(project: Project) -> None:
    path = project.folder / FILE
    path.write_text(path.read_text("utf-8").replace("    repeat: 2\n", ""), "utf-8")

    shown = {
        name: project.run("plan", FILE, *(["--profile", name] if name else [])).stdout
        for name in ("", "ci", "gameday")
    }

    # The profile decides how often a drill is run: 3 or 5 times, and how long the warm-up is.
    assert shown[""].partition("run it")[0] == shown["ci"].partition("run it")[0]
    assert "nfrcheck run scenarios/shop.nfr.yaml --profile gameday" in shown["gameday"]
    assert shown["gameday"].partition("run it")[0] != shown["ci"].partition("run it")[0]


@pytest.mark.parametrize(
    ("profile", "warm_up", "repeats", "burst"),
    [(None, 10.0, 3, 0.010), ("gameday", 30.0, 5, 0.100), ("soak", 300.0, 5, 1.0)],
)
def test_everything_that_a_profile_sets_is_of_that_profile(
    profile: str | None, warm_up: float, repeats: int, burst: float, project: Project
) -> None:
    path = project.folder / FILE
    path.write_text(path.read_text("utf-8").replace("    repeat: 2\n", ""), "utf-8")

    pair = read_pair(path, project.folder / PLACE, profile=profile)
    made = plan(pair.scenario, pair.deployment, Options())

    assert made.profile == (profile or "ci")
    first = made.steps[0]
    assert isinstance(first, Quiet)
    assert first.seconds == warm_up
    assert len(made.drills) == repeats
    assert {target.question.rules.burst_floor_s for target in made.targets} == {burst}
    said = [note for note in made.notes if "profile" in note]
    assert said == ([f"profile {profile} was asked for in place of ci"] if profile else [])


def test_what_the_file_says_is_no_note(project: Project) -> None:
    path = project.folder / FILE
    path.write_text(path.read_text("utf-8") + "profile: soak\n", "utf-8")

    pair = read_pair(path, project.folder / PLACE, profile="soak")

    assert plan(pair.scenario, pair.deployment, Options()).notes == ()


def test_validate_decides_by_the_profile(project: Project) -> None:
    path = project.folder / FILE
    text = path.read_text("utf-8").replace("until: decided, at_most: 12 min", "until: decided")
    text = text.replace("rate: 150/s", "rate: 5/s").replace("99.99 %", "99.9 %")
    path.write_text(text, "utf-8")

    short = project.run("validate", "--format", "json", "--profile", "ci")
    long = project.run("validate", "--format", "json", "--profile", "gameday")

    assert "NFR021" in {found["code"] for found in json.loads(short.stdout)}
    assert "NFR021" not in {found["code"] for found in json.loads(long.stdout)}

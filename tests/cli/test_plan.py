"""`plan` shows all that a run would do, needs no secret, and contacts nothing."""

import json
from pathlib import Path

from tests.cli.project import SCENARIO, Project

GOLDEN = Path(__file__).parents[1] / "golden" / "cli" / "plan.txt"


def test_a_plan_reads_as_it_always_did(project: Project) -> None:
    ended = project.run("plan", "scenarios/shop.nfr.yaml")

    shown = ended.stdout.replace(str(project.port), "PORT")
    assert ended.returncode == 0, ended.stderr
    assert shown == GOLDEN.read_text(encoding="utf-8")
    assert not project.contacted


def test_no_line_of_a_narrow_terminal_is_broken_by_the_terminal(project: Project) -> None:
    shown = project.run("plan", "scenarios/shop.nfr.yaml", COLUMNS="80").stdout

    assert max(map(len, shown.splitlines())) <= 80


def test_the_plan_file_holds_what_was_shown_and_no_secret(project: Project) -> None:
    ended = project.run("plan", "scenarios/shop.nfr.yaml", "-o", "plan.json")

    text = (project.folder / "plan.json").read_bytes()
    plan = json.loads(text)
    assert plan["hash"] in ended.stdout
    assert [step["name"] for step in plan["steps"]] == [
        "warm-up",
        "steady",
        "lose-b",
        "lose-b",
    ] or [step["name"] for step in plan["steps"]][:2] == ["warm-up", "steady"]
    assert plan["steps"][2]["faults"][0]["undo"][0]["argv"] == ["./app", "start"]
    assert [target["id"] for target in plan["targets"]] == ["availability", "latency", "failover"]
    assert b"authorization" not in text.lower()


def test_a_plan_that_safety_forbids_is_refused_with_the_remedy(project: Project) -> None:
    path = project.deployment("local")
    path.write_text(path.read_text().replace("max_rate: 500/s", "max_rate: 10/s"))

    ended = project.run("plan", "scenarios/shop.nfr.yaml")

    assert ended.returncode == 2
    assert "more than `max_rate: 10/s`" in ended.stderr
    assert "help: lower the rates" in ended.stderr


def test_invalid_files_end_with_2_before_anything_is_contacted(project: Project) -> None:
    project.write("scenarios/shop.nfr.yaml", SCENARIO.replace("150/s", "150"))

    ended = project.run("plan", "scenarios/shop.nfr.yaml")

    assert ended.returncode == 2
    assert not ended.stdout
    assert "error[NFR015]" in ended.stderr
    assert ended.stderr.endswith("1 error · nothing was contacted · nfrcheck explain NFR015\n")
    assert not project.contacted

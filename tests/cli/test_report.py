"""`report` writes again what a kept run gives, from its run.json alone."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.project import Project
from tests.reports.sample_runs import sample


def kept(project: Project, name: str = "2026-11-22T0200Z-shop", run: str = "fail") -> Path:
    folder = project.folder / "reports" / "runs" / name
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text("{}")
    (folder / "run.json").write_text(json.dumps(sample(run)))
    return folder


def test_the_last_run_is_the_one_that_started_last(project: Project) -> None:
    kept(project, "2026-11-22T0200Z-shop", "pass")
    folder = kept(project, "2026-11-23T0200Z-shop")

    ended = project.run("report", "@last", "--format", "junit,md")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("wrote  junit.xml ")
    assert ended.stdout.endswith("in     reports/runs/2026-11-23T0200Z-shop\n")
    assert "<failure" in (folder / "junit.xml").read_text()
    assert (folder / "summary.md").stat().st_size > 100


def test_of_two_that_started_in_one_second_the_last_is_the_one_planned_last(
    project: Project,
) -> None:
    later = kept(project, "2026-11-22T020014Z-a-run-1a2b")
    sooner = kept(project, "2026-11-22T020014Z-b-run-3c4d")
    os.utime(sooner / "plan.json", ns=(1, 1))

    ended = project.run("report", "--format", "md")

    assert ended.stdout.endswith(f"in     reports/runs/{later.name}\n"), ended.stderr


def test_several_runs_are_written_one_after_another(project: Project) -> None:
    folders = [kept(project, f"2026-11-2{n}T0200Z-shop") for n in (1, 2, 3)]

    ended = project.run("report", folders[0].name, str(folders[1]), "--format", "prom,junit")

    assert ended.returncode == 0, ended.stderr
    said = [line.partition(" ")[0] for line in ended.stdout.splitlines()]
    assert said == ["wrote", "in", "wrote", "in"]
    written = [(folder / "metrics.prom").is_file() for folder in folders]
    assert written == [True, True, False]


def test_if_one_of_several_is_not_there_none_is_written(project: Project) -> None:
    folder = kept(project)

    ended = project.run("report", folder.name, "nowhere", "--format", "md")

    assert ended.returncode == 2
    assert not (folder / "summary.md").exists()


def test_runs_may_be_kept_elsewhere(project: Project) -> None:
    folder = kept(project)
    elsewhere = project.folder / "evidence"
    folder.parent.rename(elsewhere)

    lost = project.run("report", "@last", "--format", "md")
    by_flag = project.run("report", "@last", "--format", "md", "--out", "evidence")
    by_variable = project.run("report", folder.name, "--format", "md", NFRCHECK_OUT="evidence")

    assert lost.returncode == 2
    assert (by_flag.returncode, by_variable.returncode) == (0, 0)


def test_what_some_servers_forbid_can_stand_in_files_beside_the_page(project: Project) -> None:
    folder = kept(project)

    ended = project.run("report", "--format", "html", "--assets", "split")

    assert ended.returncode == 0, ended.stderr
    page = (folder / "scorecard.html").read_text("utf-8")
    assert "<style" not in page
    assert '<link rel="stylesheet" href="scorecard.css">' in page
    assert (folder / "scorecard.css").stat().st_size > 1000
    assert (folder / "scorecard.svg").read_text("utf-8").startswith("<svg")


def test_the_page_is_opened_if_that_is_wanted(project: Project) -> None:
    folder = kept(project)
    browser = project.write("bin/browser", '#!/bin/sh\necho "$1" > opened\n')
    browser.chmod(0o755)

    ended = project.run("report", "--open", BROWSER=str(browser))

    assert ended.returncode == 0, ended.stderr
    opened = (project.folder / "opened").read_text().strip()
    assert opened == (folder / "scorecard.html").as_uri()


def test_without_a_format_all_are_written(project: Project) -> None:
    folder = kept(project)

    ended = project.run("report", folder.name)

    assert ended.returncode == 0, ended.stderr
    assert {path.name for path in folder.iterdir()} >= {
        "scorecard.html",
        "junit.xml",
        "summary.md",
        "metrics.prom",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["@last"], "there is no run in reports/runs", id="no-run"),
        pytest.param(["nowhere"], "there is no run nowhere", id="no-such-run"),
        pytest.param(["."], "nfrcheck judge . writes it again", id="not-judged"),
    ],
)
def test_what_cannot_be_found_is_a_wrong_call(
    arguments: list[str], words: str, project: Project
) -> None:
    ended = project.run("report", *arguments)

    assert ended.returncode == 2
    assert words in ended.stderr


def test_an_unknown_format_names_those_that_there_are(project: Project) -> None:
    kept(project)

    ended = project.run("report", "@last", "--format", "pdf")

    assert ended.returncode == 2
    assert "there is no report pdf" in ended.stderr
    assert "html" in ended.stderr

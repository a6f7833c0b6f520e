"""What pipelines read of a run: events, reports where they were asked for, and the exit code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.children import running_server
from tests.run.whole import Shop, Start, WholeRun, has_failed, quiet

TARGETS = (
    "{availability: {at_least: 50 %}, latency: {p99: < 2 s}, slow: {check: latency, p50: < 4 s}}"
)
UNDECIDED = "{availability: {at_least: 99.99 %}, latency: {p99: < 2 s}}"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """A healthy run with every flag that says how it is told and kept."""
    place = tmp_path_factory.mktemp("told")
    flags = ("--json", "--quiet", "--all", "--seed", "7", "--only", "availability")
    kept = ("--format", "html,md,junit", "--assets", "split", "--junit", f"{place}/ci/j.xml")
    with running_server() as server:
        deployment = Shop(place, server).deployment()
        run = WholeRun(place, quiet(targets=TARGETS), deployment, *flags, *kept, "--profile=soak")
        assert run.end() in {0, 3, 4}
        yield run
        run.over()


def events(run: WholeRun) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run.place / "stdout").read_text("utf-8").splitlines()]


def test_stdout_is_events_alone_from_the_first_to_the_end(told: WholeRun) -> None:
    first, *between, last = events(told)

    assert (first["event"], first["format"], first["folder"]) == (
        "nfrcheck",
        1,
        str(told.folder),
    )
    assert first["run"] == told.folder.name
    kinds = [line["event"] for line in between]
    assert {"phases", "say", "phase", "health", "target"} <= set(kinds)
    times = [line["t"] for line in between]
    assert times == sorted(times)
    phases = [(line["name"], line["state"]) for line in between if line["event"] == "phase"]
    assert phases == [
        *(("warm-up", "start"), ("warm-up", "end"), ("steady", "start"), ("steady", "end"))
    ]
    assert last["exit_code"] == told.process.returncode


def test_the_targets_and_the_end_are_those_of_the_run(told: WholeRun) -> None:
    found = told.run_json()
    *_, last = lines = events(told)

    assert [line["target"] for line in lines if line["event"] == "target"] == found["targets"]
    for name in ("verdict", "exit_code", "sentence", "ended", "restored"):
        assert last[name] == found[name]
    assert last["reports"] == {
        name: str(told.folder / path)
        for name, path in (
            ("html", "scorecard.html"),
            ("md", "summary.md"),
            ("junit", "junit.xml"),
        )
    }
    assert all(Path(path).is_file() for path in last["reports"].values())


def test_people_read_stderr_and_quiet_leaves_them_the_table(told: WholeRun) -> None:
    shown = (told.place / "stderr").read_text("utf-8")

    assert shown.lstrip().startswith("TARGET")
    assert shown.endswith(f"exit {told.process.returncode} ({events(told)[-1]['exit_name']})\n")
    assert "warm-up" not in shown


def test_only_the_reports_that_were_asked_for_are_there(told: WholeRun) -> None:
    assert not (told.folder / "metrics.prom").exists()
    assert (told.folder / "scorecard.css").is_file()
    assert "<style" not in (told.folder / "scorecard.html").read_text("utf-8")
    copy = told.place / "ci" / "j.xml"
    assert copy.read_bytes() == (told.folder / "junit.xml").read_bytes()


def test_the_flags_are_in_the_run(told: WholeRun) -> None:
    found = told.run_json()

    assert [row["id"] for row in found["targets"]] == ["availability"]
    assert found["seed"] == 7
    assert "profile soak was asked for in place of ci" in found["notes"]
    assert json.loads((told.folder / "plan.json").read_text("utf-8"))["profile"] == "soak"


def test_a_kept_run_is_judged_leniently_if_that_is_wanted(told: WholeRun) -> None:
    stricter = told.place / "stricter.nfr.yaml"
    stricter.write_text(told.scenario.read_text("utf-8").replace(TARGETS, UNDECIDED), "utf-8")
    written = (told.folder / "run.json").read_bytes()
    words = ("judge", told.folder, "--scenario", stricter, "-d", told.deployment)

    hard = told.nfrcheck(*words, "--profile", "ci", "--format", "md", "--all")
    soft = told.nfrcheck(*words, "--inconclusive", "warn", "--format", "html", "--assets", "split")

    verdicts = {row["verdict"] for row in told.run_json()["targets"]}
    (told.folder / "run.json").write_bytes(written)
    # A machine that was too busy to measure says so, whatever the limit.
    if "invalid" in verdicts:
        assert (hard.returncode, soft.returncode) == (4, 4)
    else:
        assert hard.stdout.endswith("exit 3 (inconclusive)\n"), hard.stderr
        assert (hard.returncode, soft.returncode) == (3, 0)
        assert "leaning to pass; --inconclusive warn" in soft.stdout


def test_a_pipeline_on_github_sees_the_line_that_failed(start: Start, shop: Shop) -> None:
    shop.down.touch()
    summary = shop.place / "step.md"
    text = quiet()
    run = start(
        text,
        shop.deployment(),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
        GITHUB_WORKSPACE=str(shop.place),
    )

    assert has_failed(run)
    if run.process.returncode == 1:
        shown = (run.place / "stdout").read_text("utf-8").splitlines()
        [line] = [line for line in shown if line.startswith("::")]
        assert line.startswith("::error file=small.nfr.yaml,line=4,title=availability%3A fail::")
        assert "every answer was 503" in line
        assert summary.read_text("utf-8").startswith("## ")


def test_a_limit_ends_a_run_with_5(start: Start, shop: Shop) -> None:
    run = start(quiet(30), shop.deployment(), "--max-time", "1 s")

    assert run.end() == 5
    assert "the time limit of 1 s was reached" in run.words()
    assert run.run_json()["ended"] == "aborted"


@pytest.mark.slow
def test_without_a_verdict_that_leans_to_pass_nothing_is_excused(start: Start, shop: Shop) -> None:
    shop.server.die()
    run = start(quiet(), shop.deployment(), "--inconclusive", "warn")

    assert run.end() == 4
    assert "never answered" in run.words()

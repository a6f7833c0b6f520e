"""The end of a run where pipelines look for it: step summary, annotations, JUnit, exit code."""

import json
from pathlib import Path

import pytest

from nfrcheck.cli.events import Events
from nfrcheck.cli.finish import SUMMARY_LIMIT, Shown, at_most, finish
from nfrcheck.cli.reporting import Wanted
from nfrcheck.pipeline import Result
from nfrcheck.reports import REPORTS
from tests.reports.sample_runs import RUNS

LIGHT = Shown(reports=Wanted(formats=("junit",)))


@pytest.fixture(autouse=True)
def _no_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


def result(name: str, folder: Path) -> Result:
    card = RUNS[name]()
    (folder / "run.json").write_text(json.dumps(card.to_json()), "utf-8")
    return Result(scorecard=card, folder=folder)


@pytest.mark.parametrize("name", RUNS)
def test_the_summary_of_the_job_is_whole_small_and_utf_8(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "step"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    finish(result(name, tmp_path), colour=False, shown=LIGHT)

    raw = summary.read_bytes()
    assert raw.startswith(b"before\n## ")
    assert 100 < len(raw) <= SUMMARY_LIMIT + len(b"before\n")
    assert raw.decode("utf-8").endswith("\n")


def test_five_hundred_failed_targets_fit_and_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "step"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    finish(result("many", tmp_path), colour=False, shown=LIGHT)

    assert summary.stat().st_size <= SUMMARY_LIMIT
    assert " of 500 targets; the rest is in scorecard.html." in summary.read_text("utf-8")


@pytest.mark.parametrize("letters", ["x", "ß", "漢", "😀"])
@pytest.mark.parametrize("limit", range(200, 212))
def test_a_cut_counts_bytes_and_splits_no_letter(letters: str, limit: int) -> None:
    text = "\n".join(letters * 7 for _ in range(100)).encode()

    cut = at_most(text, limit)

    assert len(cut) <= limit
    lines = cut.decode("utf-8").split("\n")
    assert {line for line in lines if letters in line} == {letters * 7}
    assert "cut here" in lines[-2]
    assert at_most(b"short", 200) == b"short"


def test_a_summary_that_cannot_be_written_changes_no_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "step"))

    assert finish(result("pass", tmp_path), colour=False, shown=LIGHT) == 0
    assert "warning: the step summary" in capsys.readouterr().err


def test_annotations_are_for_github_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(result("fail", tmp_path), colour=False, shown=LIGHT)
    plain = capsys.readouterr().out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    finish(result("fail", tmp_path), colour=False, shown=LIGHT)
    told = capsys.readouterr().out

    assert "::error" not in plain
    added = [line for line in told.splitlines() if line.startswith("::")]
    assert [line.partition(" ")[0] for line in added] == ["::error", "::notice"]
    assert told.splitlines()[-1] == plain.splitlines()[-1] == "exit 1 (fail)"


def test_a_system_under_test_cannot_give_commands_to_github(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = result("fail", tmp_path)
    document = json.loads((tmp_path / "run.json").read_text("utf-8"))
    document["sentence"] = "::set-output name=x::y " + "a" * 200 + " ::stop-commands::z"
    (tmp_path / "run.json").write_text(json.dumps(document), "utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    finish(found, colour=False, shown=LIGHT)

    commands = [
        line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("::")
    ]
    assert all(line.startswith(("::error", "::warning", "::notice")) for line in commands)


def test_junit_is_also_where_the_pipeline_wants_it(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere.xml"
    shown = Shown(reports=Wanted(formats=("junit",)), junit=copy)

    finish(result("fail", tmp_path), colour=False, shown=shown)

    assert copy.read_bytes() == (tmp_path / "junit.xml").read_bytes()


def test_only_what_is_wanted_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(result("fail", tmp_path), colour=False, shown=LIGHT)

    assert {path.name for path in tmp_path.iterdir()} == {"run.json", "junit.xml"}
    assert f" folder     {tmp_path}" in capsys.readouterr().out


def test_a_report_that_cannot_be_written_is_told_and_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> Path:
        raise ImportError("no jinja2", name="jinja2")

    monkeypatch.setattr(type(REPORTS["html"]), "__call__", broken)

    assert finish(result("pass", tmp_path), colour=False) == 0
    told = capsys.readouterr()
    assert "warning: the report html needs jinja2 (pip install 'nfrcheck[report]')" in told.err
    assert told.out.endswith("exit 0 (pass)\n")


def test_all_that_passed_is_shown_if_that_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = result("pass", tmp_path)
    document = json.loads((tmp_path / "run.json").read_text("utf-8"))
    document["targets"] = [{**document["targets"][0], "id": f"promise-{n}"} for n in range(9)]
    (tmp_path / "run.json").write_text(json.dumps(document), "utf-8")

    finish(found, colour=False, shown=LIGHT)
    few = capsys.readouterr().out
    finish(found, colour=False, shown=Shown(reports=LIGHT.reports, every=True))
    every = capsys.readouterr().out

    assert "promise-8" not in few
    assert "+ 4 more passed (--all shows them)" in few
    assert "promise-8" in every


@pytest.mark.parametrize(
    ("name", "lenient", "code"),
    [
        pytest.param("inconclusive", True, 0, id="leans-to-pass"),
        pytest.param("inconclusive", False, 3, id="not-asked-for"),
        pytest.param("fail", True, 1, id="a-fail-stays"),
        pytest.param("invalid", True, 4, id="an-invalid-run-stays"),
    ],
)
def test_what_is_told_by_events_is_what_the_process_ends_with(
    name: str, lenient: bool, code: int, tmp_path: Path
) -> None:
    out = (tmp_path / "events").open("w+", encoding="utf-8")
    events = Events(out)
    shown = Shown(reports=LIGHT.reports, events=events)

    assert finish(result(name, tmp_path), colour=False, lenient=lenient, shown=shown) == code
    events.close()
    out.seek(0)
    *_, last = lines = [json.loads(line) for line in out]
    out.close()
    document = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert [line["target"] for line in lines[1:-1]] == document["targets"]
    assert (last["exit_code"], last["verdict"]) == (code, document["verdict"])
    assert last["reports"] == {"junit": str(tmp_path / "junit.xml")}

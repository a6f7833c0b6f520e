"""`nfrcheck compare` and `nfrcheck history`: what changed, and what was proven when."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nfrcheck import cli
from tests.history.kept_runs import SCENARIO, Kept

Said = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Six runs like one another, then one that is half as slow again."""
    kept = Kept(tmp_path_factory.mktemp("compare"), SCENARIO.replace("carry_over: true", ""))
    for _ in range(6):
        kept.run(latency_s=0.1)
    kept.run(latency_s=0.15, failed=1)
    return kept


@pytest.fixture
def say(runs: Kept, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NFRCHECK_OUT", str(runs.out))

    def said(*words: str) -> tuple[int, str]:
        code = cli.exit_code(words)
        return code, capsys.readouterr().out

    return said


def names(runs: Kept) -> list[str]:
    return sorted(path.name for path in runs.out.iterdir() if path.is_dir())


def test_a_run_is_compared_with_the_runs_before_it(say: Said, runs: Kept) -> None:
    code, out = say("compare")

    assert code == 0
    assert out.splitlines()[0] == f"{names(runs)[-1]} and the runs before it"
    assert re.search(r"✗ latency +100 ms +150 ms +\+50 ms +pass\n", out)
    assert "worse: p95: 50 % worse than the last 6 runs; from 5 % worse on" in out
    assert "no comparison: 0 bad before and 1 now are too few (10 together)" in out
    assert out.splitlines()[-1] == "1 worse · 1 not comparable"


def test_what_could_have_been_seen_is_said_where_nothing_was(say: Said, runs: Kept) -> None:
    _, out = say("compare", names(runs)[5])

    assert "worse would have been seen with 80 %" in out


def test_without_five_runs_the_noise_is_unknown(say: Said, runs: Kept) -> None:
    _, out = say("compare", names(runs)[3])

    assert "noise unknown (3 of 5 runs)" in out


def test_the_first_run_has_nothing_to_be_compared_with(say: Said, runs: Kept) -> None:
    code, out = say("compare", names(runs)[0], "--fail-on", "regression")

    assert code == 0
    assert "no comparable run before it: noise unknown (0 of 5 runs)" in out


def test_two_runs_stand_side_by_side(say: Said, runs: Kept) -> None:
    code, out = say("compare", "@last", "@previous")

    assert code == 0
    assert out.splitlines()[0] == f"{names(runs)[-2]} → {names(runs)[-1]}"
    assert "50 % worse than the other run" in out

    _, out = say("compare", names(runs)[3], names(runs)[2])
    assert "noise unknown (3 of 5 runs)" in out


def test_a_regression_ends_with_one_if_asked(say: Said) -> None:
    assert say("compare", "@last", "--fail-on", "regression")[0] == 1
    assert say("compare", "@previous", "--fail-on", "regression")[0] == 0


def test_a_target_that_fails_now_is_a_regression_whatever_its_noise(
    say: Said, tmp_path: Path
) -> None:
    kept = Kept(tmp_path)
    kept.run()
    kept.run(failed=200)

    code, out = say("compare", "--out", str(kept.out), "--fail-on", "regression")

    assert code == 1
    assert "inconclusive → fail" in out
    assert "1 with another verdict" in out.splitlines()[-1]


def test_runs_of_another_load_are_not_compared(say: Said, tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    first = kept.run()
    (tmp_path / "shop.nfr.yaml").write_text(SCENARIO.replace("get: /", "get: /cart"), "utf-8")
    kept.run()

    _, out = say("compare", "@last", "@previous", "--out", str(kept.out))

    assert first["targets"]
    assert "no comparison: steps, load or deployment differ" in out


def test_json_is_for_programs_and_markdown_for_merge_requests(say: Said) -> None:
    document = json.loads(say("compare", "--format", "json")[1])
    latency = document["targets"][1]
    assert document["format"] == 1
    assert document["regressed"] is True
    assert (latency["id"], latency["word"], latency["was"]) == ("latency", "worse", "pass")

    out = say("compare", "--format", "md")[1]
    assert out.startswith("## ")
    assert "| worse | latency | 100 ms | 150 ms | +50 ms | pass |" in out


def test_a_run_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_code(["compare", "nothing"]) == 2
    assert "there is no run nothing" in capsys.readouterr().err


def test_history_says_when_each_target_was_proven(say: Said) -> None:
    code, out = say("history")

    lines = out.splitlines()
    assert code == 0
    heads = ["TARGET", "DEPLOYMENT", "LAST VERDICT", "LAST PROVEN", "AGE", "WAIVED"]
    assert re.split(r" {2,}", lines[0]) == heads
    assert re.search(r"availability \(NFR-1\) +staging +inconclusive +\N{EN DASH} +never", out)
    assert re.search(r"latency +staging +pass +2026-05-07 \(build b1\)", out)
    assert lines[-1] == "2 targets · 1 stale or never proven"


def test_no_word_of_a_scenario_steers_the_terminal_or_widens_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = SCENARIO.replace(
        "requirement: NFR-1", r'requirement: "\e]0;title\a\n::error::pwn' + "x" * 600 + '"'
    )
    Kept(tmp_path, hostile).run()

    assert cli.exit_code(["history", "--out", str(tmp_path / "runs")]) == 0

    out = capsys.readouterr().out
    assert "pwn" in out
    assert not set("\x1b\x07") & set(out)
    assert not [line for line in out.splitlines() if line.startswith("::") or len(line) > 160]


def test_what_is_stale_ends_with_three_if_asked(say: Said) -> None:
    assert say("history", "--fail-on-stale")[0] == 3

    rows = json.loads(say("history", "--format", "json", "--freshness", "1 s")[1])
    assert {row["target"]: row["stale"] for row in rows} == {"availability": True, "latency": True}


def test_a_folder_without_a_history_says_what_writes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.exit_code(["history", "--out", str(tmp_path)]) == 2
    assert "there is no history in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(("compare", "--fail-on", "regression"), 1, id="regression"),
        pytest.param(("compare", "--fail-on", "nothing"), 0, id="no-gate"),
        pytest.param(("history", "--fail-on-stale"), 3, id="stale"),
        pytest.param(("history", "--out", "nowhere"), 2, id="no-history"),
    ],
)
def test_the_installed_command_ends_with(words: tuple[str, ...], code: int, runs: Kept) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "nfrcheck", *words],
        env={**os.environ, "NFRCHECK_OUT": str(runs.out)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert ended.returncode == code, ended
    assert "Traceback" not in ended.stderr

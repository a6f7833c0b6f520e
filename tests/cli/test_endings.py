"""How a command can end: each code is explained, and a command was started that ends so."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from nfrcheck import cli
from nfrcheck.judge import exit_code
from nfrcheck.model.endings import ENDINGS, PRECEDENCE
from nfrcheck.model.scorecard import EXIT_NAMES
from nfrcheck.model.verdict import Outcome
from tests.cli.project import Project
from tests.cli.test_leftovers import left_behind

ROOT = Path(__file__).resolve().parents[2]
SHOP = "scenarios/shop.nfr.yaml"

# Those that only a run can end with are tried where runs are hurt.
ELSEWHERE = {
    0: "tests/run/test_whole_run_told.py::test_a_kept_run_is_judged_leniently_if_that_is_wanted",
    1: "tests/run/test_whole_run_told.py::test_a_pipeline_on_github_sees_the_line_that_failed",
    3: "tests/run/test_whole_run_told.py::test_a_kept_run_is_judged_leniently_if_that_is_wanted",
    4: "tests/cli/test_colour.py::test_a_run_repaints_only_what_can_be_repainted",
    5: "tests/run/test_whole_run_told.py::test_a_limit_ends_a_run_with_5",
    6: "tests/run/test_whole_run_faults.py::"
    "test_a_component_that_does_not_come_back_is_code_6_until_somebody_restores_it",
    130: "tests/run/test_whole_run_stopped.py::"
    "test_the_first_signal_heals_watches_the_recovery_and_writes_what_was_seen",
}
HERE = {2, 7, 8}


def test_every_code_is_tried_by_starting_the_command() -> None:
    assert {*ELSEWHERE, *HERE} == set(EXIT_NAMES)
    for code, named in ELSEWHERE.items():
        path, _, name = named.partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"{code}: {named} is not there"
        numbers = {
            node.value for node in ast.walk(functions[name]) if isinstance(node, ast.Constant)
        }
        assert code in numbers or "has_failed" in ast.dump(functions[name]), f"{code}: {named}"


def test_a_file_that_is_not_valid_ends_with_2(project: Project) -> None:
    project.write("scenarios/shop.nfr.yaml", "nfrcheck: 1\nload: 3\n")

    ended = project.run("run", SHOP)

    assert ended.returncode == 2
    assert "error[NFR" in ended.stderr
    assert not project.contacted


@pytest.mark.parametrize("command", [["run", SHOP], ["validate"], ["plan", SHOP]])
def test_a_bug_ends_with_7_and_is_no_verdict(command: list[str], project: Project) -> None:
    project.write("planted/pydantic/__init__.py", "raise ZeroDivisionError('planted')\n")

    ended = project.start(*command, PYTHONPATH=str(project.folder / "planted"))

    assert ended.returncode == 7
    assert "ZeroDivisionError: planted" in ended.stderr
    assert ended.stderr.endswith("this is a bug in nfrcheck, and no verdict about your system\n")
    assert not project.contacted


def test_an_open_ledger_ends_a_run_with_8(project: Project, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    left_behind(state, project)

    ended = project.run("run", SHOP, NFRCHECK_STATE=str(state))

    assert ended.returncode == 8
    assert "nfrcheck restore" in ended.stderr
    assert not project.contacted


def test_explain_lists_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_code(["explain", "exit-codes"]) == 0

    shown = capsys.readouterr().out
    rows = re.findall(r"^ *(\d+)  ([a-z ]+?)  +\S", shown, re.MULTILINE)
    assert {int(code): name for code, name in rows} == EXIT_NAMES
    assert [ending.code for ending in ENDINGS] == list(EXIT_NAMES)
    assert ", ".join(map(str, PRECEDENCE)) in shown


def test_the_order_of_precedence_is_that_of_the_judge() -> None:
    """Each of a run's own codes beats all that come after it."""
    ways: dict[int, dict[str, Any]] = {
        6: {"restored": False},
        130: {"ended": "interrupted"},
        1: {"outcome": Outcome.FAIL},
        5: {"ended": "aborted"},
        4: {"outcome": Outcome.INVALID},
        3: {"outcome": Outcome.INCONCLUSIVE},
        0: {"outcome": Outcome.PASS},
    }
    of_a_run = [code for code in PRECEDENCE if code in ways]
    assert of_a_run == list(ways)
    for place, code in enumerate(of_a_run):
        for later in of_a_run[place:]:
            both = ways[later] | ways[code]
            outcomes = [way["outcome"] for way in (ways[code], ways[later]) if "outcome" in way]
            ended = exit_code(
                [Outcome(one) for one in outcomes] or [Outcome.PASS],
                ended=str(both.get("ended", "complete")),
                restored=bool(both.get("restored", True)),
            )
            assert ended == code, (code, later)

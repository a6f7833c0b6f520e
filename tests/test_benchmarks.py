"""Every benchmark still runs, and its exit code says what its table says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS
from benchmarks.harness import MET, MISSED, NO_VERDICT, Row, exit_code, table
from benchmarks.machine import OTHERS_MAX

ROOT = Path(__file__).resolve().parents[1]
NO_PROGRAMS = {"harness", "machine", "processes", "load_child", "long_run", "__main__"}


def test_no_benchmark_is_left_out() -> None:
    found = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}

    assert found - NO_PROGRAMS == set(BENCHMARKS)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_runs(name: str, tmp_path: Path) -> None:
    written = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--smoke", "--json", str(written)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text("utf-8"))
    assert found["benchmark"] == name
    assert found["machine"]["versions"]["nfrcheck"] in done.stdout
    measured = [row for row in found["rows"] if not row["skipped"]]
    assert any(row["at_most"] or row["at_least"] for row in measured)
    for row in measured:
        assert row["what"] in done.stdout
        assert all(value >= 0 for value in row["values"]), row
        assert row["median"] > 0, row


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        pytest.param([Row(what="x", values=(1, 2, 9), at_most=2)], MET, id="median-at-the-limit"),
        pytest.param([Row(what="x", values=(1, 3, 9), at_most=2)], MISSED, id="above"),
        pytest.param([Row(what="x", values=(1, 3, 9), at_least=4)], MISSED, id="below"),
        pytest.param([Row(what="x", at_most=2)], MISSED, id="nothing-measured"),
        pytest.param([Row(what="x", values=(1,)), Row(what="y", skipped="no")], MET, id="no-limit"),
    ],
)
def test_a_missed_limit_is_told(rows: list[Row], code: int) -> None:
    assert exit_code(rows, smoke=False, cores=2, others=0.0) == code


@pytest.mark.parametrize("values", [(1,), (9,)], ids=["met", "missed"])
@pytest.mark.parametrize(
    ("cores", "others"),
    [pytest.param(1, 0.0, id="one-core"), pytest.param(2, OTHERS_MAX + 0.01, id="busy")],
)
def test_a_machine_that_is_not_ours_gives_no_verdict(
    cores: int, others: float, values: tuple[float, ...]
) -> None:
    rows = [Row(what="x", values=values, at_most=2)]

    assert exit_code(rows, smoke=False, cores=cores, others=others) == NO_VERDICT
    assert exit_code(rows, smoke=True, cores=cores, others=others) == MET


def test_a_table_shows_the_spread_the_limit_and_the_peers_that_are_missing() -> None:
    rows = [
        Row(what="ours", unit="ms", values=(1.0, 2.0, 30.0), at_most=1.5),
        Row(what="wrk", skipped="not installed"),
    ]

    _head, _line, ours, wrk = table(rows)

    assert ours.split() == ["ours", "2.00", "1.00..30.0", "ms", "<=", "1.50", "missed"]
    assert wrk.split() == ["wrk", "skipped", "not", "installed"]

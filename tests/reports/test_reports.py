"""Looking at the list of reports costs nothing; each writes one file from `run.json` alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nfrcheck.reports import REPORTS
from tests.reports.sample_runs import RUNS, sample

HEAVY = ("jinja2", "pandas", "vl_convert", "numpy", "pydantic", "rich")


def test_importing_the_reports_imports_nothing_heavy() -> None:
    code = f"import sys, nfrcheck.reports; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("name", RUNS)
def test_every_report_of_every_run_is_a_file(name: str, report: str, tmp_path: Path) -> None:
    # Through JSON text, as it comes from disk.
    run = json.loads(json.dumps(sample(name)))

    path = REPORTS[report](run, tmp_path)

    assert path.parent == tmp_path
    assert path.stat().st_size > 100
    assert run == json.loads(json.dumps(sample(name))), "the run itself was changed"

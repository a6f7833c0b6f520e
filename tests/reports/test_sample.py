"""The sample that the README shows is a real run, and the reports of today still make it."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.reports import REPORTS

SAMPLE = Path(__file__).resolve().parents[2] / "reports" / "sample"
WIDE = 1280


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SAMPLE / "run.json").read_text("utf-8"))
    return read


@pytest.mark.parametrize("name", REPORTS)
def test_its_report_is_what_is_made_from_its_run(
    name: str, run: dict[str, Any], tmp_path: Path
) -> None:
    made = REPORTS[name](run, tmp_path)

    kept = (SAMPLE / made.name).read_bytes()
    assert kept == made.read_bytes(), f"{made.name} is of another version: make golden"


def test_its_defect_was_found_on_a_machine_that_was_calm(run: dict[str, Any]) -> None:
    verdicts = {target["id"]: target["verdict"] for target in run["targets"]}

    assert verdicts["failover"] == "fail"
    assert "pass" in verdicts.values()
    assert not {"invalid", "not-run"} & set(verdicts.values())
    assert run["restored"] is True
    assert run["ended"] == "complete"


def test_its_picture_is_as_wide_as_a_page() -> None:
    raw = (SAMPLE / "scorecard.png").read_bytes()

    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">I", raw[16:20]) == (WIDE,)

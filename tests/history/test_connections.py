"""What a fault proxy told of its connections is read back as moments of the run."""

import json
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.history.read import read_history


def read(folder: Path, *lines: dict[str, Any], torn: str = "") -> Any:
    (folder / "events.ndjson").write_text("", encoding="utf-8")
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "connections-at_db.ndjson").write_text(text + torn, encoding="utf-8")
    return read_history(folder).connections["at_db"]


def test_a_connection_came_between_question_and_answer_less_its_age(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        {"sent": 1.0, "done": 1.002, "open": 3, "late": 0.0, "ages": []},
        {"sent": 2.0, "done": 2.004, "open": 5, "late": 0.03, "ages": [0.5, 0.25]},
        torn='{"sent": 3.0, "do',
    )

    assert seen.earliest.tolist() == pytest.approx([1.5, 1.75])
    assert seen.latest.tolist() == pytest.approx([1.504, 1.754])
    assert seen.open.tolist() == [3, 5]
    assert seen.late.tolist() == [0.0, 0.03]
    assert seen.answered.tolist() == [1.002, 2.004]
    assert not len(seen.missed)


def test_what_was_missed_and_what_was_refused_is_known(tmp_path: Path) -> None:
    seen = read(
        tmp_path,
        {"sent": 1.0, "done": 1.1, "status": 404},
        {"sent": 2.0, "done": 2.1, "open": 1, "late": 0.0, "ages": [], "missed": 7},
    )

    assert dict(seen.refused) == {404: 1}
    assert seen.missed.tolist() == [2.1]


def test_a_run_that_asked_nobody_has_none(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text("", encoding="utf-8")

    assert not read_history(tmp_path).connections

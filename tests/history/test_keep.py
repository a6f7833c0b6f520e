"""The files of a run that are written once: whole or not at all, and each with its digest."""

import hashlib
import json
from pathlib import Path

import pytest

from nfrcheck.history.keep import evidence_files, new_folder, read_json, write_json


def test_a_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "runs", "one")

    assert folder.is_dir()
    with pytest.raises(FileExistsError):
        new_folder(tmp_path / "runs", "one")


def test_a_document_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "run.json"

    write_json(path, {"share": 0.5, "name": "Zürich", "none": None})

    assert read_json(path) == {"share": 0.5, "name": "Zürich", "none": None}
    assert "Zürich" in path.read_text("utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_a_document_that_json_cannot_say_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"n": 1})

    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"n": float("inf")})

    assert json.loads(path.read_text("utf-8")) == {"n": 1}


def test_every_file_is_evidence_but_reports_logs_and_folders(tmp_path: Path) -> None:
    for name in ("plan.json", "events.ndjson", "load-shop.0.0.rec"):
        (tmp_path / name).write_bytes(name.encode())
    for name in ("run.json", "scorecard.html", "junit.xml", "summary.md", "load-shop.0.log"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()

    found = evidence_files(tmp_path)

    assert [file.path for file in found] == ["events.ndjson", "load-shop.0.0.rec", "plan.json"]
    assert (found[2].size, found[2].sha256) == (9, hashlib.sha256(b"plan.json").hexdigest())

"""Evidence that is no longer what the run recorded is not judged, and the record stays."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nfrcheck.cli import exit_code
from nfrcheck.history.append import held
from nfrcheck.model.records import HEADER_BYTES, RECORD
from nfrcheck.pipeline import judge_folder
from nfrcheck.plan.keep import read_targets
from tests.history.kept_runs import Kept

RECORDS = "load-shop.0.0.rec"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that was recorded, and judged at its end."""
    kept = Kept(tmp_path)
    kept.run()
    [folder] = [path for path in kept.out.iterdir() if path.is_dir()]
    return folder


def cut(folder: Path) -> None:
    path = folder / RECORDS
    path.write_bytes(path.read_bytes()[: HEADER_BYTES + 50 * RECORD.itemsize])


def zero_the_header(folder: Path) -> None:
    path = folder / RECORDS
    path.write_bytes(bytes(HEADER_BYTES) + path.read_bytes()[HEADER_BYTES:])


def grow(folder: Path) -> None:
    with (folder / RECORDS).open("ab") as file:
        file.write(bytes(RECORD.itemsize))


def rename_a_target(folder: Path) -> None:
    path = folder / "plan.json"
    path.write_text(path.read_text("utf-8").replace("availability", "unavailability"), "utf-8")


def judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = exit_code(["judge", str(folder)])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        pytest.param(cut, RECORDS, "is not what was recorded: 225,536 bytes then", id="cut"),
        pytest.param(zero_the_header, RECORDS, "another sha256", id="header-zeroed"),
        pytest.param(grow, RECORDS, "is not what was recorded", id="grown"),
        pytest.param(rename_a_target, "plan.json", "is not what was recorded", id="plan"),
        pytest.param(lambda at: (at / RECORDS).unlink(), RECORDS, "is gone", id="gone"),
        pytest.param(
            lambda at: (at / "load-shop.1.0.rec").write_bytes((at / RECORDS).read_bytes()),
            *("load-shop.1.0.rec", "was not recorded"),
            id="one-more",
        ),
        pytest.param(lambda at: (at / "run.json").write_text("{}"), "run.json", "read", id="run"),
    ],
)
def test_another_file_than_was_recorded_is_named_and_not_judged(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], object],
    name: str,
    said: str,
) -> None:
    change(folder)
    recorded = (folder / "run.json").read_bytes()

    code, told = judged(folder, capsys)

    assert code == 4
    assert f"{folder / name} " in told
    assert said in told
    assert "internal" not in told
    assert (folder / "run.json").read_bytes() == recorded


def test_what_lies_beside_the_evidence_does_not_matter(folder: Path) -> None:
    recorded = json.loads((folder / "run.json").read_bytes())
    (folder / "notes.txt").write_text("seen by two", "utf-8")

    judge_folder(folder)

    again = json.loads((folder / "run.json").read_bytes())
    assert {**again, "files": None} == {**recorded, "files": None}


def test_evidence_is_compared_before_it_is_judged_by_other_limits(folder: Path) -> None:
    targets = read_targets(json.loads((folder / "plan.json").read_text("utf-8")))
    cut(folder)
    recorded = (folder / "run.json").read_bytes()

    with pytest.raises(Exception, match="is not what was recorded"):
        judge_folder(folder, targets=targets)

    assert (folder / "run.json").read_bytes() == recorded


def test_a_run_that_was_judged_before_its_end_may_grow_but_not_change(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    folder = kept.begin()
    kept.record(folder, end=False)
    events = folder / "events.ndjson"
    with held(folder / "plan.json"):
        kept.judged(folder)
    with events.open("a", encoding="utf-8") as file:
        file.write('{"t": 86.0, "event": "note", "text": "it went on"}\n')

    assert "it went on" in kept.judged(folder)["notes"]

    text = events.read_text("utf-8").replace("it went on", "it stopped")
    events.write_text(text, "utf-8")
    with pytest.raises(Exception, match="another sha256"):
        kept.judged(folder)


def test_a_damaged_file_of_a_run_that_recorded_nothing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path)
    folder = kept.begin()
    kept.record(folder)
    zero_the_header(folder)

    code, told = judged(folder, capsys)

    assert code == 4
    assert f"{folder / RECORDS} is not a record file" in told
    assert not (folder / "run.json").exists()

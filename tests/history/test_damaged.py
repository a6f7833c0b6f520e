"""A record file that a crash or a person damaged is named; what it holds is never guessed."""

from pathlib import Path

import pytest

from nfrcheck.history.read import read_history
from nfrcheck.history.recorded import EvidenceLost
from nfrcheck.model.records import HEADER_BYTES, RECORD
from tests.history.test_read import CELLS, put, records, shop


def test_room_that_a_machine_which_died_never_filled_holds_no_requests(tmp_path: Path) -> None:
    path = put(tmp_path, records(1.0, 2.0))

    with path.open("ab") as file:
        file.write(bytes(10 * RECORD.itemsize))

    assert shop(read_history(tmp_path)).due.tolist() == [1.0, 2.0]


def test_a_file_that_is_no_record_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "load-shop.0.0.rec").write_bytes(b"x" * (HEADER_BYTES + 16))

    with pytest.raises(EvidenceLost, match="is not a record file") as refused:
        read_history(tmp_path)
    assert str(tmp_path / "load-shop.0.0.rec") in refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(b'"stream"', b'"steams"', "header of another shape", id="another-key"),
        pytest.param(b'"region"', b'"legion"', "header of another shape", id="another-cell"),
        pytest.param(b'},{"entry"', b'},{},{"en"', "header of another shape", id="half-a-cell"),
    ],
)
def test_a_damaged_header_is_named(tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    path = put(tmp_path, records(1.0))
    path.write_bytes(path.read_bytes().replace(old, new, 1))

    with pytest.raises(EvidenceLost, match=said) as refused:
        read_history(tmp_path)
    assert str(path) in refused.value.message


def test_requests_of_a_cell_that_nobody_knows_are_named(tmp_path: Path) -> None:
    path = put(tmp_path, records(1.0, cell=len(CELLS)))

    with pytest.raises(EvidenceLost, match=f"{path.name} holds requests of cells"):
        read_history(tmp_path)

"""Record files are read as they were written, also while they grow, and nothing else is read."""

from pathlib import Path

import numpy as np
import pytest

from nfrcheck.model import records
from nfrcheck.model.records import (
    CELLS_MAX,
    HEADER_BYTES,
    HOUR_NS,
    RECORD,
    STATUS_NAMES,
    Cell,
    Header,
    read_header,
    read_records,
    status_name,
    write_header,
    write_records,
)

CELLS = (Cell("global", "browse", "a"), Cell("global", "böse", None, "fresh", "alice"))
HEADER = Header(stream="shop", kind="load", child=2, t0_ns=5, base_ns=5 + 3 * HOUR_NS, cells=CELLS)


def test_a_record_takes_16_bytes() -> None:
    assert RECORD.itemsize == 16


def test_a_file_reads_as_it_was_written(tmp_path: Path) -> None:
    rows = np.array([(1, 2, 3, 200, 0, records.NEW), (4, 5, 6, 6, 1, 0)], dtype=RECORD)
    path = tmp_path / HEADER.file_name

    write_records(path, HEADER, rows)

    assert path.name == "load-shop.2.3.rec"
    assert read_records(path).tolist() == rows.tolist()
    header = read_header(path)
    assert tuple(Cell(**cell) for cell in header.pop("cells")) == CELLS
    assert header == {
        "version": 1,
        "stream": "shop",
        "kind": "load",
        "child": 2,
        "t0_ns": 5,
        "base_ns": 5 + 3 * HOUR_NS,
    }


def test_a_file_that_grows_is_whole_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "growing.rec"
    write_header(path, HEADER)

    lengths = []
    with path.open("ab", buffering=0) as file:
        for _ in range(33):
            lengths.append(len(read_records(path)))
            file.write(b"\x01")

    assert lengths == [0] * 16 + [1] * 16 + [2]


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    write_header(tmp_path / "x.rec", HEADER)

    with pytest.raises(FileExistsError):
        write_header(tmp_path / "x.rec", HEADER)


def test_as_many_cells_as_a_record_can_name_fit(tmp_path: Path) -> None:
    cell = Cell("a-region-with-a-name", "/a/route/" + "x" * 100, "region", "pooled", "somebody")
    full = Header(
        stream="shop", kind="load", child=0, t0_ns=0, base_ns=0, cells=(cell,) * CELLS_MAX
    )
    write_header(tmp_path / "full.rec", full)
    assert len(read_header(tmp_path / "full.rec")["cells"]) == CELLS_MAX

    too_many = Header(
        stream="shop", kind="load", child=0, t0_ns=0, base_ns=0, cells=CELLS * CELLS_MAX
    )
    with pytest.raises(ValueError, match="do not fit"):
        too_many.encoded()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="empty"),
        pytest.param(HEADER.encoded()[:100], id="torn"),
        pytest.param(b"x" * (HEADER_BYTES - 1) + b"\n", id="no-json"),
        pytest.param(b"[1]".ljust(HEADER_BYTES - 1) + b"\n", id="another-json"),
        pytest.param(b'{"version": 2}'.ljust(HEADER_BYTES - 1) + b"\n", id="another-version"),
    ],
)
def test_what_is_no_record_file_is_refused_by_name(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "strange.rec"
    path.write_bytes(text)

    with pytest.raises(ValueError, match=r"strange\.rec is not a record file"):
        read_header(path)


def test_every_status_of_ours_has_a_name_and_https_have_their_number() -> None:
    assert sorted(STATUS_NAMES) == list(range(1, 12))
    assert status_name(records.NOT_SENT) == "not sent"
    assert status_name(503) == "503"


def test_flags_are_one_bit_each() -> None:
    flags = [
        records.NEW,
        records.REUSED,
        records.CHECK_FAILED,
        records.EXTRA,
        records.EARLY,
        records.HTTP10,
        records.EXPECTED,
        records.RETRIED,
    ]

    assert flags == [1 << bit for bit in range(8)]

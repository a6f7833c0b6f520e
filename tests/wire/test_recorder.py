"""What was recorded is on disk and can be read at any moment; what is lost is shouted about."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic_ns

import pytest

from nfrcheck.model.records import HEADER_BYTES, HOUR_NS, NEW, Cell, read_header, read_records
from nfrcheck.wire.recorder import LOOK_RECORDS, RECORDS_MAX, Recorder
from tests.wire.asking import descriptors

CELLS = (Cell("global", "browse"), Cell("global", "order", "a", "fresh", "alice"))
MILLISECOND = 1_000_000


def recorder(folder: Path, t0_ns: int) -> Recorder:
    return Recorder(folder, "shop", "load", 0, t0_ns, CELLS)


@pytest.fixture
def t0_ns() -> int:
    return monotonic_ns()


def test_a_record_reads_as_it_happened(tmp_path: Path, t0_ns: int) -> None:
    writing = recorder(tmp_path, t0_ns)

    writing.record(
        t0_ns + 5 * MILLISECOND, t0_ns + 6 * MILLISECOND, t0_ns + 25 * MILLISECOND, 200, 1, NEW
    )
    assert writing.close() == 1

    path = tmp_path / "load-shop.0.0.rec"
    assert read_records(path).tolist() == [(5_000, 1_000, 20_000, 200, 1, NEW)]
    header = read_header(path)
    assert [Cell(**cell) for cell in header["cells"]] == list(CELLS)
    assert (header["t0_ns"], header["base_ns"], header["kind"]) == (t0_ns, t0_ns, "load")


def test_a_file_is_there_before_the_first_record(tmp_path: Path, t0_ns: int) -> None:
    writing = recorder(tmp_path, t0_ns)

    assert len(read_records(tmp_path / "load-shop.0.0.rec")) == 0
    writing.close()


def test_a_full_buffer_is_written_without_being_told(tmp_path: Path, t0_ns: int) -> None:
    writing = recorder(tmp_path, t0_ns)
    writing.drain()
    path = tmp_path / "load-shop.0.0.rec"

    # By their times they are all from before the last drain: none is old.
    for _ in range(RECORDS_MAX - 1):
        writing.record(t0_ns, t0_ns, t0_ns, 200, 0, NEW)
    assert len(read_records(path)) == 0
    for _ in range(RECORDS_MAX):
        writing.record(t0_ns, t0_ns, t0_ns, 200, 0, NEW)

    assert len(read_records(path)) == RECORDS_MAX
    writing.close()


def test_an_old_buffer_is_written_although_nobody_drains(tmp_path: Path, t0_ns: int) -> None:
    """As where answers come so fast that the beat, which drains, is late."""
    writing = recorder(tmp_path, t0_ns)
    writing.drain()
    path = tmp_path / "load-shop.0.0.rec"

    for _ in range(LOOK_RECORDS):
        writing.record(t0_ns, t0_ns, monotonic_ns(), 200, 0, NEW)
    assert len(read_records(path)) == 0
    for _ in range(LOOK_RECORDS):
        writing.record(t0_ns, t0_ns, monotonic_ns() + 300 * MILLISECOND, 200, 0, NEW)

    assert len(read_records(path)) == 2 * LOOK_RECORDS
    writing.close()


def test_each_hour_has_its_file_and_a_late_answer_goes_where_it_was_due(
    tmp_path: Path, t0_ns: int
) -> None:
    writing = recorder(tmp_path, t0_ns)
    dues = [HOUR_NS - 1_000, HOUR_NS, HOUR_NS - 2_000, 2 * HOUR_NS + 7_000]

    for due in dues:
        writing.record(t0_ns + due, t0_ns + due, t0_ns + due, 200, 0, NEW)
        writing.drain()
    writing.close()

    found = {
        path.name: read_records(path)["due_us"].tolist() for path in sorted(tmp_path.iterdir())
    }
    assert found == {
        "load-shop.0.0.rec": [3_599_999_999, 3_599_999_998],
        "load-shop.0.1.rec": [0],
        "load-shop.0.2.rec": [7],
    }
    base_ns = [read_header(path)["base_ns"] - t0_ns for path in sorted(tmp_path.iterdir())]
    assert base_ns == [0, HOUR_NS, 2 * HOUR_NS]


def test_hours_that_are_over_hold_no_descriptor(tmp_path: Path, t0_ns: int) -> None:
    writing = recorder(tmp_path, t0_ns)
    before = len(descriptors())

    for hour in range(1, 30):
        due = t0_ns + hour * HOUR_NS
        writing.record(due, due, due, 200, 0, NEW)
        writing.drain()

    assert len(descriptors()) <= before + 1
    writing.close()
    assert len(descriptors()) == before - 1


def test_what_is_too_long_is_as_long_as_can_be_said(tmp_path: Path, t0_ns: int) -> None:
    writing = recorder(tmp_path, t0_ns)

    writing.record(t0_ns, t0_ns - 5_000, t0_ns + 5_000 * 10**9, 200, 0, NEW)
    writing.close()

    (record,) = read_records(tmp_path / "load-shop.0.0.rec")
    assert record["latency_us"] == 2**32 - 1
    assert record["wait_us"] == 0


def test_a_torn_record_is_ignored(tmp_path: Path, t0_ns: int) -> None:
    writing = recorder(tmp_path, t0_ns)
    for _ in range(3):
        writing.record(t0_ns, t0_ns, t0_ns, 200, 0, NEW)
    writing.close()
    path = tmp_path / "load-shop.0.0.rec"

    os.truncate(path, HEADER_BYTES + 2 * 16 + 7)

    assert len(read_records(path)) == 2


def test_a_write_that_fails_is_not_overlooked(tmp_path: Path, t0_ns: int) -> None:
    writing = recorder(tmp_path, t0_ns)
    writing.record(t0_ns, t0_ns, t0_ns, 200, 0, NEW)
    writing.drain()
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writing._files[0])
    os.close(full)

    writing.record(t0_ns, t0_ns, t0_ns, 200, 0, NEW)
    with pytest.raises(OSError, match="No space left"):
        writing.drain()
    writing.record(t0_ns, t0_ns, t0_ns, 200, 0, NEW)
    with pytest.raises(OSError, match="No space left"):
        writing.close()

    assert (writing.recorded, writing.lost) == (1, 2)
    assert writing.ill is not None
    assert writing._files == {}


def test_two_children_never_write_into_one_file(tmp_path: Path, t0_ns: int) -> None:
    first = recorder(tmp_path, t0_ns)

    with pytest.raises(FileExistsError):
        recorder(tmp_path, t0_ns)

    first.close()


PROGRAM = """
import sys
from pathlib import Path
from time import monotonic_ns
from nfrcheck.model.records import Cell
from nfrcheck.wire.recorder import Recorder

t0_ns = monotonic_ns()
writing = Recorder(Path(sys.argv[1]), "shop", "load", 0, t0_ns, [Cell("global", "browse")])
for _ in range(100):
    writing.record(t0_ns, t0_ns, t0_ns, 200, 0, 1)
writing.drain()
print("drained", flush=True)
sys.stdin.read()
"""


def test_a_killed_child_loses_nothing_that_was_drained(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "drained\n"
        child.send_signal(signal.SIGKILL)

    assert len(read_records(tmp_path / "load-shop.0.0.rec")) == 100

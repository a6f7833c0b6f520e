"""A disk that takes no more, or only a part of a line, keeps nothing from being put back."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.cli.leftovers import put_back
from nfrcheck.run.healing import Healing
from nfrcheck.run.ledger import Ledger, ledger_path, open_ledgers, read
from nfrcheck.run.restore import restore
from tests.victims.fixtures import Operations, lines

pytestmark = pytest.mark.usefixtures("state")


@pytest.fixture
def ledger(operations: Operations) -> Ledger:
    """Of a guardian at work, with one fault that is in place."""
    operations.down.add("a")
    held = Ledger.create(ledger_path("run-1"), run="run-1", deployment="staging")
    undo = operations.step("restore", "a") | {"within_s": 0.1}
    verify = operations.check("a") | {"within_s": 0.1}
    held.append("armed", id="x.1", undo=[undo], verify=[verify], note="", deadline_s=0.1)
    return held


@contextmanager
def room_for(path: Path, more: int) -> Iterator[None]:
    """The disk takes so many bytes more of this file; the rest of a line it refuses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def torn(ledger: Ledger) -> Path:
    """The guardian died when the disk had taken a part of a line."""
    ledger.release()
    with ledger.path.open("ab") as file:
        file.write(b'{"state": "heal')
    return ledger.path


def states(path: Path) -> list[str]:
    return [line["state"] for line in lines(path)]


def test_what_follows_half_a_line_is_not_glued_to_it(ledger: Ledger) -> None:
    said: list[str] = []
    healing = Healing(ledger, said.append)
    with room_for(ledger.path, 30):
        assert not healing.write("healing", id="x.1")
    assert healing.write("failed", id="x.1", because="it was not seen well")

    assert "the disk took only a part of a line" in said[0]
    assert states(ledger.path) == ["opened", "armed", "failed"]
    assert read(ledger.path).open_entries[0].because == "it was not seen well"


def test_a_fault_that_was_left_on_a_full_disk_is_put_back_when_there_is_room_again(
    ledger: Ledger, operations: Operations
) -> None:
    operations.broken += ["restore a"] * 99
    healing = Healing(ledger, lambda _line: None)
    with room_for(ledger.path, 30):
        healing.heal(read(ledger.path).open_entries)
    healing.heal(read(ledger.path).open_entries)
    ledger.release()
    assert operations.down

    operations.broken.clear()
    assert restore(ledger.path).closed
    assert not operations.down


def test_a_line_that_may_not_be_on_the_disk_is_taken_away_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as ill:
        ill.setattr(os, "fsync", lost)
        with pytest.raises(OSError, match="Input/output error"):
            ledger.append("closed")

    assert not read(ledger.path).closed
    assert states(ledger.path) == ["opened", "armed"]


def test_half_a_line_that_could_not_be_taken_away_is_before_the_next_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as ill:
        ill.setattr(os, "ftruncate", full)
        with room_for(ledger.path, 30), pytest.raises(OSError, match="a part of a line"):
            ledger.append("healing", id="x.1")
        with pytest.raises(OSError, match="No space left"):
            ledger.append("healed", id="x.1")
    ledger.append("verified", id="x.1")

    assert states(ledger.path) == ["opened", "armed", "verified"]


def test_a_run_that_could_not_begin_leaves_no_ledger(ledger: Ledger) -> None:
    path = ledger_path("run-2")

    with (
        room_for(ledger.path, -ledger.path.stat().st_size + 30),
        pytest.raises(OSError, match="part"),
    ):
        Ledger.create(path, run="run-2", deployment="staging")

    assert not path.exists()


@pytest.mark.parametrize("end", ["whole", "torn"])
def test_what_a_dead_guardian_left_is_put_back_on_a_disk_that_is_still_full(
    end: str, ledger: Ledger, operations: Operations
) -> None:
    if end == "torn":
        torn(ledger)
    ledger.release()
    said: list[str] = []

    with room_for(ledger.path, 0):
        restored = restore(ledger.path, said.append)

    assert not operations.down
    assert [one.verified for one in restored.healed] == [True]
    assert said[-1].startswith(f"nfrcheck: cannot write the ledger {ledger.path}: ")
    # Nobody could note it, so it is done once more when there is room.
    assert not restored.closed
    assert restore(ledger.path).closed


def test_half_a_line_of_a_dead_guardian_is_gone_when_its_ledger_is_written_again(
    ledger: Ledger,
) -> None:
    path = torn(ledger)

    restore(path)

    assert states(path) == ["opened", "armed", "healing", "healed", "verified", "closed"]


def test_a_file_system_that_became_read_only_keeps_nothing_in_place(
    ledger: Ledger, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.release()
    opened = os.open

    def read_only(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if str(path).endswith(".ndjson") and flags & os.O_RDWR:
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", read_only)
    restored = restore(ledger.path)

    assert not operations.down
    assert not restored.closed


def test_what_is_put_back_and_cannot_be_noted_is_told_with_what_to_do(
    ledger: Ledger, operations: Operations, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.release()
    (record,) = open_ledgers()

    with room_for(ledger.path, 0):
        assert put_back([record], []) == 6

    assert not operations.down
    said = capsys.readouterr()
    assert "all is put back and was seen well, but its ledger cannot be written" in said.out
    assert "make room on the disk, then nfrcheck restore" in said.out
    assert "the ledger stays open" in said.err

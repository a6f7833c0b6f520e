"""An event is on disk before the next thing is done; a crash costs at most a torn line."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from nfrcheck.history.write import EVENTS, EventLog


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / EVENTS).read_text("utf-8").splitlines()]


def test_each_event_is_one_line_that_is_there_at_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path, time.monotonic_ns())

    at = log.write("note", text="a\nb")
    log.write("phase", t=1.25, name="steady")

    assert lines(tmp_path) == [
        {"t": round(at, 6), "event": "note", "text": "a\nb"},
        {"t": 1.25, "event": "phase", "name": "steady"},
    ]
    log.sync()
    log.close()


def test_times_count_from_the_zero_of_the_run(tmp_path: Path) -> None:
    with EventLog(tmp_path, time.monotonic_ns() - 5_000_000_000) as log:
        assert 5.0 <= log.write("note") < 6.0


def test_a_log_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with EventLog(tmp_path, 0) as log:
            log.write("note", text=text)

    assert [line["text"] for line in lines(tmp_path)] == ["one", "two"]


def test_what_json_cannot_say_is_refused(tmp_path: Path) -> None:
    with EventLog(tmp_path, 0) as log, pytest.raises(ValueError, match="not JSON compliant"):
        log.write("health", cpu=float("nan"))

    assert lines(tmp_path) == []


class Crowded(io.BytesIO):
    """A disk that takes some bytes at a time, and for a while none."""

    room = 10**9

    def write(self, line: Any) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        taken = bytes(line[: min(7, self.room)])
        self.room -= len(taken)
        return super().write(taken)


def test_a_line_is_written_whole_however_little_the_disk_takes_at_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path, 0)
    log.close()
    disk = log._file = Crowded()  # type: ignore[assignment]  # it stands in for a full disk

    log.write("note", text="a long line that does not fit")
    disk.room = 12
    with pytest.raises(OSError, match="No space"):
        log.write("note", text="torn")
    disk.room = 10**9
    log.write("note", text="whole again")

    found = disk.getvalue().decode().splitlines()
    assert json.loads(found[0])["text"] == "a long line that does not fit"
    assert (len(found), json.loads(found[2])["text"]) == (3, "whole again")

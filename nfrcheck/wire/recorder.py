"""Puts what happened to disk, 16 bytes a request, so that no crash loses more than 250 ms."""

import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nfrcheck.model.records import HOUR_NS, RECORD, Cell, Header, write_header

RECORDS_MAX = 5_000
DRAIN_NS = 250_000_000
LOOK_RECORDS = 50
"""How many records are made between two looks at the time; RECORDS_MAX is a multiple of it."""

_ROOM = struct.Struct("<qqqHBB")
_put, _SIZE = _ROOM.pack_into, _ROOM.size
_FULL, _LOOK = RECORDS_MAX * _SIZE, LOOK_RECORDS * _SIZE
_ROOM_DTYPE = np.dtype(
    [
        ("due", "<i8"),
        ("sent", "<i8"),
        ("done", "<i8"),
        ("status", "<u2"),
        ("cell", "u1"),
        ("flags", "u1"),
    ]
)
_U4_MAX = 2**32 - 1

Record = Callable[[int, int, int, int, int, int], None]
"""due, sent and done (CLOCK_MONOTONIC ns), status, cell, flags."""


class Recorder:
    """The record files of one child, a new one for each hour of the run.

    Whoever records also calls `drain` every 250 ms. After a failed write `ill` says why, what could
    not be written counts as `lost`, and `drain` and `close` raise OSError: it cannot be overlooked.
    """

    def __init__(  # noqa: PLR0917 - where, and the header's fields in their order
        self,
        folder: Path,
        stream: str,
        kind: str,
        child: int,
        t0_ns: int,
        cells: Sequence[Cell],
    ) -> None:
        self._folder = folder
        self._header = Header(
            stream=stream, kind=kind, child=child, t0_ns=t0_ns, base_ns=t0_ns, cells=tuple(cells)
        )
        self._files: dict[int, int] = {}  # hour, descriptor
        self._begun: set[int] = set()
        self.recorded = 0  # records on disk
        self.lost = 0
        self.ill: str | None = None
        self.record, self._empty = self._buffered()
        """`record` never raises for the disk's sake: that is what `drain` does."""
        self._file_of(max(0, (monotonic_ns() - t0_ns) // HOUR_NS))

    def drain(self) -> int:
        """Writes what is there; the number of records on disk. OSError once it has failed."""
        self._empty()
        if self.ill is not None:
            raise OSError(f"records of {self._header.stream} are lost: {self.ill}")
        return self.recorded

    def close(self) -> int:
        """As `drain`; the files are closed in any case."""
        try:
            return self.drain()
        finally:
            for descriptor in self._files.values():
                os.close(descriptor)
            self._files.clear()

    def _buffered(self) -> tuple[Record, Callable[[], None]]:
        """To record one request, and to write what was recorded.

        Functions around a buffer instead of methods: it saves a quarter of what a record costs.
        """
        buffer = bytearray(_FULL)
        used, look_at, drain_at = 0, _LOOK, 0

        def record(  # noqa: PLR0917 - the six fields of a record, on the hot path
            due_ns: int, sent_ns: int, done_ns: int, status: int, cell: int, flags: int
        ) -> None:
            nonlocal used
            _put(buffer, used, due_ns, sent_ns, done_ns, status, cell, flags)
            used += _SIZE
            if used == look_at:
                look(done_ns)

        def look(done_ns: int) -> None:
            nonlocal look_at
            if used == _FULL or done_ns >= drain_at:
                empty()
            else:
                look_at += _LOOK

        def empty() -> None:
            nonlocal used, look_at, drain_at
            count, used, look_at = used // _SIZE, 0, _LOOK
            drain_at = monotonic_ns() + DRAIN_NS
            if count:
                self._write_out(np.frombuffer(buffer, dtype=_ROOM_DTYPE, count=count))

        return record, empty

    def _write_out(self, rows: NDArray[Any]) -> None:
        if self.ill is None:
            try:
                self._write(rows)
            except OSError as error:
                self.ill = f"{error.strerror} ({error.filename or self._folder.name})"
                self.lost += len(rows)
        else:
            self.lost += len(rows)  # a file with a hole in it would look whole

    def _write(self, rows: NDArray[Any]) -> None:
        due = rows["due"]
        first, last = self._hour_of(int(due.min())), self._hour_of(int(due.max()))
        if first == last:
            self._append(rows, first)
            return
        hours = np.maximum(0, (due - self._header.t0_ns) // HOUR_NS)
        for hour in range(first, last + 1):
            self._append(rows[hours == hour], hour)

    def _hour_of(self, due_ns: int) -> int:
        return max(0, (due_ns - self._header.t0_ns) // HOUR_NS)

    def _append(self, rows: NDArray[Any], hour: int) -> None:
        if not len(rows):
            return  # no file for an hour in which nothing was due
        part = narrowed(rows, self._header.t0_ns + hour * HOUR_NS)
        left = part.view(np.uint8).data
        descriptor = self._file_of(hour)
        while left:
            left = left[os.write(descriptor, left) :]
        self.recorded += len(part)

    def _file_of(self, hour: int) -> int:
        if hour not in self._files:
            base_ns = self._header.t0_ns + hour * HOUR_NS
            header = replace(self._header, base_ns=base_ns)
            path = self._folder / header.file_name
            if hour not in self._begun:
                write_header(path, header)  # refuses a file that somebody else began
                self._begun.add(hour)
            self._files[hour] = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            # A late answer belongs to the hour it was due in, which is the last one or this one.
            for old in [known for known in self._files if known < hour - 1]:
                os.close(self._files.pop(old))
        return self._files[hour]


def narrowed(rows: NDArray[Any], base_ns: int) -> NDArray[Any]:
    """From nanoseconds on the machine's clock to the microseconds of a record."""
    records = np.empty(len(rows), dtype=RECORD)
    due = rows["due"]
    records["due_us"] = _microseconds(due - base_ns)
    records["wait_us"] = _microseconds(rows["sent"] - due)
    records["latency_us"] = _microseconds(rows["done"] - due)
    for name in ("status", "cell", "flags"):
        records[name] = rows[name]
    return records


def _microseconds(nanoseconds: NDArray[Any]) -> NDArray[Any]:
    found = nanoseconds // 1_000
    return np.clip(found, 0, _U4_MAX, out=found)

"""Packed records on disk, read while they grow, as the columns of a stream."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nfrcheck.history.recorded import EvidenceLost
from nfrcheck.model.history import Stream
from nfrcheck.model.records import HEADER_BYTES, RECORD, Cell, Header, read_header


class RecordFile:
    """One file of packed records and what has been read of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = HEADER_BYTES
        self.header: dict[str, Any] = {}
        self.records: np.ndarray[Any, np.dtype[Any]] = np.empty(0, dtype=RECORD)

    @property
    def stream(self) -> str:
        return str(self.header["stream"])

    @property
    def zero_s(self) -> float:
        """The file's zero, in seconds of the run."""
        return float(self.header["base_ns"] - self.header["t0_ns"]) / 1e9

    def load(self, since: float | None) -> bool:
        """Reads what is new, and forgets what was due before `since`; False before its header."""
        size = self._path.stat().st_size
        if size < HEADER_BYTES:
            return False
        if not self.header:
            self.header = _header(self._path)
        whole = (size - self._read) // RECORD.itemsize
        if whole > 0:
            with self._path.open("rb") as file:
                file.seek(self._read)
                fresh = np.frombuffer(file.read(whole * RECORD.itemsize), dtype=RECORD)
            self._read += len(fresh) * RECORD.itemsize
            if len(fresh) and fresh["cell"].max() >= len(self.header["cells"]):
                raise _damaged(f"{self._path} holds requests of cells that its header lacks")
            # No request ends with status 0: a machine that died left room that nobody filled.
            self.records = np.concatenate([self.records, fresh[fresh["status"] > 0]])
        if since is not None:
            self.records = self.records[self.records["due_us"] >= (since - self.zero_s) * 1e6]
        return True


def _header(path: Path) -> dict[str, Any]:
    try:
        found = read_header(path)
        Header(**{**found, "cells": tuple(Cell(**cell) for cell in found["cells"])})
    except ValueError as error:
        raise _damaged(f"{path.parent}/{error}") from error
    except (KeyError, TypeError) as error:
        raise _damaged(f"{path} has a header of another shape") from error
    return found


def _damaged(what: str) -> EvidenceLost:
    """Without it nobody knows what was seen: the good of a stream could hide the bad of it."""
    return EvidenceLost(
        f"{what}: what was measured cannot be judged", "put the file back as it was, or run again"
    )


def stream_of(files: list[RecordFile], planned: Mapping[str, Any], horizon: float | None) -> Stream:
    cells: dict[Cell, int] = {}
    dues, blocks = [], []
    for file in files:
        # The cells of each file are its own; usually they are the same.
        place = [cells.setdefault(Cell(**cell), len(cells)) for cell in file.header["cells"]]
        records = file.records
        if place != list(range(len(place))):
            records = records.copy()
            records["cell"] = np.array(place, dtype=np.uint8)[records["cell"]]
        dues.append(records["due_us"] / 1e6 + file.zero_s)
        blocks.append(records)
    due, records = np.concatenate(dues), np.concatenate(blocks)
    order = np.argsort(due, kind="stable")
    if horizon is not None:
        order = order[due[order] < horizon]
    due, records = due[order], records[order]
    return Stream(
        name=files[0].stream,
        kind=str(files[0].header["kind"]),
        cells=tuple(cells),
        due=due,
        sent=due + records["wait_us"] / 1e6,
        done=due + records["latency_us"] / 1e6,
        status=records["status"].copy(),
        cell=records["cell"].copy(),
        flags=records["flags"].copy(),
        timeout_s=float(planned.get("timeout_s", 5.0)),
        rate=float(planned.get("rate", 0.0)),
        poisson=planned.get("arrivals") == "poisson",
        local=bool(planned.get("local", False)),
    )

"""The record of one request, 16 bytes, and the files that hold records.

A file is a header (one JSON object, padded to HEADER_BYTES) and then packed records; it only ever
grows, so it can be read at any moment: a torn last record is ignored.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 1
CELLS_MAX = 256
HEADER_BYTES = 65_536  # room for 256 cells with long names
HOUR_NS = 3_600_000_000_000

RECORD = np.dtype(
    [
        ("due_us", "<u4"),  # since the file's base_ns
        ("wait_us", "<u4"),  # sent - due, saturating
        ("latency_us", "<u4"),  # done - due, saturating
        ("status", "<u2"),
        ("cell", "u1"),  # index into the header's cells
        ("flags", "u1"),
    ]
)

# Status: 100 and above are HTTP's own; these say what ended a request that has none.
REFUSED = 1  # also unreachable
CONNECT_TIMEOUT = 2
TLS_FAILED = 3
CLOSED_BEFORE = 4  # closed before the first byte of the answer
CLOSED_INSIDE = 5
TIMEOUT = 6
PROTOCOL_ERROR = 7  # the answer is not HTTP/1.x
NOT_SENT = 8  # the in-flight cap was reached: the tester's own
STOPPED = 9  # still under way when the tester stopped
NOT_RESOLVED = 10
LOCAL_ERROR = 11  # no descriptor, no port: the tester's own fault

STATUS_NAMES: dict[int, str] = {
    REFUSED: "refused",
    CONNECT_TIMEOUT: "connect timeout",
    TLS_FAILED: "TLS failure",
    CLOSED_BEFORE: "closed before the answer",
    CLOSED_INSIDE: "closed inside the answer",
    TIMEOUT: "timeout",
    PROTOCOL_ERROR: "protocol error",
    NOT_SENT: "not sent",
    STOPPED: "stopped",
    NOT_RESOLVED: "name not resolved",
    LOCAL_ERROR: "local error",
}

# Flags. RETRIED marks an attempt that another one replaced: the last attempt of a request never
# carries it, so the records without it count each request once.
NEW = 1  # on a connection opened for this request
REUSED = 2  # on a connection that was open before
CHECK_FAILED = 4  # an expectation was declared and missed
EXTRA = 8  # bytes after the end of the body
EARLY = 16  # answered before the request was fully sent
HTTP10 = 32
EXPECTED = 64  # an expectation was declared and met
RETRIED = 128


def status_name(status: int) -> str:
    """`503` for HTTP's own, words for ours."""
    return STATUS_NAMES.get(status, str(status))


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of a group of requests: what they asked, where, as whom and how connected."""

    entry: str
    route: str
    region: str | None = None  # None: not known
    client: str = "pooled"  # or "fresh"
    principal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands in front of the records; `base_ns` is the file's zero, `t0_ns` the run's."""

    stream: str
    kind: str  # "load" or "probe"
    child: int
    t0_ns: int
    base_ns: int
    cells: tuple[Cell, ...]
    version: int = VERSION

    @property
    def file_name(self) -> str:
        """`load-shop.0.3.rec`: kind, stream, child and hour of the run."""
        hour = (self.base_ns - self.t0_ns) // HOUR_NS
        return f"{self.kind}-{self.stream}.{self.child}.{hour}.rec"

    def encoded(self) -> bytes:
        """HEADER_BYTES long, ended by a newline. ValueError when the cells do not fit."""
        text = json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False).encode()
        if len(self.cells) > CELLS_MAX or len(text) >= HEADER_BYTES:
            raise ValueError(f"{len(self.cells)} cells of {self.stream} do not fit into a header")
        return text.ljust(HEADER_BYTES - 1) + b"\n"


def write_header(path: Path, header: Header) -> None:
    """Creates the file. FileExistsError when there is one: records are never mixed."""
    with path.open("xb") as file:
        file.write(header.encoded())


def write_records(path: Path, header: Header, records: NDArray[Any]) -> None:
    """A whole file at once, for what is not written while it happens."""
    with path.open("xb") as file:
        file.write(header.encoded())
        file.write(records.astype(RECORD, copy=False).tobytes())


def read_header(path: Path) -> dict[str, Any]:
    """The header's keys as they stand; `cells` is a list of mappings with the fields of Cell.

    ValueError when the file is not a record file, or one of a version that we do not know.
    """
    with path.open("rb") as file:
        text = file.read(HEADER_BYTES)
    if len(text) < HEADER_BYTES or not text.endswith(b"\n"):
        raise ValueError(f"{path.name} is not a record file: its header has no end")
    try:
        found: Any = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path.name} is not a record file: {error}") from error
    if not isinstance(found, Mapping) or found.get("version") != VERSION:
        raise ValueError(f"{path.name} is not a record file of version {VERSION}")
    return dict(found)


def read_records(path: Path) -> NDArray[Any]:
    """The records of one file as an array of RECORD, in the order of their ends."""
    with path.open("rb") as file:
        file.seek(HEADER_BYTES)
        raw = file.read()
    return np.frombuffer(raw, dtype=RECORD, count=len(raw) // RECORD.itemsize)

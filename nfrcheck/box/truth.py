"""The ledger of what really happened: acknowledged writes and injected bad answers, as they occur.

One line is one write to a file opened for appending: it survives the death of its writer.
"""

import json
import os
import time
from pathlib import Path
from typing import Any


class Truth:
    def __init__(self, path: Path, node: str, region: str | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._who = {"node": node, "region": region}

    def acked(self, order: str) -> None:
        """An order that a replica is about to acknowledge with 201."""
        self._append({"event": "acked", "id": order})

    def injected(self, defect: str, **what: Any) -> None:
        """An answer that a defect made wrong or late."""
        self._append({"event": "injected", "defect": defect, **what})

    def _append(self, event: dict[str, Any]) -> None:
        line = json.dumps({"t_ns": time.monotonic_ns(), **event, **self._who})
        os.write(self._file, line.encode() + b"\n")


def read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """`writes` and `injected`, each with `t_ns` (monotonic clock), node and region."""
    events = [json.loads(line) for line in path.read_text().splitlines()]
    writes: dict[str, dict[str, Any]] = {}
    for event in events:
        if event["event"] == "acked":
            writes.setdefault(event["id"], event)  # a repeated key is acknowledged again
    return {
        "writes": list(writes.values()),
        "injected": [event for event in events if event["event"] == "injected"],
    }

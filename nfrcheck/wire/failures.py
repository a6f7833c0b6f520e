"""The first failures word for word, redacted and bounded; the rest are counted."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from nfrcheck.wire.redaction import Redactor

PER_SECOND = 20
IN_ALL = 2_000
KEPT_BYTES = 2_048


class Failures:
    """Writes `failures-<name>.<child>.ndjson`. OSError when the disk does not take it."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        self._file = path.open("xb", buffering=1 << 16)
        self._redactor = redactor
        self._second = -1
        self._in_second = self._written = 0
        self._counted: Counter[tuple[str, int]] = Counter()

    def has_room(self, route: str, status: int, second: int) -> bool:
        """Whether one more is written; else it is counted. `second` is that of the run.

        Those of an earlier second, such as time-outs, take their place among the latest.
        """
        if second > self._second:
            self._second, self._in_second = second, 0
        if self._in_second >= PER_SECOND or self._written >= IN_ALL:
            self._counted[route, status] += 1
            return False
        self._in_second += 1
        self._written += 1
        return True

    def write(self, line: dict[str, Any], head: bytes, body: bytes) -> None:
        """`line` and what was answered, cut and redacted."""
        said = {
            "head": self._redactor.head(head[:KEPT_BYTES]),
            "body": self._redactor.body(body[:KEPT_BYTES]),
        }
        self._put(line | said)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Ends with the counts of what was left out."""
        try:
            for (route, status), left_out in sorted(self._counted.items()):
                self._put({"left_out": left_out, "route": route, "status": status})
        finally:
            self._file.close()

    def _put(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

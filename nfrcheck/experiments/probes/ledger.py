"""What a probe learnt beside its requests: lines of JSON, readable after any crash."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from nfrcheck.wire.child import Child


class Ledger:
    """`<what>-<stream>.ndjson`. A disk that takes no more is told once, through `ill`."""

    @classmethod
    def of(cls, child: Child, what: str) -> Self:
        """Each child has its own: `writes-orders.ndjson`, `writes-orders.1.ndjson`."""
        spec = child.spec
        own = f".{spec.child}" if spec.child else ""
        path = Path(spec.folder) / f"{what}-{spec.stream}{own}.ndjson"
        return cls(path, spec.t0_ns, child.ill)

    def __init__(self, path: Path, t0_ns: int, ill: Callable[[str], None]) -> None:
        self._file = path.open("xb", buffering=1 << 16)
        self._t0_ns, self._ill, self._whole = t0_ns, ill, True

    def t(self, ns: int) -> float:
        return round((ns - self._t0_ns) / 1e9, 6)

    def put(self, line: dict[str, Any]) -> None:
        raw = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        self._try(lambda: self._file.write(raw))

    def flush(self) -> None:
        self._try(self._file.flush)

    def close(self) -> None:
        self.put({"end": True, "t": self.t(time.monotonic_ns())})
        self._try(self._file.close)

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            if self._whole:
                self._ill(f"its ledger takes no more: {error}")
            self._whole = False

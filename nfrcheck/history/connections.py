"""Reads `connections-<stream>.ndjson`: what a fault proxy told of who connected to it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nfrcheck.history.ndjson import json_lines
from nfrcheck.model.history import Connections

_PREFIX = "connections-"


def read_connections(folder: Path) -> dict[str, Connections]:
    return {
        path.stem.removeprefix(_PREFIX): _connections(json_lines(path.read_bytes()))
        for path in sorted(folder.glob(f"{_PREFIX}*.ndjson"))
    }


def _connections(lines: Iterable[Mapping[str, Any]]) -> Connections:
    """An age counts back from a moment between the question and the answer."""
    told, refused = [], Counter[int]()
    for line in lines:
        if "open" in line:
            told.append(line)
        elif "status" in line:
            refused[line["status"]] += 1
    came = [(line["sent"] - age, line["done"] - age) for line in told for age in line["ages"]]
    return Connections(
        earliest=np.array([early for early, _ in came], dtype=np.float64),
        latest=np.array([late for _, late in came], dtype=np.float64),
        asked=np.array([line["sent"] for line in told], dtype=np.float64),
        answered=np.array([line["done"] for line in told], dtype=np.float64),
        open=np.array([line["open"] for line in told], dtype=np.int64),
        late=np.array([line["late"] for line in told], dtype=np.float64),
        missed=np.array([line["done"] for line in told if "missed" in line], dtype=np.float64),
        refused=dict(refused),
    )

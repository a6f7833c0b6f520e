"""Lines of JSON as a process left them, however it ended."""

import json
from collections.abc import Iterator
from typing import Any


def json_lines(text: bytes) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            parsed = json.loads(line)
        except ValueError:
            continue  # torn by a crash, and by nothing else: lines are written whole
        if isinstance(parsed, dict):
            yield parsed

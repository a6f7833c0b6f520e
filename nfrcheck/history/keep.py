"""Stage 4, keep: the run folder and the files in it that are written once."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nfrcheck.model.scorecard import Evidence

PLAN, RUN = "plan.json", "run.json"
GAMEDAY, RUNBOOK = "gameday.json", "runbook.html"
REPORTS = frozenset(
    {RUN, GAMEDAY, RUNBOOK}
    | {"scorecard.html", "scorecard.css", "junit.xml", "summary.md", "metrics.prom"}
)


def new_folder(out: Path, run_id: str) -> Path:
    """Raises OSError when it cannot be made, FileExistsError when it is there already."""
    folder = out / run_id
    folder.mkdir(parents=True, exist_ok=False)
    return folder


def write_json(path: Path, document: Any) -> None:
    """Whole or not at all: a crash never leaves half a file under its name."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def evidence_files(folder: Path) -> tuple[Evidence, ...]:
    """Every file of the run that is evidence, with its size and digest; reports are not."""
    return tuple(_digests(path for path in sorted(folder.iterdir()) if path.is_file()))


def _digests(paths: Iterable[Path]) -> Iterable[Evidence]:
    for path in paths:
        if path.name in REPORTS or path.suffix == ".log":
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield Evidence(path=path.name, size=path.stat().st_size, sha256=digest)

"""Renders the scorecard of a run folder from its run.json; says what that cost."""

import json
import sys
import time
from pathlib import Path

from benchmarks.workers.memory import peak_mb
from nfrcheck.reports import REPORTS


def main(folder: Path) -> None:
    run = json.loads((folder / "run.json").read_text("utf-8"))
    page = REPORTS["html"](run, folder)
    said = {"all": time.process_time(), "bytes": page.stat().st_size, "peak_mb": peak_mb()}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

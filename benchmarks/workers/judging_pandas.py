"""What a script with pandas does with the same file: counts, shares per second, percentiles."""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.workers.memory import peak_mb
from nfrcheck.model.records import read_header, read_records


def main(folder: Path) -> None:
    pandas: Any = import_module("pandas")  # it brings no types
    begun = time.process_time()
    (path,) = folder.glob("*.rec")
    frame = pandas.DataFrame(read_records(path))
    cells = pandas.DataFrame(read_header(path)["cells"])
    frame["good"] = frame["status"].between(200, 399)
    frame["second"] = frame["due_us"] // 1_000_000
    frame = frame.join(cells[["route", "region"]], on="cell")
    strata = frame.groupby(["route", "region"])
    strata["good"].agg(["count", "mean"])
    strata["latency_us"].quantile([0.95, 0.99])
    frame.groupby("second")["good"].mean()
    said = {"cpu_s": time.process_time() - begun, "peak_mb": peak_mb()}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""All benchmarks, or those that are named, one after the other; one that misses stops no other."""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness import BROKEN, MET, MISSED, NO_VERDICT
from benchmarks.processes import ROOT

# The module of this folder, and the rows of the table of limits that it checks.
BENCHMARKS: Mapping[str, str] = {
    "startup": "nfrcheck --help and --version",
    "record": "putting one request to disk",
    "rate": "requests for each second of CPU",
    "pace": "lateness of requests at 1,000/s and 5,000/s",
    "child": "a load child's start and end",
    "guardian": "a fault undone after kill -9",
    "judge": "6 million requests judged",
    "scorecard": "the page of an hour",
    "proxy": "the fault proxy's cost, and how exact its faults are",
}
WORDS = {MET: "met", MISSED: "MISSED", BROKEN: "BROKEN", NO_VERDICT: "no verdict"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--smoke", action="store_true", help="about a second each, no limits")
    parser.add_argument("--json", type=Path, metavar="FOLDER", help="NAME.json of each goes there")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    codes = {name: run(name, given.smoke, given.json) for name in given.names or BENCHMARKS}
    words = WORDS | ({MET: "runs"} if given.smoke else {})
    for name, code in codes.items():
        sys.stdout.write(f"{name:<10} {words.get(code, f'ended with {code}')}\n")
    found = set(codes.values())
    if found - set(WORDS):
        return BROKEN
    return next((code for code in (BROKEN, MISSED, NO_VERDICT) if code in found), MET)


def run(name: str, smoke: bool, folder: Path | None) -> int:
    argv = [sys.executable, "-m", f"benchmarks.{name}", *(["--smoke"] if smoke else [])]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        argv += ["--json", str(folder.resolve() / f"{name}.json")]
    code = subprocess.run(argv, cwd=ROOT, check=False).returncode
    sys.stdout.write("\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())

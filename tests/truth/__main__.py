"""The detection matrix: `python -m tests.truth [--full] [--only TEXT] [--again]`.

Results are kept per commit in `truth-results/`; a run goes on where the last one stopped. Exit 1
when a defect was missed or caught at the wrong place, when something healthy did not pass, or when
too many healthy runs stayed undecided.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.truth.cases import Case, cases
from tests.truth.harness import Finding, examine

ROOT = Path(__file__).resolve().parents[2]
UNDECIDED_MAX = 1 / 20


def main() -> int:
    reader = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    reader.add_argument("--full", action="store_true", help="defects as small as the targets allow")
    reader.add_argument("--only", default="", help="cases whose name holds this text")
    reader.add_argument("--jobs", type=int, default=1, help="cases side by side; they crowd a core")
    reader.add_argument("--again", action="store_true", help="forget what this commit has seen")
    asked = reader.parse_args()
    store = ROOT / "truth-results" / (_commit() + ("-full" if asked.full else ""))
    if asked.again:
        shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True, exist_ok=True)
    chosen = [case for case in cases(full=asked.full) if asked.only in case.name]
    with ThreadPoolExecutor(asked.jobs) as pool:
        found = list(pool.map(lambda case: _kept(store, case) or _examined(store, case), chosen))
    return _told(list(zip(chosen, found, strict=True)))


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "no-commit"


def _kept(store: Path, case: Case) -> Finding | None:
    path = store / f"{case.name}.json"
    return Finding(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def _examined(store: Path, case: Case) -> Finding:
    with tempfile.TemporaryDirectory(prefix="nfrcheck-truth-") as folder:
        finding = examine(case, Path(folder))
        if not finding.right:
            kept = store / f"{case.name}.run"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("box"))
    (store / f"{case.name}.json").write_text(
        json.dumps(finding.to_json(), indent=1), encoding="utf-8"
    )
    _line(finding)
    return finding


def _line(finding: Finding) -> None:
    mark = "ok   " if finding.right else "WRONG"
    where = ", ".join(f"{key} {value}" for key, value in finding.where.items())
    print(
        f"{mark} {finding.case:<44} {finding.verdict:<13} {finding.seconds:5.1f} s  {where}",
        flush=True,
    )
    if not finding.right or finding.verdict == "inconclusive":
        print(f"      {finding.because}", flush=True)


def _told(findings: list[tuple[Case, Finding]]) -> int:
    wrong = [finding for _, finding in findings if not finding.right]
    fine = [f for case, f in findings if case.kind in {"healthy", "look-alike"}]
    undecided = [finding for finding in fine if finding.verdict == "inconclusive"]
    defects = [finding for case, finding in findings if case.kind == "defect"]
    caught = sum(finding.right for finding in defects)
    print(f"\n{caught} of {len(defects)} defects caught at the right place")
    passes = sum(finding.verdict == "pass" for finding in fine)
    print(f"{passes} of {len(fine)} healthy runs passed, {len(undecided)} undecided")
    for finding in wrong:
        print(f"WRONG {finding.case}: {finding.verdict}: {finding.because}")
    passed = len(findings) - len(wrong)
    print(f"{passed} passed, {len(wrong)} failed")
    too_many = len(undecided) > max(1.0, UNDECIDED_MAX * len(fine)) if fine else False
    if too_many:
        print("too many healthy runs stayed undecided")
    return 1 if wrong or too_many else 0


if __name__ == "__main__":
    sys.exit(main())

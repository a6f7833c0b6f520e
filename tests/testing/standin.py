"""A stand-in for the command nfrcheck, named by `nfrcheck_command`: it measures nothing.

A scenario is a JSON file that says what the run will find: `targets` (id -> verdict and more), and
what else is to happen. Each run adds a line to `runs.txt` beside it: the words it was called with.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from nfrcheck.model.scorecard import Scorecard, TargetResult
from nfrcheck.model.verdict import Bound, Outcome, Verdict

LIMIT = Bound(text="< 200 ms", value=0.2)


def main() -> int:
    words = sys.argv[1:]
    if "hold" in words:
        return hold(words[words.index("hold") + 1 :])
    if "describe" in words:
        named = words[words.index("describe") + 1 :]
        if named[:1] in ([], ["-d"]):
            sys.stderr.write("there is no deployment file")
            return 2
        return describe(Path(named[0]))
    return run(Path(words[words.index("run") + 1]), words)


def describe(path: Path) -> int:
    said = json.loads(path.read_text())
    if "invalid" in said:
        sys.stderr.write(said["invalid"])
        return 2
    lines = path.read_text().splitlines()
    targets = [
        {
            "id": name,
            "class": more.get("class", "critical"),
            "path": str(path),
            "line": next(n for n, text in enumerate(lines, 1) if f'"{name}"' in text),
            "drills": more.get("drills", []),
        }
        for name, more in said["targets"].items()
    ]
    drills = sorted({drill for target in targets for drill in target["drills"]})
    sys.stdout.write(json.dumps({"alone": True, "drills": drills, "targets": targets}))
    return 0


def hold(words: list[str]) -> int:
    with Path("held.txt").open("a") as file:
        file.write(" ".join(words) + "\n")
        sys.stdout.write(json.dumps({"event": "holds", "run": "hold-1"}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        file.write("let go\n")
    return 0


def run(path: Path, words: list[str]) -> int:
    said = json.loads(path.read_text())
    with (path.parent / "runs.txt").open("a") as file:
        file.write(" ".join(words[words.index("run") + 2 :]) + "\n")
    time.sleep(said.get("takes_s", 0))
    if said.get("kills_its_parent"):
        os.kill(os.getppid(), signal.SIGKILL)
        sys.stdin.read()  # ends when whoever began it is gone
        return 130
    if "says" in said:
        sys.stderr.write(said["says"])
        return int(said["exit"])
    only = {words[n + 1] for n, word in enumerate(words) if word == "--only"}
    targets = {n: t for n, t in said["targets"].items() if not only or n in only}
    folder = Path(f"reports/{path.stem}")
    folder.mkdir(parents=True, exist_ok=True)
    code = said.get("exit", 0)
    (folder / "run.json").write_text(json.dumps(scorecard(targets, code, said).to_json()))
    (folder / "scorecard.html").touch()
    end = {"event": "end", "folder": str(folder), "sentence": said.get("sentence", "")}
    sys.stdout.write(json.dumps(end) + "\n")
    return int(code)


def scorecard(targets: dict[str, Any], code: int, said: dict[str, Any]) -> Scorecard:
    return Scorecard(
        scenario="shop",
        description="",
        deployment="box",
        build=None,
        started_at="2026-11-29T02:17:00+00:00",
        seconds=10.0,
        seed=7,
        verdict=Outcome.PASS,
        exit_code=code,
        sentence=said.get("sentence", "All hold."),
        targets=tuple(result(name, more) for name, more in targets.items()),
        restored=said.get("restored"),
    )


def result(name: str, more: dict[str, Any]) -> TargetResult:
    outcome = Outcome(more["verdict"])
    measured = more.get("measured", 0.25)
    return TargetResult(
        id=name,
        check="latency",
        title=name,
        critical=more.get("class", "critical") == "critical",
        stretch="steady",
        source=f"shop.nfr.yaml:{more.get('line', 7)}",
        verdict=Verdict(
            outcome=outcome,
            because=more.get("because", "61 of 4,000 requests were slower"),
            limit=LIMIT,
            measured=measured,
            interval=None if measured is None else (measured - 0.01, measured + 0.01),
            unit="s",
            samples=0 if measured is None else 4000,
            failures=None if measured is None else 61,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())

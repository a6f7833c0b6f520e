"""Reads a run folder and judges it; says CPU seconds and peak memory after each step.

With `checks` each target by itself, then the numbers of the charts; with `whole` all of it, as
`nfrcheck judge` does, with run.json.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.long_run import PLANNED, REGIONS, ROUTES
from benchmarks.workers.memory import peak_mb
from nfrcheck.checks import CHECKS
from nfrcheck.history.read import read_history
from nfrcheck.judge import Facts, judge, verdict_of
from nfrcheck.kinds import Target
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.series import series_of

WANTED = {
    "availability": {"at_least": "99.9 %"},
    "latency": {"p95": "< 100 ms", "p99": "< 200 ms"},
}
FACTS = Facts(
    scenario="long-run", deployment="none", started_at="2026-01-01T00:00:00+00:00", seed=7
)
STRATA = 3 * ROUTES * len(REGIONS)  # of one limit of availability and two of latency


def targets(seconds: float) -> Iterator[Target]:
    rules = EvidenceRules(planned_seconds=seconds, strata=STRATA)
    for name, wanted in WANTED.items():
        question = Question(id=name, rules=rules, stream="shop", each=("route", "region"))
        check = CHECKS[name].model_validate(wanted)
        yield Target(id=name, check=name, question=question, judge=check)  # type: ignore[arg-type]  # the table knows models only


def main(folder: Path, mode: str) -> None:
    steps = Steps()
    steps.end("import")
    history = read_history(folder, streams=PLANNED)
    steps.end("read")
    asked = list(targets(history.seconds))
    if mode == "checks":
        for target in asked:
            verdict = verdict_of(target, history)
            steps.end(target.id)
            steps.words[target.id] = f"{verdict.outcome.name}: {verdict.because}"
        series_of(history.streams["shop"], history)
        steps.end("charts")
    else:
        scorecard = judge(asked, history, FACTS)
        (folder / "run.json").write_text(json.dumps(scorecard.to_json()), encoding="utf-8")
        steps.end("judge")
    steps.say(sum(len(stream) for stream in history.streams.values()))


class Steps:
    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self._cpu_s: dict[str, float] = {}
        self._peak_mb: dict[str, float] = {}
        self._begun = 0.0

    def end(self, step: str) -> None:
        begun, self._begun = self._begun, time.process_time()
        self._cpu_s[step] = self._begun - begun
        self._peak_mb[step] = peak_mb()

    def say(self, requests: int) -> None:
        said = {
            "requests": requests,
            "words": self.words,
            "cpu_s": self._cpu_s,
            "peak_mb": self._peak_mb,
        }
        sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

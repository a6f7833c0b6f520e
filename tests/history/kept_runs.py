"""Runs as they lie on disk, made without a run: begun, recorded by hand, and judged."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nfrcheck.history.keep import read_json
from nfrcheck.model.records import RECORD, Cell, Header, write_records
from nfrcheck.pipeline import Wish, begin, judge_folder
from nfrcheck.plan import Options, plan
from nfrcheck.scenario.read import read_pair

DEPLOYMENT = 'nfrcheck: 1\nbuild: {env: BUILD}\nentries: {home: {url: "http://127.0.0.1:9"}}\n'
SCENARIO = """\
nfrcheck: 1
evidence: {carry_over: true}
load: {shop: {rate: 117/s, journey: {home: {get: /}}}}
phases: [steady: 85 s]
targets:
  availability: {at_least: 99.99 %, requirement: NFR-1}
  latency: {p95: < 200 ms, p99: < 400 ms}
"""
SECONDS, REQUESTS = 85, 10_000


class Kept:
    """A folder of runs of one scenario, judged one after another."""

    def __init__(self, folder: Path, scenario: str = SCENARIO) -> None:
        self.out = folder / "runs"
        self._paths = folder / "shop.nfr.yaml", folder / "staging.deployment.yaml"
        self._paths[0].write_text(scenario, "utf-8")
        self._paths[1].write_text(DEPLOYMENT, "utf-8")
        self.number = 0

    def begin(self, build: str | None = "b1", **options: Any) -> Path:
        """As a run does it before its first contact."""
        self.number += 1
        pair = read_pair(*self._paths)
        made = replace(plan(pair.scenario, pair.deployment, Options(**options)), build=build)
        run_id = f"2026-05-{self.number:02}T021700Z-shop-{self.number:04x}"
        return begin(made, Wish(out=self.out), run_id)[1]

    def record(
        self, folder: Path, *, failed: int = 0, latency_s: float = 0.1, end: bool = True
    ) -> None:
        """10,000 requests in 85 s, the first of them failed, with a tester that was well."""
        made = np.zeros(REQUESTS, dtype=RECORD)
        made["due_us"] = np.arange(REQUESTS) * (SECONDS / REQUESTS) * 1e6
        made["latency_us"] = latency_s * 1e6
        made["status"] = 200
        made["status"][: failed * 7 : 7] = 500
        cells = (Cell("home", "home", None, "pooled", None),)
        head = Header(stream="shop", kind="load", cells=cells, child=0, t0_ns=1, base_ns=1)
        write_records(folder / head.file_name, head, made)
        lines = [*_events(self.number), *([_ENDED] if end else [])]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "events.ndjson").write_text(text, "utf-8")

    def run(self, build: str | None = "b1", **seen: Any) -> dict[str, Any]:
        """A whole run, and its `run.json`."""
        folder = self.begin(build)
        self.record(folder, **seen)
        return self.judged(folder)

    def judged(self, folder: Path) -> dict[str, Any]:
        judge_folder(folder)
        return read_json(folder / "run.json")

    def lines(self, kind: str = "result") -> list[dict[str, Any]]:
        text = (self.out / "history.jsonl").read_text("utf-8")
        return [line for line in map(json.loads, text.splitlines()) if line["line"] == kind]


_ENDED = {
    "t": SECONDS + 0.2,
    "event": "run",
    "state": "ended",
    "reason": "complete",
    "because": "",
    "restored": None,
}


def _events(day: int) -> list[dict[str, Any]]:
    phase = {"event": "phase", "name": "steady", "part": None, "run": None, "kind": "quiet"}
    well = {"cpu": 0.1, "waiting": 0.0, "beat_p99_ms": 1.0, "lag_p99_ms": 0.5}
    calm = {"busy": 0.2, "steal": 0.0, "pressed": 0.0}
    health = [
        {"t": t + 1.0, "event": "health", "instrument": instrument, **figures}
        for t in range(SECONDS + 1)
        for instrument, figures in (("load-shop.0", well), ("host", calm))
    ]
    wall = f"2026-05-{day:02}T02:17:00+00:00"
    return [
        {"t": 0.0, "event": "run", "state": "started", "t0_ns": 1, "wall": wall},
        {"t": 0.0, "event": "preflight", "answered": {"home": True}},
        {"t": 0.0, **phase, "state": "start"},
        *health,
        {"t": float(SECONDS), **phase, "state": "end"},
    ]

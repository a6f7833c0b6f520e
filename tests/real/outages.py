"""Outages of a known length, as the probe child and the failover check saw them.

python -m tests.real.outages [WAY...]      prints the table of 30 outages for each way
"""

import json
import math
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nfrcheck.checks.failover import Failover
from nfrcheck.history.read import read_history
from nfrcheck.history.write import EventLog
from nfrcheck.model.history import Floats, Stream
from nfrcheck.model.question import EvidenceRules, Question
from nfrcheck.model.verdict import Verdict
from tests.experiments.children import PROBE, RunningChild, running_child, traffic

WAYS = ("refuse", "answer-503", "hang")
SECONDS, TIMES = (0.3, 1.0, 5.0), 10
RATE, SETTLE_S = 100.0, 0.9
# Shorter than the time between two outages, so that each is over before the next begins.
TIMEOUT_S = 1.0
DRILL, STREAM = "outage", "edge"
LIMIT = "<= 250 ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One outage and one kind of client; seconds of the run."""

    way: str
    client: str
    truth: tuple[float, float]
    """At least and at most: each edge took the server some time."""
    reported: tuple[float, float]
    width_allowed: float
    """The two gaps between probes around the edges and the answer times at them."""
    verdict: Verdict

    @property
    def contained(self) -> bool:
        return self.reported[0] <= self.truth[1] and self.truth[0] <= self.reported[1]

    @property
    def width(self) -> float:
        return self.reported[1] - self.reported[0] if self.reported[0] < math.inf else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    outages: tuple[Seen, ...]
    gaps: Mapping[str, Floats]
    """Per kind of client: between one probe and the next, as they were sent."""


def watch_all(ways: Sequence[str], folder: Path, seed: int) -> dict[str, Watched]:
    """All ways at once, each with a server and a probe child of its own."""
    with ThreadPoolExecutor(len(ways)) as pool:
        watched = pool.map(lambda way: watch_outages(way, folder / way, seed), ways)
        return dict(zip(ways, watched, strict=True))


def watch_outages(way: str, folder: Path, seed: int) -> Watched:
    folder.mkdir(parents=True)
    lengths = [*SECONDS] * TIMES
    random.Random(seed).shuffle(lengths)
    with _serving(way, seed, lengths) as server:
        assert server.stdin, "a pipe"
        assert server.stdout, "a pipe"
        port = json.loads(server.stdout.readline())["port"]
        spec = traffic(
            folder,
            f"http://127.0.0.1:{port}",
            kind="probe",
            stream=STREAM,
            rate=RATE,
            clients=["fresh", "pooled"],
            timeout_s=TIMEOUT_S,
        )
        with running_child(PROBE, spec) as child:
            child.start()
            server.stdin.write("begin\n")
            server.stdin.flush()
            truths = [json.loads(server.stdout.readline()) for _ in lengths]
            time.sleep(SETTLE_S + 0.2)
            child.stop()
    _keep(folder, spec["t0_ns"], truths, child)
    return _judged(way, folder, spec["t0_ns"], truths)


@contextmanager
def _serving(way: str, seed: int, lengths: Sequence[float]) -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("outage_server.py")
    argv = [sys.executable, str(script), way, str(seed), *map(str, lengths)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        limit = threading.Timer(sum(lengths) + 3 * len(lengths) + 30, process.kill)
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()


def _keep(
    folder: Path, t0_ns: int, truths: Sequence[Mapping[str, Any]], child: RunningChild
) -> None:
    """The events that a run would have written: each outage is one run of a drill."""
    with EventLog(folder, t0_ns) as log:
        log.write("run", t=0.0, state="started", t0_ns=t0_ns)
        for message in child.messages:
            if "health" in message:
                health = {**message["health"], "instrument": f"probe-{STREAM}.0"}
                log.write("health", t=health.pop("t"), **health)
        for number, truth in enumerate(truths, start=1):
            down, up = _edges(truth, t0_ns)
            moments = [down[0] - 0.5, *down, *up, up[1] + SETTLE_S]
            parts = ("baseline", "fault", "hold", "heal", "settle")
            for part, start, end in zip(parts, moments, moments[1:], strict=False):
                phase = {"name": DRILL, "part": part, "run": number, "kind": "drill"}
                log.write("phase", t=start, state="start", **phase)
                log.write("phase", t=end, state="end", **phase)
            states = ("commanded", "confirmed", "healing", "healed")
            for state, at in zip(states, (*down, *up), strict=True):
                fault = {"drill": DRILL, "run": number, "fault": "component-kill", "where": {}}
                log.write("fault", t=at, state=state, because="", **fault)


def _edges(truth: Mapping[str, Any], t0_ns: int) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = truth["down"], truth["up"]
    return ((a - t0_ns) / 1e9, (b - t0_ns) / 1e9), ((c - t0_ns) / 1e9, (d - t0_ns) / 1e9)


def _judged(way: str, folder: Path, t0_ns: int, truths: Sequence[Mapping[str, Any]]) -> Watched:
    planned = {"timeout_s": TIMEOUT_S, "rate": 2 * RATE}
    history = read_history(folder, streams={STREAM: planned})
    question = Question(
        id="failover",
        rules=EvidenceRules(),
        stream=STREAM,
        drills=(DRILL,),
        expected_runs={DRILL: len(truths)},
    )
    verdict = Failover.model_validate({"error_window": LIMIT}).judge(history, question)
    stream, seen = history.streams[STREAM], []
    assert len(verdict.parts) == len(truths), verdict.because
    for truth, run in zip(truths, verdict.parts, strict=True):
        down, up = _edges(truth, t0_ns)
        for part in run.parts:
            client = part.where["client"]
            mine = stream.where(stream.of("client", client))
            seen.append(
                Seen(
                    way=way,
                    client=client,
                    truth=(up[0] - down[1], up[1] - down[0]),
                    reported=part.interval or (math.inf, math.inf),
                    width_allowed=_width_allowed(mine, down[0] - 0.5, up[1] + SETTLE_S),
                    verdict=part,
                )
            )
    gaps = {
        client: np.diff(np.sort(stream.sent[stream.of("client", client)]))
        for client in stream.values("client")
    }
    return Watched(outages=tuple(seen), gaps=gaps)


def _width_allowed(stream: Stream, start: float, end: float) -> float:
    """From the records alone, without the code under test."""
    near = stream.where((stream.sent > start) & (stream.sent < end))
    order = np.argsort(near.sent)
    sent, done, good = near.sent[order], near.done[order], near.status[order] == 200
    (bad,) = np.nonzero(~good)
    if not len(bad):
        return 0.0
    first, last = bad[0], bad[-1]
    # An answer that is still missing when every good one was there is known to be bad.
    known = min(done[first] - sent[first], near.latency[near.status == 200].max())
    begin = sent[first] - sent[first - 1] + known
    return float(begin + sent[last + 1] - sent[last] + done[last + 1] - sent[last + 1])


def table(watched: Watched) -> str:
    """One line for each outage and kind of client, in milliseconds."""
    head = "way        client       true  reported from       to   width  allowed  inside"
    lines = [head]
    for seen in sorted(watched.outages, key=lambda seen: (seen.client, seen.truth)):
        true = sum(seen.truth) / 2
        figures = [value * 1e3 for value in (true, *seen.reported, seen.width, seen.width_allowed)]
        words = "{:>9.1f}{:>15.1f}{:>9.1f}{:>8.1f}{:>9.1f}".format(*figures)
        inside = "yes" if seen.contained else "NO"
        lines.append(f"{seen.way:<11}{seen.client:<8}{words}  {inside}")
    for client, gaps in watched.gaps.items():
        median, most = np.median(gaps) * 1e3, gaps.max() * 1e3
        lines.append(f"gap between {client} probes: median {median:.2f} ms, longest {most:.1f} ms")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for found in watch_all(sys.argv[1:] or WAYS, Path(scratch), seed=1).values():
            sys.stdout.write(table(found) + "\n\n")

"""A process that asks one entry n times: `python -m nfrcheck.chaostoolkit.asking JSON`.

Its plan is that of a run which only watches, so what a deployment does not allow is refused here.
"""

import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic_ns
from typing import Any

from nfrcheck.errors import InvalidFiles, NfrcheckError, UsageError
from nfrcheck.model.records import LOCAL_ERROR, NOT_SENT, status_name
from nfrcheck.plan import Options, plan
from nfrcheck.plan.steps import Plan
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.read import read_deployment, read_pair
from nfrcheck.wire.connection import endpoint_from
from nfrcheck.wire.engine import Engine, Job, Outcome

TIMEOUT_S = 5.0
FIRST_NS = 50_000_000
OURS = frozenset({NOT_SENT, LOCAL_ERROR})
NAME = "asked"


def ask_often(asked: Mapping[str, Any]) -> dict[str, Any]:
    """How an entry answered. Raises what a plan raises, and UsageError for what cannot be asked."""
    times, per_second = int(asked["times"]), float(asked["per_second"])
    if times < 1 or not 0 < per_second <= 1000:
        raise UsageError("an entry is asked at least once, and at most 1000 times a second")
    place = read_deployment(asked["deployment"])
    entry = asked["entry"] or entry_of(place)
    made = _planned(place, entry, asked["get"], per_second)
    return summed([(one.status, one.done_ns - one.due_ns) for one in _sent(made, entry, times)])


def entry_of(place: Deployment) -> str:
    """Where users come in: the first entry outside of the regions, else the first. UsageError."""
    entries = [name for name, entry in place.entries.items() if entry.url]
    outside = [name for name in entries if not place.entries[name].region]
    if not entries:
        raise UsageError(f"the deployment {place.name} has no entry with a `url`")
    return [*outside, *entries][0]


def summed(outcomes: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Pairs of a status and the nanoseconds from due to done, as plain JSON.

    Raises UsageError when this machine did not send them all: that says nothing of the entry.
    """
    ours = [status for status, _ in outcomes if status in OURS]
    if ours:
        raise UsageError(f"{len(ours)} of {len(outcomes)} requests: {status_name(ours[0])}")
    bad = Counter(status_name(status) for status, _ in outcomes if not 200 <= status < 400)
    times = sorted(
        took / 1e6 if 200 <= status < 400 else TIMEOUT_S * 1e3 for status, took in outcomes
    )
    good = len(outcomes) - bad.total()
    return {
        "asked": len(outcomes),
        "good": good,
        "share_good": 100 * good / len(outcomes),
        "p50_ms": _nearest(times, 0.50),
        "p99_ms": _nearest(times, 0.99),
        "worst_ms": _nearest(times, 1.0),
        "bad": dict(bad),
    }


def _nearest(times: Sequence[float], share: float) -> float:
    """By nearest rank: a time that was seen."""
    return round(times[math.ceil(share * len(times)) - 1], 3)


def _planned(place: Deployment, entry: str, path: str, per_second: float) -> Plan:
    every = f"{1000 / per_second:f} ms"
    with tempfile.TemporaryDirectory(prefix="nfrcheck-asking-") as folder:
        scenario = Path(folder, f"{NAME}.nfr.yaml")
        probe = {"kind": "http", "entry": entry, "get": path, "every": every}
        written = {
            "nfrcheck": 1,
            "probes": {NAME: probe},
            "phases": [{"steady": "1 s"}],
            "targets": {"availability": {"at_least": "50 %", "probe": NAME}},
        }
        scenario.write_text(json.dumps(written), encoding="utf-8")
        try:
            pair = read_pair(scenario, place.path)
        except InvalidFiles as invalid:
            found = next(one for one in invalid.diagnostics if one.severity == "error")
            raise UsageError(found.message, found.remedy) from None
        return plan(pair.scenario, pair.deployment, Options(contact=True))


def _sent(made: Plan, entry: str, times: int) -> list[Outcome]:
    """In an open model: each at its time, whatever became of those before."""
    spec = made.traffic[0]
    to, route = spec.endpoints[entry], spec.routes[0]
    endpoint = endpoint_from(to.url, address=to.address, ca=to.ca, cert=to.cert, key=to.key)
    head = [f"GET {route.path} HTTP/1.1", f"host: {endpoint.authority}", "connection: close"]
    request = "\r\n".join([*head, "", ""]).encode()
    outcomes: list[Outcome] = []
    engine = Engine([endpoint], cap=times, on_outcome=outcomes.append)
    job = Job(endpoint=0, request=request, fresh=True, timeout_ns=int(TIMEOUT_S * 1e9))
    first = monotonic_ns() + FIRST_NS
    try:
        for number in range(times):
            engine.submit(job, first + int(number * 1e9 / spec.rate))
        engine.run(lambda: len(outcomes) >= times)
    finally:
        engine.close()
    return outcomes


def main(words: Sequence[str]) -> int:
    try:
        found = ask_often(json.loads(words[0]))
    except NfrcheckError as error:
        help_ = f" ({error.remedy})" if error.remedy else ""
        print(f"{error}{help_}", file=sys.stderr)  # noqa: T201 - this is the answer
        return error.exit_code
    print(json.dumps(found))  # noqa: T201 - this is the answer
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

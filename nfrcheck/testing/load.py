"""`nfr_load`: load for one test, by the same children that a scenario uses, judged alike."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from nfrcheck.model.units import parse_duration, show_duration
from nfrcheck.testing.deployment import Deployment
from nfrcheck.testing.judged import shown
from nfrcheck.testing.measured import Measured
from nfrcheck.testing.once import Runs
from nfrcheck.testing.results import Run

PERCENTILES = ("p50", "p90", "p95", "p99", "p99.9")
WARM_UP = "500 ms"


class Latency:
    """Percentiles from due to done, as attributes: p50, p90, p95, p99, p999."""

    def __init__(self, parts: Mapping[str, Mapping[str, Any]], place: str) -> None:
        for name, part in parts.items():
            measured = Measured(f"{name} latency", part, place)
            setattr(self, name.replace(".", ""), measured)

    def __getattr__(self, name: str) -> Measured:
        raise AttributeError(f"no percentile {name}: there are {', '.join(vars(self))}")


class LoadResult:
    """What the load found. `latency.p99 < "400 ms"` and `availability >= "99 %"` compare."""

    def __init__(self, run: Run, document: Mapping[str, Any]) -> None:
        place = shown(run.scorecard)
        targets = {target["id"]: target for target in document["targets"]}
        parts = targets["latency"]["parts"]
        self.latency = Latency({part["name"]: part for part in parts}, place)
        self.availability = Measured("availability", targets["availability"], place)
        self.samples = self.availability.samples
        self.folder = run.folder
        self.scorecard = run.scorecard

    def __repr__(self) -> str:
        return f"<load: {self.samples:,} requests, {self.availability}>"


class Load:
    """Sends at a rate, in an open model: each request has its due time, and latency counts from it.

    A URL below an entry of the deployment goes through that entry, with its certificates and under
    its `safety`; any other one may be loaded with more than 50/s on loopback only.
    """

    def __init__(self, runs: Runs, deployment: Deployment | None, folder: Path) -> None:
        self._runs = runs
        self._deployment = deployment
        self._folder = folder
        self._made = 0

    def get(self, url: str, *, rate: float, duration: str, **more: Any) -> LoadResult:
        """`rate` in requests a second; `duration` such as "20 s". `more`: see `send`."""
        return self.send("get", url, rate=rate, duration=duration, **more)

    def post(self, url: str, *, rate: float, duration: str, **more: Any) -> LoadResult:
        return self.send("post", url, rate=rate, duration=duration, **more)

    def send(
        self,
        method: str,
        url: str,
        *,
        rate: float,
        duration: str,
        timeout: str = "5 s",
        **more: Any,
    ) -> LoadResult:
        """`more`: `headers` (their values never reach a file), `json`, `expect`, as in a step.

        Fails the test if nothing could be measured, or what was measured cannot be believed.
        """
        self._made += 1
        place = self._folder / f"load-{self._made}"
        place.mkdir()
        headers = dict(more.pop("headers", {}))
        secrets = {f"NFR_LOAD_HEADER_{n}": value for n, value in enumerate(headers.values())}
        step = {method: "", **more}
        if headers:
            names = zip(headers, secrets, strict=True)
            step["headers"] = {name: {"env": variable} for name, variable in names}
        deployment, entry, step[method] = self._where(url, place)
        scenario = place / "load.nfr.yaml"
        scenario.write_text(
            json.dumps(_scenario(entry, step, rate, duration, timeout)), encoding="utf-8"
        )
        return _result(self._runs.measure(scenario, deployment, secrets))

    def _where(self, url: str, place: Path) -> tuple[Path, str, str]:
        """Deployment file, entry and path."""
        if self._deployment and (found := self._deployment.entry_for(url)):
            return self._deployment.path, *found
        parts = urlsplit(url)
        path = parts.path or "/"
        written = {"nfrcheck": 1, "entries": {"it": {"url": f"{parts.scheme}://{parts.netloc}"}}}
        deployment = place / "load.deployment.yaml"
        deployment.write_text(json.dumps(written), encoding="utf-8")
        return deployment, "it", f"{path}?{parts.query}" if parts.query else path


def _scenario(
    entry: str, step: Mapping[str, Any], rate: float, duration: str, timeout: str
) -> dict[str, Any]:
    # Twice the largest limit is the least that a time-out may be; the limits only ask to measure.
    limit = f"< {show_duration(parse_duration(timeout) / 2)}"
    load = {"entry": entry, "rate": f"{rate:g}/s", "timeout": timeout, "journey": {"request": step}}
    latency = dict.fromkeys(PERCENTILES, limit) | {"longest_stall": "off"}
    return {
        "nfrcheck": 1,
        "load": {"requests": load},
        "phases": [{"warm-up": WARM_UP}, {"steady": duration}],
        "targets": {
            "latency": latency,
            "availability": {"at_least": "50 %", "longest_outage": "off"},
        },
    }


def _result(run: Run) -> LoadResult:
    __tracebackhide__ = True
    if run.broken or run.folder is None:
        pytest.fail(f"nfr_load: {run.broken}", pytrace=False)
    for target in run.targets.values():
        if target.verdict in {"invalid", "not-run"}:
            pytest.fail(
                f"nfr_load: {target.id} is {target.verdict}: {target.because}\n"
                f"  scorecard  {shown(run.scorecard)}",
                pytrace=False,
            )
    document: dict[str, Any] = json.loads((run.folder / "run.json").read_text("utf-8"))
    return LoadResult(run, document)

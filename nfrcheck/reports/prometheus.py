"""Metrics in the text format of Prometheus (0.0.4), for a textfile collector or a push gateway."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nfrcheck.reports.clean import clean
from nfrcheck.reports.remarks import interval_of
from nfrcheck.reports.rows import outcome_of
from nfrcheck.reports.words import moment

NAME = "metrics.prom"
_UNITS = {"share": "ratio", "s": "seconds"}
_SIGNS = {"share": re.compile(r"\d ?%"), "s": re.compile(r"\d ?(ms|s|min|h|d)\b")}

Labels = Mapping[str, str]
Found = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One family; `value` gives None where there is nothing to say, and then no line is written."""

    name: str
    help: str
    value: Found
    unit: bool = True


def _end(number: int) -> Found:
    return lambda target: (interval_of(target) or (None, None))[number]


def _limit(key: str) -> Found:
    return lambda target: (target.get("limit") or {}).get(key)


TARGETS = (
    Gauge("value", "What was measured.", lambda target: target.get("measured")),
    Gauge("low", "The lower end of the 95 % interval.", _end(0)),
    Gauge("high", "The upper end of the 95 % interval.", _end(1)),
    Gauge("limit", "What is promised; for a range its lower end.", _limit("value")),
    Gauge("limit_high", "The upper end of a promised range.", _limit("high")),
    Gauge("samples", "How many were judged.", lambda target: target.get("samples"), unit=False),
)


def write(run: Mapping[str, Any], folder: Path) -> Path:
    path = folder / NAME
    path.write_text(render(run), encoding="utf-8")
    return path


def render(run: Mapping[str, Any]) -> str:
    """One family after another, each with HELP and TYPE; what does not exist has no line."""
    run = clean(run)
    where = {"scenario": run["scenario"], "deployment": run["deployment"]}
    targets = list({target["id"]: target for target in run["targets"]}.values())
    families = [
        ("target_met", _MET, [_met(where, target) for target in targets]),
        *((f"target_{g.name}", g.help, _gauge(g, where, targets)) for g in TARGETS),
        *_whole(run, where),
    ]
    return "".join(_family(f"nfrcheck_{name}", text, lines) for name, text, lines in families)


_MET = "1 if the target passed, 0 for every other verdict; the label says which."


def _met(where: Labels, target: Mapping[str, Any]) -> tuple[Labels, float]:
    verdict = outcome_of(target).value
    return {**_labels(where, target), "verdict": verdict}, float(verdict == "pass")


def _labels(where: Labels, target: Mapping[str, Any]) -> dict[str, str]:
    return {**where, "target": target["id"], "class": target.get("class") or "critical"}


def _gauge(
    gauge: Gauge, where: Labels, targets: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Labels, float | None]]:
    for target in targets:
        named = {"unit": _unit(target)} if gauge.unit else {}
        yield {**_labels(where, target), **named}, gauge.value(target)


def _unit(target: Mapping[str, Any]) -> str:
    """Where nothing was measured, that of what is promised."""
    unit = str(target.get("unit") or "")
    if not unit:
        promised = str((target.get("limit") or {}).get("text") or "")
        unit = next((unit for unit, sign in _SIGNS.items() if sign.search(promised)), "")
    return _UNITS.get(unit, unit)


def _whole(
    run: Mapping[str, Any], where: Labels
) -> Iterator[tuple[str, str, list[tuple[Labels, float | None]]]]:
    start = moment(str(run["started_at"]))
    ended = start.timestamp() + run["seconds"] if start else None
    yield "run_timestamp_seconds", "When the run ended, in Unix time.", [(where, ended)]
    yield "run_seconds", "How long the run lasted.", [(where, run["seconds"])]
    code = "How the run ended: the exit code of nfrcheck run."
    yield "run_exit_code", code, [(where, run["exit_code"])]


def _family(name: str, text: str, lines: Iterable[tuple[Labels, float | None]]) -> str:
    shown = [
        f"{name}{{{','.join(f'{key}={_quoted(value)}' for key, value in labels.items())}}} "
        f"{_number(value)}\n"
        for labels, value in lines
        if value is not None
    ]
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n{''.join(shown)}" if shown else ""


def _quoted(text: str) -> str:
    shown = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{shown}"'


def _number(value: float) -> str:
    assert math.isfinite(value), "what is infinite is null in run.json"
    return str(int(value)) if float(value).is_integer() else repr(float(value))

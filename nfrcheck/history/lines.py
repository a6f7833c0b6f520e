"""The lines of `history.jsonl`: what a run wrote before its first contact, and what came of it.

Version 1. Every line is one JSON object with `v` (1), `line`, `run` (its id and the name of its
folder beside the file), `at` (ISO, UTC), `scenario`, `deployment` and `build` (null: nobody says).

`"line": "begun"`, one a run, on disk before anything is contacted:
    scenario_hash   sha256 of the scenario file
    targets         {target: {key, alike}} of every target that this run can judge
`"line": "result"`, one a target and run, after judging:
    target check requirement class verdict
    judged          the verdict without the waiver
    measured interval unit limit samples failures seconds   as in run.json; seconds: of the run
    measures        {name: {value, unit, samples, failures, deff}}: what runs are compared by, lower
                    is better
    waived          {owner, until, because} or null
    ended           complete, aborted, interrupted or incomplete
    key alike       as in the `begun` line
    evidence        null, or one object per limit, stretch and stratum (`model.question.Piece`):
                    limit stretch stratum n k seconds bad_seconds deff log_odds_pass log_odds_fail
                    valid; the log odds are those of this run alone

Evidence adds up between runs with the same `key`: target, check, limits, burst, question, load,
build and deployment are the same. Numbers may be compared between runs that are `alike`: all of
that but the build and the height of the limits, and all steps and loads of the run. A file is only
ever added to. Readers take unknown fields, skip a torn line and refuse a newer version.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nfrcheck.errors import UsageError
from nfrcheck.model.comparison import Measure
from nfrcheck.model.question import Piece

VERSION = 1
HISTORY = "history.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Of one target in one run, see above."""

    key: str
    alike: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run that was about to contact its deployment."""

    run: str
    at: str
    scenario: str
    deployment: str
    build: str | None
    scenario_hash: str = ""
    targets: Mapping[str, Key] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What came of one target in one run; `seconds` are those of the whole run."""

    run: str
    at: str
    scenario: str
    deployment: str
    build: str | None
    target: str
    check: str
    verdict: str
    judged: str
    requirement: str = ""
    critical: bool = True
    measured: float | None = None
    interval: tuple[float | None, float | None] | None = None
    unit: str = ""
    limit: str = ""
    samples: int = 0
    failures: int | None = None
    seconds: float = 0.0
    measures: Mapping[str, Measure] = field(default_factory=dict)
    waived: Mapping[str, str] | None = None
    ended: str = "complete"
    key: str = ""
    alike: str = ""
    evidence: tuple[Piece, ...] | None = None


def begun_json(begun: Begun) -> dict[str, Any]:
    return {
        "v": VERSION,
        "line": "begun",
        **{name: getattr(begun, name) for name in (*_COMMON, "scenario_hash")},
        "targets": {
            name: {"key": key.key, "alike": key.alike} for name, key in begun.targets.items()
        },
    }


def line_json(line: Line) -> dict[str, Any]:
    pieces = line.evidence
    return {
        "v": VERSION,
        "line": "result",
        **{name: getattr(line, name) for name in (*_COMMON, *_OWN)},
        "measures": {name: asdict(measure) for name, measure in line.measures.items()},
        "class": "critical" if line.critical else "advisory",
        "interval": list(line.interval) if line.interval else None,
        "evidence": None if pieces is None else [asdict(piece) for piece in pieces],
    }


def parse(text: str) -> Begun | Line | None:
    """None for a torn line and for a kind of line that means nothing here; raises UsageError."""
    try:
        raw = json.loads(text)
    except ValueError:
        return None
    if not isinstance(raw, dict):
        return None
    if raw.get("v", VERSION) > VERSION:
        raise UsageError(
            f"{HISTORY} holds lines of version {raw['v']}, which a newer nfrcheck wrote",
            "take that version, or name another folder with --out",
        )
    try:
        match raw.get("line"):
            case "begun":
                return _begun(raw)
            case "result":
                return _line(raw)
            case _:
                return None
    except (KeyError, TypeError, AttributeError):
        return None


def _begun(raw: Mapping[str, Any]) -> Begun:
    targets = {name: Key(key=k["key"], alike=k["alike"]) for name, k in raw["targets"].items()}
    return Begun(
        **_taken(raw, (*_COMMON, "scenario_hash")),
        targets=targets,
    )


def _line(raw: Mapping[str, Any]) -> Line:
    interval, evidence = raw.get("interval"), raw.get("evidence")
    return Line(
        **_taken(raw, (*_COMMON, *_OWN)),
        measures={name: Measure(**_taken(m, _MEASURE)) for name, m in raw["measures"].items()},
        critical=raw.get("class") != "advisory",
        interval=(interval[0], interval[1]) if interval else None,
        evidence=None
        if evidence is None
        else tuple(Piece(**_taken(piece, _PIECE)) for piece in evidence),
    )


def _taken(raw: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: raw[name] for name in names if name in raw}


_COMMON = ("run", "at", "scenario", "deployment", "build")
_OWN = (
    *("target", "check", "requirement", "verdict", "judged", "measured", "unit", "limit"),
    *("samples", "failures", "seconds", "waived", "ended", "key", "alike"),
)
_MEASURE = ("value", "unit", "samples", "failures", "deff")
_PIECE = (
    *("limit", "stretch", "stratum", "n", "k", "seconds", "bad_seconds", "deff"),
    *("log_odds_pass", "log_odds_fail", "valid"),
)

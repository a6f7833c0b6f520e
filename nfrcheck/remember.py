"""Before a run: what is known of earlier ones, and that it begins. After it: what came of it."""

import contextlib
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nfrcheck.checks.evidence import evidence_of
from nfrcheck.comparing import measures_of
from nfrcheck.history.append import append, locked
from nfrcheck.history.lines import HISTORY, Begun, Key, Line, begun_json, line_json
from nfrcheck.history.past import Past, read_past
from nfrcheck.kinds import Target
from nfrcheck.model.comparison import Known, Last, Measure, Proven
from nfrcheck.model.history import History
from nfrcheck.plan.sameness import alike_of, key_of
from nfrcheck.plan.steps import Plan


@dataclass(frozen=True, slots=True)
class Memory:
    """The history of one `--out` folder, which no other run writes to meanwhile."""

    out: Path
    past: Past
    _handle: int

    def known(self, made: Plan) -> dict[str, Known]:
        """Per target that can be judged."""
        return {
            target.id: self.past.known(
                target.id,
                alike=alike_of(target, made),
                key=key_of(target, made),
                deployment=made.deployment,
            )
            for target in made.targets
            if target.judge is not None
        }

    def carry(self, made: Plan, known: Mapping[str, Known]) -> Plan:
        """The plan with the evidence of earlier runs in the questions that ask for it."""
        return replace(
            made, targets=tuple(self._carried(one, made, known.get(one.id)) for one in made.targets)
        )

    def _carried(self, target: Target, made: Plan, known: Known | None) -> Target:
        if known is None or not target.question.carry_over:
            return target
        earlier = self.past.earlier(target.id, known.key, made.build, folder=self.out)
        return replace(target, question=replace(target.question, earlier=earlier))

    def begin(self, made: Plan, run_id: str, known: Mapping[str, Known]) -> None:
        """Says on disk that this run begins, before its result can be known. Raises OSError."""
        begun = Begun(
            run=run_id,
            at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            scenario=made.scenario,
            scenario_hash=hashlib.sha256(Path(made.scenario_path).read_bytes()).hexdigest(),
            deployment=made.deployment,
            build=made.build,
            targets={name: Key(key=one.key, alike=one.alike) for name, one in known.items()},
        )
        append(self._handle, [begun_json(begun)])


@contextlib.contextmanager
def remember(out: Path) -> Iterator[Memory]:
    """Raises OSError where the history cannot be kept, UsageError where a newer one is there."""
    with locked(out / HISTORY) as handle:
        yield Memory(out, read_past(out), handle)


def kept_known(known: Mapping[str, Known]) -> dict[str, Any]:
    """For `plan.json`, so that a kept run is compared with what was known when it began."""
    return {name: dataclasses.asdict(one) for name, one in known.items()}


def read_known(kept: Mapping[str, Any]) -> dict[str, Known]:
    return {name: _known(one) for name, one in kept.items()}


def _known(kept: Mapping[str, Any]) -> Known:
    last, proven = kept["last"], kept["proven"]
    return Known(
        key=kept["key"],
        alike=kept["alike"],
        last=Last(**{**last, "measures": _measures(last["measures"])}) if last else None,
        proven=Proven(**proven) if proven else None,
        runs={name: tuple(Measure(**one) for one in runs) for name, runs in kept["runs"].items()},
    )


def _measures(kept: Mapping[str, Any]) -> dict[str, Measure]:
    return {name: Measure(**one) for name, one in kept.items()}


def record(
    folder: Path,
    kept: Mapping[str, Any],
    run: Mapping[str, Any],
    targets: Sequence[Target],
    history: History,
) -> None:
    """Adds the lines of a judged run that are not there yet; `run` is its `run.json`.

    What was judged again is no new evidence: of each target and run only one line is written, and
    none for a run that never said that it begins. Raises OSError.
    """
    path = folder.parent / HISTORY
    if not path.is_file():
        return
    past = read_past(folder.parent)
    rows = {row["id"]: row for row in run["targets"]}
    if not _missing(past, kept["run"], rows):
        return
    lines = [_line(kept, run, rows[one.id], one, history) for one in targets if one.id in rows]
    with locked(path) as handle:
        missing = _missing(read_past(folder.parent), kept["run"], rows)
        append(handle, [line_json(line) for line in lines if line.target in missing])


def _missing(past: Past, run: str, rows: Mapping[str, Any]) -> set[str]:
    if all(begun.run != run for begun in past.begun):
        return set()
    return {name for name in rows if past.line(run, name) is None}


def _line(
    kept: Mapping[str, Any],
    run: Mapping[str, Any],
    row: Mapping[str, Any],
    target: Target,
    history: History,
) -> Line:
    known = (kept.get("past") or {}).get(target.id) or {}
    interval, limit = row.get("interval"), row.get("limit")
    return Line(
        run=kept["run"],
        at=run["started_at"],
        scenario=run["scenario"],
        deployment=run["deployment"],
        build=run["build"],
        target=target.id,
        check=target.check,
        requirement=target.requirement,
        critical=target.critical,
        verdict=row["verdict"],
        judged=row["judged"],
        measured=row["measured"],
        interval=(interval[0], interval[1]) if interval else None,
        unit=row["unit"],
        limit=limit["text"] if limit else "",
        samples=row["samples"],
        failures=row["failures"],
        seconds=run["seconds"],
        measures=measures_of(row),
        waived=target.waived,
        ended=run["ended"],
        key=known.get("key", ""),
        alike=known.get("alike", ""),
        evidence=evidence_of(target, history),
    )

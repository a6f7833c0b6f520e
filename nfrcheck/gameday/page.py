"""What stands in a runbook: a plan with wall-clock times, and later what became of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nfrcheck.gameday.by_hand import by_hand
from nfrcheck.gameday.day import GameDay, Roles
from nfrcheck.gameday.gate import show_span
from nfrcheck.gameday.length import most_seconds
from nfrcheck.gameday.read import shown
from nfrcheck.gameday.schedule import opening
from nfrcheck.kinds import Target
from nfrcheck.plan.show import guard_in_words, step_seconds
from nfrcheck.plan.steps import Drill, Plan, Quiet, Step

MOST_STEPS, MOST_TARGETS, MOST_FAULTS = 16, 14, 7
MOST_STEPS_DONE, MOST_TARGETS_DONE, MOST_DRILLS_DONE, MOST_ACTIONS = 10, 9, 6, 4
"""Rows of each table, so that the page stays on two sheets; a filled one holds more tables."""
_GOOD = {"pass", "waived"}
_BECAUSE, _FEW_TARGETS = 150, 7
"""Letters of a reason, in a run of few targets; half of them where there are more."""
_ROOM, _MOST_LINES = 26, 10
"""Rows of a table that a sheet takes beside what is always on it; lines to write notes on."""
_CLOCK = "%H:%M:%S"
_DUTIES = {
    "owner": "decides, and may stop it at any time",
    "coordinator": "starts it, and puts back by hand if need be",
    "reporter": "writes down what is seen, with the time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A finished run: its `run.json`, and what was kept about its beginning."""

    run: Mapping[str, Any]
    folder: str
    notes: Sequence[str] = ()


def page(name: str, day: GameDay, made: Plan, due: datetime, done: Done | None) -> dict[str, Any]:
    """Plain values for the template; the same input gives the same page."""
    local = due.astimezone(day.zone)
    gap = opening(day, local)
    values = {
        "name": name,
        "scenario": made.scenario,
        "deployment": made.deployment,
        "purpose": day.purpose or made.description,
        "due": f"{local:%A %Y-%m-%d, %H:%M}",
        "zone": f"{day.timezone} (UTC{local:%z})",
        "window": f"{shown(day.window.open)} to {shown(day.window.close)}",
        "closes": f"{gap.closes:%H:%M}",
        "longest": show_span(most_seconds(made)),
        "approval": day.approval.needed,
        "touched": list(dict.fromkeys(made.touched)),
        "roles": list(_roles(day.roles)),
        "timetable": _timetable(made, local, done),
        "watch": _watch(day.roles, made),
        "guards": list(_guards(made)),
        "stop_files": [guard.target for guard in _all_guards(made) if guard.metric == "file"],
        "put_back": _put_back(made),
        "result": _result(day, made, done) if done else None,
    }
    return values | _room(values)


def _room(values: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the first part fits on a sheet of its own, and how many lines are left for notes."""
    first = sum(len(values[part]["rows"]) for part in ("timetable", "watch"))
    first += len(values["roles"])
    result = values["result"]
    second = 3 * len(values["put_back"]["faults"])
    if result:
        first += len(result["targets"]) + len(result["notes"])
        second += len(result["drills"]) + len(result["actions"])
    fits = first <= _ROOM
    free = _ROOM - second if fits else 2 * _ROOM - first - second
    return {"fits": fits, "lines": max(2, min(_MOST_LINES, free // 2))}


def _roles(roles: Roles) -> Iterator[dict[str, str]]:
    for role, duty in _DUTIES.items():
        yield {"role": role, "who": getattr(roles, role) or "", "duty": duty}
    for name, targets in roles.observers.items():
        watched = ", ".join(targets) or "all that the table below names"
        yield {"role": "observer", "who": name, "duty": f"watches {watched}"}


def _timetable(made: Plan, begins: datetime, done: Done | None) -> dict[str, Any]:
    rows: list[dict[str, str]] = []
    start = begins.astimezone(UTC)
    steps = [step for step in made.steps if step_seconds(step) > 0]
    for step in steps:
        real = _real_times(step, done)
        rows.append(
            {
                "planned": f"{start.astimezone(begins.tzinfo):{_CLOCK}}",
                "what": _what(step),
                "length": show_span(step_seconds(step)),
                "real": f"{_clock(done, real[0], begins)}" if real and done else "",
            }
        )
        start += timedelta(seconds=step_seconds(step))
    most = MOST_STEPS_DONE if done else MOST_STEPS
    more = max(0, len(rows) - most)
    ends = start.astimezone(begins.tzinfo)
    return {"rows": rows[:most], "more": more, "ends": f"{ends:{_CLOCK}}"}


def _what(step: Step) -> str:
    if isinstance(step, Quiet):
        if step.kind == "warm-up":
            return f"{step.name}: load, not judged"
        return f"{step.name}: nothing is injected"
    touched = " + ".join(armed.touched for armed in step.armed)
    parts = f"{show_span(step.baseline_s)} before, {show_span(step.hold_s)} held"
    return f"{step.label}: {touched} ({parts}, {show_span(step.settle_s)} after)"


def _real_times(step: Step, done: Done | None) -> tuple[float, float] | None:
    """Seconds of the run at which the step began and ended."""
    number = step.run if isinstance(step, Drill) else None
    parts = [
        phase
        for phase in (done.run["phases"] if done else [])
        if phase["name"] == step.name and phase["run"] == number
    ]
    if not parts:
        return None
    return min(part["start"] for part in parts), max(part["end"] for part in parts)


def _clock(done: Done, seconds: float | None, like: datetime) -> str:
    """A time of the run on the wall clock of the page."""
    if seconds is None:
        return "\N{EN DASH}"
    moment = datetime.fromisoformat(done.run["started_at"]) + timedelta(seconds=seconds)
    return f"{moment.astimezone(like.tzinfo):{_CLOCK}}"


def _watch(roles: Roles, made: Plan) -> dict[str, Any]:
    rows = [
        {
            "target": target.id,
            "promise": _promise(target),
            "seen": _seen(target, made),
            "who": ", ".join(_watching(roles, target.id)),
        }
        for target in made.targets
    ]
    return {"rows": rows[:MOST_TARGETS], "more": max(0, len(rows) - MOST_TARGETS)}


def _watching(roles: Roles, target: str) -> list[str]:
    return [name for name, listed in roles.observers.items() if not listed or target in listed]


def _promise(target: Target) -> str:
    if target.judge is None:
        return "not run by this version"
    limits = target.judge.model_dump(mode="json", by_alias=True, exclude_unset=True)  # type: ignore[attr-defined]  # every check is a model
    words = (f"{key.replace('_', ' ')} {value}" for key, value in limits.items() if value)
    # 99.500 % was written 99.5 %.
    return re.sub(r"(\.\d*?)0+(?= )", r"\1", ", ".join(words)).replace(". ", " ")


def _seen(target: Target, made: Plan) -> str:
    stream = next((s for s in made.traffic if s.stream == target.question.stream), None)
    entries = ", ".join(name for name, _ in stream.entries) if stream else ""
    through = f"{target.question.stream} through {entries}" if entries else target.check
    return f"{through}, {target.stretch}" if target.stretch else through


def _all_guards(made: Plan) -> list[Any]:
    own = [guard for drill in made.drills for guard in drill.guards]
    return list(dict.fromkeys([*made.guards, *own]))


def _guards(made: Plan) -> Iterator[str]:
    for guard in _all_guards(made):
        yield guard_in_words(guard)
    if made.max_time_s is not None:
        yield f"it takes longer than {show_span(made.max_time_s)}"


def _put_back(made: Plan) -> dict[str, Any]:
    """Each fault once, with the commands that undo it: last step first, as the guardian does."""
    faults: dict[str, dict[str, Any]] = {}
    for drill in made.drills:
        for armed in drill.armed:
            commands = [by_hand(step) for step in reversed(armed.undo)]
            seen = [by_hand(step) for step in armed.verify[:1]]
            faults.setdefault(
                armed.touched, {"touched": armed.touched, "commands": commands, "seen": seen}
            )
    listed = list(faults.values())
    return {"faults": listed[:MOST_FAULTS], "more": max(0, len(listed) - MOST_FAULTS)}


def _result(day: GameDay, made: Plan, done: Done) -> dict[str, Any]:
    run = done.run
    promises = {target.id: _promise(target) for target in made.targets}
    listed = sorted(run["targets"], key=lambda row: row["verdict"] in _GOOD)
    if len(listed) <= MOST_TARGETS_DONE:
        listed = run["targets"]  # in their own order, where nothing must be left out
    longest = _BECAUSE if len(run["targets"]) <= _FEW_TARGETS else _BECAUSE // 2
    started = datetime.fromisoformat(run["started_at"])
    begun = started.astimezone(day.zone)
    ended = (started + timedelta(seconds=run["seconds"])).astimezone(day.zone)
    return {
        "verdict": run["verdict"],
        "sentence": run["sentence"],
        "ended": run["ended"],
        "restored": {True: "yes, and verified", False: "NO", None: "nothing was injected"}[
            run["restored"]
        ],
        "from_to": f"{begun:%Y-%m-%d %H:%M:%S} to {ended:%H:%M:%S}",
        "exit_code": run["exit_code"],
        "folder": done.folder,
        "notes": list(dict.fromkeys([*run["notes"], *done.notes])),
        "targets": [_verdict(row, promises, longest) for row in listed[:MOST_TARGETS_DONE]],
        "drills": [_drill(drill, done, begun) for drill in run["drills"]][:MOST_DRILLS_DONE],
        "more_targets": max(0, len(run["targets"]) - MOST_TARGETS_DONE),
        "more_drills": max(0, len(run["drills"]) - MOST_DRILLS_DONE),
        "actions": [
            f"{target['id']} ({target['verdict']})"
            for target in run["targets"]
            if target["verdict"] not in _GOOD
        ][:MOST_ACTIONS],
    }


def _verdict(
    target: Mapping[str, Any], promises: Mapping[str, str], longest: int
) -> dict[str, str]:
    because = str(target["because"])
    return {
        "id": target["id"],
        "promise": promises.get(target["id"], ""),
        "verdict": target["verdict"],
        "because": because
        if len(because) <= longest
        else f"{because[: longest - 1]}\N{HORIZONTAL ELLIPSIS}",
    }


def _drill(drill: Mapping[str, Any], done: Done, like: datetime) -> dict[str, str]:
    times = {
        state: _clock(done, drill[state], like)
        for state in ("commanded", "confirmed", "healing", "healed", "verified")
    }
    return {"label": f"{drill['drill']}/{drill['run']}", "touched": drill["touched"], **times}

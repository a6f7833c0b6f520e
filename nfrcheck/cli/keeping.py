"""A plan as a file: for a person to approve, and for `nfrcheck run` to do exactly that.

It holds no secret, and paths from the scenario's folder, so that it means the same in every
checkout; only the two files themselves are named from the folder of the plan.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nfrcheck.errors import UsageError
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.plan.fingerprint import covered
from nfrcheck.plan.keep import kept_targets
from nfrcheck.plan.show import show
from nfrcheck.plan.steps import Drill, Guard, Plan, Quiet, Step

SCHEMA_VERSION = 2
PATHS = ("ca", "cert", "key", "cwd", "pid_file", "log")
"""Keys of a recipe that hold a path of this machine."""
OF_NOW = ("was", "pid", "start_time")
"""Keys of a recipe that say which process is there now; they are looked up again in the run."""


def write_plan(made: Plan, path: Path) -> str:
    """Returns the plan's hash. Raises UsageError, and DeploymentError for what no hash covers."""
    held = plan_json(made, path.parent)
    text = json.dumps(held, indent=1, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return str(held["hash"])


def plan_json(made: Plan, folder: Path) -> dict[str, Any]:
    """What `plan.json` holds if it stands in this folder."""
    over = covered(made)
    home = Path(made.scenario_path).absolute().parent
    return {
        "schema_version": SCHEMA_VERSION,
        "nfrcheck": over.version,
        "hash": over.digest(),
        "scenario": _file(made.scenario, made.scenario_path, folder),
        "deployment": _file(made.deployment, made.deployment_path, folder),
        "options": dict(over.options),
        "files": dict(over.files),
        "secrets": list(over.secrets),
        "needs_approval": made.needs_approval,
        **plan_parts(made, home),
    }


def plan_parts(made: Plan, home: Path) -> dict[str, Any]:
    """What would be done and judged; the same on every machine for the same hash."""
    return {
        "seconds": made.seconds,
        "steps": [_step(step, home) for step in made.steps],
        "traffic": [_traffic(spec) for spec in made.traffic if spec.child == 0],
        "entries": {name: entry.url for name, entry in made.entries.items()},
        "guards": [_guard(guard, home) for guard in made.guards],
        "touched": list(made.touched),
        "filled_in": list(made.filled_in),
        "text": show(_portable(made, home)),
        "targets": [
            {**target, "source": _place(target["source"], home)}
            for target in kept_targets(made.targets)["targets"]
        ],
    }


def _file(name: str, path: str, folder: Path) -> Mapping[str, str]:
    """An absolute path stays one; any other goes from the plan's folder."""
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    shown = path if Path(path).is_absolute() else os.path.relpath(path, folder)
    return {"name": name, "path": shown, "sha256": digest}


def _step(step: Step, home: Path) -> dict[str, Any]:
    if isinstance(step, Quiet):
        return dataclasses.asdict(step)
    return _drill(step, home)


def _drill(drill: Drill, home: Path) -> dict[str, Any]:
    """Recipes as the ledger will hold them, in which headers are references to variables."""
    return {
        "name": drill.name,
        "run": drill.run,
        "fault": drill.fault,
        "varied": drill.varied,
        "baseline_s": drill.baseline_s,
        "hold_s": drill.hold_s,
        "settle_s": drill.settle_s,
        "seen_by": list(drill.witnesses),
        "guards": [_guard(guard, home) for guard in drill.guards],
        "faults": [
            {
                "touched": armed.touched,
                "where": armed.where,
                "undo": [_recipe(step, home) for step in armed.undo],
                "verify": [_recipe(step, home) for step in armed.verify],
                "deadline_s": armed.deadline_s,
            }
            for armed in drill.armed
        ],
    }


def _recipe(step: Mapping[str, Any], home: Path) -> dict[str, Any]:
    return {
        key: _relative(value, home) if key in PATHS and isinstance(value, str) else value
        for key, value in step.items()
        if key not in OF_NOW
    }


def _traffic(spec: TrafficSpec) -> dict[str, Any]:
    return {
        "stream": spec.stream,
        "kind": spec.kind,
        "rate": spec.rate,
        "arrivals": spec.arrivals,
        "timeout_s": spec.timeout_s,
        "clients": list(spec.clients),
        "entries": [list(entry) for entry in spec.entries],
        "routes": [
            {"name": route.name, "method": route.method, "path": route.path, "weight": route.weight}
            for route in spec.routes
        ],
    }


def _guard(guard: Guard, home: Path) -> dict[str, Any]:
    return dataclasses.asdict(_moved(guard, home))


def _portable(made: Plan, home: Path) -> Plan:
    """The same, for `show`: stop files from the scenario's folder, and no process by its number."""
    return dataclasses.replace(
        made,
        guards=tuple(_moved(guard, home) for guard in made.guards),
        steps=tuple(
            step if isinstance(step, Quiet) else _portable_drill(step, home) for step in made.steps
        ),
    )


def _portable_drill(drill: Drill, home: Path) -> Drill:
    armed = tuple(
        dataclasses.replace(
            one,
            undo=tuple({**step, "pid": "N"} if "pid" in step else step for step in one.undo),
        )
        for one in drill.armed
    )
    guards = tuple(_moved(guard, home) for guard in drill.guards)
    return dataclasses.replace(drill, armed=armed, guards=guards)


def _moved(guard: Guard, home: Path) -> Guard:
    if guard.metric != "file":
        return guard
    return dataclasses.replace(guard, target=_relative(guard.target, home))


def _relative(path: str, home: Path) -> str:
    return os.path.relpath(path, home)


def _place(source: str, home: Path) -> str:
    """`file:line`, the file from the scenario's folder."""
    path, colon, line = source.rpartition(":")
    return f"{_relative(path, home)}{colon}{line}" if path else source

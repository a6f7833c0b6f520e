"""`nfrcheck run plan.json`: exactly the plan that was kept, or nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from nfrcheck.cli.files import Files, find_deployment, read_files
from nfrcheck.cli.keeping import SCHEMA_VERSION, plan_parts
from nfrcheck.errors import Refused, UsageError
from nfrcheck.model.outside import is_file
from nfrcheck.plan import Options, plan
from nfrcheck.plan.fingerprint import what_changed
from nfrcheck.plan.steps import Plan

LARGEST = 16 << 20
FIXED = ("deployment", "profile", "seed", "only", "skip", "max_time")
"""Flags that would change a plan."""
AGAIN = "look at what changed, then plan it again: nfrcheck plan FILE -o PLAN.JSON"


class KeptPlan(NamedTuple):
    """Both files of a plan that nothing has changed since, and what its run is asked for."""

    files: Files
    wish: Mapping[str, Any]
    """Fields of `pipeline.Wish`."""


def is_plan(path: Path) -> bool:
    """By its ending, or because it is a JSON object that says the hash of a plan."""
    if not is_file(path):
        return False
    return path.suffix == ".json" or (_head(path) == "{" and "hash" in (_object(path) or {}))


def kept_plan(ctx: click.Context, path: Path) -> KeptPlan:
    """Reads the plan, and plans again from the files that it names; contacts nothing.

    Raises UsageError for what is no plan and for flags that would change it, Refused if something
    that it depends on has changed.
    """
    kept = _read(path)
    options = kept["options"]
    places = {which: _named(path, kept, which) for which in ("scenario", "deployment")}
    _refuse_flags(ctx, places, options)
    files = read_files(
        places["scenario"],
        str(places["deployment"]),
        profile=options["profile"],
        colour=ctx.color,
    )
    wish = {
        "seed": options["seed"],
        "only": tuple(options["only"]),
        "skip": tuple(options["skip"]),
        "max_time_s": options["max_time_s"],
    }
    made = plan(files.pair.scenario, files.pair.deployment, Options(**wish))
    if changed := what_changed(kept, made) or _other_parts(kept, made):
        raise Refused(f"{path} is not the plan of its files any more: {'; '.join(changed)}", AGAIN)
    notes = (f"the plan is {path.name}, hash {kept['hash']}",)
    return KeptPlan(files, {**wish, "digest": kept["hash"], "notes": notes})


def _read(path: Path) -> dict[str, Any]:
    kept = _object(path)
    if kept is None or "hash" not in kept or kept.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(f"{path} is no plan of this version", "nfrcheck plan FILE -o PLAN.JSON")
    wanted = {"seed": int, "only": list, "skip": list, "profile": str}
    options = kept.get("options")
    whole = isinstance(options, dict) and all(
        isinstance(options.get(name), kind) for name, kind in wanted.items()
    )
    limit = options.get("max_time_s") if isinstance(options, dict) else None
    if not whole or not isinstance(limit, int | float | None) or not isinstance(kept["hash"], str):
        raise UsageError(f"{path} is damaged: its options cannot be read", AGAIN)
    return kept


def _object(path: Path) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > LARGEST:
            return None
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _head(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(1)
    except (OSError, ValueError):
        return ""


def _named(path: Path, kept: Mapping[str, Any], which: str) -> Path:
    """As written if absolute, else from the folder of the plan; its absence is a change."""
    try:
        named: Path = path.parent / kept[which]["path"]
    except (KeyError, TypeError) as error:
        raise UsageError(f"{path} is damaged: it names no {which}", AGAIN) from error
    if not is_file(named):
        raise Refused(f"{path} is not the plan of its files any more: {named} is gone", AGAIN)
    return named


def _refuse_flags(
    ctx: click.Context, places: Mapping[str, Path], options: Mapping[str, Any]
) -> None:
    """A flag is refused; a variable, which may be set for many commands, only if it disagrees."""
    given = []
    for name in FIXED:
        source, value = ctx.get_parameter_source(name), ctx.params.get(name)
        if source is ParameterSource.COMMANDLINE:
            given.append(f"--{name.replace('_', '-')}")
        elif source is ParameterSource.ENVIRONMENT and not _agrees(name, value, places, options):
            given.append(f"NFRCHECK_{name.upper()}")
    if given:
        raise UsageError(
            f"{', '.join(given)} would change the plan, which is run as it was kept",
            "give it to `nfrcheck plan`",
        )


def _agrees(name: str, value: Any, places: Mapping[str, Path], options: Mapping[str, Any]) -> bool:
    if value in {None, ()}:
        return True
    if name == "deployment":
        try:
            return find_deployment(places["scenario"], value).samefile(places["deployment"])
        except UsageError:
            return False
    if name == "max_time":
        return bool(value == options["max_time_s"])
    if name in {"only", "skip"}:
        return sorted(value) == sorted(options[name])
    return bool(value == options[name])


def _other_parts(kept: Mapping[str, Any], made: Plan) -> list[str]:
    """What the same files and options lead to now, and did not when the plan was kept.

    A variable of the environment can do that, such as the operator's policy, and so can whoever
    edits the parts of a plan that people read.
    """
    home = Path(made.scenario_path).absolute().parent
    now = json.loads(json.dumps(plan_parts(made, home)))
    before = {name: kept.get(name) for name in now}
    if _without_undo(now) or _without_undo(before):
        # A process that was not there could not be told how it would be put back.
        now, before = _comparable(now), _comparable(before)
    names = [name for name in now if now[name] != before[name]]
    return [f"its {name.replace('_', ' ')} would be others ({_policy()})" for name in names]


def _policy() -> str:
    return "the plan file was edited, or NFRCHECK_SAFETY or the like is another"


def _without_undo(parts: Mapping[str, Any]) -> bool:
    return any(not fault.get("undo") for fault in _faults(parts))


def _faults(parts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    steps = parts.get("steps")
    for step in steps if isinstance(steps, list) else ():
        faults = step.get("faults") if isinstance(step, dict) else None
        yield from (fault for fault in faults or () if isinstance(fault, dict))


def _comparable(parts: Mapping[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(json.dumps(parts))
    for fault in _faults(whole):
        fault["undo"] = fault["deadline_s"] = None
    text = "\n".join(map(str, whole["text"] if isinstance(whole["text"], list) else ()))
    whole["text"] = re.sub(r"(?ms)^put back.*?(?=^\S)", "", text)
    return whole

"""Drills of a scenario as experiments for plain `chaos run`, and all that those cannot say."""

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nfrcheck import __version__
from nfrcheck.chaostoolkit.steady import Asked, asked_of, told_of
from nfrcheck.errors import UsageError
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.drills import Drill, Variant
from nfrcheck.scenario.scenario import Scenario

PACKAGE = "nfrcheck.chaostoolkit"
DEPLOYMENT = "${deployment}"
RUNTIME = {
    "hypothesis": {"strategy": "after-method-only"},
    "rollbacks": {"strategy": "always"},
}
"""By default chaos asks before the method too, and ends with 0, the method left out, if it does not
hold then; `inject` itself refuses what is not well. And it skips rollbacks after Ctrl-C."""
MORE_S = 60
"""How much longer than its hold a fault may last before it is put back whatever happens."""


class Exported(NamedTuple):
    """`name` makes a file name; `experiment` is what stands in the file, as plain JSON."""

    name: str
    experiment: dict[str, Any]


class Export(NamedTuple):
    """`lost`: one sentence for each thing of the scenario that is not in the experiments."""

    experiments: tuple[Exported, ...]
    lost: tuple[str, ...]


def export(scenario: Scenario, deployment: Deployment, names: Sequence[str] = ()) -> Export:
    """Every drill, or the named ones; one experiment for each value of what a drill varies.

    Raises UsageError when there is no such drill, or none that can be one.
    """
    drills = _chosen(scenario, names)
    asked = asked_of(scenario, deployment)
    made: dict[str, Exported] = {}
    lost: list[str] = []
    for drill in drills:
        lost += _lost(drill)
        for variant in drill.variants:
            if not drill.later and len(variant.faults) == 1:
                one = _exported(scenario, deployment, drill, variant, asked)
                made[one.name] = one
    if not made:
        raise UsageError(f"no drill can be an experiment: {'; '.join(lost)}")
    return Export(tuple(made.values()), (*lost, *told_of(scenario, asked)))


def _chosen(scenario: Scenario, names: Sequence[str]) -> list[Drill]:
    if not scenario.drills:
        raise UsageError(f"{scenario.path} has no drill", "an experiment is made of a drill")
    for name in names:
        if name not in scenario.drills:
            there = ", ".join(scenario.drills)
            raise UsageError(f"there is no drill `{name}`", f"drills: {there}")
    return [drill for name, drill in scenario.drills.items() if not names or name in names]


def _lost(drill: Drill) -> Iterator[str]:
    where = f"drill {drill.name}"
    if drill.later:
        yield f"{where}: this version cannot do its fault, so it is left out"
        return
    if any(len(variant.faults) > 1 for variant in drill.variants):
        yield f"{where}: an experiment holds one fault at a time, so it is left out"
        return
    if len(drill.runs) > len({variant.value for variant in drill.variants}):
        yield f"{where}: of its {len(drill.runs)} runs each experiment is one; repeat it yourself"
    if drill.abort_if:
        yield f"{where}: `abort_if` is not watched; the fault only ends after its time"
    if drill.confirm:
        yield f"{where}: `confirm: {drill.confirm}`; the fault is proven where it is by default"


def _exported(
    scenario: Scenario, deployment: Deployment, drill: Drill, variant: Variant, asked: Asked
) -> Exported:
    fault = {key: _word(value) for key, value in variant.faults[0].keys.items()}
    value = f"-{variant.value}" if variant.value else ""
    entry = {"type": "env", "key": "NFRCHECK_DEPLOYMENT", "default": deployment.path}
    file = Path(scenario.path).name
    experiment = {
        "title": f"{scenario.name}: {drill.name}{value.replace('-', ' ', 1)}",
        "description": f"{scenario.description or scenario.name} "
        f"(nfrcheck {__version__}, drill {drill.name} of {file})",
        "tags": ["nfrcheck"],
        "configuration": {"deployment": entry},
        "steady-state-hypothesis": _hypothesis(asked),
        "method": _method(drill, fault, asked),
        "rollbacks": [_activity("action", "put it back, if it is still there", "heal")],
        "runtime": RUNTIME,
    }
    return Exported(re.sub(r"[^A-Za-z0-9._]+", "-", f"{drill.name}{value}"), experiment)


def _hypothesis(asked: Asked) -> dict[str, Any]:
    good = {"type": "range", "range": [asked.at_least, 100]}
    through = asked.entry or "the entry"
    return {
        "title": f"{through} answers, every fault was proven, nothing is left behind",
        "probes": [
            _activity(
                *("probe", f"{through} answers at least {asked.at_least:g} %", "availability"),
                arguments=_asking(asked),
                tolerance=good,
            ),
            _activity("probe", "every fault was proven", "fault_is_proven", tolerance=True),
            _activity("probe", "nothing is left behind", "nothing_left_behind", tolerance=True),
        ],
    }


def _method(drill: Drill, fault: dict[str, Any], asked: Asked) -> list[dict[str, Any]]:
    pauses = {"before": drill.baseline, "after": drill.hold}
    waits = {name: _number(seconds) for name, seconds in pauses.items() if seconds}
    arguments = {
        "fault": fault,
        "deployment": DEPLOYMENT,
        "get": asked.get,
        "at_most": f"{math.ceil(drill.hold) + MORE_S} s",
    }
    inject = _activity("action", f"inject {fault['kind']}", "inject", arguments=arguments)
    heal = _activity("action", "put it back", "heal")
    meanwhile = f"how {asked.entry or 'the entry'} answers meanwhile"
    return [
        inject | ({"pauses": waits} if waits else {}),
        _activity("probe", meanwhile, "answers", arguments=_asking(asked)),
        heal | ({"pauses": {"after": _number(drill.settle)}} if drill.settle else {}),
    ]


def _activity(kind: str, name: str, function: str, **more: Any) -> dict[str, Any]:
    provider = {"type": "python", "module": f"{PACKAGE}.{kind}s", "func": function}
    if "arguments" in more:
        provider["arguments"] = more.pop("arguments")
    return {"type": kind, "name": name, **more, "provider": provider}


def _asking(asked: Asked) -> dict[str, str]:
    return {"deployment": DEPLOYMENT, "entry": asked.entry, "get": asked.get}


def _word(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)


def _number(seconds: float) -> float:
    return int(seconds) if seconds == int(seconds) else seconds

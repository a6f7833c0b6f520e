"""What must be the same for the evidence of two runs to add up, and for numbers to be compared."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nfrcheck.checks.availability import Availability
from nfrcheck.checks.latency import Latency, quantile
from nfrcheck.checks.share import burst_of
from nfrcheck.experiments.chaos.start import ExperimentRun
from nfrcheck.experiments.faults import Armed, Injection
from nfrcheck.experiments.faults.proof import LinkInjection
from nfrcheck.kinds import Target
from nfrcheck.model.question import Question
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.plan.named import included_files
from nfrcheck.plan.steps import Plan, Quiet, Step

WAY = 2
"""Another number where another way of judging would give other odds for the same records."""
_LIMITED = ("at_least", "longest_outage", "longest_stall")
_RULES = ("confidence", "margin", "min_samples")
# Different in every run, secret, or a matter of the place rather than of the question.
_NOT_ASKED = frozenset(
    {
        "folder",
        "t0_ns",
        "run_id",
        "seed",
        "child",
        "children",
        "cap",
        "endpoints",
        "headers",
        "regions",
    }
)


def key_of(target: Target, plan: Plan) -> str:
    """Evidence adds up between runs with the same key; hexadecimal.

    It covers the target, its limits and burst, where and by which rules it is judged, the steps
    that it is judged in with what their faults do, all that is sent meanwhile and where to, the
    build, and the bytes of the deployment: they say how a fault is done. Raises OSError if those
    are gone; what else is not known is part of it.
    """
    question = target.question
    return _digest(
        {
            "way": WAY,
            "target": target.id,
            "check": target.check,
            "limits": _dumped(target),
            "bursts": dict(_bursts(target)),
            "question": _asked(target),
            "rules": {name: getattr(question.rules, name) for name in _RULES},
            "steps": [_done_to(step) for step in plan.steps if _is_asked(step, question)],
            "load": _sent(plan.traffic),
            "entries": {name: entry.url for name, entry in plan.entries.items()},
            "build": plan.build,
            "deployment": [plan.deployment, *_bytes_of(plan.deployment_path)],
        }
    )


def alike_of(target: Target, plan: Plan) -> str:
    """Numbers may be compared between runs with the same value: builds and limits may differ."""
    return _digest(
        {
            "target": target.id,
            "check": target.check,
            "limits": sorted(_dumped(target).keys() - set(_LIMITED)),
            "question": _asked(target),
            "load": _sent(plan.traffic),
            "steps": [_done(step) for step in plan.steps],
            "deployment": plan.deployment,
        }
    )


def _dumped(target: Target) -> dict[str, Any]:
    dump = getattr(target.judge, "model_dump", None)
    return dict(dump(mode="json", by_alias=True)) if dump else {}


def _bursts(target: Target) -> Iterator[tuple[str, float]]:
    rules, parts = target.question.rules, max(1, len(set(target.question.during)))
    each = dataclasses.replace(rules, planned_seconds=rules.planned_seconds / parts)
    match target.judge:
        case Availability(at_least=share) if share < 1:
            yield "availability", burst_of(each, 1 - share)
        case Latency() as latency:
            for name in latency.limits:
                yield name, burst_of(each, 1 - quantile(name))
        case _:
            return


def _asked(target: Target) -> dict[str, Any]:
    question = target.question
    return {
        "stream": question.stream,
        "during": question.during,
        "drills": question.drills,
        "after_s": question.after_s,
        "each": question.each,
        "only": dict(question.only),
        "exclude": [dataclasses.asdict(one) for one in question.exclude],
        "expected_runs": dict(question.expected_runs),
        "carry_over": question.carry_over,
    }


def _sent(traffic: Iterable[TrafficSpec]) -> list[Any]:
    """One for each stream, however many children send it: that depends on the machine."""
    return [*{spec.stream: _kept(dataclasses.asdict(spec)) for spec in traffic}.values()]


def _kept(thing: Any) -> Any:
    match thing:
        case Mapping():
            headers = {"headers": _told(thing)} if "headers" in thing else {}
            left = {name: value for name, value in thing.items() if name not in _NOT_ASKED}
            return {name: _kept(value) for name, value in left.items()} | headers
        case list() | tuple():
            return [_kept(one) for one in thing]
        case _:
            return thing


def _told(route: Mapping[str, Any]) -> list[str]:
    """Its headers: another flag is another request. Of a secret one nothing but the name."""
    secret = route.get("secret", ())
    return sorted(
        name if name in secret else f"{name}: {value}" for name, value in route["headers"].items()
    )


def _done(step: Step) -> Any:
    if isinstance(step, Quiet):
        return [step.name, step.kind, step.seconds, step.until_decided]
    return [
        *(step.name, step.run, step.fault, step.varied),
        *(step.baseline_s, step.hold_s, step.settle_s),
    ]


def _is_asked(step: Step, question: Question) -> bool:
    """Whether evidence may come from this step."""
    if isinstance(step, Quiet):
        if "run" in question.during and step.kind != "warm-up":
            return True
        named = {name.partition("/")[0] for name in question.during}
        return step.name in named if named else step.kind == "quiet"
    if "run" in question.during or step.name in question.drills:
        return True
    wanted = (name.split("/") for name in question.during)
    runs = [
        next((word for word in rest if word.isdigit()), "")
        for name, *rest in wanted
        if name == step.name
    ]
    return any(not run or int(run) == step.run for run in runs)


def _done_to(step: Step) -> Any:
    faults = [] if isinstance(step, Quiet) else [_fault(armed) for armed in step.armed]
    return [_done(step), faults]


def _fault(armed: Armed) -> Any:
    """What is touched, and with what settings; the id of the run is no setting."""
    settings = [_settings(one) for one in armed.injections]
    kept = [{name: value for name, value in each.items() if name != "run"} for each in settings]
    return [armed.touched, armed.where, kept]


def _settings(one: Injection | LinkInjection | ExperimentRun) -> dict[str, Any]:
    if isinstance(one, Injection):
        return {"verb": one.verb, **one.words}
    if isinstance(one, LinkInjection):
        return dataclasses.asdict(one.wanted)
    return {"experiment": hashlib.sha256(one.experiment.read_bytes()).hexdigest()}


def _bytes_of(path: str) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in included_files(Path(path))]


def _digest(thing: Mapping[str, Any]) -> str:
    text = json.dumps(thing, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()

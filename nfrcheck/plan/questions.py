"""Targets become questions: which requests, which stretch, by which rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nfrcheck.kinds import Target
from nfrcheck.model.question import EvidenceRules, Exclusion, Question
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.plan.steps import Drill, Step
from nfrcheck.plan.stretches import planned_s
from nfrcheck.plan.yearly import as_steady, client_errors, incidents, watched_by
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Evidence
from nfrcheck.scenario.targets import Target as WrittenTarget

TITLES = {
    "availability": "Requests answered well",
    "capacity-without-region": "The rest carries the whole load",
    "deploy-without-downtime": "Nobody notices a roll-out",
    "ejection": "A dead member is left, and asked again once it is back",
    "failback": "A region comes back without a second outage",
    "failover": "Outage as clients see it",
    "grey-region": "A bad region is left that answers its health check",
    "latency": "Answer time",
    "latency-degradation": "What a slow link costs users",
    "recovery-point": "Acknowledged writes lost",
    "recovery-surge": "Clients come back one by one",
    "static-stability": "Answers go on without a shared part",
    "traffic-share": "Each region serves by itself",
    "yearly-availability": "A year's budget of lost time",
}
"""What a target is called that has no title and no id of its own."""
HELD = ("capacity-without-region", "latency-degradation", "static-stability")
"""Checks that judge the hold of each run of their drills by itself."""
COURSES = ("ejection", "failback", "failover", "recovery-point", "recovery-surge")
"""Checks that judge the course of a drill."""
COUNTED = ("recovery-surge",)
"""Checks that judge who connects to what comes back; they need no load and no probe."""
BY_REGION = ("grey-region", "traffic-share")
"""Checks for which an answer must tell its region."""
LAG_MAX_S = 0.05
LAG_SHARE = 0.1
BY_ODDS = ("availability", "latency")
"""Checks that fail by odds, which must be the higher the more strata are judged."""
TESTED = ("entry", "route", "client", "principal", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What of the plan the questions depend on."""

    steps: Sequence[Step]
    traffic: Sequence[TrafficSpec]
    regions: Sequence[str]
    lacking: Mapping[str, str]
    """Drill name to why it cannot be run."""


def targets_of(scenario: Scenario, around: Around) -> tuple[Target, ...]:
    """All targets of the scenario in file order; what cannot be judged says what it lacks."""
    targets = [_target(scenario, written, around) for written in scenario.targets]
    strata = sum(_strata(target, around) for target in targets)
    return tuple(
        replace(
            target,
            question=replace(
                target.question,
                rules=replace(target.question.rules, strata=max(1, strata)),
                lag_limit_s=_lag_limit_s(target),
            ),
        )
        for target in targets
    )


def _target(scenario: Scenario, written: WrittenTarget, around: Around) -> Target:
    waiver = written.waived
    lacks = written.later or _lacks(scenario, written, around)
    return Target(
        id=written.id,
        check=written.check,
        question=_question(scenario, written, around),
        judge=None if lacks else written.rule,  # type: ignore[arg-type]  # every model in CHECKS has the verb
        lacks=lacks or "",
        title=written.title or _title(written),
        critical=written.class_ == "critical",
        source=_shown(written.where),
        requirement=written.requirement or "",
        waived={"owner": waiver.owner, "until": waiver.until.isoformat(), "because": waiver.because}
        if waiver
        else None,
        stretch=_stretch(written),
    )


def _lacks(scenario: Scenario, written: WrittenTarget, around: Around) -> str | None:
    for drill in drills_of(scenario, written):
        if drill in around.lacking:
            return around.lacking[drill]
    if written.rule is None:
        return f"this version has no check `{written.check}`"
    stream = _stream(written, around)
    if stream is None and written.check not in COUNTED:
        return f"no load or probe gives evidence for `{written.check}`"
    by_region = written.check in BY_REGION or "region" in {*written.each, *written.only}
    if by_region and not any(one.served_by for one in around.traffic if one.stream == stream):
        return f"no answer of `{stream}` tells its region: see `served_by` of the deployment"
    return None


def _question(scenario: Scenario, written: WrittenTarget, around: Around) -> Question:
    evidence = _evidence(scenario, written)
    drills, watcher = drills_of(scenario, written), watched_by(written, around.traffic)
    allowed = client_errors(scenario, written)
    named = (*drills, *calm_of(written), *_proving(written, around))
    runs = {name: _runs(around, name) for name in named}
    written = as_steady(scenario, written)
    return Question(
        id=written.id,
        rules=EvidenceRules(
            burst_s=evidence.burst,
            planned_seconds=planned_seconds(written, around.steps),
            burst_floor_s=scenario.defaults.burst_least,
            confidence=0.95 if evidence.confidence is None else float(evidence.confidence),
            margin=1.0 if evidence.margin is None else evidence.margin,
            min_samples=evidence.min_samples or 0,
        ),
        stream=_stream(written, around),
        watched_by=watcher,
        client_errors=allowed,
        during=tuple(written.during),
        stretches_s=planned_s(written.during, written.after, around.steps)
        if len(written.during) > 1
        else {},
        drills=drills,
        after_s=written.after,
        each=tuple(written.each),
        only={str(key): value for key, value in written.only.items()},
        exclude=tuple(
            Exclusion(status=tuple(one.status), route=one.route) for one in written.exclude
        ),
        expected_runs={name: len(planned) for name, planned in runs.items()},
        holds_s={name: planned[0].hold_s for name, planned in runs.items() if planned},
        settles_s={name: planned[0].settle_s for name, planned in runs.items() if planned},
        needs=_needs(scenario, _stream(written, around)),
        carry_over=written.check in BY_ODDS and bool(evidence.carry_over),
    )


def _evidence(scenario: Scenario, written: WrittenTarget) -> Evidence:
    """The target's own, and what it does not say as all share it: a 0 is said, too."""
    own = written.evidence.model_dump(exclude_none=True)
    return scenario.evidence.model_copy(update=own)


def _proving(written: WrittenTarget, around: Around) -> Iterator[str]:
    """Where no drill is named, each one may take all regions but one away."""
    if written.check == "traffic-share" and not written.drill:
        yield from (step.name for step in around.steps if isinstance(step, Drill))


def _runs(around: Around, drill: str) -> list[Drill]:
    return [step for step in around.steps if isinstance(step, Drill) and step.name == drill]


def drills_of(scenario: Scenario, written: WrittenTarget) -> tuple[str, ...]:
    """The named drills; where only one exists and a course is judged, that one."""
    if written.drill:
        return tuple(written.drill)
    if written.check in COURSES and len(scenario.drills) == 1:
        return tuple(scenario.drills)
    return incidents(written)


def calm_of(written: WrittenTarget) -> tuple[str, ...]:
    """The drill in which nothing may happen: all its runs are looked at as well."""
    calm = getattr(written.rule, "calm", None)
    return (calm,) if calm else ()


def _needs(scenario: Scenario, stream: str | None) -> dict[str, tuple[str, ...]]:
    """Per route of the load what it says that it depends on."""
    load = scenario.load.get(stream or "")
    return {route: step.needs for route, step in load.journey.items()} if load else {}


def _stream(written: WrittenTarget, around: Around) -> str | None:
    """`load` before `probe`, a named one before the only one that fits."""
    named = [*written.load, *written.probe]
    if named:
        return named[0]
    wanted = {
        "ejection": ("probe", "load"),
        "failback": ("probe", "load"),
        "failover": ("probe", "load"),
        "recovery-point": ("writes",),
    }.get(written.check, ("load", "probe"))
    for kind in wanted:
        found = dict.fromkeys(spec.stream for spec in around.traffic if spec.kind == kind)
        if found:
            return next(iter(found))
    return None


def planned_seconds(written: WrittenTarget, steps: Sequence[Step]) -> float:
    """How long all that a target looks at is planned to be; of a drill that is held, one run."""
    if written.check in HELD:
        return _held_seconds(written, steps)
    return sum(planned_s(written.during, written.after, steps).values())


def _held_seconds(written: WrittenTarget, steps: Sequence[Step]) -> float:
    holds = [s.hold_s for s in steps if isinstance(s, Drill) and s.name in written.drill]
    left_out = written.after + float(getattr(written.rule, "scale_within", 0.0))
    return max(0.0, min(holds, default=0.0) - left_out)


def _strata(target: Target, around: Around) -> int:
    """Judged strata of one target: the pooled one and each value of each attribute, per limit.

    A check that judges each run of a drill by odds judges them all once more in each.
    """
    asked = target.question
    runs = 1
    if target.check == "capacity-without-region":
        runs = sum(asked.expected_runs.values())
    elif target.check not in BY_ODDS:
        runs = 0
    if target.judge is None or not runs:
        return 0
    specs = [spec for spec in around.traffic if spec.stream == asked.stream]
    if not specs:
        return 0
    spec = specs[0]
    principals = {route.principal for route in spec.routes}
    whole = {
        "entry": spec.entries,
        "route": spec.routes,
        "client": spec.clients,
        "region": around.regions if spec.served_by else (),
    }
    sizes = {name: len(parts) for name, parts in whole.items() if len(parts) > 1}
    # One principal beside requests of nobody is judged by itself, too.
    sizes["principal"] = len(principals - {None}) if len(principals) > 1 else 0
    groups = sum(sizes.get(name, 0) for name in asked.each or TESTED)
    limits = len(getattr(target.judge, "limits", {}))
    limits += getattr(target.judge, "at_least", None) is not None
    return max(1, limits) * (1 + groups) * runs


def _lag_limit_s(target: Target) -> float:
    """A tenth of the target's own tightest latency limit: how late a request may leave for it."""
    limits = getattr(target.judge, "limits", {}).values()
    return min([LAG_MAX_S, *(LAG_SHARE * float(limit.value) for limit in limits)])


def _title(written: WrittenTarget) -> str:
    """A target with an id of its own speaks for itself."""
    return TITLES.get(written.check, "") if written.id == written.check else ""


def _shown(where: str) -> str:
    """file:line, from the working folder on where it lies below it."""
    return where.removeprefix(f"{Path.cwd()}/")


def _stretch(written: WrittenTarget) -> str:
    if drills := written.drill or incidents(written):
        return "drill " + ", ".join(drills)
    return ", ".join(written.during) or "all quiet phases"

"""`abort_if` becomes guards: what is watched each second, and from where on the run ends."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nfrcheck.errors import ScenarioError
from nfrcheck.kinds import Target
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.plan.safety import check_stop_urls, rules_of
from nfrcheck.plan.steps import Drill, Guard, Plan
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.drills import AbortIf
from nfrcheck.scenario.drills import Drill as WrittenDrill

AT_ONCE_S = 1.0
"""What is spent does not come back: there is no spell of it to wait for unless `for` says so."""


def with_guards(
    made: Plan,
    deployment: Deployment,
    drills: Mapping[str, WrittenDrill],
    declared: Sequence[Target],
) -> Plan:
    """The plan with its guards: those of `safety` for the whole run, and each drill's own.

    `declared` are all targets of the scenario, also those that this run leaves out: what users are
    promised does not depend on what is judged today. Raises ScenarioError for what cannot be
    watched: a guard that is left out silently is worse than none. Raises DeploymentError for a stop
    URL out of scope.
    """
    check_stop_urls(deployment, [drills[step.name] for step in made.drills])
    always = [guard for rules in rules_of(deployment) for guard in rules.abort_if]
    allowed = _allowed(declared, made.traffic, made.seconds)
    return replace(
        made,
        guards=_guards(always, allowed),
        steps=tuple(
            replace(step, guards=_guards(drills[step.name].abort_if, allowed))
            if isinstance(step, Drill)
            else step
            for step in made.steps
        ),
    )


def _allowed(
    declared: Sequence[Target], traffic: Sequence[TrafficSpec], seconds: float
) -> dict[str, float]:
    """Per stream the failures that its tightest availability target allows in the planned run."""
    allowed: dict[str, float] = {}
    for spec in traffic:
        for target in declared:
            share = getattr(target.judge, "at_least", None)
            of_a_part = bool(target.question.only)
            if target.check != "availability" or share is None or of_a_part:
                continue
            if target.question.stream == spec.stream:
                # The share is a Decimal, so that 99 % leaves 1 % and not a little less.
                failures = float(1 - share) * spec.whole_rate * seconds
                allowed[spec.stream] = min(failures, allowed.get(spec.stream, failures))
    return allowed


def _guards(written: Sequence[AbortIf], allowed: Mapping[str, float]) -> tuple[Guard, ...]:
    return tuple(guard for one in written for guard in _guard(one, allowed))


def _guard(one: AbortIf, allowed: Mapping[str, float]) -> list[Guard]:
    if one.file is not None:
        return [Guard(metric="file", target=str(one.file))]
    if one.url is not None:
        return [Guard(metric="url", target=one.url)]
    if one.error_ratio is not None:
        above = float(one.error_ratio.value)
        return [Guard(metric="error_ratio", above=above, for_s=one.for_)]
    if one.error_budget is not None:
        return _budget(one, float(one.error_budget.value), allowed)
    percentiles = {
        "p50": one.p50,
        "p90": one.p90,
        "p95": one.p95,
        "p99": one.p99,
        "p99.9": one.p999,
    }
    return [
        Guard(metric=name, above=float(found.value), for_s=one.for_)
        for name, found in percentiles.items()
        if found is not None
    ]


def _budget(one: AbortIf, above: float, allowed: Mapping[str, float]) -> list[Guard]:
    if not allowed:
        raise ScenarioError(
            "`abort_if: error_budget` has no budget to watch: no `availability` target of a whole "
            "load or probe declares one",
            "add `availability: {at_least: 99.9 %}`, or guard with `error_ratio`",
        )
    for_s = one.for_ if "for_" in one.model_fields_set else AT_ONCE_S
    return [
        Guard(metric="error_budget", above=above, for_s=for_s, target=stream, allowed=failures)
        for stream, failures in allowed.items()
    ]

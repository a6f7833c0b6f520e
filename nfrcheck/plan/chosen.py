"""What `--only` and `--skip` leave: the targets, and the steps that they need."""

from collections.abc import Collection, Sequence

from nfrcheck.errors import UsageError
from nfrcheck.kinds import Target
from nfrcheck.plan.questions import calm_of, drills_of
from nfrcheck.plan.steps import Drill, Quiet, Step
from nfrcheck.plan.stretches import numbered, waits_for
from nfrcheck.plan.yearly import as_steady
from nfrcheck.scenario.scenario import Scenario
from nfrcheck.scenario.targets import Target as WrittenTarget


def chosen(
    targets: Sequence[Target], only: Sequence[str], skip: Sequence[str]
) -> tuple[Target, ...]:
    """Raises UsageError for a name that is no target, and where none is left."""
    known = [target.id for target in targets]
    for name in (*only, *skip):
        if name not in known:
            raise UsageError(f"there is no target `{name}`", f"targets: {', '.join(known)}")
    left = tuple(
        target for target in targets if (not only or target.id in only) and target.id not in skip
    )
    if skip and not left:
        raise UsageError("--skip leaves no target", f"targets: {', '.join(known)}")
    return left


def looked_at(scenario: Scenario, written: WrittenTarget) -> Collection[str]:
    """The drills that are run when this target alone is asked for."""
    stretches = {name.partition("/")[0] for name in as_steady(scenario, written).during}
    if "run" in stretches:
        return tuple(scenario.drills)
    return {*drills_of(scenario, written), *calm_of(written), *stretches}


def needed(steps: Sequence[Step], targets: Sequence[Target], scenario: Scenario) -> list[Step]:
    """Without the drills that none of the targets looks at, and the phases that wait for none."""
    kept = {target.id for target in targets}
    drills = {
        name
        for written in scenario.targets
        if written.id in kept
        for name in looked_at(scenario, written)
    }
    return [
        step for step in awaited(steps, targets) if isinstance(step, Quiet) or step.name in drills
    ]


def awaited(steps: Sequence[Step], targets: Sequence[Target]) -> list[Step]:
    """Without the phases that would last until targets are decided, and have none."""
    return [
        step
        for step, number in numbered(steps)
        if isinstance(step, Drill)
        or not step.until_decided
        or any(waits_for(target, step, number) for target in targets)
    ]

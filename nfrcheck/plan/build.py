"""Stage 2, plan: a scenario and a deployment become the steps of one run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults import Armed
from nfrcheck.kinds import Target
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.plan.addresses import endpoint, pin
from nfrcheck.plan.asked import asked_of
from nfrcheck.plan.chosen import awaited, chosen, needed
from nfrcheck.plan.connections import with_counters
from nfrcheck.plan.guards import with_guards
from nfrcheck.plan.questions import Around, targets_of
from nfrcheck.plan.safety import (
    approve,
    check_safety,
    is_protected,
    only_observes,
    refuse_another,
    rules_of,
)
from nfrcheck.plan.site import PlannedSite, site_of
from nfrcheck.plan.sources import Sources
from nfrcheck.plan.steps import Drill, Plan, Quiet, Step
from nfrcheck.plan.traffic import traffic_of
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.scenario.drills import Drill as WrittenDrill
from nfrcheck.scenario.phases import PROFILES, default_phases
from nfrcheck.scenario.phases import Quiet as WrittenQuiet
from nfrcheck.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a plan is made. `contact`: names are resolved and secrets read, as `run` needs it."""

    seed: int = 0
    run_id: str = "plan"
    contact: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    max_time_s: float | None = None


def plan(scenario: Scenario, deployment: Deployment, options: Options) -> Plan:
    """Everything that will be done, and how it is put back. Raises DeploymentError, Refused.

    What is protected is planned without contact first: no name is asked for, and no secret read,
    before somebody has approved it.
    """
    if options.contact and is_protected(deployment):
        dry = plan(scenario, deployment, replace(options, contact=False))
        approval = approve(dry) if dry.needs_approval else None
        made = _plan(scenario, deployment, options)
        if approval is None:
            return made
        refuse_another(made, approval)
        return replace(made, notes=(*made.notes, f"the plan was {approval}"))
    return _plan(scenario, deployment, options)


def _plan(scenario: Scenario, deployment: Deployment, options: Options) -> Plan:
    pins = pin(deployment, ask_dns=options.contact)
    traffic = traffic_of(Sources(scenario, deployment, pins, options.seed, options.contact))
    asked = asked_of(deployment, traffic, options.run_id)
    site = site_of(deployment, pins, asked.paths, options.run_id, contact=options.contact)
    steps, lacking = _steps(scenario, site)
    around = Around(steps=steps, traffic=traffic, regions=[*deployment.regions], lacking=lacking)
    declared = targets_of(scenario, around)
    wanted = chosen(declared, options.only, options.skip)
    targets, counters = with_counters(wanted, steps, traffic, site)
    steps = _wanted(steps, targets, scenario, options)
    drills = [step for step in steps if isinstance(step, Drill)]
    check_safety(deployment, pins | _pins_of(counters), traffic, drills)
    rules = rules_of(deployment)
    made = Plan(
        scenario=scenario.name,
        scenario_path=scenario.path,
        deployment=deployment.name,
        deployment_path=deployment.path,
        targets=targets,
        steps=tuple(steps),
        traffic=(*traffic, *counters),
        entries={name: endpoint(deployment, name, pins) for name in site.entries},
        paths=asked.paths,
        guessed=asked.guessed,
        used=_used(traffic) & frozenset(site.entries),
        regions=tuple(around.regions),
        description=scenario.description or "",
        profile=scenario.profile,
        seed=options.seed,
        max_time_s=_shortest(options.max_time_s, *(one.max_time for one in rules)),
        max_rate=_shortest(*(one.max_rate for one in rules)),
        only=options.only,
        skip=options.skip,
        needs_approval=is_protected(deployment) and not only_observes(traffic, drills),
        filled_in=scenario.filled,
        digests=scenario.digests,
        notes=_notes(scenario),
    )
    return with_guards(made, deployment, scenario.drills, declared)


def _pins_of(traffic: Sequence[TrafficSpec]) -> dict[str, str]:
    ends = [end for spec in traffic for end in spec.endpoints.values()]
    return {urlsplit(end.url).hostname or "": end.address for end in ends}


def _notes(scenario: Scenario) -> tuple[str, ...]:
    """What was judged otherwise than the scenario file itself says."""
    notes = [f"target {one.target} was {one.what} by an include" for one in scenario.changes]
    if scenario.profile != scenario.profile_written:
        notes.append(
            f"profile {scenario.profile} was asked for in place of {scenario.profile_written}"
        )
    return tuple(notes)


def _shortest(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _wanted(
    steps: list[Step], targets: Sequence[Target], scenario: Scenario, options: Options
) -> list[Step]:
    """Of phases that nobody wrote none is meant to last for its own sake."""
    if options.only or options.skip:
        return needed(steps, targets, scenario)
    default = default_phases(PROFILES[scenario.profile], list(scenario.drills))
    return awaited(steps, targets) if scenario.phases == default else steps


def _used(traffic: Sequence[TrafficSpec]) -> frozenset[str]:
    return frozenset(
        entry
        for spec in traffic
        for entry in (
            *(name for name, _ in spec.entries),
            *(spec.write.read_entries if spec.write else ()),
        )
    )


def _steps(scenario: Scenario, site: PlannedSite) -> tuple[list[Step], dict[str, str]]:
    steps: list[Step] = []
    lacking: dict[str, str] = {}
    for phase in scenario.phases:
        if isinstance(phase, WrittenQuiet):
            if phase.seconds > 0:
                steps.append(
                    Quiet(
                        name=phase.name,
                        kind=phase.kind,
                        seconds=phase.seconds,
                        until_decided=phase.until_decided,
                    )
                )
            continue
        written = scenario.drills[phase.name]
        if written.later:
            kinds = ", ".join(fault.kind for fault in written.faults)
            lacking[written.name] = f"drill {written.name}: this version cannot do {kinds}"
            continue
        taken = sum(isinstance(s, Drill) and s.name == written.name for s in steps)
        steps += _drill(written, scenario, site, first=taken + 1)
    return steps, lacking


def _drill(written: WrittenDrill, scenario: Scenario, site: PlannedSite, first: int) -> list[Drill]:
    runs = []
    confirm = _declared(written.name, written.confirm, scenario, site) if written.confirm else ()
    site = replace(site, lasting_s=written.hold, confirm=confirm)
    for number, variant in enumerate(written.runs, start=first):
        armed = tuple(
            fault.spec.arm(site)  # type: ignore[union-attr]  # every model in FAULTS has the verb
            for fault in variant.faults
        )
        armed = _told_apart(written.name, armed, site)
        runs.append(
            Drill(
                name=written.name,
                run=number,
                fault=" + ".join(fault.kind for fault in variant.faults),
                armed=armed,
                baseline_s=written.baseline,
                hold_s=written.hold,
                settle_s=written.settle,
                varied=variant.value or "",
                seen_by=_seen_by(written, scenario, site, armed),
            )
        )
    return runs


def _told_apart(drill: str, armed: tuple[Armed, ...], site: PlannedSite) -> tuple[Armed, ...]:
    """Each of several faults is seen by itself: else the effect of one would prove them all."""
    if len(armed) == 1:
        return armed
    _once(drill, armed)
    by_entries = [not one.proofs and not one.answers for one in armed]
    ways = [
        {*(site.confirm or _ways(one, site))} if asked else set()
        for one, asked in zip(armed, by_entries, strict=True)
    ]
    found = []
    for place, one in enumerate(armed):
        others = set().union(*ways[:place], *ways[place + 1 :])
        alone = tuple(entry for entry in site.entries if entry in ways[place] - others)
        if ways[place] and not alone:
            raise DeploymentError(
                f"drill {drill}: nothing could tell whether {one.touched} had an effect: "
                f"{', '.join(sorted(ways[place]))} leads through another of its faults too",
                "give each part an `entry` of its own, or name the parts in one fault",
            )
        found.append(replace(one, seen_by=alone))
    return tuple(found)


def _once(drill: str, armed: Sequence[Armed]) -> None:
    """A part that is hurt twice is another one when the second fault is put back."""
    named = [name for one in armed for name in one.where.get("component", "").split(", ") if name]
    if twice := [name for name in named if named.count(name) > 1]:
        raise DeploymentError(
            f"drill {drill}: two of its faults touch component {twice[0]}",
            "do them one after the other, in drills of their own",
        )


def _seen_by(
    written: WrittenDrill, scenario: Scenario, site: PlannedSite, armed: Sequence[Armed]
) -> tuple[str, ...]:
    """The declared entry or those of the declared probe; else the component's; else the region's.

    Nobody sees what the deployment does not say how to see.
    """
    if written.confirm:
        return _declared(written.name, written.confirm, scenario, site)
    seen: dict[str, None] = {}
    for one in armed:
        # Requests through a link itself see what is done to it.
        if not one.proofs and all(proof.sign for proof in one.answers):
            seen |= dict.fromkeys(_ways(one, site))
    return tuple(seen)


def _declared(drill: str, confirm: str, scenario: Scenario, site: PlannedSite) -> tuple[str, ...]:
    if confirm in scenario.probes:
        return tuple(getattr(scenario.probes[confirm], "entry", ()))
    if confirm not in site.entries:
        raise DeploymentError(
            f"drill {drill}: `confirm: {confirm}` is no probe, and no entry of the deployment",
            "name an entry that leads through the faulted part",
        )
    return (confirm,)


def _ways(one: Armed, site: PlannedSite) -> list[str]:
    named = one.where.get("component", "").split(", ")
    own = [part.entry for name in named if (part := site.components.get(name)) and part.entry]
    region = one.where.get("region")
    return own or [
        name for name, entry in site.entries.items() if region and entry.region == region
    ]

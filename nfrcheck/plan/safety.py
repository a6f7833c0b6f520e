"""What may be done here: the blast radius that the deployment declares, checked before contact."""

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from nfrcheck.errors import DeploymentError, Refused
from nfrcheck.experiments.chaos.start import ExperimentRun
from nfrcheck.model.traffic import TrafficSpec
from nfrcheck.plan.addresses import Pins, is_loopback
from nfrcheck.plan.approval import Approval, checkouts_of, find_approval
from nfrcheck.plan.fingerprint import fingerprint
from nfrcheck.plan.steps import Drill, Plan
from nfrcheck.scenario.deployment import Deployment, Entry, Safety
from nfrcheck.scenario.drills import Drill as WrittenDrill
from nfrcheck.scenario.experiment import Asked, asked_by

UNDECLARED_RATE = 50.0
EXPERIMENT = "chaos-toolkit"


def rules_of(deployment: Deployment) -> tuple[Safety, ...]:
    """The deployment's rules and the operator's: all of them hold. Raises DeploymentError."""
    return tuple(filter(None, (deployment.safety, _policy())))


def check_safety(
    deployment: Deployment, pins: Pins, traffic: Sequence[TrafficSpec], drills: Sequence[Drill]
) -> None:
    """Raises DeploymentError for whatever goes beyond what was allowed."""
    pins = {**_acted_on(drills), **pins}
    written = [entry.resolve for entry in deployment.entries.values() if entry.resolve]
    local = all(is_loopback(address) for address in (*pins.values(), *written))
    for rules in rules_of(deployment):
        _hosts(rules, pins)
        _resolved(rules, deployment.entries)
        _unknown_hosts(rules, drills)
        _rate(rules, traffic)
        _faults(rules, drills)
    if deployment.safety is None:
        _undeclared_experiments(drills)
        _undeclared(local, traffic, drills)


def check_stop_urls(deployment: Deployment, drills: Iterable[WrittenDrill]) -> None:
    """Raises DeploymentError for a guard of the files that asks a host out of scope each second.

    Whom the operator's own policy asks is the operator's word.
    """
    own = deployment.safety.abort_if if deployment.safety else ()
    guards = (*own, *(guard for drill in drills for guard in drill.abort_if))
    urls = [guard.url for guard in guards if guard.url]
    for rules in rules_of(deployment):
        for url in urls:
            host = urlsplit(url).hostname or ""
            if rules.hosts and not _in_scope(rules, host):
                raise _out_of_scope(rules, host, f"`abort_if: {{url: {url}}}`: {host}")


def _acted_on(drills: Sequence[Drill]) -> dict[str, str]:
    """The hosts that faults and their undo ask something of, as far as they ask over HTTP."""
    steps = (step for drill in drills for armed in drill.armed for step in armed.steps())
    hosts = (urlsplit(step["url"]).hostname or "" for step in steps if step["kind"] == "http")
    asked = (host for one in _asked_by_experiments(drills) for host in one.hosts)
    return {host: host for host in (*hosts, *asked)}


def _asked_by_experiments(drills: Sequence[Drill]) -> Iterable[Asked]:
    """What their functions and commands reach besides, only their author knows."""
    for drill in drills:
        for armed in drill.armed:
            for one in armed.injections:
                if isinstance(one, ExperimentRun):
                    yield asked_by(one.experiment)


def is_protected(deployment: Deployment) -> bool:
    return any(rules.protected for rules in rules_of(deployment))


def only_observes(traffic: Sequence[TrafficSpec], drills: Sequence[Drill]) -> bool:
    """Probes that read, and nothing else: what may be done to what is protected."""
    return not drills and all(
        spec.kind == "probe" and all(route.method in {"GET", "HEAD"} for route in spec.routes)
        for spec in traffic
    )


def approve(made: Plan) -> Approval:
    """The approval of this plan, from outside every checkout, as of now. Raises Refused."""
    checkouts = checkouts_of(made.scenario_path, made.deployment_path)
    try:
        return find_approval(fingerprint(made), dt.datetime.now(dt.UTC), *checkouts)
    except Refused as refused:
        raise Refused(
            f"{made.deployment} is protected: without an approval it may only be observed, by "
            f"probes with GET and HEAD; {refused.message}",
            f"nfrcheck plan FILE -o PLAN.JSON --seed {made.seed}, then nfrcheck run PLAN.JSON with "
            f"{refused.remedy}",
        ) from None


def refuse_another(made: Plan, approval: Approval) -> None:
    """What was approved is what is done, and bodies are read once more for it. Raises Refused."""
    if fingerprint(made) != approval.hash:
        raise Refused("the plan changed after it was approved", "plan it again")


def _undeclared(local: bool, traffic: Sequence[TrafficSpec], drills: Sequence[Drill]) -> None:
    if local:
        return
    if drills:
        raise DeploymentError(
            "faults need a `safety:` section in the deployment on anything but loopback",
            f"such as `safety: {{allow: [{drills[0].fault}], hosts: [...]}}`",
        )
    if (total := _total(traffic)) > UNDECLARED_RATE:
        raise DeploymentError(
            f"{total:g} requests a second are more than the {UNDECLARED_RATE:g}/s that are allowed "
            "without a `safety:` section",
            f"such as `safety: {{max_rate: {total:g}/s, hosts: [...]}}`",
        )


def _undeclared_experiments(drills: Sequence[Drill]) -> None:
    """What an experiment reaches, nobody can see from here: its owner has to allow it."""
    for drill in drills:
        if EXPERIMENT in drill.fault.split(" + "):
            raise DeploymentError(
                f"drill {drill.name} plays an experiment, which may touch anything: not even on "
                "loopback without a `safety:` section",
                f"such as `safety: {{allow: [{EXPERIMENT}]}}`",
            )


def _hosts(rules: Safety, pins: Pins) -> None:
    if not rules.hosts:
        return
    for host, address in pins.items():
        if not _in_scope(rules, host) and address not in rules.hosts:
            raise _out_of_scope(rules, host, host)


def _resolved(rules: Safety, entries: Mapping[str, Entry]) -> None:
    """An address that somebody wrote down is not the name's: both need leave."""
    for name, entry in entries.items():
        if not rules.hosts or not entry.resolve or not entry.url:
            continue
        host = urlsplit(entry.url).hostname or ""
        if not _in_scope(rules, host):
            raise _out_of_scope(rules, host, host)
        if entry.resolve not in rules.hosts:
            who = f"entry {name}: `resolve: {entry.resolve}`"
            raise _out_of_scope(rules, entry.resolve, who)


def _in_scope(rules: Safety, host: str) -> bool:
    below = any(allowed[:1] == "." and host.endswith(allowed) for allowed in rules.hosts)
    return host in rules.hosts or below


def _out_of_scope(rules: Safety, host: str, who: str) -> DeploymentError:
    return DeploymentError(
        f"{who} is not among the hosts that `safety` allows",
        f"add it: `hosts: [{', '.join([*rules.hosts, host])}]`",
    )


def _unknown_hosts(rules: Safety, drills: Sequence[Drill]) -> None:
    if not rules.hosts:
        return
    for asked in _asked_by_experiments(drills):
        for found in asked.unknown:
            raise DeploymentError(f"{found.where}: {found.message}", found.remedy)


def _rate(rules: Safety, traffic: Sequence[TrafficSpec]) -> None:
    total = _total(traffic)
    if rules.max_rate is not None and total > rules.max_rate:
        raise DeploymentError(
            f"{total:g} requests a second in all are more than `max_rate: {rules.max_rate:g}/s`",
            "lower the rates, or let the deployment's owner raise it",
        )


def _faults(rules: Safety, drills: Iterable[Drill]) -> None:
    for drill in drills:
        for kind in drill.fault.split(" + "):
            if kind not in rules.allow:
                raise DeploymentError(
                    f"drill {drill.name}: `safety` does not allow the fault {kind}",
                    f"`allow: [{', '.join([*rules.allow, kind])}]`",
                )
        named = [armed.where["region"] for armed in drill.armed if "region" in armed.where]
        regions = {region for names in named for region in names.split(", ")}
        if len(regions) > rules.regions_at_once:
            raise DeploymentError(
                f"drill {drill.name} touches {len(regions)} regions at once, "
                f"{rules.regions_at_once} may be",
                "split the drill, or raise `regions_at_once`",
            )


def _total(traffic: Sequence[TrafficSpec]) -> float:
    # Rounded, so that what adds up to the limit is not a little more.
    return round(sum(spec.whole_rate / spec.children for spec in traffic), 6)


def _policy() -> Safety | None:
    """The operator's policy outside the checkout: JSON, keys of `safety`; it can only narrow."""
    named = os.environ.get("NFRCHECK_SAFETY")
    if not named:
        return None
    try:
        path = Path(named).absolute()
        written = json.loads(path.read_text(encoding="utf-8"))
        return Safety.model_validate(written, context={"folder": path.parent})
    except (OSError, ValueError) as error:
        raise DeploymentError(
            f"the policy file {named} (NFRCHECK_SAFETY) cannot be read: {error}",
            "a JSON object with keys of `safety`",
        ) from error

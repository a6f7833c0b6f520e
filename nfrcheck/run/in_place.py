"""Before anything is touched: every control is looked at, for faults that somebody has in place."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from nfrcheck.deployments import Control, ToxiproxyControl
from nfrcheck.deployments.process import ProcessControl
from nfrcheck.deployments.toxiproxy_client import Proxy, Toxiproxy, ToxiproxyError
from nfrcheck.errors import DeploymentError, Refused
from nfrcheck.experiments.faults.armed import Injection
from nfrcheck.model.links import OURS, marked
from nfrcheck.plan.safety import check_safety
from nfrcheck.plan.steps import Plan
from nfrcheck.run.undo import confirm
from nfrcheck.run.undo_process import is_stopped
from nfrcheck.scenario.deployment import Deployment

ANSWER_S = 5.0
"""Longer no part is asked whether it is well."""
_AT_ONCE = 16

Proxies = Mapping[str, Mapping[str, Proxy]]
"""What each server of proxies has, by its URL; a server that does not answer has none."""


class Part(NamedTuple):
    """One part of a deployment that a control can touch."""

    title: str
    control: Control
    name: str = ""


class Found(NamedTuple):
    """What was seen at one part. `sure`: only a fault that is in place looks like this."""

    because: str
    sure: bool
    part: Part


def parts_of(place: Deployment) -> Iterator[Part]:
    """Regions, components and links that have a control, in this order."""
    named = (
        ("region", place.regions),
        ("component", place.components),
        ("link", place.links),
    )
    for kind, parts in named:
        for name, part in parts.items():
            if part.control is not None:
                yield Part(f"{kind} {name}", part.control, name)


def refuse_what_is_in_place(
    place: Deployment, made: Plan, beside: Collection[str] = ()
) -> tuple[str, ...]:
    """Raises Refused (exit 8) for another run's fault, and for a part to be touched that is unwell.

    `beside`: runs whose faults are meant to be in place. Links and processes are read for every
    plan, a `verify` is asked for only by a plan with drills. Gives notes on the other parts.
    """
    parts = list(parts_of(place))
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="control") as pool:
        urls = {one.control.url for one in parts if isinstance(one.control, ToxiproxyControl)}
        allowed = [url for url in urls if _in_scope(place, url)]
        proxies = dict(zip(allowed, pool.map(_proxies, allowed), strict=True))
        ask = bool(made.drills) and not beside
        look = partial(_look, place, proxies=proxies, beside=beside, ask=ask)
        found = [one for of_part in pool.map(look, parts) for one in of_part]
    touched = _touched(made)
    against = [one for one in found if one.sure or one.part.control in touched]
    if against:
        raise Refused(
            "; ".join(one.because for one in against),
            f"nfrcheck restore, or nfrcheck restore --scan -d {place.path}",
        )
    return tuple(f"{one.because}: nothing of this run touches it" for one in found)


def _touched(made: Plan) -> list[object]:
    return [
        one.control
        for drill in made.drills
        for armed in drill.armed
        for one in armed.injections
        if isinstance(one, Injection)
    ]


def _look(
    place: Deployment, part: Part, *, proxies: Proxies, beside: Collection[str], ask: bool
) -> list[Found]:
    control = part.control
    seen = []
    if isinstance(control, ToxiproxyControl):
        seen = list(_on_link(control, part.name, proxies.get(control.url, {}), beside))
    elif isinstance(control, ProcessControl) and not beside:
        # Nobody runs, so nobody is paused.
        with suppress(DeploymentError):
            seen = paused(control)
    if seen:
        return [Found(f"{part.title}: {because}", True, part) for because in seen]
    if not ask:
        return []
    outcomes = [
        confirm(check, min(ANSWER_S, float(check["within_s"])))
        for check in control.checks()
        if _in_scope(place, check.get("url"))
    ]
    bad = [outcome.because for outcome in outcomes if not outcome.ok]
    return [Found(f"{part.title} is not well: {'; '.join(bad)}", False, part)] if bad else []


def _on_link(
    control: ToxiproxyControl, link: str, there: Mapping[str, Proxy], beside: Collection[str]
) -> Iterator[str]:
    known = tuple(marked(run) for run in beside)
    for name in control.proxy or (link,):
        if name not in there:
            continue  # what is to be touched there, the plan has asked for
        proxy = there[name]
        ours = [toxic.name for toxic in proxy.toxics if toxic.name.startswith(OURS)]
        foreign = [one for one in ours if not one.startswith(known)]
        if foreign:
            yield f"the proxy {name} has a toxic of another run already: {', '.join(foreign)}"
        elif not proxy.enabled and not beside:
            yield f"the proxy {name} is disabled already"


def paused(control: ProcessControl) -> list[str]:
    """That its process stands still, if it does; raises DeploymentError if none runs."""
    (step,) = control.steps("resume")
    pid = int(step["pid"])
    return [f"its process {pid} is paused"] if is_stopped(pid) else []


def _proxies(url: str) -> Mapping[str, Proxy]:
    try:
        return Toxiproxy(url).proxies()
    except ToxiproxyError:
        return {}


def _in_scope(place: Deployment, url: str | None) -> bool:
    """Whether the host may be contacted at all; a command has none."""
    host = urlsplit(url or "").hostname
    try:
        check_safety(place, {host: host} if host else {}, (), ())
    except DeploymentError:
        return False
    return True

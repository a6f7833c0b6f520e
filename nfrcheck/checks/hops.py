"""How many times a delay on a link comes back in what users wait (PF02).

Calls one after another over the same link, and retries after a time-out of it, multiply it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from nfrcheck.checks.doses import Dose, fairly, needing, seconds_of
from nfrcheck.checks.sight import invalid, verdict
from nfrcheck.checks.strata import Stratum
from nfrcheck.checks.waits import compared
from nfrcheck.evidence.binomial import Interval
from nfrcheck.evidence.slope import Point, robust_slope
from nfrcheck.model.question import Question
from nfrcheck.model.units import Limit, show_duration
from nfrcheck.model.verdict import Bound, Needed, Outcome, Verdict, combine

MEDIAN = Decimal("0.5")
"""Of the answer times of a route: what its tail does has other reasons."""
DIGITS = 4


def judge_hops(
    doses: Sequence[Dose], question: Question, limits: Limit | Mapping[str, Limit]
) -> Verdict:
    """The steepest route that depends on the slowed link, over all runs of one drill."""
    link = doses[0].link
    routes = needing([*doses[0].routes()], question, link)
    if isinstance(limits, Mapping):
        routes = [route for route in routes if route.where["route"] in limits]
    if not routes:
        because = (
            f"per_hop: no route that is judged says that it depends on link {link or 'so faulted'}:"
            f" write `needs: [{link or 'link'}]`"
        )
        return verdict(Outcome.NOT_RUN, because)
    if any(seconds_of(dose.value) is None for dose in doses):
        because = f"per_hop: {doses[0].value or 'nothing'} is no delay that could come back"
        return verdict(Outcome.NOT_RUN, because)
    parts = []
    for route in routes:
        limit = limits[route.where["route"]] if isinstance(limits, Mapping) else limits
        parts.append(fairly(doses, lambda ds, r=route, at_most=limit: _slope(ds, r, at_most)))  # type: ignore[misc]  # the defaults bind what this turn is about
    if isinstance(limits, Mapping):
        parts += _unjudged(routes, limits, link)
    return combine(parts) if len(parts) > 1 else parts[0]


def _unjudged(
    judged: Sequence[Stratum], limits: Mapping[str, Limit], link: str
) -> Iterator[Verdict]:
    """A route with a limit must not pass because nobody looked at it."""
    seen = {route.where["route"] for route in judged}
    for name in limits:
        if name not in seen:
            because = (
                f"per_hop: route {name} was not asked for, or does not say that it depends on "
                f"link {link}: write `needs: [{link}]`"
            )
            yield replace(verdict(Outcome.NOT_RUN, because), where={"route": name})


def _points(doses: Sequence[Dose], route: Stratum) -> Iterator[Point]:
    """Every hold, and all baselines together as no dose."""
    calm = doses[0].calm_point(route, MEDIAN)
    if calm:
        yield calm
    for dose in doses:
        at = seconds_of(dose.value)
        if at is not None and (point := dose.held_point(route, MEDIAN, at)):
            yield point


def _slope(doses: Sequence[Dose], route: Stratum, limit: Limit) -> Verdict:
    drill, link = doses[0].course.record.drill, doses[0].link
    where = {"link": link, **route.where}
    bound = Bound(text=limit.text, value=float(limit.value))
    points = list(_points(doses, route))
    if any(point.at == 0 and math.isinf(point.value) for point in points):
        because = f"{drill}: {route.name} was not answered before anything was done to link {link}"
        return replace(invalid(because), where=where)
    # A delay makes no answer faster.
    found = robust_slope(points, rising=True)
    if found is None:
        because = f"{drill}: {route.name} was not asked often enough to see a slope"
        return Verdict(
            outcome=Outcome.INCONCLUSIVE, because=because, where=where, needed=Needed(drills=1)
        )
    low, high = (round(end, DIGITS) for end in found.interval)
    outcome = compared(Interval(low, high), limit)
    medians = ", ".join(show_duration(point.value) for point in points)
    because = (
        f"{drill}: {route.name} waits {_factor(found.value)} ms for each ms on link {link} "
        f"({_factor(low)} to {_factor(high)}; medians {medians})"
    )
    return Verdict(
        outcome=outcome,
        because=because + next((dose.left_out for dose in doses if dose.left_out), ""),
        name=f"{drill} · per hop",
        where=where,
        limit=bound,
        measured=round(found.value, DIGITS),
        interval=(low, high),
        unit="x",
        samples=sum(dose.samples(route) for dose in doses),
        needed=Needed(drills=1) if outcome is Outcome.INCONCLUSIVE else None,
    )


def _factor(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "endless"
